"""Bookmarks (ISO 32000-1, 12.3.3) of a document made of several input files: one for each file."""

from __future__ import annotations

import bisect
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pikepdf

from penstock.model import MissingPage, RecognizedPage
from penstock.render.pdf_writer import PdfWriter, text_string

MAX_DEPTH = 66
"""Levels of bookmarks that are kept: those that pikepdf copies from an input, and the level of the files."""

_PAGE = re.compile(r", (page \d+|missing pages)$")
_URL = re.compile(r"https?://", re.IGNORECASE)


class Bookmark(NamedTuple):
    """The first page of an input file."""

    title: str
    page_index: int


class InputFiles:
    """Notes where each input file begins while the pages of a document are iterated."""

    def __init__(self) -> None:
        self._starts: list[tuple[str, int]] = []

    def watch(self, pages: Iterable[RecognizedPage | MissingPage]) -> Iterator[RecognizedPage | MissingPage]:
        """Yield the pages, and note the index of the first page of each file."""
        for index, each in enumerate(pages):
            origin = _origin(each)
            if origin and (not self._starts or self._starts[-1][0] != origin):
                self._starts.append((origin, index))
            yield each

    def bookmarks(self) -> list[Bookmark]:
        """Return a bookmark for each file; none for a document made of one file."""
        if len(self._starts) < 2:
            return []
        titles = _titles([origin for origin, _ in self._starts])
        return [Bookmark(title, index) for title, (_, index) in zip(titles, self._starts, strict=True)]


def _origin(page: RecognizedPage | MissingPage) -> str:
    """Return the name of a page's file; empty for a missing page whose reason names none."""
    if isinstance(page, RecognizedPage):
        return _PAGE.sub("", page.page.origin)
    name, colon, _ = page.why.partition(": ")
    return _PAGE.sub("", name) if colon else ""


def _titles(origins: Sequence[str]) -> list[str]:
    """Return the files' names without extension; with it, or with folders, where names are the same."""
    names = [_name(origin) for origin in origins]
    stems = [PurePath(name).stem for name in names]
    of_stem, of_name = Counter(stems), Counter(names)
    return [
        stem if of_stem[stem] == 1 else name if of_name[name] == 1 else origin
        for stem, name, origin in zip(stems, names, origins, strict=True)
    ]


def _name(origin: str) -> str:
    path = unquote(urlsplit(origin).path) if _URL.match(origin) else origin
    return PurePath(path).name or origin


def write_outline(writer: PdfWriter, bookmarks: Sequence[Bookmark], pages: Sequence[int]) -> bytes:
    """Write bookmarks into a PDF, and return their entry for the catalog; empty without bookmarks.

    ``pages`` are the object numbers of the PDF's pages.
    """
    if not bookmarks:
        return b""
    root = writer.reserve()
    numbers = [writer.reserve() for _ in bookmarks]
    for index, (bookmark, number) in enumerate(zip(bookmarks, numbers, strict=True)):
        before = b"/Prev %d 0 R" % numbers[index - 1] if index else b""
        after = b"/Next %d 0 R" % numbers[index + 1] if index + 1 < len(numbers) else b""
        title, page = text_string(bookmark.title), pages[bookmark.page_index]
        entries = (title, root, page, before, after)
        writer.add(b"<</Title%b/Parent %d 0 R/Dest[%d 0 R/Fit]%b%b>>" % entries, number)
    ends = (numbers[0], numbers[-1], len(numbers))
    writer.add(b"<</Type/Outlines/First %d 0 R/Last %d 0 R/Count %d>>" % ends, root)
    return b"/Outlines %d 0 R" % root


def add_bookmarks(pdf: pikepdf.Pdf, bookmarks: Sequence[Bookmark], own: Mapping[int, int]) -> None:
    """Add bookmarks for the input files to a PDF that holds those of the inputs, and nest the inputs' below.

    Parameters
    ----------
    own
        How many bookmarks at the top level come from the input that begins at a page index, in the order of
        the pages.
    """
    with pdf.open_outline(max_depth=MAX_DEPTH) as outline:
        present = iter(list(outline.root))
        items = [pikepdf.OutlineItem(title, page_index, "Fit") for title, page_index in bookmarks]
        starts = [bookmark.page_index for bookmark in bookmarks]
        for start, count in own.items():
            parent = items[bisect.bisect_right(starts, start) - 1]
            parent.children.extend(itertools.islice(present, count))
        outline.root[:] = items
