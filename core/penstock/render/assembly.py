"""Assemble one PDF from pages of existing PDFs and newly written pages."""

from __future__ import annotations

import itertools
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, NamedTuple

import pikepdf

from penstock.images import check_unchanged
from penstock.model import Page, RecognizedPage
from penstock.pdf.opening import is_signed, open_with_qpdf, password
from penstock.render.bookmarks import Bookmark, add_bookmarks
from penstock.render.graft_notes import GraftNotes
from penstock.render.pdf_graft import graft


class _Part(NamedTuple):
    """Successive pages of the document, by their indexes in an open PDF."""

    pdf: pikepdf.Pdf
    indexes: list[int]


class Assembly:
    """Collects pages of PDFs and makes one PDF of them. A context manager.

    Pages of one existing PDF stay in it, with its metadata, bookmarks and forms. Pages of several inputs are
    copied into a new PDF, with their bookmarks, forms, links and layers, and without metadata: the author of
    one input is not the author of all of them.

    Parameters
    ----------
    visible
        Paint the text layers instead of hiding them.
    """

    def __init__(self, *, visible: bool) -> None:
        self._visible = visible
        self._open = ExitStack()
        self._pdfs: dict[Path, pikepdf.Pdf] = {}
        self._parts: list[_Part] = []
        self._first_pages: dict[Path, Page] = {}
        self._numbers = itertools.count(1)
        self.notes = GraftNotes()

    def __enter__(self) -> Assembly:
        self._folder = Path(self._open.enter_context(TemporaryDirectory(prefix="penstock-")))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def pages(self) -> int:
        """The number of pages added so far."""
        return sum(len(part.indexes) for part in self._parts)

    @property
    def is_one_pdf(self) -> bool:
        """Whether all pages come from the same PDF."""
        return len({id(part.pdf) for part in self._parts}) == 1

    @property
    def language(self) -> str | None:
        """The language of most pages; None if no part has one."""
        pages: Counter[str] = Counter()
        for part in self._parts:
            if isinstance(language := part.pdf.Root.get("/Lang"), pikepdf.String):
                pages[str(language)] += len(part.indexes)
        return pages.most_common(1)[0][0] if pages else None

    @property
    def encryption(self) -> pikepdf.Encryption | None:
        """Encryption with the given password for pages of which some are encrypted; None otherwise."""
        if password() and any(pdf.is_encrypted for pdf in self._pdfs.values()):
            return pikepdf.Encryption(owner=password(), user=password())
        return None

    def _temporary_path(self) -> Path:
        return self._folder / f"{next(self._numbers)}.pdf"

    @contextmanager
    def new_part(self) -> Iterator[IO[bytes]]:
        """Provide a file to write a PDF into. Its pages are added when the context ends."""
        path = self._temporary_path()
        with path.open("w+b") as file:
            yield file
        pdf = self._open.enter_context(pikepdf.open(path))
        self._parts.append(_Part(pdf, list(range(len(pdf.pages)))))

    def add_file(self, file: IO[bytes]) -> None:
        """Add all pages of a PDF that was written into a file."""
        with self.new_part() as part:
            file.seek(0)
            shutil.copyfileobj(file, part)

    def add_pages(self, path: Path, pages: Iterable[RecognizedPage]) -> None:
        """Add pages of an existing PDF with text layers for their recognitions."""
        walk = iter(pages)
        first = next(walk)
        self._first_pages.setdefault(path, first.page)
        pdf = self._opened(path, first.page.origin)
        layers = self._temporary_path()
        indexes = graft(pdf, itertools.chain([first], walk), layers, self.notes, visible=self._visible)
        self._parts.append(_Part(pdf, indexes))

    def _opened(self, path: Path, origin: str) -> pikepdf.Pdf:
        if path not in self._pdfs:
            pdf = self._pdfs[path] = self._open.enter_context(open_with_qpdf(path, origin))
            if pdf.get_warnings():
                self.notes.other.append(f"{path.name} was damaged and was repaired as far as possible")
            if is_signed(pdf):
                self.notes.other.append(
                    f"the signature of {path.name} is not valid for the PDF that was written"
                )
        return self._pdfs[path]

    def check_unchanged(self) -> None:
        """Raise PictureChanged if any of the PDFs has changed since its pages were found.

        Call this after saving, because qpdf reads the files until then.
        """
        for page in self._first_pages.values():
            check_unchanged(page.picture, page.origin)

    def assembled(self, bookmarks: Sequence[Bookmark]) -> pikepdf.Pdf:
        """Return the PDF with all pages in the order in which they were added.

        ``bookmarks`` are those of the input files, for a PDF made of several.
        """
        return self._reordered(self._parts[0].pdf) if self.is_one_pdf else self._merged(bookmarks)

    def _reordered(self, pdf: pikepdf.Pdf) -> pikepdf.Pdf:
        ordered = [pdf.pages[index] for part in self._parts for index in part.indexes]
        if [page.obj.objgen for page in ordered] != [page.obj.objgen for page in pdf.pages]:
            del pdf.pages[:]
            pdf.pages.extend(ordered)
        return pdf

    def _merged(self, bookmarks: Sequence[Bookmark]) -> pikepdf.Pdf:
        merged = self._open.enter_context(pikepdf.new())
        own: dict[int, int] = {}
        for part in self._parts:
            start, last = len(merged.pages), _last_bookmark(merged)
            is_input = part.pdf in self._pdfs.values()
            merged.add_pages_from(part.pdf, part.indexes, outlines="preserve" if is_input else "ignore")
            own[start] = _count_after(merged, last)
            self._note_attachments(part.pdf)
            for page in merged.pages[start:]:
                _remove_structure_keys(page)
        if bookmarks:
            add_bookmarks(merged, bookmarks, own)
        return merged

    def _note_attachments(self, pdf: pikepdf.Pdf) -> None:
        """Warn of files that are attached to an input: they are not copied."""
        names = [path.name for path, each in self._pdfs.items() if each is pdf and len(pdf.attachments)]
        for name in names:
            note = f"the files attached to {name} are not in the PDF that was written"
            if note not in self.notes.other:
                self.notes.other.append(note)


def _last_bookmark(pdf: pikepdf.Pdf) -> pikepdf.Object | None:
    """Return the last bookmark at the top level; None without bookmarks."""
    outlines = pdf.Root.get("/Outlines")
    return outlines.get("/Last") if isinstance(outlines, pikepdf.Dictionary) else None


def _count_after(pdf: pikepdf.Pdf, last: pikepdf.Object | None) -> int:
    """Return how many bookmarks follow a bookmark at the top level; None stands before the first."""
    outlines = pdf.Root.get("/Outlines")
    following = last.get("/Next") if last is not None else outlines.get("/First") if outlines else None
    count = 0
    while following is not None:
        following, count = following.get("/Next"), count + 1
    return count


def _remove_structure_keys(page: pikepdf.Page) -> None:
    """Remove the keys into a structure tree, which was not copied."""
    annotations = page.obj.get("/Annots")
    listed = list(annotations) if isinstance(annotations, pikepdf.Array) else []
    for holder, name in [(page.obj, "/StructParents"), *((each, "/StructParent") for each in listed)]:
        if isinstance(holder, pikepdf.Dictionary) and name in holder:
            del holder[name]
