"""A random sample of the pages that the sources find."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from penstock.hookspecs import hookimpl
from penstock.model import Document, Page

SEED = 1


class PageSample:
    """A reservoir of ``size`` pages. Each page that is offered has the same chance to be in it.

    The same pages are chosen each time from the same documents, so that no page is read twice for another
    look. See J. S. Vitter, "Random sampling with a reservoir", 1985, algorithm R.
    """

    def __init__(self, size: int) -> None:
        self._size, self._random = size, random.Random(SEED)  # noqa: S311  no secret
        self._chosen: list[tuple[int, Page, Document]] = []
        self.offered = 0

    def __len__(self) -> int:
        return len(self._chosen)

    def offer(self, page: Page, document: Document) -> None:
        """Take the page into the sample, perhaps in place of another one."""
        entry = (self.offered, page, replace(document, pages=()))
        self.offered += 1
        if len(self._chosen) < self._size:
            self._chosen.append(entry)
        elif (place := self._random.randrange(self.offered)) < self._size:
            self._chosen[place] = entry

    @hookimpl
    def find_documents(self) -> Iterator[Document]:
        """Yield the documents of the chosen pages with these pages alone, as a source does."""
        chosen = sorted(self._chosen, key=lambda entry: entry[0])
        for _, entries in groupby(chosen, key=lambda entry: _identity(entry[2])):
            group = list(entries)
            yield replace(group[0][2], pages=[page for _, page, _ in group])


def _identity(document: Document) -> tuple[str, str, str]:
    return document.name, document.folder, document.origin
