"""The pages of sittings whose documents are not written yet, remembered in the spool.

Each page is noted when it is taken. A sitting is forgotten when the run says that its document was written,
and not before: whatever killed the run in between, the next one gives the document again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from penstock.model import Document, Page, Problem
from penstock.spool import Spool
from penstock_plugins.sources.camera.keeping import kept_page

_NAMES = "documents of sittings"


class Memory:
    """What one camera's runs remember. Noted on the intake's thread, forgotten on the observers'.

    Parameters
    ----------
    camera
        Its name, in which no password stands.
    """

    def __init__(self, spool: Spool, camera: str) -> None:
        self._spool, self._name = spool, f"camera {camera}"
        self._lock = threading.Lock()
        self._sittings: dict[str, dict[str, Any]] = spool.recall(self._name) or {}

    def note(self, sitting: str, document: str, page: Page) -> None:
        """Remember a page of a sitting."""
        with self._lock:
            if sitting not in self._sittings and not self.has_met(document):
                self._spool.note(_NAMES, [*(self._spool.recall(_NAMES) or ()), document])
            noted = self._sittings.setdefault(sitting, {"document": document, "pages": []})
            noted["pages"].append([_place(page.picture.path), page.width, page.height])
            self._write()

    def has_met(self, document: str) -> bool:
        """Whether a sitting of any camera, in any run, had a document of that name."""
        return document in (self._spool.recall(_NAMES) or ())

    def forget(self, sitting: str) -> None:
        """Its document is written."""
        with self._lock:
            if self._sittings.pop(sitting, None) is not None:
                self._write()

    def _write(self) -> None:
        paths = (path for noted in self._sittings.values() for path, _, _ in noted["pages"])
        self._spool.note(self._name, self._sittings, needs=map(Path, paths))

    def unfinished(self) -> Iterator[tuple[str, Document]]:
        """The documents of earlier sittings that were never written."""
        with self._lock:
            noted = list(self._sittings.items())
        for sitting, each in noted:
            pages = list(self._pages(each["pages"], each["document"]))
            yield sitting, Document(each["document"], f"{each['document']}, unfinished", pages)

    def _pages(self, noted: list[tuple[str, int, int]], document: str) -> Iterator[Page | Problem]:
        for number, (path, width, height) in enumerate(noted, start=1):
            origin = f"{document}, page {number}"
            try:
                yield kept_page(self._spool.folder / _place(Path(path)), (width, height), number, origin)
            except OSError:
                yield Problem(
                    origin,
                    "its picture is not in the spool any more",
                    'unfinished = "forget" goes on without it',
                )


def _place(path: Path) -> str:
    """Where a picture lies in the spool, which may be moved."""
    return f"{path.parent.name}/{path.name}"
