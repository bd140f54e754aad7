"""Services' own answers, which the journal keeps where a pipeline says ``keep_answers = true``."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from penstock.engine.journal import pipeline_key
from penstock.engine.journal.database import Database


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What a service said of a page, byte for byte.

    Parameters
    ----------
    document, number
        Whose page it is: the document's name, and the page's number in it.
    content
        As it came: JSON, for Azure.
    """

    document: str
    number: int
    content: bytes


def raw_answers(state: Path, name: str, folder: Path) -> Iterator[RawAnswer]:
    """Walk the answers that are kept of a pipeline's pages. Raises StateError as `status_of` does."""
    database = Database.to_look_at(state)
    if database is None:
        return
    try:
        last = (0, 0)
        while rows := database.rows(_NEXT, pipeline_key(state, name, folder), *last):
            place, document, number, raw = rows[0]
            last = (place, number)
            yield RawAnswer(document, number, zlib.decompress(raw))
    finally:
        database.close()


_NEXT = (
    "SELECT documents.rowid, documents.name, pages.number, answers.raw FROM documents"
    " JOIN pages ON pages.document = documents.id"
    " JOIN answers ON answers.content = pages.content AND answers.reading = pages.reading"
    " WHERE documents.pipeline = ? AND answers.raw IS NOT NULL"
    " AND (documents.rowid, pages.number) > (?, ?)"
    " ORDER BY documents.rowid, pages.number LIMIT 1"
)

__all__ = ["RawAnswer", "raw_answers"]
