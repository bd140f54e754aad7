"""The pages of sessions whose documents are not written yet, stored in the spool.

Each page is stored when it is taken. A session is removed when the run reports that its document is written,
and not before: if the run is killed in between, the next one yields the document again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from penstock.model import Document, Page, Picture, Problem
from penstock.spool import Spool

_NAMES = "documents of sittings"


class SessionState:
    """The unfinished sessions of one camera, given by its name without its password."""

    def __init__(self, spool: Spool, camera: str) -> None:
        self._spool, self._note = spool, f"camera {camera}"
        # Pages are added on the intake thread; sessions are removed on the observers' thread.
        self._lock = threading.Lock()
        self._sessions: dict[str, dict[str, Any]] = spool.recall(self._note) or {}

    def add_page(self, session: str, document: str, page: Page) -> None:
        with self._lock:
            if session not in self._sessions and not self.is_used(document):
                self._spool.note(_NAMES, [*(self._spool.recall(_NAMES) or ()), document])
            stored = self._sessions.setdefault(session, {"document": document, "pages": []})
            stored["pages"].append([_relative(page.picture.path), page.width, page.height])
            self._write()

    def is_used(self, document: str) -> bool:
        """Return whether a session of any camera, in any run, had a document of that name."""
        return document in (self._spool.recall(_NAMES) or ())

    def remove(self, session: str) -> None:
        """Remove a session, because its document is written."""
        with self._lock:
            if self._sessions.pop(session, None) is not None:
                self._write()

    def _write(self) -> None:
        paths = (path for stored in self._sessions.values() for path, _, _ in stored["pages"])
        self._spool.note(self._note, self._sessions, needs=map(Path, paths))

    def unfinished(self) -> Iterator[tuple[str, Document]]:
        """Yield the keys and documents of earlier sessions that were not written."""
        with self._lock:
            sessions = list(self._sessions.items())
        for session, stored in sessions:
            name = stored["document"]
            yield session, Document(name, f"{name}, unfinished", list(self._pages(stored["pages"], name)))

    def _pages(self, stored: list[tuple[str, int, int]], document: str) -> Iterator[Page | Problem]:
        for number, (path, width, height) in enumerate(stored, start=1):
            origin = f"{document}, page {number}"
            try:
                yield stored_page(self._spool.folder / _relative(Path(path)), (width, height), number, origin)
            except OSError:
                hint = 'unfinished = "forget" continues without it'
                yield Problem(origin, "its picture is missing from the state folder", hint)


def _relative(path: Path) -> str:
    """Return a path relative to the spool, which may be moved."""
    return f"{path.parent.name}/{path.name}"


def stored_page(path: Path, size: tuple[int, int], number: int, origin: str) -> Page:
    """Return the page of a picture in the spool. Raises OSError if the picture is missing."""
    status = path.stat()
    return Page(number, origin, Picture(path, 0, status.st_size, status.st_mtime_ns), *size)
