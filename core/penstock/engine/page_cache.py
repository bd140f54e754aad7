"""Loads the recognized pages of a document for the sinks; the latest ones come from memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from penstock.engine.journal import Journal
from penstock.engine.journal.documents import RecognizedRow
from penstock.model import RecognizedPage

CACHED_PAGES = 18
"""A document of a few pages is written right away, and need not be loaded from the journal."""


class PageCache:
    """Recognized pages by document and number.

    The main thread adds and drops pages, and the sinks' threads read them; the lock guards the dictionary.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._latest: OrderedDict[tuple[int, int], RecognizedPage] = OrderedDict()

    def put(self, document: int, page: RecognizedPage) -> None:
        """Keep a page. It must also be noted in the journal, because the oldest pages are dropped."""
        with self._lock:
            if len(self._latest) >= CACHED_PAGES:
                self._latest.popitem(last=False)
            self._latest[document, page.page.number] = page

    def drop(self, document: int) -> None:
        """Drop the pages of a document that is finished."""
        with self._lock:
            for key in [key for key in self._latest if key[0] == document]:
                del self._latest[key]

    def pages_after(self, document: int, number: int) -> list[RecognizedPage]:
        """Return the next few pages of a document after a page number."""
        rows = self._journal.documents.recognized_after(document, number)
        return [self._page(document, row) for row in rows]

    def _page(self, document: int, row: RecognizedRow) -> RecognizedPage:
        with self._lock:
            cached = self._latest.get((document, row.number))
        if cached:
            return cached
        recognition = self._journal.answers.load(row.content_key, row.recognizer_key)
        return RecognizedPage(row.page(), recognition)


@dataclass(frozen=True, slots=True)
class DocumentPages:
    """The pages of one document, loaded while they are iterated.

    Parameters
    ----------
    document
        The document's number in the journal.
    count
        How many of its pages are recognized.
    on_page
        Called for every page that is taken.
    """

    cache: PageCache
    document: int
    count: int
    on_page: Callable[[], None]

    def __iter__(self) -> Iterator[RecognizedPage]:
        number = 0
        while pages := self.cache.pages_after(self.document, number):
            for page in pages:
                self.on_page()
                yield page
            number = pages[-1].page.number

    def __len__(self) -> int:
        return self.count


__all__ = ["DocumentPages", "PageCache"]
