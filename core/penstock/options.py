"""From the options that a pipeline gives to a component, or to the engine, to a checked instance.

Options are the fields of a dataclass; pydantic checks their types, and what it says is put into the words
of somebody who writes TOML, so that no secret's value is ever repeated.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from penstock.errors import Complaint, PenstockError
from penstock.plugins import nearest

_TYPE_FAULTS = {
    "bool_parsing": "is true or false, without quotes",
    "bool_type": "is true or false, without quotes",
    "dict_type": "is a table",
    "finite_number": "is a finite number",
    "float_parsing": "is a number",
    "float_type": "is a number",
    "int_from_float": "is a whole number",
    "int_parsing": "is a whole number",
    "int_type": "is a whole number",
    "list_type": "is a list, in square brackets",
    "path_type": "is a path, in quotes",
    "string_too_short": "is not empty",
    "string_type": "is text, in quotes",
    "too_short": "names nothing",
    "tuple_type": "is a list, in square brackets",
}
"""pydantic's kinds of fault, in the words of somebody who writes TOML."""

_VARIABLE = re.compile(r"\$\$\{|\$\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class OptionReader:
    """Makes instances of dataclasses, and complains.

    Parameters
    ----------
    folder
        Where relative paths start; absolute.
    where
        What complaints call the file.
    complaints
        Grows by everything that is wrong.
    """

    folder: Path
    where: str
    complaints: list[Complaint]

    def complain(self, place: str, what: str, instead: str = "") -> None:
        """Note something that is wrong at a place within the file."""
        self.complaints.append(Complaint(f"{self.where}: {place}" if place else self.where, what, instead))

    def made(self, cls: type, options: dict[str, Any], place: str) -> Any:
        """An instance of a dataclass from its options, or None after complaining."""
        before = len(self.complaints)
        fields = {option.name: option for option in dataclasses.fields(cls) if option.init}
        for key in options:
            if key not in fields:
                self.unknown(key, place, list(fields))
        secrets = _secret_fields(cls)
        given = {key: value for key, value in options.items() if key in fields}
        for name, option in fields.items():
            if name not in given and (default := os.environ.get(option.metadata.get("env", ""))):
                given[name] = default
            elif name in given and name in secrets and not _from_environment(given[name]):
                self._literal_secret(place, name, option.metadata.get("env", "MY_KEY"), given[name])
                del given[name]
        values = {key: self._substituted(value, f"{place}, {key}") for key, value in given.items()}
        if len(self.complaints) > before:
            values = {key: value for key, value in values.items() if key not in secrets}
        component = self._validated(cls, values, place, secrets, quiet=len(self.complaints) > before)
        return component if len(self.complaints) == before else None

    def _literal_secret(self, place: str, name: str, variable: str, value: Any) -> None:
        if isinstance(value, dict):
            key = next((key for key, each in value.items() if not _filled_in(each)), "NAME")
            name = f"{name}.{key}"
        self.complain(
            f"{place}, {name}",
            "a secret does not stand in the file",
            f'export it as {variable} and write {name} = "${{{variable}}}"',
        )

    def _validated(
        self, cls: type, values: dict[str, Any], place: str, secrets: frozenset[str], *, quiet: bool
    ) -> Any:
        from pydantic import ValidationError

        try:
            return cls(**_anchored(_checked(cls, values), self.folder))
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_input=False, include_context=False):
                self._fault(fault, place, secrets, quiet=quiet)
        except (Exception, SystemExit) as error:
            self._raised(error, place, {key: value for key, value in values.items() if key in secrets})
        return None

    def _raised(self, error: BaseException, place: str, hidden: dict[str, Any]) -> None:
        """Complain of what a component raised when it was made: on purpose, or by a fault of its own."""
        on_purpose = isinstance(error, (ValueError, PenstockError))
        said = error.message if isinstance(error, PenstockError) else str(error).partition("\n")[0]
        if hidden and (not on_purpose or any(text in said for text in _texts(hidden))):
            said = ""
        if on_purpose and said:
            instead = error.hint if isinstance(error, PenstockError) else ""
            self.complain(place, said[:1].lower() + said[1:], instead)
        else:
            what = f"cannot be made: {type(error).__name__}" + (f": {said}" if said else "")
            self.complain(place, what, "mend the plugin, or tell its author")

    def _fault(self, fault: Any, place: str, secrets: frozenset[str], *, quiet: bool) -> None:
        path = [str(part) for part in fault["loc"]]
        if fault["type"] == "missing":
            # A field that was complained about already is missing because of that.
            if not (quiet and path and path[0] in secrets):
                self.complain(place, f"the option {path[0]!r} is missing", f"add {path[0]} = ...")
            return
        message = _TYPE_FAULTS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
        message = re.sub(r"^Input should be ", "is ", message)
        message = message[:1].lower() + message[1:]
        if path and path[0] in secrets:
            message = "is not a usable secret"
        self.complain(", ".join([place, *path[:1]]), message)

    def unknown(self, key: str, place: str, known: list[str]) -> None:
        """Complain of a key that means nothing, with the nearest one that does."""
        meant = nearest(key, known)
        self.complain(
            place or key,
            f"there is no option {key!r}" if place else "means nothing here",
            f"did you mean {meant!r}?"
            if meant
            else f"known are {', '.join(known)}"
            if known
            else "it takes none",
        )

    def _substituted(self, value: Any, place: str) -> Any:
        """The value with ``${NAME}`` filled in from the environment; ``$${`` stands for ``${``."""
        if isinstance(value, list):
            return [self._substituted(item, place) for item in value]
        if isinstance(value, dict):
            return {key: self._substituted(item, f"{place}.{key}") for key, item in value.items()}
        if not isinstance(value, str):
            return value
        return _VARIABLE.sub(lambda match: self._variable(match, place), value)

    def _variable(self, match: re.Match[str], place: str) -> str:
        name = match.group(1)
        if name is None:
            return "${"
        if name not in os.environ:
            self.complain(place, f"the environment variable {name!r} is not set", f"export {name}=...")
        return os.environ.get(name, "")


