"""Pipelines that only write: the sinks that a journal names, without sources and recognizers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from penstock.config import Configuration, check
from penstock.engine.journal.sinks import SinkTables


def writing_configuration(
    state: Path, sinks: SinkTables, *, observers: Iterable[Mapping[str, Any]] = ()
) -> Configuration:
    """Return the pipeline of the stored sinks of a state folder, for a run with ``write_only``.

    Raises ConfigurationError if a sink cannot be made any more.
    """
    tables = {
        "name": sinks.pipeline,
        "sinks": list(sinks.tables),
        "observers": [dict(observer) for observer in observers],
        "engine": {"state": state, "on_failed_page": sinks.on_failed_page},
    }
    where = f"penstock {sinks.pipeline}" if sinks.ad_hoc else sinks.pipeline
    without = ("sources", "recognizers")
    return check(tables, sinks.folder, where=where, name=sinks.pipeline, without=without)
