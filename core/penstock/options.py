"""Make components and engine options from the tables of a pipeline file.

Options are the fields of a dataclass. pydantic checks their types; its messages are translated into terms of
TOML. No complaint repeats the value of a secret.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from penstock.errors import Complaint, PenstockError
from penstock.plugins import nearest
from penstock.secret import Secret

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_TYPE_FAULTS = {
    "bool_parsing": "must be true or false, without quotes",
    "bool_type": "must be true or false, without quotes",
    "dataclass_type": "must be a table",
    "dict_type": "must be a table",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "list_type": "must be a list, in square brackets",
    "path_type": "must be a path, in quotes",
    "string_too_short": "must not be empty",
    "string_type": "must be text, in quotes",
    "too_short": "must not be empty",
    "tuple_type": "must be a list, in square brackets",
}
"""pydantic's error types, in terms of TOML."""
_KEY_FAULTS = {"missing": "lacks the key", "unexpected_keyword_argument": "has an unknown key"}
"""The same, for the keys of tables in an option."""

_VARIABLE = re.compile(r"\$\$\{|\$\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class OptionReader:
    """Makes instances of dataclasses, and collects complaints."""

    folder: Path  # absolute; relative paths start from it
    where: str  # name of the pipeline file in complaints
    complaints: list[Complaint]

    def complain(self, place: str, what: str, instead: str = "") -> None:
        """Add a complaint about a place in the file."""
        self.complaints.append(Complaint(f"{self.where}: {place}" if place else self.where, what, instead))

    def made(self, cls: type, options: dict[str, Any], place: str) -> Any:
        """Return an instance of a dataclass made from options; None after a complaint."""
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
            elif (
                name in given and name in secrets and not _from_elsewhere(given[name], is_table=secrets[name])
            ):
                self._literal_secret(place, name, option.metadata.get("env", "MY_KEY"), given[name])
                del given[name]
        # Options that have a value. Values from the environment are left out of messages.
        provided = {**dict.fromkeys(given), **options}
        values = {key: self._substituted(value, f"{place}, {key}") for key, value in given.items()}
        for name in secrets.keys() & values.keys():
            values[name] = self._read(values[name], f"{place}, {name}", is_table=secrets[name])
        if len(self.complaints) > before:
            values = {key: value for key, value in values.items() if key not in secrets}
        component = self._validated(cls, values, place, secrets, provided)
        return component if len(self.complaints) == before else None

    def _read(self, value: Any, place: str, *, is_table: bool = False) -> Any:
        """Replace each ``{ file = "PATH" }`` in the value of a secret option by the secret in the file."""
        if is_table and isinstance(value, dict):
            return {key: self._read(each, f"{place}.{key}") for key, each in value.items()}
        if not _is_secret_file(value):
            return value
        file = self.folder / Path(value["file"]).expanduser()
        try:
            return Secret.from_file(file)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            self.complain(
                place, f"cannot be read from {file} ({why})", "write the secret alone into the file"
            )
        return None

    def _literal_secret(self, place: str, name: str, variable: str, value: Any) -> None:
        if isinstance(value, dict):
            literals = (key for key, each in value.items() if not (_filled_in(each) or _is_secret_file(each)))
            name = f"{name}.{next(literals, 'NAME')}"
        self.complain(
            f"{place}, {name}",
            "a secret must not be written in the file",
            f'export it as {variable} and write {name} = "${{{variable}}}",'
            f' or write it into a file and {name} = {{ file = "PATH" }}',
        )

    def _validated(
        self,
        cls: type,
        values: dict[str, Any],
        place: str,
        secrets: Collection[str],
        provided: dict[str, Any],
    ) -> Any:
        from pydantic import ValidationError

        try:
            return cls(**_anchored(_checked(cls, values), self.folder))
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False, include_context=False)
            for fault in _of_nearest_members(faults, values):
                self._fault(fault, place, secrets, provided)
        except (Exception, SystemExit) as error:
            if set(secrets) & provided.keys() - values.keys():
                return None  # it may only miss a secret that was left out because of another complaint
            self._raised(error, place, {key: value for key, value in values.items() if key in secrets})
        return None

    def _raised(self, error: BaseException, place: str, hidden: dict[str, Any]) -> None:
        """Complain about an exception that a component raised when it was made.

        A ValueError or PenstockError is a message to the user; any other exception is a fault of the plugin.
        """
        on_purpose = isinstance(error, (ValueError, PenstockError))
        said = error.message if isinstance(error, PenstockError) else str(error).partition("\n")[0]
        if hidden and (not on_purpose or any(text in said for text in _texts(hidden))):
            said = ""
        if on_purpose and said:
            instead = error.hint if isinstance(error, PenstockError) else ""
            self.complain(place, said[:1].lower() + said[1:], instead)
        else:
            what = f"cannot be made: {type(error).__name__}" + (f": {said}" if said else "")
            self.complain(place, what, "fix the plugin, or tell its author")

    def _fault(self, fault: Any, place: str, secrets: Collection[str], provided: dict[str, Any]) -> None:
        """Complain about one of pydantic's errors."""
        path = [str(part) for part in fault["loc"]]
        name = path[0] if path else ""
        if fault["type"] == "missing" and len(path) == 1:
            # A secret that was provided is missing because of another complaint.
            if name not in secrets or name not in provided:
                self.complain(place, f"the option {name!r} is missing", f"add {name} = ...")
            return
        if name in secrets:
            message = "must be a usable secret"
        elif fault["type"] in _KEY_FAULTS:
            message = f"{_KEY_FAULTS[fault['type']]} {path[-1]!r}"
        else:
            message = _TYPE_FAULTS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
            message = re.sub(r"^Input should be ", "must be ", message)
            message = message[:1].lower() + message[1:]
            if message.startswith("must be "):
                message += _given(provided, fault["loc"])
        is_unquoted = fault["type"] == "literal_error" and _is_number(provided.get(name))
        self.complain(", ".join([place, *path[:1]]), message, "put it in quotes" if is_unquoted else "")

    def unknown(self, key: str, place: str, known: list[str]) -> None:
        """Complain about an unknown key, and suggest the nearest known one."""
        what = f"there is no option {key!r}" if place else "unknown key"
        meant = nearest(key, known)
        others = f"there are {', '.join(known)}" if known else "there are no options"
        self.complain(place or key, what, f"did you mean {meant!r}?" if meant else others)

    def _substituted(self, value: Any, place: str) -> Any:
        """Replace ``${NAME}`` by the environment variable, and ``$${`` by ``${``."""
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


