"""Pipelines of tests as tables, and references to test doubles."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from penstock.engine.journal import Journal
from penstock.engine.state_folder import StateFolder

DOUBLES = Path(__file__).parent / "doubles"


def double(name: str) -> str:
    """Return a pipeline's reference to a test double."""
    file, _, cls = name.partition(":")
    return f"{DOUBLES / file}.py:{cls}"


def tables(
    paths: Iterable[Path | str],
    *,
    script: dict[str, list[str]] | None = None,
    sinks: list[dict[str, Any]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a pipeline of files, the scripted recognizer, and a text sink."""
    return {
        "sources": [{"plugin": "files", "paths": [str(path) for path in paths]}],
        "recognizers": [{"plugin": double("scripted:Scripted"), "script": script or {}}],
        "sinks": sinks or [{"plugin": "text", "path": "out/{document}.txt"}],
        **more,
    }


@contextmanager
def opened_journal(folder: Path, **options: Any) -> Iterator[Journal]:
    """Open the journal in a state folder as a run does."""
    with (
        StateFolder(folder) as state,
        Journal(state, name="test", folder=folder.parent, **options) as journal,
    ):
        yield journal


def load_double(name: str) -> Any:
    """Return the module of a test double, loaded as a plugin file."""
    from penstock.plugins import find

    return sys.modules[find("recognizer", double(name), DOUBLES).__module__]
