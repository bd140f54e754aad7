"""The journal of one scope: its documents, and their pages with the text that they have now."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.engine.journal.answers import put_counts, recognition_of
from penstock.engine.journal.database import FILE, Database
from penstock.engine.journal.documents import PageRow
from penstock.engine.journal.schema import CURRENT
from penstock.engine.journal.sinks import sinks_of
from penstock.engine.keys import ContentKey
from penstock.engine.state_folder import SPOOL, StateFolder
from penstock.errors import StateError
from penstock.model.word_counts import WordCounts
from penstock.review.scoped import IN_SCOPE, scope_values
from penstock.search import Scope

MAX_COUNTED = 200
"""Pages of one document that are counted at once. Runs count the words of a page when they store its text, so
these are only pages of journals that an older penstock wrote."""

_COLUMNS = (
    "documents.id, documents.name, documents.origin, documents.complete, documents.run, documents.rowid"
)
_NAMED = "(documents.name LIKE ?{0} ESCAPE '\\' OR documents.origin LIKE ?{0} ESCAPE '\\')"
_PAGES = (
    " FROM pages LEFT JOIN answers ON pages.state = 'read' AND answers.content = pages.content"
    f" AND answers.reading = {CURRENT} LEFT JOIN counts ON counts.content = answers.content"
    " AND counts.reading = answers.reading AND counts.digest = answers.digest WHERE pages.document = ?1"
)


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as the journal has it."""

    number: int  # in the journal
    name: str
    origin: str
    is_complete: bool  # whether its source has yielded all of its pages
    run: int  # the last run that found it
    position: int  # among the documents of the journal


@dataclass(frozen=True, slots=True)
class Totals:
    """How many pages and words a document has, and the number of its first page."""

    first: int | None
    pages: int
    read: int
    failed: int
    words: WordCounts


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a document in a list."""

    number: int
    state: str  # found, read or failed
    why: str
    words: WordCounts


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page of a document with its stored text. The text is None if the page is not recognized."""

    row: PageRow
    state: str
    digest: bytes  # of the text, or the key of its recognizer in journals that have no digest of it
    answer: bytes | None

    @property
    def can_edit(self) -> bool:
        """Whether a person can change the text, or write that of a page that could not be recognized."""
        has_text = self.state == "failed" or self.answer is not None
        return has_text and bool(self.row.content_key) and self.row.form is not None


