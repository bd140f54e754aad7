"""Documents and their pages, as the sources yielded them, and how far each page got."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from penstock.engine.journal.database import Database, storable
from penstock.engine.journal.schema import CURRENT, IS_PROVISIONAL
from penstock.engine.keys import ContentKey, RecognizerKey
from penstock.engine.state_folder import SPOOL
from penstock.json_form import page_from_json, page_to_json
from penstock.model import Document, MissingPage, Page, Problem
from penstock.spool import digests_in

BATCH = 8
"""Pages that are loaded at once."""

_SET = (
    "INSERT INTO pages (document, number, state, page, content, reading, why, hint)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET state = excluded.state, page = excluded.page, content = excluded.content,"
    " reading = excluded.reading, why = excluded.why, hint = excluded.hint WHERE "
)
# An unchanged row is not written: a run over a million recognized pages writes none of them.
_SET_IF_CHANGED = _SET + (
    "(pages.state, pages.page, pages.content, pages.reading, pages.why, pages.hint) IS NOT"
    " (excluded.state, excluded.page, excluded.content, excluded.reading, excluded.why, excluded.hint)"
)
# A page that is sent again keeps its last state until the new result is there.
_SET_IF_NEW = _SET + "NOT (pages.state IN ('read', 'failed') AND pages.content IS excluded.content)"


@dataclass(frozen=True, slots=True)
class RecognizedRow:
    """A recognized page as the journal has it; the two keys are those of its result."""

    spool: Path
    number: int
    form: str
    content_key: ContentKey
    recognizer_key: RecognizerKey

    def page(self) -> Page:
        return _page_from_form(self.form, self.spool)


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page of a document as the journal has it."""

    spool: Path  # the folder that spooled pictures are in
    number: int
    form: str | None  # the page in JSON; None if its source could not yield it
    content_key: ContentKey | None
    recognizer_key: RecognizerKey | None  # None if the page is not recognized
    why: str | None  # None if it did not fail, as `hint`
    hint: str | None

    def page(self) -> Page | None:
        return _page_from_form(self.form, self.spool) if self.form else None