def literal(text: str) -> str:
    """A text as a pipeline would have to write it for no dollar sign in it to mean anything."""
    return text.replace("${", "$${")


def _texts(value: Any) -> list[str]:
    """Every text in options, however deep, that says anything."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    return [text] if (text := str(value).strip()) else []


def _filled_in(value: Any) -> bool:
    return isinstance(value, str) and any(match[1] for match in _VARIABLE.finditer(value))


def _from_environment(value: Any) -> bool:
    """Whether a secret comes from there; those of a table may have words around them: ``Bearer ${TOKEN}``."""
    if isinstance(value, dict):
        return all(_filled_in(each) for each in value.values())
    return isinstance(value, str) and re.fullmatch(r"\$\{[^}]+\}", value) is not None


def _secret_fields(cls: type) -> frozenset[str]:
    """Options that hold a secret: those whose type is `penstock.secret.Secret`, or Secret or nothing."""
    from penstock.secret import Secret

    try:
        hints = get_type_hints(cls)
    except Exception:
        # Annotations that mean nothing here: pydantic will say so, and no secret may slip out meanwhile.
        return frozenset(
            option.name for option in dataclasses.fields(cls) if Secret.__name__ in str(option.type)
        )
    return frozenset(
        name for name, hint in hints.items() if hint is Secret or Secret in getattr(hint, "__args__", ())
    )


def _checked(cls: type, values: dict[str, Any]) -> dict[str, Any]:
    """Every option with its value, defaults included, of the type that the class says.

    The class's own ``__post_init__`` waits until the paths are absolute. TOML knows infinity, and what is
    no number at all; an option that means either says so in a ``__pydantic_config__`` of its own.
    """
    from pydantic import TypeAdapter

    strict = {"allow_inf_nan": False, **getattr(cls, "__pydantic_config__", {})}
    instead = {"__post_init__": lambda *_: None, "__pydantic_config__": strict, "__module__": cls.__module__}
    stand_in: Any = type(cls.__name__, (cls,), instead)
    instance = TypeAdapter(stand_in).validate_python(values)
    return {option.name: getattr(instance, option.name) for option in dataclasses.fields(cls) if option.init}


def _anchored(options: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The options with their relative paths made absolute against the pipeline's folder."""
    return {
        name: _map_paths(value, lambda path: folder / path.expanduser()) for name, value in options.items()
    }


def _map_paths(value: Any, change: Callable[[Path], Path]) -> Any:
    if isinstance(value, Path):
        return change(value)
    if isinstance(value, (tuple, list)) and any(isinstance(item, Path) for item in value):
        return type(value)(_map_paths(item, change) for item in value)
    return value


__all__ = ["OptionReader", "literal"]
