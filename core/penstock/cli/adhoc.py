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
        has_path = any(option.name == "path" for option in dataclasses.fields(find("sink", name, Path.cwd())))
    except PluginError:
        has_path = False
    return {"plugin": name, **({"path": _template(name, out)} if has_path else {})}


def _template(sink: str, out: Path | None) -> str:
    """Where a sink writes: beside the input, or below the named folder in folders as the input's."""
    ending = {"pdf": "pdf", "text": "txt", "json": "json", "overlay": "overlay.png"}.get(sink, f"{sink}.out")
    if out is not None:
        return f"{_escaped(out)}/{{folder}}/{{document}}.{ending}"
    # A PDF's own name is taken.
    return f"{{beside}}/{{document}}{'{searchable}' if ending == 'pdf' else ''}.{ending}"


def _escaped(out: Path) -> str:
    return str(out.absolute()).replace("{", "{{").replace("}", "}}")
