"""The pages of a journal that several recognizers have read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from penstock.engine.journal import pipeline_key
from penstock.engine.journal.answers import recognition_of
from penstock.engine.journal.database import Database
from penstock.engine.keys import RecognizerKey
from penstock.model import Recognition


@dataclass(frozen=True, slots=True)
class PageReadings:
    """What two recognizers have read on a page, before amenders and corrections, in pixels of the page."""

    document: str  # the name of the page's document
    number: int  # the page's number in it
    first: Recognition
    second: Recognition


def readings_of_two(
    state: Path, name: str, folder: Path, keys: tuple[RecognizerKey, RecognizerKey]
) -> Iterator[PageReadings]:
    """Iterate over the pages of a pipeline that two recognizers have read. One page is in memory at a time.

    Raises StateError if the journal cannot be read.
    """
    if (database := Database.open_read_only(state)) is None:
        return
    with closing(database):
        key, last = pipeline_key(state, name, folder), (0, 0)
        while row := database.row(_NEXT, *keys, key, *last):
            rowid, document, number, first, second = row
            last = (rowid, number)
            yield PageReadings(document, number, recognition_of(first), recognition_of(second))


_NEXT = (
    "SELECT documents.rowid, documents.name, pages.number, first.answer, second.answer FROM documents"
    " JOIN pages ON pages.document = documents.id"
    " JOIN answers AS first ON first.content = pages.content AND first.reading = ? AND first.kind = 'read'"
    " JOIN answers AS second ON second.content = pages.content AND second.reading = ?"
    " AND second.kind = 'read'"
    " WHERE documents.pipeline = ? AND (documents.rowid, pages.number) > (?, ?)"
    " ORDER BY documents.rowid, pages.number LIMIT 1"
)
