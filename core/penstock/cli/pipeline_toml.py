"""A checked pipeline as TOML, with all defaults: what `penstock check` prints."""

from __future__ import annotations

import ast
import dataclasses
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from enum import Enum
from pathlib import Path
from typing import Any

from penstock.config import ACCEPT, TABLES, UNIT, UNITS, Configuration, Configured
from penstock.errors import with_article
from penstock.options import literal
from penstock.overrides import apply_overrides
from penstock.report import printable
from penstock.secret import Secret


class NotTOML(Exception):
    """A value that cannot be written as TOML; the message says why."""


def pipeline_toml(configuration: Configuration, tables: Mapping[str, Any]) -> str:
    """Return a pipeline file with every option at its value in effect.

    Comments stand for what a file does not hold: options that are not set, and values that are secret.
    ``tables`` is the file as it was written. Secrets are printed as they are there: ``"${NAME}"``.
    """
    lines = [
        "# The pipeline with all options. Relative paths start in the folder of its file, which is",
        f"# {configuration.folder}",
        _line("name", configuration.name, is_option=False),
    ]
    for configured, written in _with_written(configuration, tables):
        plugin = _reference(configured, configuration.folder)
        lines += ["", f"[[{configured.kind}s]]", _line("plugin", plugin, is_option=False)]
        lines += _option_lines(configured, written)
        for rule in configured.accept:
            name = _key(_reference(rule, configuration.folder))
            options = written[ACCEPT][rule.plugin]
            lines += ["", f"[{configured.kind}s.{ACCEPT}.{name}]"]
            lines += _option_lines(rule, options if isinstance(options, Mapping) else {})
    for title, table in (("engine", configuration.engine), ("watch", configuration.watch)):
        lines += ["", f"[{title}]"]
        lines += [_line(field.name, getattr(table, field.name)) for field in dataclasses.fields(table)]
    # A newline in a folder's name must not end a comment.
    return "".join(printable(line) + "\n" for line in lines)


def _reference(configured: Configured, folder: Path) -> str:
    """Return the plugin's reference. The printed file may be saved elsewhere, so that a path is absolute."""
    plugin = configured.plugin
    return os.path.normpath(folder / plugin) if ".py:" in plugin else plugin


def read_tables(file: Path, settings: Iterable[str]) -> dict[str, Any]:
    """Return the tables of a pipeline file that was checked, with the values of ``--set``."""
    tables = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    apply_overrides(tables, settings)
    return tables


def _with_written(
    configuration: Configuration, tables: Mapping[str, Any]
) -> Iterator[tuple[Configured, Mapping[str, Any]]]:
    """Iterate over the components with their tables in the file."""
    for table, kind in TABLES.items():
        components = configuration.of_kind(kind)
        yield from zip(components, tables.get(table, [{}] * len(components)), strict=True)


def _option_lines(configured: Configured, written: Mapping[str, Any]) -> list[str]:
    fields = {field.name: field for field in dataclasses.fields(configured.component)}
    lines = []
    for name, value in (configured.options | configured.limits.given()).items():
        if not _is_secret(value):
            lines.append(_line(name, value))
        elif name in written:
            lines.append(_line(name, written[name], is_option=False))
        elif variable := fields[name].metadata.get("env"):
            lines.append(_line(name, f"${{{variable}}}", is_option=False))
        else:
            lines.append(f"# {name} is not shown")
    if configured.unit != UNITS[0]:
        lines.append(_line(UNIT, configured.unit))
    return lines


def _is_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_is_secret, value.values()))
    return isinstance(value, Secret)


def _line(name: str, value: Any, *, is_option: bool = True) -> str:
    if value is None:
        return f"# {name} is not set"
    try:
        line = f"{name} = {toml_value(value, is_option=is_option)}"
    except NotTOML as error:
        return f"# {name}: {error}"
    return line + ("  # a part may be hidden" if _is_masked(value) else "")


def _is_masked(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_is_masked, value))
    return _masked_text(value) is not None


def _masked_text(value: Any) -> str | None:
    """Return what a text-like value of a class of its own shows, such as a URL without its query."""
    if type(value) is str or isinstance(value, Path):
        return None
    try:
        shown = ast.literal_eval(repr(value))
    except (SyntaxError, ValueError):
        return None
    return shown if isinstance(shown, str) else None


def toml_value(value: Any, *, is_option: bool = True) -> str:
    """Return a value as TOML. Raises NotTOML for a value that TOML has no form for.

    ``${NAME}`` in the text of an option is escaped, because it would be replaced when the file is loaded.
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (list, tuple, set, frozenset)):
        texts = [toml_value(each, is_option=is_option) for each in value]
        # The order of a set differs from run to run.
        return "[" + ", ".join(sorted(texts) if isinstance(value, (set, frozenset)) else texts) + "]"
    if isinstance(value, Mapping):
        pairs = (f"{_key(str(key))} = {toml_value(each, is_option=is_option)}" for key, each in value.items())
        return "{" + ", ".join(pairs) + "}"
    text = _masked_text(value)
    if text is None:
        if not isinstance(value, (str, Path)):
            raise NotTOML(f"TOML has no form for {with_article(type(value).__name__)}")
        text = str(value)
    return _quoted(literal(text) if is_option else text)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quoted(key)


def _quoted(text: str) -> str:
    if re.search(r"[\ud800-\udfff]", text):
        raise NotTOML("the text is not valid Unicode")
    # TOML has the escapes of JSON. Characters that would steer a terminal are escaped as well.
    return "".join(
        each if printable(each) == each else f"\\u{ord(each):04x}"
        for each in json.dumps(text, ensure_ascii=False)
    )
