"""Where pages wait, read, until their document is complete: a few in memory, the rest on disk."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

from penstock.engine.storage import translated
from penstock.json_form import page_from_json, page_to_json, recognition_from_json, recognition_to_json
from penstock.model import ReadPage

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA cache_size = -256;
PRAGMA synchronous = OFF;
CREATE TABLE pages (
    document INTEGER, number INTEGER, page TEXT, recognition TEXT, PRIMARY KEY (document, number)
) WITHOUT ROWID;
"""
WHAT = "the folder for temporary files"
PAGES_AT_ONCE = 8
"""Pages that a walk loads together."""
IN_MEMORY = 18
"""The latest pages: a document of one page is written at once, and never needs the disk."""


class Shelf:
    """Recognized pages by document and number. A context manager; its file is gone afterwards.

    Losing it costs nothing that a second run would not read again, so it is not made durable.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: OrderedDict[tuple[int, int], ReadPage] = OrderedDict()
        with translated(WHAT):
            # Without a name it is SQLite's own temporary file, which is gone with the process.
            self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
            self._database.executescript(SCHEMA)

    def __enter__(self) -> Shelf:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._database.close()

    def put(self, document: int, read: ReadPage) -> None:
        """Keep a page."""
        with self._lock, translated(WHAT):
            if len(self._latest) >= IN_MEMORY:
                self._write_oldest()
            self._latest[document, read.page.number] = read

    def _write_oldest(self) -> None:
        """Move the oldest page from memory to the disk; it stays where it is if that cannot be done."""
        (document, number), page = next(iter(self._latest.items()))
        row = (
            document,
            number,
            json.dumps(page_to_json(page.page)),
            json.dumps(recognition_to_json(page.recognition)),
        )
        self._database.execute("INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?)", row)
        del self._latest[document, number]

    def count(self, document: int) -> int:
        """How many pages of a document are here."""
        with self._lock:
            row = self._database.execute(
                "SELECT count(*) FROM pages WHERE document = ?", (document,)
            ).fetchone()
            return int(row[0]) + sum(owner == document for owner, _ in self._latest)

    def after(self, document: int, number: int) -> list[ReadPage]:
        """The next few pages of a document behind a number."""
        with self._lock:
            rows = self._database.execute(
                "SELECT page, recognition FROM pages"
                " WHERE document = ? AND number > ? ORDER BY number LIMIT ?",
                (document, number, PAGES_AT_ONCE),
            ).fetchall()
            pages = [
                page for (owner, place), page in self._latest.items() if owner == document and place > number
            ]
        pages += [
            ReadPage(page_from_json(json.loads(page)), recognition_from_json(json.loads(recognition)))
            for page, recognition in rows
        ]
        return sorted(pages, key=lambda read: read.page.number)[:PAGES_AT_ONCE]

    def drop(self, document: int) -> None:
        """Forget a document's pages."""
        with self._lock:
            for key in [key for key in self._latest if key[0] == document]:
                del self._latest[key]
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