def variables_in(text: str) -> set[str]:
    """Return the names of the environment variables that are replaced in a text."""
    return {name for name in _VARIABLE.findall(text) if name}


def literal(text: str) -> str:
    """Escape a text so that no variable in it is replaced."""
    return text.replace("${", "$${")


def _given(options: Mapping[str, Any], loc: tuple[Any, ...]) -> str:
    """Return ``, got VALUE`` with the value as the file has it; empty for a long one or one not in the file.

    Environment variables stay unreplaced: their values may be secret even where the option is not.
    """
    value: Any = options
    for key in loc:
        # pydantic's locations also name the members of a union, which are not in the value.
        if isinstance(value, dict | list):
            with suppress(KeyError, IndexError, TypeError):
                value = value[key]
    shown = repr(value) if isinstance(value, int | float | str) else ""
    return f", got {shown}" if 0 < len(shown) <= 40 else ""


def _of_nearest_members(faults: list[Any], options: Mapping[str, Any]) -> list[Any]:
    """Leave out the faults of those members of a union that a value resembles less than another member.

    A value that is wrong for a union has a fault for each of its members. One that is right in parts, such as
    a list with one wrong item, has its faults deeper inside of the member that is meant.
    """
    kept: dict[str, list[Any]] = {}
    for fault in faults:
        name, *inner = fault["loc"] or ("",)
        others = kept.setdefault(name, [])
        value = options.get(name)
        is_key = isinstance(value, dict) and bool(inner) and inner[0] in value
        is_union = bool(inner) and isinstance(inner[0], str) and not is_key
        if is_union and others and others[0]["loc"][:2] != fault["loc"][:2]:
            if len(fault["loc"]) > len(others[0]["loc"]):
                others[:] = [fault]
        else:
            others.append(fault)
    return [fault for others in kept.values() for fault in others]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _texts(value: Any) -> list[str]:
    """Return every text in options that is not blank, at any depth."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    text = value.reveal() if isinstance(value, Secret) else str(value).strip()
    return [text] if text else []


def _filled_in(value: Any) -> bool:
    return isinstance(value, str) and any(match[1] for match in _VARIABLE.finditer(value))


def _from_elsewhere(value: Any, *, is_table: bool) -> bool:
    """Return whether a secret is a variable or in a file.

    In a table of secrets, text may surround a variable: ``Bearer ${TOKEN}``.
    """
    if is_table and isinstance(value, dict):
        return all(_filled_in(each) or _is_secret_file(each) for each in value.values())
    is_variable = isinstance(value, str) and re.fullmatch(r"\$\{[^}]+\}", value) is not None
    return is_variable or _is_secret_file(value)


def _is_secret_file(value: Any) -> bool:
    """Return whether a value is ``{ file = "PATH" }``."""
    return isinstance(value, dict) and value.keys() == {"file"} and isinstance(value["file"], str)


def _secret_fields(cls: type) -> dict[str, bool]:
    """Return the options whose type contains `Secret`, and whether they are tables of secrets."""
    try:
        hints = get_type_hints(cls)
    except Exception:
        # pydantic reports annotations that cannot be evaluated. Until then, no value may be shown.
        return {
            option.name: False for option in dataclasses.fields(cls) if Secret.__name__ in str(option.type)
        }
    return {name: _contains(hint, dict) for name, hint in hints.items() if _contains(hint, Secret)}


def _contains(hint: Any, wanted: type) -> bool:
    if wanted in (hint, get_origin(hint)):
        return True
    return any(_contains(each, wanted) for each in get_args(hint))


def _checked(cls: type, values: dict[str, Any]) -> dict[str, Any]:
    """Return every option with its value, defaults included, converted to the annotated type.

    ``true`` is refused for a number.
    """
    instance = _adapter(cls).validate_python(values)
    options = {
        option.name: getattr(instance, option.name) for option in dataclasses.fields(cls) if option.init
    }
    for name, given in values.items():
        # pydantic takes true for 1.
        if isinstance(given, bool) and _is_number(options[name]) and not isinstance(options[name], bool):
            raise ValueError(f"{name} must be a number, got {str(given).lower()}")
    return options


@functools.lru_cache(maxsize=64)
def _adapter(cls: type) -> TypeAdapter[Any]:
    """Return what checks the options of a class.

    The class's own ``__post_init__`` is not called, because paths are not absolute yet. TOML has ``inf`` and
    ``nan``; they are refused unless the class allows them in its ``__pydantic_config__``.
    """
    from pydantic import TypeAdapter

    strict = {"allow_inf_nan": False, **getattr(cls, "__pydantic_config__", {})}
    instead = {"__post_init__": lambda *_: None, "__pydantic_config__": strict, "__module__": cls.__module__}
    stand_in: Any = type(cls.__name__, (cls,), instead)
    return TypeAdapter(stand_in)


def _anchored(options: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the options with relative paths made absolute, starting from the pipeline's folder."""

    def anchored(value: Any) -> Any:
        if isinstance(value, Path):
            return folder / value.expanduser()
        if isinstance(value, (tuple, list)) and any(isinstance(item, Path) for item in value):
            return type(value)(map(anchored, value))
        return value

    return {name: anchored(value) for name, value in options.items()}
