"""The pipeline that `penstock read` stands for."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from penstock.config import Configuration, apply_overrides, check
from penstock.errors import Complaint, ConfigurationError, PluginError
from penstock.plugins import find

_URL = re.compile(r"https?://", re.IGNORECASE)


def read_configuration(
    inputs: tuple[str, ...],
    recognizer: str,
    to: str,
    out: Path | None,
    merge: str | None,
    settings: tuple[str, ...],
    *,
    observers: list[dict[str, str]],
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
        "sources": _sources(inputs, merge),
        "recognizers": [{"plugin": recognizer}],
        "sinks": [_sink(name, out) for name in names],
        "observers": observers,
        "engine": {"state": str(user_cache_path("penstock", appauthor=False))},
    }
    apply_overrides(tables, settings)
    return check(tables, Path.cwd(), where="penstock read", name="read")


def _sources(inputs: tuple[str, ...], merge: str | None) -> list[dict[str, Any]]:
    urls = [name for name in inputs if _URL.match(name)]
    paths = [name for name in inputs if not _URL.match(name)]
    if merge is not None and not merge.strip():
        raise ConfigurationError([Complaint("--merge", "is an empty name", "for example --merge diary")])
    if merge and urls:
        raise ConfigurationError([Complaint("--merge", "joins files only", "download the pictures first")])
    sources: list[dict[str, Any]] = []
    if paths:
        merged = {"document": "all", "document_name": merge} if merge else {}
        sources.append({"plugin": "files", "paths": paths, **merged})
    if urls:
        sources.append({"plugin": "url", "urls": urls})
    return sources


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
