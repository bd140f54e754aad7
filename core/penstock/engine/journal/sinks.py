"""What each pipeline says about its sinks, so that the outputs of a document can be written again.

The values are those of the pipeline file or the command line. A secret is never among them: a pipeline names
its secrets as ``${NAME}`` or ``{ file = "PATH" }``.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import Enum
from pathlib import Path
from typing import Any

from penstock.config import Configuration
from penstock.engine.journal.database import Database
from penstock.engine.keys import SinkKey
from penstock.options import literal

_OF_DOCUMENT = """
SELECT sinks.definition, sinks.ad_hoc FROM documents JOIN sinks ON sinks.pipeline = documents.pipeline
WHERE documents.id = ?1 AND CASE WHEN sinks.ad_hoc
    THEN sinks.run = documents.run
        OR EXISTS (SELECT 1 FROM deliveries WHERE document = ?1 AND deliveries.sink = sinks.sink)
    ELSE sinks.run = (SELECT max(run) FROM sinks AS others WHERE others.pipeline = documents.pipeline) END
ORDER BY sinks.run
"""
# Each `penstock read` names sinks for its own documents. The sinks of a pipeline file write all documents.


@dataclass(frozen=True, slots=True)
class SinkTables:
    """The sinks that write a document, and the pipeline they belong to.

    Parameters
    ----------
    pipeline
        Name of the pipeline.
    folder
        Absolute folder that relative paths start from.
    on_failed_page
        The engine's option.
    ad_hoc
        Whether the pipeline is the one of `penstock read`, as in `RunOptions`.
    tables
        The tables of the sinks.
    """

    pipeline: str
    folder: Path
    on_failed_page: str
    ad_hoc: bool
    tables: tuple[dict[str, Any], ...]


class Sinks:
    """The sinks of one pipeline, by its key, as one run has them. ``folder`` is the state folder."""

    def __init__(self, database: Database, folder: Path, pipeline: str, *, run: int) -> None:
        self._database, self._pipeline, self._run = database, pipeline, run
        self._start = os.path.realpath(folder)

    def note(self, configuration: Configuration, keys: Sequence[SinkKey], *, ad_hoc: bool) -> None:
        """Store the sinks with the next commit. A sink that is an object of a program is left out."""
        for key, configured in zip(keys, configuration.of_kind("sink"), strict=True):
            if configured.table is None:
                continue
            form = {
                "pipeline": configuration.name,
                "folder": os.path.relpath(os.path.realpath(configuration.folder), self._start),
                "on_failed_page": configuration.engine.on_failed_page,
                "table": configured.table,
            }
            try:
                definition = json.dumps(form, default=_plain)
            except TypeError:
                continue
            self._database.gather(
                "INSERT OR REPLACE INTO sinks (pipeline, sink, ad_hoc, run, definition)"
                " VALUES (?, ?, ?, ?, ?)",
                *(self._pipeline, key, ad_hoc, self._run, definition),
            )


def sinks_of(database: Database, folder: Path, document: int) -> SinkTables | None:
    """Return the sinks that write a document, by its number in the journal; None if none is stored.

    They are those of the last run of its pipeline file, or all that a `penstock read` has written it with.
    ``folder`` is the state folder. Any thread.
    """
    rows = _rows(database, document)
    return _sink_tables(rows, folder) if rows else None


def documents_by_sinks(
    database: Database, folder: Path, pipeline: str
) -> list[tuple[SinkTables | None, frozenset[int]]]:
    """Return the documents of a pipeline, by its key, in groups of those that the same sinks write.

    The sinks are those of `sinks_of`.
    """
    groups: defaultdict[tuple[tuple[str, bool], ...], set[int]] = defaultdict(set)
    for (document,) in database.look_up("SELECT id FROM documents WHERE pipeline = ?", pipeline):
        groups[_rows(database, document)].add(document)
    return [
        (_sink_tables(rows, folder) if rows else None, frozenset(documents))
        for rows, documents in groups.items()
    ]


def _rows(database: Database, document: int) -> tuple[tuple[str, bool], ...]:
    """Return the definitions of the sinks that write a document, those of the last run last."""
    return tuple(
        (definition, bool(ad_hoc)) for definition, ad_hoc in database.look_up(_OF_DOCUMENT, document)
    )


def _sink_tables(rows: Sequence[tuple[str, bool]], folder: Path) -> SinkTables:
    forms = [json.loads(definition) for definition, _ in rows]
    last = forms[-1]
    start = Path(os.path.normpath(Path(os.path.realpath(folder)) / last["folder"]))
    tables = tuple(form["table"] for form in forms)
    return SinkTables(last["pipeline"], start, last["on_failed_page"], rows[0][1], tables)


def _plain(value: object) -> str:
    """Return an option's value as TOML's text for it. Raises TypeError for a value that has none."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Path):
        return literal(str(value))
    raise TypeError(f"no text stands for {value!r}")
