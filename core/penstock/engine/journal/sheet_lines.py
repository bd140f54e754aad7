"""Which lines of which pages are on the sheets that were sent.

The rows of a sheet are committed before it is sent, so that the next run can put its answer back in place.
They are deleted, with the answer about the sheet, when its pages have their results.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from penstock.engine.journal.database import Database
from penstock.engine.keys import ContentKey, RecognizerKey
from penstock.montage import LinePlace

SHEETS = "sheets"
"""The folder of the pictures of sheets in the spool."""


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line of a page on a sheet.

    Parameters
    ----------
    page
        The page's content key.
    line
        Index of the line in the result that it is from.
    first
        Digest of that result.
    place
        Where the line is on the sheet.
    """

    page: ContentKey
    line: int
    first: bytes
    place: LinePlace


def remove_pictures(database: Database, folder: Path) -> None:
    """Remove the pictures of sheets that no run has sent, and those that are answered. Any thread."""
    for path in folder.glob("*.*"):
        with suppress(OSError, ValueError):
            key = bytes.fromhex(path.stem)
            if not database.look_up("SELECT 1 FROM submissions WHERE content = ? LIMIT 1", key):
                path.unlink()


class SheetLines:
    """The sheets in a journal. Scheduling thread only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, sheet: ContentKey, recognizer_key: RecognizerKey, lines: Iterable[SheetLine]) -> None:
        """Note a sheet. Must be committed before the sheet is sent."""
        for each in lines:
            self._database.gather(
                "INSERT OR REPLACE INTO sheet_lines (sheet, reading, page, line, first, place)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                *(sheet, recognizer_key, each.page, each.line, each.first),
                json.dumps(each.place.to_json()),
            )

    def sheets_of(self, page: ContentKey, recognizer_key: RecognizerKey, first: bytes) -> list[ContentKey]:
        """Return the sheets with lines of a page that are from the result with this digest."""
        rows = self._database.rows(
            "SELECT DISTINCT sheet FROM sheet_lines WHERE page = ? AND reading = ? AND first = ?",
            *(page, recognizer_key, first),
        )
        return [ContentKey(sheet) for (sheet,) in rows]

    def lines_of(self, sheet: ContentKey, recognizer_key: RecognizerKey) -> list[SheetLine]:
        """Return the lines of a sheet whose pages have no result yet."""
        rows = self._database.rows(
            "SELECT page, line, first, place FROM sheet_lines WHERE sheet = ? AND reading = ?",
            *(sheet, recognizer_key),
        )
        return [
            SheetLine(ContentKey(page), line, first, LinePlace.from_json(json.loads(place)))
            for page, line, first, place in rows
        ]

    def remove_page(self, page: ContentKey, recognizer_key: RecognizerKey) -> None:
        """Note that a page has its result. Answers about sheets are deleted with their last page."""
        self._database.gather(
            "DELETE FROM answers WHERE reading = ? AND content IN (SELECT sheet FROM sheet_lines AS mine"
            " WHERE page = ? AND reading = ? AND NOT EXISTS (SELECT 1 FROM sheet_lines AS others"
            " WHERE others.sheet = mine.sheet AND others.page != mine.page))",
            *(recognizer_key, page, recognizer_key),
        )
        self._database.gather("DELETE FROM sheet_lines WHERE page = ? AND reading = ?", page, recognizer_key)
