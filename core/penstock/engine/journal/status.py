"""What a journal says about a pipeline: for people, also while it runs."""

from __future__ import annotations

import json
import os
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.engine.journal import pipeline_key
from penstock.engine.journal.database import Database
from penstock.engine.journal.runs import FOUND_ALL, WORKERS
from penstock.engine.journal.schema import IS_PROVISIONAL
from penstock.engine.state_folder import RUNS, holder, is_locked
from penstock.model import Problem

MAX_FAILURES = 1000
"""Failures that are listed; all are counted."""


@dataclass(frozen=True, slots=True)
class CurrentRun:
    """A run that is going on, as it was a moment ago."""

    seconds: float  # since it started
    found_all: bool  # whether the sources have yielded all documents
    total: int
    """All its pages. If the sources may yield more: the pages that this run and earlier ones have found."""
    report: dict[str, Any]  # the keys of `penstock.report.RunReport`, without failures, warnings and outputs
    workers: tuple[str, ...] = ()  # lines about the workers that read pages; none for services


@dataclass(frozen=True, slots=True)
class Status:
    """How far a pipeline is. `submitted` and `in_doubt` include other pipelines that use the folder."""

    running: dict[str, Any] | None
    """A process that uses the state folder: ``pid``, ``host``, ``since``, ``command``; None without one."""
    current_run: CurrentRun | None
    """The pipeline's run that is going on; None without one, and in its first moments."""
    documents: int  # that were found
    complete: int  # of which all pages were found
    delivered: int  # that a sink has written
    gone: int
    """Documents that the last complete run did not find any more. Their results are kept. The other numbers
    do not include them."""
    pages: dict[str, int]  # by state: ``found`` (not recognized yet), ``read`` (recognized), ``failed``
    provisional: int  # those of them that were recognized, but whose result a rule did not accept
    submitted: int  # pages in flight with an operation
    in_doubt: int  # pages that may or may not have been sent
    failures: tuple[Problem, ...]  # the first thousand
    last_run: dict[str, Any] | None  # the report of the last run that ended; None without one


def status_of(state: Path, name: str, folder: Path | None) -> Status | None:
    """Return how far a pipeline is; None if it never ran. Raises StateError if its journal cannot be read.

    Without a folder, the status is that of all pipelines with the name that share the state folder.
    """
    if (database := Database.open_read_only(state)) is None:
        return None
    with closing(database):
        if folder is not None:
            return _status(database, state, "pipeline = ?1", pipeline_key(state, name, folder))
        return _status(database, state, "substr(pipeline, 1, length(?1)) = ?1", f"{name} in ")


def _status(database: Database, state: Path, ours: str, key: str) -> Status:
    """Return the status of the pipelines that the SQL condition ``ours`` selects with ``key``."""
    ((complete_run,),) = database.rows(f"SELECT coalesce(max(id), 0) FROM runs WHERE {ours} AND met_all", key)  # noqa: S608
    documents, complete, gone = database.rows(
        "SELECT count(*), coalesce(sum(complete), 0), (SELECT count(*) FROM documents"  # noqa: S608
        f" WHERE {ours} AND run < ?2) FROM documents WHERE {ours} AND run >= ?2",
        *(key, complete_run),
    )[0]
    ((all_documents,),) = database.rows("SELECT count(*) FROM documents")
    # If all documents belong to this pipeline, the condition is left out: with a million pages it is slow.
    which = f" WHERE document IN (SELECT id FROM documents WHERE {ours} AND run >= ?2)"  # noqa: S608
    condition, values = (which, (key, complete_run)) if all_documents > documents else ("", ())
    pages = dict(database.rows(f"SELECT state, count(*) FROM pages{condition} GROUP BY state", *values))  # noqa: S608
    ((delivered,),) = database.rows(
        f"SELECT count(DISTINCT document) FROM deliveries{condition}",  # noqa: S608
        *values,
    )
    in_flight = dict(database.rows("SELECT operation IS NULL, count(*) FROM submissions GROUP BY 1"))
    last = database.row(
        f"SELECT report FROM runs WHERE {ours} AND ended IS NOT NULL ORDER BY id DESC LIMIT 1",  # noqa: S608
        key,
    )
    return Status(
        running=holder(state),
        current_run=_current_run(database, state, ours, key, sum(pages.values())),
        documents=documents,
        complete=complete,
        delivered=delivered,
        gone=gone,
        pages={name: pages.get(name, 0) for name in ("found", "read", "failed")},
        provisional=_provisional(database, condition, values),
        submitted=in_flight.get(0, 0),
        in_doubt=in_flight.get(1, 0),
        failures=_failures(database, ours, key, complete_run),
        last_run=json.loads(last[0]) if last else None,
    )


def _provisional(database: Database, condition: str, values: tuple[Any, ...]) -> int:
    with_kept = f"{condition} AND" if condition else " WHERE"
    ((count,),) = database.rows(
        f"SELECT count(*) FROM pages{with_kept} state = 'read' AND {IS_PROVISIONAL}",  # noqa: S608
        *values,
    )
    return int(count)


def _current_run(
    database: Database, state: Path, ours: str, key: str, stored_pages: int
) -> CurrentRun | None:
    rows = database.rows(
        f"SELECT id, started, report FROM runs WHERE {ours} AND ended IS NULL AND report IS NOT NULL"  # noqa: S608
        " ORDER BY id DESC",
        key,
    )
    for run, started, stored in rows:
        if is_locked(state / RUNS / f"{run}.lock"):
            report = json.loads(stored)
            found_all = bool(report.pop(FOUND_ALL))
            found = report["pages_found"]
            total = found if found_all else max(found, stored_pages)
            workers = tuple(report.pop(WORKERS, ()))  # runs of earlier versions do not note them
            return CurrentRun(max(0.0, time.time() - started), found_all, total, report, workers)
    return None


def _failures(database: Database, ours: str, key: str, complete_run: int) -> tuple[Problem, ...]:
    rows = database.rows(
        "SELECT documents.origin, documents.beside, pages.page, pages.why, pages.hint FROM pages"  # noqa: S608
        " JOIN documents ON documents.id = pages.document"
        f" WHERE pages.state = 'failed' AND {ours} AND documents.run >= ?2 LIMIT ?3",
        *(key, complete_run, MAX_FAILURES),
    )
    # Nothing can be done about the files of a folder that was deleted.
    return tuple(
        # The reason of a page that was not found begins with the name of its file.
        Problem(json.loads(page)["origin"] if page else origin, why.removeprefix(f"{origin}: "), hint)
        for origin, beside, page, why, hint in rows
        if beside is None or Path(os.fsdecode(beside)).is_dir()
    )