class Documents:
    """The documents of one pipeline, by its key; see `penstock.engine.journal.pipeline_key`.

    Documents of other pipelines in the same journal are never mixed up with these.
    """

    def __init__(
        self, database: Database, pipeline: str, folder: Path, run: int, *, shared: bool = False
    ) -> None:
        self._database, self._pipeline, self._run = database, pipeline, run
        self._start = os.path.realpath(folder)
        self._spool = folder / SPOOL
        self._has_kept = bool(database.rows("SELECT 1 FROM kept LIMIT 1"))
        if not shared:
            # No other run can find these documents, so the table need not be written to the disk.
            database.write_now("CREATE TEMP TABLE seen (document INTEGER PRIMARY KEY, run INTEGER)")

    def identity(self, document: Document) -> int:
        """Return the document's number in the journal, the same in every run of the pipeline.

        It depends on where the document's files are relative to the state folder, not on the current
        directory. If one run finds two documents with the same name and place, they get different numbers.
        So do the documents of two live runs that share the state folder: sinks load pages by this number.
        """
        for occurrence in count():
            number = document_number(self._pipeline, document, self._start, occurrence)
            if self._database.write_now("INSERT OR IGNORE INTO seen VALUES (?, ?)", number, self._run):
                break
        return number

    def note_document(self, number: int, document: Document) -> None:
        self._database.gather(
            "INSERT INTO documents (id, pipeline, name, origin, folder, beside, run)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET run = excluded.run, complete = 0",
            *(number, self._pipeline, *map(storable, (document.name, document.origin, document.folder))),
            os.fsencode(document.beside) if document.beside else None,
            self._run,
        )

    def note_complete(self, number: int, last: int) -> None:
        """Note that a source has yielded all pages of a document, up to page number `last`."""
        self._database.gather("UPDATE documents SET complete = 1 WHERE id = ?", number)
        self._database.gather("DELETE FROM pages WHERE document = ? AND number > ?", number, last)

    def remove_pages(self, document: int, first: int, last: int) -> None:
        """Note that a document has no pages with the numbers from `first` to `last`."""
        self._database.gather(
            "DELETE FROM pages WHERE document = ? AND number BETWEEN ? AND ?", document, first, last
        )

    def is_complete(self, number: int) -> bool:
        """Return whether a source has yielded all pages of a document. Any thread."""
        return bool(self._database.look_up("SELECT 1 FROM documents WHERE id = ? AND complete = 1", number))

    def note_found(self, document: int, page: Page, content_key: ContentKey) -> None:
        self._database.gather(
            _SET_IF_NEW, document, page.number, "found", self._form(page), content_key, None, None, None
        )

    def note_recognized(
        self,
        document: int,
        page: Page,
        content_key: ContentKey,
        recognizer_key: RecognizerKey,
        *,
        is_provisional: bool = False,
    ) -> dict[str, Any]:
        """Note a page that is recognized; its result is in the same commit or an earlier one.

        ``is_provisional`` if no rule accepted the result. Returns the page's JSON form, which the caller
        needs, too.
        """
        form = page_to_json(page)
        stored = _stored_form(form, page, self._spool)
        self._database.gather(
            _SET_IF_CHANGED,
            *(document, page.number, "read", stored, content_key, recognizer_key, None, None),
        )
        if is_provisional:
            self._has_kept = True
            row = (document, page.number, content_key, recognizer_key)
            self._database.gather("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)", *row)
        elif self._has_kept:
            self._database.gather("DELETE FROM kept WHERE (document, number) = (?, ?)", document, page.number)
        return form

    def note_failed(
        self, document: int, number: int, problem: Problem, page: Page | None, content_key: ContentKey | None
    ) -> None:
        """Note a page that could not be loaded or recognized."""
        form = self._form(page) if page else None
        why, hint = storable(problem.why), storable(problem.hint)
        self._database.gather(_SET_IF_CHANGED, document, number, "failed", form, content_key, None, why, hint)

    def _form(self, page: Page) -> str:
        return _stored_form(page_to_json(page), page, self._spool)

    def recognized_after(self, document: int, number: int) -> list[RecognizedRow]:
        """Return the next few recognized pages of a document after a page number. Any thread.

        A page that was corrected since the run noted it has its correction.
        """
        rows = self._database.look_up(
            f"SELECT number, page, content, {CURRENT} FROM pages"  # noqa: S608  a constant
            " WHERE document = ? AND number > ? AND state = 'read' ORDER BY number LIMIT ?",
            *(document, number, BATCH),
        )
        return [RecognizedRow(self._spool, *row) for row in rows]

    def failed_after(self, document: int, number: int) -> list[MissingPage]:
        """Return the next few failed pages of a document after a page number. Any thread."""
        rows = self._database.look_up(
            "SELECT number, page, why FROM pages"
            " WHERE document = ? AND number > ? AND state = 'failed' ORDER BY number LIMIT ?",
            *(document, number, BATCH),
        )
        # Without a page, the reason names what failed.
        return [
            MissingPage(row, f"{json.loads(form)['origin']}: {why}" if form else why)
            for row, form, why in rows
        ]

    def pages_after(self, document: int, number: int) -> list[PageRow]:
        """Return the next few pages of a document after a page number, in any state. Any thread."""
        rows = self._database.look_up(
            "SELECT number, page, content, reading, why, hint FROM pages"
            " WHERE document = ? AND number > ? ORDER BY number LIMIT ?",
            *(document, number, BATCH),
        )
        return [PageRow(self._spool, *row) for row in rows]

    def name_of(self, number: int) -> str | None:
        """Return the name of a document of any pipeline in the journal; None if there is no such document."""
        rows = self._database.look_up("SELECT name FROM documents WHERE id = ?", number)
        return str(rows[0][0]) if rows else None

    def find(self, number: int) -> Document | None:
        """Return a document of the pipeline, without its pages; None if it has none with this number."""
        rows = self._database.look_up(
            "SELECT name, origin, folder, beside FROM documents WHERE id = ? AND pipeline = ?",
            *(number, self._pipeline),
        )
        return _document(*rows[0]) if rows else None

    def iterate(self, *, failed_only: bool = False) -> Iterator[tuple[int, Document]]:
        """Iterate over the documents, without their pages, in the order in which they were first found.

        ``failed_only`` selects documents with a failed or provisional page that the last complete run still
        found.
        """
        has_failed = (
            " AND EXISTS (SELECT 1 FROM pages WHERE document = documents.id"  # noqa: S608  a constant
            f" AND (state = 'failed' OR {IS_PROVISIONAL}))"
            " AND run >= (SELECT coalesce(max(runs.id), 0) FROM runs"
            " WHERE runs.pipeline = ?1 AND met_all)"
        )
        statement = (
            "SELECT rowid, id, name, origin, folder, beside FROM documents"  # noqa: S608  one of two constants
            f" WHERE pipeline = ?1 AND rowid > ?2{has_failed if failed_only else ''}"
            " ORDER BY rowid LIMIT 100"
        )
        last = -1
        while rows := self._database.look_up(statement, self._pipeline, last):
            for last, number, *fields in rows:  # noqa: B007
                yield number, _document(*fields)


def _document(name: str, origin: str, folder: str, beside: bytes | None) -> Document:
    return Document(name, origin, (), folder, Path(os.fsdecode(beside)) if beside else None)


def document_number(pipeline: str, document: Document, start: str, occurrence: int = 0) -> int:
    """Return a positive 63-bit digest, which SQLite can store as an integer. See `Documents.identity`.

    ``pipeline`` is the pipeline's key, ``start`` the real path of the state folder.
    """
    origin, beside = document.origin, ""
    if document.beside:
        origin, beside = Path(origin).name, os.path.relpath(document.beside, start)
    parts = [pipeline, document.name, origin, document.folder, beside, occurrence]
    digest = hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


def _stored_form(form: dict[str, Any], page: Page, spool: Path) -> str:
    """The text stored for a page. A spooled picture is named relative to the spool, which can be moved."""
    if path := _path_in(spool, page.picture.path):
        # The file's name is a digest of its content, so its time of change says nothing; a copy of the
        # folder has other times.
        form = form | {"path": path, "spooled": True, "modified_ns": None}
    return json.dumps(form)


def _page_from_form(text: str, spool: Path) -> Page:
    form: dict[str, Any] = json.loads(text)
    if not form.get("spooled"):
        return page_from_json(form)
    page = page_from_json(form | {"path": str(spool / form["path"])})
    with suppress(OSError):
        modified_ns = page.picture.path.stat().st_mtime_ns
        page = replace(page, picture=replace(page.picture, modified_ns=modified_ns))
    return page


def _path_in(spool: Path, path: Path) -> str | None:
    """The path of a picture within the spool; None for one that is elsewhere."""
    if not digests_in(path.name):
        return None
    folder = Path(os.path.realpath(path.parent))
    return f"{folder.name}/{path.name}" if folder.parent == Path(os.path.realpath(spool)) else None
