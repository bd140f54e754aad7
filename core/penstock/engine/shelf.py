"""Where pages wait, read, until their document is complete: the latest in memory, all in the journal."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from penstock.engine.journal import Journal
from penstock.engine.journal.documents import RecognizedRow
from penstock.model import RecognizedPage

IN_MEMORY = 18
"""The latest pages: a document of one page is written at once, and need not be loaded again."""


class Shelf:
    """Read pages by document and number, for the sinks."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._latest: OrderedDict[tuple[int, int], RecognizedPage] = OrderedDict()

    def put(self, document: int, read: RecognizedPage) -> None:
        """Keep a page at hand that the journal was told of."""
        with self._lock:
            if len(self._latest) >= IN_MEMORY:
                self._latest.popitem(last=False)
            self._latest[document, read.page.number] = read

    def drop(self, document: int) -> None:
        """A document's pages need not be at hand any more."""
        with self._lock:
            for key in [key for key in self._latest if key[0] == document]:
                del self._latest[key]

    def after(self, document: int, number: int) -> list[RecognizedPage]:
        """The next few pages of a document behind a number."""
        return [
            self._page(document, row) for row in self._journal.documents.recognized_after(document, number)
        ]

    def _page(self, document: int, row: RecognizedRow) -> RecognizedPage:
        with self._lock:
            at_hand = self._latest.get((document, row.number))
        if at_hand is not None:
            return at_hand
        return RecognizedPage(row.page(), self._journal.answers.load(row.content_key, row.recognizer_key))


@dataclass(frozen=True, slots=True)
class ShelfWalk:
    """One document's pages on the shelf, loaded as they are walked.

    Parameters
    ----------
    document
        Its number in the journal.
    count
        How many of its pages were read.
    walked
        Called for every page that is asked for.
    """

    shelf: Shelf
    document: int
    count: int
    walked: Callable[[], None]

    def __iter__(self) -> Iterator[RecognizedPage]:
        number = 0
        while pages := self.shelf.after(self.document, number):
            for page in pages:
                self.walked()
                yield page
            number = pages[-1].page.number

    def __len__(self) -> int:
        return self.count


__all__ = ["Shelf", "ShelfWalk"]
