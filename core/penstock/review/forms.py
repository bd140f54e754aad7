"""The JSON forms of documents and pages, as the review page gets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from penstock.engine.journal.answers import stored_lines
from penstock.json_form import Form
from penstock.model.word_counts import LOW_CONFIDENCE
from penstock.review.journals import DocumentRow, Listed, ReviewedJournal, StoredPage, Totals


def document_form(key: str, row: DocumentRow, totals: Totals) -> Form:
    """Return a document's form in the list of documents."""
    return {
        "key": key,
        "name": row.name,
        "origin": row.origin,
        "state": _state(row, totals),
        "first": totals.first,
        "pages": totals.pages,
        "read": totals.read,
        "failed": totals.failed,
        **asdict(totals.words),
    }


def _state(row: DocumentRow, totals: Totals) -> str:
    if totals.pages and totals.failed == totals.pages:
        return "failed"
    is_read = row.is_complete and totals.read + totals.failed == totals.pages
    return "read" if is_read else "reading"


def listed_form(page: Listed) -> Form:
    """Return a page's form in the list of a document's pages."""
    return {"number": page.number, "state": page.state, "why": page.why, **asdict(page.words)}


def page_form(key: str, row: DocumentRow, journal: ReviewedJournal, stored: StoredPage) -> Form:
    """Return a page with its text and its neighbours. Raises JournalDamaged."""
    number = stored.row.number
    page = stored.row.page()
    previous, following = journal.neighbours(row.number, number)
    return {
        "document": {
            "key": key,
            "name": row.name,
            "origin": row.origin,
            "pages": journal.page_count(row.number),
            "can_write": journal.can_write(row.number),
        },
        "number": number,
        "state": stored.state,
        "why": stored.row.why or "",
        "can_edit": journal.is_writable and stored.can_edit,
        "width": page.width if page else 0,
        "height": page.height if page else 0,
        "digest": stored.digest.hex(),
        "lines": marked_lines([] if stored.answer is None else stored_lines(stored.answer)),
        "previous": previous,
        "next": following,
        "next_doubtful": journal.next_doubtful(row.number, number),
    }


def marked_lines(lines: Sequence[Form]) -> list[Form]:
    """Add ``doubtful`` to the words of lines, as `penstock.model.word_counts` defines it."""
    for line in lines:
        for word in line["words"]:
            confidence = word["confidence"]
            is_low = word["flagged_low"] or (confidence is not None and confidence < LOW_CONFIDENCE)
            word["doubtful"] = bool(is_low and not word.get("corrected"))
    return list(lines)
