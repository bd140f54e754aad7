"""The documents that the review page shows, in the forms in which its requests are answered.

A document's key is ``"SCOPE-NUMBER"``: the index of its scope, and its number in the journal. Keys are texts,
for numbers of 63 bits are rounded by browsers. Only documents in the scopes are found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from penstock.errors import StateError
from penstock.json_form import Form
from penstock.model import Page
from penstock.review.errors import NotFound
from penstock.review.forms import document_form, listed_form, page_form
from penstock.review.journals import DocumentRow, ReviewedJournal, StoredPage
from penstock.review.writing import OutputWriter
from penstock.search import Scope

MAX_LISTED = 200
"""Documents or pages that are listed at once."""
_KEY = re.compile(r"(\d{1,6})-(\d{1,19})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReviewedDocument:
    """A document, and the journal that has it."""

    key: str
    journal: ReviewedJournal
    row: DocumentRow

    def without_page(self, number: int) -> NotFound:
        """Return the error for a page that the document does not have."""
        return NotFound(f"{self.row.name} has no page {number}", "go back to its pages")


class ReviewedDocuments:
    """The documents of all scopes. A context manager; any thread.

    Parameters
    ----------
    scopes
        The journals and what of them is shown. A scope without a journal has no documents.

    Raises
    ------
    StateError
        None of the journals can be opened. If some can, `problems` says what is wrong with the others.
    """

    def __init__(self, scopes: Sequence[Scope]) -> None:
        self.problems: list[StateError] = []
        self._outputs = OutputWriter()
        with ExitStack() as opened:
            self._journals = [self._opened(scope, opened) for scope in scopes]
            if self.problems and not any(self._journals):
                raise self.problems[0]
            self._close = opened.pop_all()

    def _opened(self, scope: Scope, opened: ExitStack) -> ReviewedJournal | None:
        try:
            journal = ReviewedJournal.open(scope)
        except StateError as error:
            self.problems.append(error)
            return None
        if journal is not None:
            opened.callback(journal.close)
        return journal

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close.close()

    def listed(self, *, after: str | None = None, limit: int = 50, text: str = "") -> Form:
        """Return ``{"documents", "next", "total"}``: the documents after one, those of the latest runs first.

        ``text`` selects those with this text in their name or origin. Raises NotFound for an unknown key.
        """
        limit = max(1, min(limit, MAX_LISTED))
        last = self.document(after) if after else None
        found: list[ReviewedDocument] = []
        for index, journal in self._from(last):
            row = last.row if last is not None and journal is last.journal else None
            rows = journal.documents(text, row, limit + 1 - len(found))
            found += [ReviewedDocument(f"{index}-{row.number}", journal, row) for row in rows]
        total = sum(journal.count(text) for journal in self._journals if journal)
        return {
            "documents": [
                document_form(each.key, each.row, each.journal.totals(each.row.number))
                for each in found[:limit]
            ],
            "next": found[limit - 1].key if len(found) > limit else None,
            "total": total,
        }

    def _from(self, last: ReviewedDocument | None) -> list[tuple[int, ReviewedJournal]]:
        """Return the journals with their indices, from that of a document on."""
        journals = [(index, journal) for index, journal in enumerate(self._journals) if journal]
        if last is None:
            return journals
        first = next(index for index, journal in journals if journal is last.journal)
        return [(index, journal) for index, journal in journals if index >= first]

    def document(self, key: str) -> ReviewedDocument:
        """Return a document by its key. Raises NotFound."""
        if match := _KEY.fullmatch(key):
            index, number = int(match[1]), int(match[2])
            journal = self._journals[index] if index < len(self._journals) else None
            if journal and number < 2**63 and (row := journal.document(number)):
                return ReviewedDocument(key, journal, row)
        raise NotFound(f"there is no document {key!r}", "go back to the list of documents")

    def pages(self, key: str, *, after: int = 0, limit: int = 100) -> Form:
        """Return ``{"name", "origin", "pages", "next"}``: the pages of a document. Raises NotFound."""
        limit = max(1, min(limit, MAX_LISTED))
        found = self.document(key)
        pages = found.journal.pages(found.row.number, after, limit + 1)
        return {
            "name": found.row.name,
            "origin": found.row.origin,
            "pages": [listed_form(page) for page in pages[:limit]],
            "next": pages[limit - 1].number if len(pages) > limit else None,
        }

    def page(self, key: str, number: int) -> Form:
        """Return a page with its text, as the review page shows it. Raises NotFound."""
        found, stored = self.stored_page(key, number)
        return page_form(found.key, found.row, found.journal, stored)

    def picture(self, key: str, number: int) -> Page:
        """Return a page with its picture. Raises NotFound."""
        _, stored = self.stored_page(key, number)
        if (page := stored.row.page()) is None:
            why = f"page {number} has no picture: {stored.row.why or 'it could not be found'}"
            raise NotFound(why, stored.row.hint or "")
        return page

    def write(self, key: str) -> Form:
        """Write the outputs of a document again. Raises NotFound.

        Returns ``{"written", "problems", "notes"}``, as `Written` has them.
        """
        found = self.document(key)
        written = self._outputs.write(found.journal.scope.state, found.row.number)
        return {
            "written": list(written.paths),
            "problems": list(written.problems),
            "notes": list(written.notes),
        }

    def stored_page(self, key: str, number: int) -> tuple[ReviewedDocument, StoredPage]:
        """Return a document and a page of it. Raises NotFound."""
        found = self.document(key)
        stored = found.journal.page(found.row.number, number) if 0 < number < 2**63 else None
        if stored is None:
            raise found.without_page(number)
        return found, stored
