"""What a journal says about a pipeline, for people and commands; also while a run uses it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.engine.journal import pipeline_key
from penstock.engine.journal.database import Database
from penstock.engine.state_folder import holder
from penstock.model import Problem

MAX_FAILURES = 1000
"""Failures that are listed; all are counted."""


@dataclass(frozen=True, slots=True)
class Status:
    """How far a pipeline is.

    Parameters
    ----------
    running
        A process that uses the state folder: ``pid``, ``host``, ``since``, ``command``; None without one.
    documents, complete, delivered
        Documents that were found; those of which all pages were found; those that a sink has written.
    gone
        Documents that the last complete run did not find any more. Their results are kept. The other numbers
        do not include them.
    pages
        By state: ``found`` (not recognized yet), ``read`` (recognized), ``failed``.
    submitted, in_doubt
        Pages in flight with an operation, and pages that may or may not have been sent. Both include other
        pipelines that use the folder.
    failures
        The first thousand.
    last_run
        The report of the last run that ended; None without one.
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


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """A service's own answer about a page.

    Parameters
    ----------
    document, number
        The name of the page's document and the page's number in it.
    content
        The bytes as the service sent them: JSON, for Azure.
    """

    document: str
    number: int
    content: bytes


def status_of(state: Path, name: str, folder: Path) -> Status | None:
    """Return how far a pipeline is; None if it never ran. Raises StateError if its journal cannot be read."""
    if (database := Database.open_read_only(state)) is None:
        return None
    with closing(database):
        return _status(database, state, pipeline_key(state, name, folder))


def _status(database: Database, state: Path, key: str) -> Status:
    ((complete_run,),) = database.rows(
        "SELECT coalesce(max(id), 0) FROM runs WHERE pipeline = ? AND met_all", key
    )
    documents, complete, gone = database.rows(
        "SELECT count(*), coalesce(sum(complete), 0), (SELECT count(*) FROM documents"
        " WHERE pipeline = ?1 AND run < ?2) FROM documents WHERE pipeline = ?1 AND run >= ?2",
        *(key, complete_run),
    )[0]
    ((all_documents,),) = database.rows("SELECT count(*) FROM documents")
    # If all documents belong to this pipeline, the condition is left out: with a million pages it is slow.
    which = " WHERE document IN (SELECT id FROM documents WHERE pipeline = ? AND run >= ?)"
    condition, values = (which, (key, complete_run)) if all_documents > documents else ("", ())
    pages = dict(database.rows(f"SELECT state, count(*) FROM pages{condition} GROUP BY state", *values))  # noqa: S608
    ((delivered,),) = database.rows(
        f"SELECT count(DISTINCT document) FROM deliveries{condition}",  # noqa: S608
        *values,
    )
    in_flight = dict(database.rows("SELECT operation IS NULL, count(*) FROM submissions GROUP BY 1"))
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
        submitted=in_flight.get(0, 0),
        in_doubt=in_flight.get(1, 0),
        failures=_failures(database, key, complete_run),
        last_run=json.loads(last[0]) if last else None,
    )


def _failures(database: Database, key: str, complete_run: int) -> tuple[Problem, ...]:
    rows = database.rows(
        "SELECT documents.origin, pages.page, pages.why, pages.hint FROM pages"
        " JOIN documents ON documents.id = pages.document"
        " WHERE pages.state = 'failed' AND documents.pipeline = ? AND documents.run >= ? LIMIT ?",
        *(key, complete_run, MAX_FAILURES),
    )
    return tuple(
        Problem(json.loads(page)["origin"] if page else origin, why, hint) for origin, page, why, hint in rows
    )


def raw_answers(state: Path, name: str, folder: Path) -> Iterator[RawAnswer]:
    """Iterate over the services' answers about a pipeline's pages, stored if ``keep_answers`` is set.

    Raises StateError if the journal cannot be read.
    """
    if (database := Database.open_read_only(state)) is None:
        return
    with closing(database):
        key, last = pipeline_key(state, name, folder), (0, 0)
        # One at a time, for an answer may be large.
        while row := database.row(_NEXT_ANSWER, key, *last):
            rowid, document, number, raw = row
            last = (rowid, number)
            yield RawAnswer(document, number, zlib.decompress(raw))


_NEXT_ANSWER = (
    "SELECT documents.rowid, documents.name, pages.number, answers.raw FROM documents"
    " JOIN pages ON pages.document = documents.id"
    # An amended result has a key of its own and no raw answer: then the page's latest raw answer.
    " JOIN answers ON answers.rowid = coalesce("
    "(SELECT rowid FROM answers AS own"
    " WHERE own.content = pages.content AND own.reading = pages.reading AND own.raw IS NOT NULL),"
    " (SELECT rowid FROM answers AS latest"
    " WHERE latest.content = pages.content AND latest.raw IS NOT NULL ORDER BY at DESC LIMIT 1))"
    " WHERE documents.pipeline = ? AND (documents.rowid, pages.number) > (?, ?)"
    " ORDER BY documents.rowid, pages.number LIMIT 1"
)

__all__ = ["RawAnswer", "Status", "raw_answers", "status_of"]
