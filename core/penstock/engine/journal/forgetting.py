"""Dropping results from the journal, and pictures from the spool that nothing needs any more."""

from __future__ import annotations

import dataclasses
import operator
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from penstock.engine.journal import pipeline_key
from penstock.engine.journal.answers import CORRECTION
from penstock.engine.journal.database import Database
from penstock.engine.state_folder import StateFolder
from penstock.spool import Spool, digests_in

_RESULTS = ("answers", "submissions")


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was dropped: results, documents, pages that were out, and files of the spool with their bytes."""

    results: int = 0
    documents: int = 0
    submissions: int = 0
    files: int = 0
    freed: int = 0

    def __add__(self, other: Forgotten) -> Forgotten:
        return Forgotten(*map(operator.add, dataclasses.astuple(self), dataclasses.astuple(other)))


NOTHING = Forgotten()


def forget(
    state: Path,
    name: str,
    folder: Path,
    *,
    older_than: float | None = None,
    documents: Sequence[str] = (),
    everything: bool = False,
    neighbours: bool = False,
) -> Forgotten:
    """Drop results, so that their pages are sent again when they are next met. Outputs stay as they are.

    What was sent and is not read is dropped with them: it is not asked for any more.

    Parameters
    ----------
    state
        The state folder.
    name, folder
        The pipeline's, for the names of documents.
    older_than
        Results older than so many seconds.
    documents
        Results of the pages of documents of these names, and what is known of those documents.
    everything
        All results of every pipeline that shares the folder.
    neighbours
        Whether the folders beside it, whose results its runs know, forget, too.

    Raises
    ------
    StateError
        A folder is held by a run, or its journal cannot be used.
    """
    drop = partial(_forget_in, older_than=older_than, documents=documents, everything=everything)
    with ExitStack() as stack:
        first = stack.enter_context(StateFolder(state, has_neighbours=neighbours))
        beside = [stack.enter_context(StateFolder(path)) for path in first.neighbours()]
        # All are held before any forgets.
        return sum((drop(held, pipeline_key(held.path, name, folder)) for held in [first, *beside]), NOTHING)


def _forget_in(
    held: StateFolder, pipeline: str, *, older_than: float | None, documents: Sequence[str], everything: bool
) -> Forgotten:
    database = Database(held.path, network=held.network() is not None)
    try:
        forgetting = _Forgetting(database, pipeline)
        if everything:
            forgetting.all()
        if older_than is not None:
            forgetting.older_than(time.time() - older_than)
        for document in documents:
            forgetting.document(document)
        forgetting.settle()
        files, freed = _clean_spool(database, Spool(held.spool))
        return Forgotten(forgetting.results, forgetting.documents, forgetting.submissions, files, freed)
    finally:
        database.close()


class _Forgetting:
    """One round of dropping, in a journal that nobody else uses."""

    def __init__(self, database: Database, pipeline: str) -> None:
        self._database = database
        self._pipeline = pipeline
        self.results = self.documents = self.submissions = 0

    def all(self) -> None:
        """Drop every result, and what is known of every document."""
        self._drop("TRUE")
        self._database.write_now("DELETE FROM pages")
        self._database.write_now("DELETE FROM deliveries")
        self.documents += self._database.write_now("DELETE FROM documents")

    def older_than(self, moment: float) -> None:
        """Drop results from before a moment, in seconds since the epoch."""
        self._drop("at < ?", moment)

    def document(self, name: str) -> None:
        """Drop one document, by its name, and those of its pages' results that no other document needs."""
        rows = self._database.look_up(
            "SELECT id FROM documents WHERE pipeline = ? AND name = ?", self._pipeline, name
        )
        for (number,) in rows:
            self._drop(
                "content IN (SELECT content FROM pages WHERE document = ?)"
                " AND content NOT IN (SELECT content FROM pages WHERE document != ? AND content IS NOT NULL)",
                *(number, number),
            )
            self._database.write_now("DELETE FROM pages WHERE document = ?", number)
            self._database.write_now("DELETE FROM deliveries WHERE document = ?", number)
            self.documents += self._database.write_now("DELETE FROM documents WHERE id = ?", number)

    def _drop(self, which: str, *values: Any) -> None:
        """Drop the results, and what is out, for which one of the conditions above holds."""
        for_answers, for_submissions = (f"DELETE FROM {table} WHERE {which}" for table in _RESULTS)  # noqa: S608
        self.results += self._database.write_now(for_answers, *values)
        self.submissions += self._database.write_now(for_submissions, *values)

    def settle(self) -> None:
        """Say of pages whose results are gone that they are not read."""
        self._database.write_now(
            "UPDATE pages SET state = 'found', reading = NULL WHERE state = 'read' AND NOT EXISTS"
            " (SELECT 1 FROM answers WHERE answers.content = pages.content"
            " AND answers.reading IN (pages.reading, ?))",
            CORRECTION,
        )
        self._database.write_now("VACUUM")


def _clean_spool(database: Database, spool: Spool) -> tuple[int, int]:
    """Remove the pictures that no page and no note needs; their number and bytes."""
    unneeded = dict(spool.kept())
    for digest in spool.needed():
        unneeded.pop(digest, None)
    if unneeded:
        for form in _page_forms(database):
            for digest in digests_in(form):
                unneeded.pop(digest, None)
    files = freed = 0
    for path in unneeded.values():
        with suppress(OSError):
            size = path.stat().st_size
            path.unlink()
            files, freed = files + 1, freed + size
    return files, freed


def _page_forms(database: Database) -> Iterator[str]:
    """The forms of all pages, whoever's, a part at a time."""
    document = number = -1
    while rows := database.look_up(
        "SELECT document, number, page FROM pages WHERE (document, number) > (?, ?)"
        " ORDER BY document, number LIMIT 10000",
        *(document, number),
    ):
        for document, number, form in rows:  # noqa: B007
            if form:
                yield form


__all__ = ["Forgotten", "forget"]
