"""Where pages wait, read, until their document is complete: on disk, so that memory does not grow."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from penstock.engine.storage import translated
from penstock.json_form import page_from_json, page_to_json, recognition_from_json, recognition_to_json
from penstock.model import ReadPage

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE pages (
    document INTEGER, number INTEGER, page TEXT, recognition TEXT, PRIMARY KEY (document, number)
) WITHOUT ROWID;
"""
WHAT = "the folder for temporary files"
PAGES_AT_ONCE = 8
"""Rows that a walk loads together."""


class Shelf:
    """Recognized pages by document and number. A context manager; its file is gone afterwards.

    Losing it costs nothing that a second run would not read again, so it is not made durable.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        with translated(WHAT):
            self._folder = tempfile.TemporaryDirectory(prefix="penstock-", ignore_cleanup_errors=True)
            self._database = sqlite3.connect(
                Path(self._folder.name) / "shelf.sqlite", check_same_thread=False, isolation_level=None
            )
            self._database.executescript(SCHEMA)

    def __enter__(self) -> Shelf:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._database.close()
        self._folder.cleanup()

    def put(self, document: int, read: ReadPage) -> None:
        """Keep a page."""
        row = (
            document,
            read.page.number,
            json.dumps(page_to_json(read.page)),
            json.dumps(recognition_to_json(read.recognition)),
        )
        with self._lock, translated(WHAT):
            self._database.execute("INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?)", row)

    def count(self, document: int) -> int:
        """How many pages of a document are here."""
        with self._lock:
            row = self._database.execute(
                "SELECT count(*) FROM pages WHERE document = ?", (document,)
            ).fetchone()
        return int(row[0])

    def after(self, document: int, number: int) -> list[ReadPage]:
        """The next few pages of a document behind a number."""
        with self._lock:
            rows = self._database.execute(
                "SELECT page, recognition FROM pages"
                " WHERE document = ? AND number > ? ORDER BY number LIMIT ?",
                (document, number, PAGES_AT_ONCE),
            ).fetchall()
        return [
            ReadPage(page_from_json(json.loads(page)), recognition_from_json(json.loads(recognition)))
            for page, recognition in rows
        ]

    def drop(self, document: int) -> None:
        """Forget a document's pages."""
        with self._lock:
            self._database.execute("DELETE FROM pages WHERE document = ?", (document,))


@dataclass(frozen=True, slots=True)
class ShelfWalk:
    """One document's pages on the shelf, loaded as they are walked."""

    shelf: Shelf
    document: int

    def __iter__(self) -> Iterator[ReadPage]:
        number = 0
        while pages := self.shelf.after(self.document, number):
            yield from pages
            number = pages[-1].page.number

    def __len__(self) -> int:
        return self.shelf.count(self.document)


__all__ = ["Shelf", "ShelfWalk"]
