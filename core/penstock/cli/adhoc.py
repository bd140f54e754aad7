"""The pipeline that `penstock read` stands for."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from penstock.api.inputs import is_url, sources_of, state_of_read
from penstock.cli.file_list import STANDARD_INPUT, names_in, refuse_terminal
from penstock.config import Configuration, check
from penstock.errors import Complaint, ConfigurationError, PluginError
from penstock.overrides import apply_overrides
from penstock.plugins import find

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
PIPE_A_PICTURE = "let a program write into it: scanimage --format=png | penstock read -"


@dataclasses.dataclass(frozen=True, slots=True)
class Inputs:
    """What is to be read.

    Parameters
    ----------
    names
        Files, folders, globs, URLs, and "-" for standard input.
    files_from
        A list of more of them, in which "-" is a file's name; "-" for a list from standard input.
    include, exclude
        Patterns for what folders and globs give.
    merge
        The name of the one document to be made of all.
    """

    names: tuple[str, ...] = ()
    files_from: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    merge: str | None = None


def read_configuration(
    inputs: Inputs,
    recognizer: str,
    to: str,
    out: Path | None,
    settings: tuple[str, ...],
    *,
    observers: Iterable[Mapping[str, Any]],
) -> Configuration:
    """Check what the command line asks for, as a pipeline.

    Raises
    ------
    ConfigurationError
        With everything that is wrong.
    """
    names = [name.strip() for name in to.split(",") if name.strip()]
    if not names:
        raise ConfigurationError([Complaint("--to", "names no output", "for example --to pdf,text")])
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        complaints = [Complaint("--to", f"names {name!r} twice", "name each output once") for name in twice]
        raise ConfigurationError(complaints)
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
        # An unset variable in quotes would stand for the current folder, with everything below it.
        raise ConfigurationError([Complaint("INPUT", "is an empty name", "write . for the current folder")])
    is_piped = STANDARD_INPUT in inputs.names
    if is_piped:
        _refuse_pipe_of_two(inputs)
    listed = names_in(inputs.files_from) if inputs.files_from is not None else []
    named = [name for name in inputs.names if name != STANDARD_INPUT] + listed
    _refuse_strange_addresses(named)
    if inputs.merge is not None:
        _refuse_merge(inputs.merge, has_others=is_piped or any(map(is_url, named)))
    merged = {"document": "all", "document_name": inputs.merge} if inputs.merge else {}
    sources = sources_of(named, include=list(inputs.include), exclude=list(inputs.exclude), **merged)
    return [*sources, {"plugin": "stdin"}] if is_piped else sources


def _refuse_strange_addresses(names: Iterable[str]) -> None:
    """Raise ConfigurationError for addresses of a kind that nobody fetches."""
    strange = [name for name in names if _SCHEME.match(name) and not is_url(name) and not Path(name).exists()]
    if strange:
        raise ConfigurationError(
            [Complaint("INPUT", f"{name} is fetched by nobody", _instead(name)) for name in strange]
        )


def _instead(name: str) -> str:
    if name.lower().startswith("file://"):
        return f"write the file's path: {unquote(urlsplit(name).path)}"
    return "only http: and https: are; download it first"


def _refuse_pipe_of_two(inputs: Inputs) -> None:
    """Raise ConfigurationError if standard input is no picture's."""
    if inputs.files_from == STANDARD_INPUT:
        why = "standard input is the picture already"
        raise ConfigurationError([Complaint("--files-from", why, "write the list into a file")])
    refuse_terminal(STANDARD_INPUT, PIPE_A_PICTURE)


def _refuse_merge(name: str, *, has_others: bool) -> None:
    """Raise ConfigurationError for a name that is none, or something to join that is no file."""
    if not name.strip():
        raise ConfigurationError([Complaint("--merge", "is an empty name", "for example --merge diary")])
    if has_others:
        raise ConfigurationError([Complaint("--merge", "joins files only", "save the pictures first")])


def _sink(name: str, out: Path | None) -> dict[str, Any]:
    """A sink writes under the option ``path`` by convention; one that has none decides for itself."""
    try:
        options = {option.name: option for option in dataclasses.fields(find("sink", name, Path.cwd()))}
    except PluginError:
        options = {}
    if "path" not in options:
        return {"plugin": name}
    default = options["path"].default
    return {"plugin": name, "path": _template(default if isinstance(default, str) else _named(name), out)}


def _named(sink: str) -> str:
    """A file's name for a sink that has no name for it."""
    return "{document}." + re.sub(r"\W", "_", sink.rpartition(":")[2]).lower()


def _template(default: str, out: Path | None) -> str:
    """Where a sink writes: beside the input, or below the named folder in folders as the input's."""
    name = default.removeprefix("{beside}").lstrip("/\\")
    if out is not None:
        return f"{_escaped(out)}/{{folder}}/{name.removeprefix('{folder}/')}"
    if "{searchable}" not in name and name.endswith(".pdf"):
        # A PDF's own name is taken.
        name = name.removesuffix(".pdf") + "{searchable}.pdf"
    return f"{{beside}}/{name}"


def _escaped(out: Path) -> str:
    return str(out.absolute()).replace("{", "{{").replace("}", "}}")
