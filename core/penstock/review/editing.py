"""Store edits of pages, and say which ones were stored."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from datetime import datetime

from penstock.engine.journal.answers import recognition_of
from penstock.engine.journal.edits import Edit, edits_of, mark_read, store_edit
from penstock.engine.keys import ContentKey
from penstock.json_form import Form, line_to_json
from penstock.model import Line, Page, Recognition
from penstock.review.documents import ReviewedDocument, ReviewedDocuments
from penstock.review.edits import Outdated, edit_from_json, edited
from penstock.review.errors import EditConflict, EditRefused
from penstock.review.forms import marked_lines
from penstock.review.journals import PAGE, StoredPage, stored_page

MOST_PAST = 200
"""Past edits of a page that are listed."""
RELOAD = "look at the page as it is now, and repeat the change if it is still needed"

MakeEdit = Callable[[Recognition], Edit | None]
"""Makes an edit of a page's text as it is now; None if there is nothing to change."""


class Editor:
    """Edits the pages of documents. Any thread; several processes may edit the same pages.

    ``who`` is the name of the reviewer, which may be empty. ``now`` returns seconds since 1970.
    """

    def __init__(
        self, documents: ReviewedDocuments, *, who: str = "", now: Callable[[], float] = time.time
    ) -> None:
        self._documents, self._who, self._now = documents, who, now

    def edit(self, key: str, number: int, form: object) -> Form:
        """Store an edit, given as the JSON of a request, and return ``{"digest", "lines"}``.

        The lines are those after the edit, as they were stored. They are on the disk when this returns.

        Raises
        ------
        NotFound
            There is no such page.
        EditRefused
            The edit has another form, or cannot be stored.
        EditConflict
            The page does not have the lines any more that the edit replaces.
        OutputError
            The journal cannot be written, or was deleted.
        """
        edit = edit_from_json(form)
        try:
            stored = self.store(self._documents.document(key), number, lambda _: edit)
        except Outdated:
            page = self._documents.page(key, number)
            raise EditConflict(f"page {number} was changed elsewhere", RELOAD, page) from None
        digest, lines = stored or (b"", ())
        return {"digest": digest.hex(), "lines": lines_form(lines)}

    def store(
        self, found: ReviewedDocument, number: int, make: MakeEdit
    ) -> tuple[bytes, tuple[Line, ...]] | None:
        """Make an edit of a page and store it, in one transaction.

        Returns the digest of the new text and the lines after the edit; None if nothing was to be changed.
        Raises as `edit` does, but Outdated instead of EditConflict.
        """
        journal = found.journal
        if not journal.is_writable:
            why = f"the journal in {journal.scope.state} cannot be written"
            raise EditRefused(why, "start the review as a user who may write there")
        journal.check_in_place()

        def work(connection: sqlite3.Connection) -> tuple[bytes, tuple[Line, ...]] | None:
            row = connection.execute(PAGE, (found.row.number, number)).fetchone()
            if row is None:
                raise found.without_page(number)
            stored = stored_page(row, journal.scope.state)
            content_key, page, recognition = _editable(stored)
            if (edit := make(recognition)) is None:
                return None
            result, edit = edited(recognition, edit, (page.width, page.height))
            keys = (content_key, stored.row.recognizer_key)
            digest = store_edit(connection, *keys, result, edit, who=self._who, at=self._now())
            if stored.state != "read":
                mark_read(connection, found.row.number, number)
            return digest, edit.after

        return journal.database.transact(work, durable=True)

    def history(self, key: str, number: int) -> Form:
        """Return ``{"edits": [{"at", "who", "kind", "before", "after"}]}``, the newest first.

        Raises NotFound.
        """
        found, stored = self._documents.stored_page(key, number)
        content_key = stored.row.content_key
        edits = edits_of(found.journal.database, content_key, MOST_PAST) if content_key else []
        return {
            "edits": [
                {
                    "at": datetime.fromtimestamp(edit.at).astimezone().isoformat(timespec="seconds"),
                    "who": edit.who,
                    "kind": edit.kind,
                    "before": edit.before,
                    "after": edit.after,
                }
                for edit in edits
            ]
        }


def _editable(stored: StoredPage) -> tuple[ContentKey, Page, Recognition]:
    """Return what an edit of a page needs. Raises EditRefused."""
    page, content_key = stored.row.page(), stored.row.content_key
    if not stored.can_edit or page is None or content_key is None:
        why = f"page {stored.row.number} is not recognized"
        raise EditRefused(why, "run its pipeline, or read the file again")
    return content_key, page, recognition_of(stored.answer) if stored.answer is not None else Recognition()


def lines_form(lines: Iterable[Line]) -> list[Form]:
    """Return the JSON form of lines, with ``doubtful`` in each word."""
    return marked_lines([line_to_json(line) for line in lines])
