"""The pipeline that `penstock read` runs, made from its command line."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from penstock.api.inputs import is_url, sources_of, state_of_read
from penstock.cli.file_list import STANDARD_INPUT, names_in, refuse_terminal, wrong
from penstock.config import Configuration, check
from penstock.errors import Complaint, ConfigurationError, PluginError
from penstock.overrides import apply_overrides
from penstock.plugins import find

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
PIPE_A_PICTURE = "pipe a picture into it: scanimage --format=png | penstock read -"


@dataclasses.dataclass(frozen=True, slots=True)
class Inputs:
    names: tuple[str, ...] = ()  # files, folders, globs, URLs, and "-" for standard input
    files_from: str | None = None  # a file with more names; "-" for a list from standard input
    include: tuple[str, ...] = ()  # patterns that select files in folders and globs
    exclude: tuple[str, ...] = ()
    merge: str | None = None  # the name of one document to be made of all inputs


def read_configuration(
    inputs: Inputs,
    recognizer: str,
    to: str,
    out: Path | None,
    settings: tuple[str, ...],
    *,
    observers: Iterable[Mapping[str, Any]],
) -> Configuration:
    """Return the checked pipeline. Raises ConfigurationError with everything that is wrong."""
    names = [name.strip() for name in to.split(",") if name.strip()]
    if not names:
        raise wrong("--to", "must name at least one output", "for example --to pdf,text")
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise ConfigurationError(
            [Complaint("--to", f"names {name!r} twice", "name each output once") for name in twice]
        )
    tables: dict[str, Any] = {
        "name": "read",
        "sources": _sources(inputs),
        "recognizers": [{"plugin": recognizer}],
        "sinks": [_sink(name, out) for name in names],
        "observers": [dict(observer) for observer in observers],
        "engine": {"state": state_of_read()},
    }
    apply_overrides(tables, settings)
    return check(tables, Path.cwd(), where="penstock read", name="read")


def _sources(inputs: Inputs) -> list[dict[str, Any]]:
    if any(not name.strip() for name in inputs.names):
        # An unset variable in quotes would otherwise mean the current folder and everything below it.
        raise wrong("INPUT", "must not be empty", "write . for the current folder")
    is_piped = STANDARD_INPUT in inputs.names
    if is_piped:
        _check_piped(inputs)
    listed = names_in(inputs.files_from) if inputs.files_from is not None else []
    named = [name for name in inputs.names if name != STANDARD_INPUT] + listed
    _check_schemes(named)
    if inputs.merge is not None:
        _check_merge(inputs.merge, only_files=not is_piped and not any(map(is_url, named)))
    merged = {"document": "all", "document_name": inputs.merge} if inputs.merge else {}
    sources = sources_of(named, include=list(inputs.include), exclude=list(inputs.exclude), **merged)
    return [*sources, {"plugin": "stdin"}] if is_piped else sources


def _check_schemes(names: Iterable[str]) -> None:
    """Raise ConfigurationError for URLs that are neither http nor https."""
    complaints = [
        Complaint(f"INPUT {name}", f"unsupported scheme {match[1]!r}", _instead(name))
        for name in names
        if (match := _SCHEME.match(name)) and not is_url(name) and not Path(name).exists()
    ]
    if complaints:
        raise ConfigurationError(complaints)


def _instead(name: str) -> str:
    if name.lower().startswith("file://"):
        return f"write the file's path: {unquote(urlsplit(name).path)}"
    return "use http, https or a local path"


def _check_piped(inputs: Inputs) -> None:
    """Raise ConfigurationError if standard input cannot be a picture."""
    if inputs.files_from == STANDARD_INPUT:
        why = "standard input cannot be a picture and a list of names at once"
        raise wrong("--files-from", why, "write the list into a file")
    refuse_terminal(STANDARD_INPUT, PIPE_A_PICTURE)


def _check_merge(name: str, *, only_files: bool) -> None:
    """Raise ConfigurationError for an empty name, or for inputs that cannot be merged."""
    if not name.strip():
        raise wrong("--merge", "must not be empty", "for example --merge diary")
    if not only_files:
        raise wrong("--merge", "can merge only files", "save the pictures first")


def _sink(name: str, out: Path | None) -> dict[str, Any]:
    """Return the table of a sink, with a template for its output if the sink has an option for that."""
    try:
        cls = find("sink", name, Path.cwd())
    except PluginError:
        # `check` reports it together with everything else that is wrong.
        return {"plugin": name}
    options = {field.name: field for field in dataclasses.fields(cls)}
    option = getattr(cls, "output_option", "path")
    if option not in options:
        return {"plugin": name}
    default = options[option].default
    return {"plugin": name, option: _template(default if isinstance(default, str) else _file_name(name), out)}


def _file_name(sink: str) -> str:
    """Return a template for a sink that has no default: ``{document}.shout`` for ``./my.py:Shout``."""
    return "{document}." + re.sub(r"\W", "_", sink.rpartition(":")[2]).lower()


def _template(default: str, out: Path | None) -> str:
    """Return the template of an output beside its input, or below ``out`` in the input's folders."""
    name = default.removeprefix("{beside}").lstrip("/\\")
    if out is not None:
        return f"{_escaped(out)}/{{folder}}/{name.removeprefix('{folder}/')}"
    if "{searchable}" not in name and name.endswith(".pdf"):
        # Beside a PDF, the input itself has this name.
        name = name.removesuffix(".pdf") + "{searchable}.pdf"
    return f"{{beside}}/{name}"


def _escaped(out: Path) -> str:
    return str(out.absolute()).replace("{", "{{").replace("}", "}}")
