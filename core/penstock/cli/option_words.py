"""A plugin's options in the words of somebody who writes TOML: types, defaults, and what each is for."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from penstock.secret import Secret

_PARAMETER = re.compile(r"^(\w[\w, ]*)\n((?:[ ]{4}.*\n?|\n)+)", re.MULTILINE)

_WORDS: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "path",
    Secret: "secret",
    dict: "table",
    Any: "anything",
}


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One option.

    Parameters
    ----------
    type
        In words: ``list of paths``, ``"file", "folder" or "all"``.
    default
        As TOML; None where there is none, or nothing is the default.
    needed
        Whether a pipeline has to give it.
    variable
        The environment variable that it comes from if it is not given; may be empty.
    about
        What the class's docstring says of it; may be empty.
    """

    name: str
    type: str
    default: str | None
    needed: bool
    variable: str
    about: str

    def __str__(self) -> str:
        """``document: "file", "folder" or "all" = "file"``."""
        end = " (needed)" if self.needed else ""
        return f"{self.name}: {self.type}" + (f" = {self.default}" if self.default is not None else end)


def option_rows(cls: type) -> list[OptionRow]:
    """Every option of a component's class, in its order."""
    explained = explanations(inspect.getdoc(cls) or "")
    try:
        hints = get_type_hints(cls, include_extras=True)
    except Exception:
        hints = {}
    return [
        _row(option, hints.get(option.name, option.type), explained.get(option.name, ""))
        for option in dataclasses.fields(cls)
        if option.init
    ]


def _row(option: dataclasses.Field[Any], hint: Any, about: str) -> OptionRow:
    variable = option.metadata.get("env", "")
    missing = dataclasses.MISSING
    needed = option.default is missing and option.default_factory is missing and not variable
    return OptionRow(option.name, type_in_words(hint), _default(option), needed, variable, plain(about))


def explanations(docstring: str) -> dict[str, str]:
    """What a docstring's "Parameters" section says of each option."""
    _, _, section = docstring.partition("Parameters\n----------\n")
    section = re.split(r"\n\n?\w+\n-{3,}\n", section)[0]
    return {
        name.strip(): inspect.cleandoc(text)
        for names, text in _PARAMETER.findall(section)
        for name in names.split(",")
    }


def plain(text: str) -> str:
    """A docstring's text without the marks of reStructuredText."""
    return re.sub(r"``(.+?)``", r"\1", text)


def type_in_words(hint: Any) -> str:
    """A type as somebody who writes TOML thinks of it."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return type_in_words(inner[0])
    if origin is Literal:
        return _either([in_toml(value) for value in inner])
    if origin in (Union, types.UnionType):
        return _either([type_in_words(each) for each in inner if each is not type(None)])
    if origin in (list, tuple, set, frozenset) and inner:
        if origin is tuple and Ellipsis not in inner:
            return "list of " + ", ".join(type_in_words(each) for each in inner)
        return f"list of {_several(type_in_words(inner[0]))}"
    name = str(getattr(hint, "__name__", hint))
    return _WORDS.get(origin or hint) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _either(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _several(words: str) -> str:
    return words + "s" if words in ("path", "number", "whole number", "text", "table") else words


def in_toml(value: Any) -> str:
    """A value as it stands in a pipeline file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple, set, frozenset)):
        return "[" + ", ".join(in_toml(each) for each in value) + "]"
    if isinstance(value, (str, Path)):
        return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


def _default(option: dataclasses.Field[Any]) -> str | None:
    value = option.default
    if option.default_factory is not dataclasses.MISSING:
        try:
            value = option.default_factory()
        except Exception as error:
            return f"(its default cannot be made: {type(error).__name__})"
    if value is dataclasses.MISSING or value is None:
        return None
    return in_toml(value)


__all__ = ["OptionRow", "explanations", "in_toml", "option_rows", "plain", "type_in_words"]
