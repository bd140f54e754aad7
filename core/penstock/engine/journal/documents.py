"""Documents and their pages, as the sources gave them and as far as they came."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.engine.journal.database import Database, writable
from penstock.engine.journal.page_form import page_from_form, page_to_form, stored_form
from penstock.engine.state_folder import SPOOL
from penstock.json_form import page_to_json
from penstock.model import Document, Page, Problem

PAGES_AT_ONCE = 8
"""Pages that a walk loads together."""

_SET = (
    "INSERT INTO pages (document, number, state, page, content, reading, why, hint)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET state = excluded.state, page = excluded.page, content = excluded.content,"
    " reading = excluded.reading, why = excluded.why, hint = excluded.hint WHERE "
)
# What is known already is not written again: a run over a million known pages writes none of them.
_PUT = _SET + (
    "(pages.state, pages.page, pages.content, pages.reading, pages.why, pages.hint) IS NOT"
    " (excluded.state, excluded.page, excluded.content, excluded.reading, excluded.why, excluded.hint)"
)
# A page that is to be read again, or tried again, stays as it was until it is.
_FOUND = _SET + "NOT (pages.state IN ('read', 'failed') AND pages.content IS excluded.content)"


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A page that is read: its form in JSON, where its answer is, and the spool where its picture may be."""

    spool: Path
    number: int
    form: str
    content: bytes
    reading: bytes

    def page(self) -> Page:
        """The page itself."""
        return page_from_form(self.form, self.spool)


@dataclass(frozen=True, slots=True)
class TakenRow:
    """A page as an earlier run took it in: `form` is None where its source could not give it."""

    spool: Path
    number: int
    form: str | None
    content: bytes | None
    reading: bytes | None
    why: str | None
    hint: str | None

    def page(self) -> Page | None:
        """The page itself."""
        return page_from_form(self.form, self.spool) if self.form else None


