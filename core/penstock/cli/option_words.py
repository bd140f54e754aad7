"""Describes a plugin's options for people who write TOML: types, defaults, and their documentation."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from penstock.cli.pipeline_toml import NotTOML, toml_value
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
    name: str
    type: str  # in words: ``list of paths``
    default: str | None  # as TOML; None if there is no default, or if it is None
    needed: bool  # whether a pipeline must set it
    variable: str  # the environment variable that sets it if the pipeline does not; may be empty
    about: str  # its documentation in the class's docstring; may be empty

    def __str__(self) -> str:
        """``document: "file", "folder" or "all" = "file"``."""
        end = " (needed)" if self.needed else ""
        return f"{self.name}: {self.type}" + (f" = {self.default}" if self.default is not None else end)


def option_rows(cls: type) -> list[OptionRow]:
    """Return the options of a component's class, in their order."""
    documentation = explanations(inspect.getdoc(cls) or "")
    try:
        hints = get_type_hints(cls, include_extras=True)
    except Exception:
        hints = {}
    return [
        _row(option, hints.get(option.name, option.type), documentation.get(option.name, ""))
        for option in dataclasses.fields(cls)
        if option.init
    ]


def _row(option: dataclasses.Field[Any], hint: Any, about: str) -> OptionRow:
    variable = option.metadata.get("env", "")
    missing = dataclasses.MISSING
    needed = option.default is missing and option.default_factory is missing and not variable
    return OptionRow(option.name, type_in_words(hint), _default(option), needed, variable, plain(about))


def explanations(docstring: str) -> dict[str, str]:
    """Return the documentation of each option in a docstring's "Parameters" section."""
    _, _, section = docstring.partition("Parameters\n----------\n")
    section = re.split(r"\n\n?\w+\n-{3,}\n", section)[0]
    return {
        name.strip(): inspect.cleandoc(text)
        for names, text in _PARAMETER.findall(section)
        for name in names.split(",")
    }


def plain(text: str) -> str:
    """Return a docstring's text without reStructuredText markup."""
    return re.sub(r"``(.+?)``", r"\1", text)


def type_in_words(hint: Any) -> str:
    """Return a type in the words of TOML: ``list of paths``."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return type_in_words(inner[0])
    if origin is Literal:
        return _either([in_toml(value) for value in inner])
    if origin in (Union, types.UnionType):
        words = [type_in_words(each) for each in inner if each is not type(None)]
        # A path is written as text, too.
        return _either([each for each in words if each != "text" or "path" not in words])
    if origin in (list, tuple, set, frozenset) and inner:
        if origin is tuple and Ellipsis not in inner:
            return "list of " + ", ".join(type_in_words(each) for each in inner)
        return f"list of {_plural(type_in_words(inner[0]))}"
    name = str(getattr(hint, "__name__", hint))
    return _WORDS.get(origin or hint) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _either(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _plural(words: str) -> str:
    return words + "s" if words in ("path", "number", "whole number", "text", "table") else words


def in_toml(value: Any) -> str:
    """Return a value as it is written in a pipeline file. None, for which TOML has no form, gives ""."""
    if value is None:
        return ""
    try:
        return toml_value(_writable(value), is_option=False)
    except NotTOML:
        return repr(value)


def _writable(value: Any) -> Any:
    """Return a value with its secrets masked, and without None in lists and tables."""
    if isinstance(value, Mapping):
        return {key: _writable(each) for key, each in value.items() if each is not None}
    if isinstance(value, (list, tuple)):
        return [_writable(each) for each in value if each is not None]
    return str(value) if isinstance(value, Secret) else value


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