class ReviewedJournal:
    """The documents of a scope.

    The journal is migrated if an older penstock made it and it can be written. All methods may be called from
    any thread, also while a run writes the journal.
    """

    def __init__(self, scope: Scope, database: Database, *, is_writable: bool) -> None:
        self.scope, self.database, self.is_writable = scope, database, is_writable
        self._file = (scope.state / FILE).stat()
        self._values = scope_values(scope, database)

    @classmethod
    def open(cls, scope: Scope) -> ReviewedJournal | None:
        """Open the journal; None if it does not exist. Raises StateError if it cannot be used."""
        file = scope.state / FILE
        if not (file.is_file() and file.stat().st_size):
            return None
        if not all(os.access(path, os.W_OK) for path in (scope.state, file)):
            database = Database.open_read_only(scope.state)
            return cls(scope, database, is_writable=False) if database else None
        network = StateFolder(scope.state).network() is not None
        return cls(scope, Database(scope.state, network=network), is_writable=True)

    def close(self) -> None:
        """Close the journal."""
        self.database.close()

    def check_in_place(self) -> None:
        """Raise StateError if the journal was deleted, moved or replaced since it was opened.

        SQLite would go on to write the file that has no name any more, and so would lose what it writes.
        """
        with suppress(OSError):
            if os.path.samestat(self._file, (self.scope.state / FILE).stat()):
                return
        raise StateError(
            f"the journal in {self.scope.state} was deleted, moved or replaced",
            "put it back if you can, end `penstock review` and start it again",
        )

    def count(self, text: str) -> int:
        """Return the number of documents whose name or origin contains a text."""
        named, patterns = _named(text, len(self._values) + 1)
        statement = f"SELECT count(*) FROM documents WHERE {IN_SCOPE} AND {named}"  # noqa: S608
        ((count,),) = self.database.look_up(statement, *self._values, *patterns)
        return int(count)

    def documents(self, text: str, after: DocumentRow | None, limit: int) -> list[DocumentRow]:
        """Return documents whose name or origin contains a text.

        Those that the latest runs found come first, and those of one run in the order in which they were
        first found.
        """
        named, patterns = _named(text, len(self._values) + 4)
        place = (after.run, after.position) if after else (None, None)
        rows = self.database.look_up(
            f"SELECT {_COLUMNS} FROM documents WHERE {IN_SCOPE} AND {named}"  # noqa: S608
            " AND (?6 IS NULL OR documents.run < ?6 OR (documents.run = ?6 AND documents.rowid > ?7))"
            " ORDER BY documents.run DESC, documents.rowid LIMIT ?8",
            *(*self._values, *place, limit, *patterns),
        )
        return [_document(row) for row in rows]

    def document(self, number: int) -> DocumentRow | None:
        """Return a document by its number; None if it is not in the scope."""
        rows = self.database.look_up(
            f"SELECT {_COLUMNS} FROM documents WHERE {IN_SCOPE} AND documents.id = ?6",  # noqa: S608
            *(*self._values, number),
        )
        return _document(rows[0]) if rows else None

    def totals(self, document: int) -> Totals:
        """Return how many pages and words a document has."""
        self._count_words(document, 0, 2**62)
        rows = self.database.look_up(
            "SELECT pages.state, count(*), min(pages.number), total(words), total(doubtful), total(corrected)"
            f"{_PAGES} GROUP BY pages.state",
            document,
        )
        pages = {state: count for state, count, *_ in rows}
        first = min((row[2] for row in rows), default=None)
        words = WordCounts(*(int(sum(column)) for column in zip(*(row[3:] for row in rows), strict=True)))
        return Totals(first, sum(pages.values()), pages.get("read", 0), pages.get("failed", 0), words)

    def pages(self, document: int, after: int, limit: int) -> list[Listed]:
        """Return the pages of a document after a page number."""
        self._count_words(document, after, limit)
        rows = self.database.look_up(
            "SELECT pages.number, pages.state, pages.why, words, doubtful, corrected"
            f"{_PAGES} AND pages.number > ?2 ORDER BY pages.number LIMIT ?3",
            *(document, after, limit),
        )
        return [
            Listed(number, state, why or "", WordCounts(*(int(count or 0) for count in counts)))
            for number, state, why, *counts in rows
        ]

    def _count_words(self, document: int, after: int, limit: int) -> None:
        """Count the words of pages that no run has counted, if the journal can be written."""
        if not self.is_writable:
            return
        rows = self.database.look_up(
            "SELECT answers.content, answers.reading, answers.digest, answers.answer"
            f"{_PAGES} AND pages.number > ?2 AND pages.number <= ?2 + ?3 AND answers.kind = 'read'"
            " AND answers.digest IS NOT NULL AND counts.digest IS NULL LIMIT ?4",
            *(document, after, limit, MAX_COUNTED),
        )
        statements = [
            put_counts(content, reading, digest, WordCounts.of(recognition_of(answer)))
            for content, reading, digest, answer in rows
        ]
        if statements:
            self.database.write_together(*((statement, values) for statement, *values in statements))

    def page(self, document: int, number: int) -> StoredPage | None:
        """Return a page of a document with its text."""
        rows = self.database.look_up(PAGE, document, number)
        return stored_page(rows[0], self.scope.state) if rows else None

    def texts(self, document: int) -> Iterator[tuple[int, bytes]]:
        """Iterate over the recognized pages of a document: their numbers and stored texts."""
        number = 0
        while rows := self.database.look_up(
            f"SELECT pages.number, answers.answer{_PAGES} AND answers.kind = 'read' AND pages.number > ?2"
            " ORDER BY pages.number LIMIT 8",
            *(document, number),
        ):
            for number, answer in rows:
                yield number, answer

    def page_count(self, document: int) -> int:
        """Return the number of a document's pages."""
        ((count,),) = self.database.look_up("SELECT count(*) FROM pages WHERE document = ?", document)
        return int(count)

    def can_write(self, document: int) -> bool:
        """Return whether a sink has written the document, or is known to write it."""
        if self.database.look_up("SELECT 1 FROM deliveries WHERE document = ? LIMIT 1", document):
            return True
        return sinks_of(self.database, self.scope.state, document) is not None

    def neighbours(self, document: int, number: int) -> tuple[int | None, int | None]:
        """Return the numbers of the pages before and after a page."""
        (pair,) = self.database.look_up(
            "SELECT (SELECT max(number) FROM pages WHERE document = ?1 AND number < ?2),"
            " (SELECT min(number) FROM pages WHERE document = ?1 AND number > ?2)",
            *(document, number),
        )
        return pair[0], pair[1]

    def next_doubtful(self, document: int, after: int) -> int | None:
        """Return the number of the next page with a doubtful word."""
        self._count_words(document, after, MAX_COUNTED)
        rows = self.database.look_up(
            f"SELECT pages.number{_PAGES} AND pages.number > ?2 AND counts.doubtful > 0"
            " ORDER BY pages.number LIMIT 1",
            *(document, after),
        )
        return int(rows[0][0]) if rows else None


PAGE = (
    "SELECT pages.number, pages.page, pages.content, pages.reading, pages.why, pages.hint, pages.state,"  # noqa: S608
    " answers.reading, answers.digest, answers.answer FROM pages LEFT JOIN answers"
    f" ON answers.content = pages.content AND answers.reading = {CURRENT} AND answers.kind = 'read'"
    " WHERE pages.document = ? AND pages.number = ?"
)
"""The query of one page with its text, by the numbers of the document and of the page."""


def stored_page(row: tuple[Any, ...], state: Path) -> StoredPage:
    """Return the page in a row of the query `PAGE`."""
    number, form, content, reader, why, hint, page_state, reading, digest, answer = row
    key = ContentKey(content) if content is not None else None
    page = PageRow(state / SPOOL, number, form, key, reader, why, hint)
    return StoredPage(page, page_state, digest or reading or b"", answer)


def _document(row: tuple[Any, ...]) -> DocumentRow:
    number, name, origin, complete, run, position = row
    return DocumentRow(number, name, origin, bool(complete), run, position)


def _named(text: str, first: int) -> tuple[str, list[str]]:
    """Return a condition for documents whose names contain a text, and its values from number `first` on.

    SQLite compares only the letters of ASCII without case, so others are looked for in both cases.
    """
    if not text:
        return "TRUE", []
    variants = dict.fromkeys((text, text.lower(), text.upper(), text.title()))
    escaped = [each.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for each in variants]
    named = " OR ".join(_NAMED.format(first + index) for index in range(len(escaped)))
    return f"({named})", [f"%{each}%" for each in escaped]