class Documents:
    """What a pipeline's runs have seen.

    Parameters
    ----------
    pipeline
        The pipeline's name and where it lies from the state folder: another one's documents are others.
    """

    def __init__(self, database: Database, pipeline: str, folder: Path) -> None:
        self._database = database
        self._pipeline = pipeline
        self._start = os.path.realpath(folder)
        self._spool = folder / SPOOL
        self.run = 0
        database.write_now("CREATE TEMP TABLE seen (document INTEGER PRIMARY KEY)")

    def begin_run(self) -> int:
        """Number a run."""
        self._database.write_now(
            "INSERT INTO runs (pipeline, started) VALUES (?, ?)", self._pipeline, time.time()
        )
        ((self.run,),) = self._database.look_up("SELECT max(id) FROM runs")
        return self.run

    def end_run(self, report: str, *, met_all: bool) -> None:
        """Say what came of the run, with the next commit; and whether it met all documents that there are."""
        self._database.gather(
            "UPDATE runs SET ended = ?, report = ?, met_all = ? WHERE id = ?",
            *(time.time(), report, met_all, self.run),
        )

    def identity(self, document: Document) -> int:
        """A document's number in the journal: the same for the same document in every run of its pipeline.

        What people call it depends on the folder that they are in, so where it lies decides; a second
        document of the same name and place, in one run, is another one.
        """
        origin, beside = document.origin, ""
        if document.beside:
            origin, beside = Path(origin).name, os.path.relpath(document.beside, self._start)
        said = [self._pipeline, document.name, origin, document.folder, beside]
        number = _number([*said, 0])
        occurrence = 0
        while not self._database.write_now("INSERT OR IGNORE INTO seen VALUES (?)", number):
            occurrence += 1
            number = _number([*said, occurrence])
        return number

    def note_document(self, number: int, document: Document) -> None:
        """Note a document that was found."""
        self._database.gather(
            "INSERT INTO documents (id, pipeline, name, origin, folder, beside, run)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET run = excluded.run, complete = 0",
            *(number, self._pipeline, *map(writable, (document.name, document.origin, document.folder))),
            os.fsencode(document.beside) if document.beside else None,
            self.run,
        )

    def note_complete(self, number: int, last: int) -> None:
        """Note that a document's source has given all its pages, the last of them with that number."""
        self._database.gather("UPDATE documents SET complete = 1 WHERE id = ?", number)
        self._database.gather("DELETE FROM pages WHERE document = ? AND number > ?", number, last)

    def remove_pages(self, document: int, first: int, last: int) -> None:
        """Note that a document has no pages of these numbers."""
        self._database.gather(
            "DELETE FROM pages WHERE document = ? AND number BETWEEN ? AND ?", document, first, last
        )

    def is_complete(self, number: int) -> bool:
        """Whether all pages of a document were taken in; from any thread."""
        return bool(self._database.look_up("SELECT 1 FROM documents WHERE id = ? AND complete = 1", number))

    def note_found(self, document: int, page: Page, content: bytes) -> None:
        """Note a page that was taken in and is to be read."""
        self._database.gather(
            _FOUND, document, page.number, "found", self._form(page), content, None, None, None
        )

    def note_recognized(self, document: int, page: Page, content: bytes, reading: bytes) -> dict[str, Any]:
        """Note a page that has a result, and return the page's JSON form as `page_to_json` makes it."""
        form = page_to_json(page)
        stored = stored_form(form, page, self._spool)
        self._database.gather(_PUT, document, page.number, "read", stored, content, reading, None, None)
        return form

    def note_failed(
        self, document: int, number: int, problem: Problem, page: Page | None, content: bytes | None
    ) -> None:
        """Note a page that could not be had or read."""
        form = self._form(page) if page else None
        why, hint = writable(problem.why), writable(problem.hint)
        self._database.gather(_PUT, document, number, "failed", form, content, None, why, hint)

    def _form(self, page: Page) -> str:
        return page_to_form(page, self._spool)

    def recognized_after(self, document: int, number: int) -> list[ReadRow]:
        """The next few read pages of a document behind a number; from any thread."""
        rows = self._database.look_up(
            "SELECT number, page, content, reading FROM pages"
            " WHERE document = ? AND number > ? AND state = 'read' ORDER BY number LIMIT ?",
            *(document, number, PAGES_AT_ONCE),
        )
        return [ReadRow(self._spool, *row) for row in rows]

    def pages_after(self, document: int, number: int) -> list[TakenRow]:
        """The next few pages of a document behind a number, whatever became of them; from any thread."""
        rows = self._database.look_up(
            "SELECT number, page, content, reading, why, hint FROM pages"
            " WHERE document = ? AND number > ? ORDER BY number LIMIT ?",
            *(document, number, PAGES_AT_ONCE),
        )
        return [TakenRow(self._spool, *row) for row in rows]

    def iterate(self, *, failed_only: bool = False) -> Iterator[tuple[int, Document]]:
        """This pipeline's documents without their pages, in the order of finding, loaded as they are walked.

        ``failed_only`` leaves out those without a page that failed, and those that a whole run did not meet.
        """
        has_failed = (
            " AND EXISTS (SELECT 1 FROM pages WHERE state = 'failed' AND document = documents.id)"
            " AND run >= (SELECT coalesce(max(runs.id), 0) FROM runs"
            " WHERE runs.pipeline = ?1 AND met_all)"
        )
        failed = has_failed if failed_only else ""
        statement = (
            "SELECT rowid, id, name, origin, folder, beside FROM documents"  # noqa: S608  one of two clauses
            f" WHERE pipeline = ?1 AND rowid > ?2{failed} ORDER BY rowid LIMIT 100"
        )
        last = -1
        while rows := self._database.look_up(statement, self._pipeline, last):
            for last, number, name, origin, folder, beside in rows:  # noqa: B007
                place = Path(os.fsdecode(beside)) if beside else None
                yield number, Document(name, origin, (), folder, place)


def _number(said: list[Any]) -> int:
    digest = hashlib.blake2b(json.dumps(said).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


__all__ = ["PAGES_AT_ONCE", "Documents", "ReadRow", "TakenRow"]
