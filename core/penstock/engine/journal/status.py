"""What the journal says of a pipeline's runs, for people who look at it while one is under way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.engine.journal import pipeline_key
from penstock.engine.journal.database import Database
from penstock.engine.state_folder import holder
from penstock.model import Problem

FAILURES = 1000
"""Failures that are given word for word; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Status:
    """A pipeline's runs so far.

    Parameters
    ----------
    running
        Who holds the state folder: ``pid``, ``host``, ``since``, ``command``; None if nobody does.
    documents, complete, delivered
        Documents that were found; those whose sources have given all their pages; those that some sink
        has written.
    gone
        Documents besides, that were found once and that the last whole run did not meet any more. What was
        read of them is kept; nothing else here counts them.
    pages
        By state: ``found`` (not read yet), ``read``, ``failed``.
    submitted, in_doubt
        Pages that a service has and that are not read yet, of all pipelines that share the folder; and
        those of which it is not known whether it has them.
    failures
        The first thousand.
    last_run
        The last finished run's report; None if none has finished.
    """

    running: dict[str, Any] | None
    documents: int
    complete: int
    delivered: int
    gone: int
    pages: dict[str, int]
    submitted: int
    in_doubt: int
    failures: tuple[Problem, ...]
    last_run: dict[str, Any] | None


def status_of(state: Path, name: str, folder: Path) -> Status | None:
    """How far a pipeline is; None if it never ran. Raises StateError if the journal cannot be looked at."""
    database = Database.to_look_at(state)
    if database is None:
        return None
    try:
        return _read(database, state, pipeline_key(state, name, folder))
    finally:
        database.close()


def _read(database: Database, state: Path, key: str) -> Status:
    ((whole_run,),) = database.rows(
        "SELECT coalesce(max(id), 0) FROM runs WHERE pipeline = ? AND met_all", key
    )
    documents, complete, gone = database.rows(
        "SELECT count(*), coalesce(sum(complete), 0), (SELECT count(*) FROM documents"
        " WHERE pipeline = ?1 AND run < ?2) FROM documents WHERE pipeline = ?1 AND run >= ?2",
        *(key, whole_run),
    )[0]
    ((every,),) = database.rows("SELECT count(*) FROM documents")
    # Where all documents are this pipeline's, nothing is looked up for each of a million pages.
    which = " WHERE document IN (SELECT id FROM documents WHERE pipeline = ? AND run >= ?)"
    mine, values = (which, (key, whole_run)) if every > documents else ("", ())
    pages = dict(database.rows(f"SELECT state, count(*) FROM pages{mine} GROUP BY state", *values))  # noqa: S608
    ((delivered,),) = database.rows(f"SELECT count(DISTINCT document) FROM deliveries{mine}", *values)  # noqa: S608
    out = dict(database.rows("SELECT operation IS NULL, count(*) FROM submissions GROUP BY 1"))
    last = database.row(
        "SELECT report FROM runs WHERE pipeline = ? AND report IS NOT NULL ORDER BY id DESC LIMIT 1", key
    )
    return Status(
        running=holder(state),
        documents=documents,
        complete=complete,
        delivered=delivered,
        gone=gone,
        pages={name: pages.get(name, 0) for name in ("found", "read", "failed")},
        submitted=out.get(0, 0),
        in_doubt=out.get(1, 0),
        failures=_failures(database, key, whole_run),
        last_run=json.loads(last[0]) if last else None,
    )


def _failures(database: Database, key: str, whole_run: int) -> tuple[Problem, ...]:
    rows = database.rows(
        "SELECT documents.origin, pages.page, pages.why, pages.hint FROM pages"
        " JOIN documents ON documents.id = pages.document"
        " WHERE pages.state = 'failed' AND documents.pipeline = ? AND documents.run >= ? LIMIT ?",
        *(key, whole_run, FAILURES),
    )
    return tuple(
        Problem(json.loads(page)["origin"] if page else origin, why, hint) for origin, page, why, hint in rows
    )


__all__ = ["Status", "status_of"]
