"""Assemble one PDF from pages of existing PDFs and newly written pages."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, NamedTuple

import pikepdf

from penstock.images import check_unchanged
from penstock.model import Page, RecognizedPage
from penstock.pdf.opening import is_signed, open_with_qpdf
from penstock.render.graft_notes import GraftNotes
from penstock.render.pdf_graft import graft


class _Part(NamedTuple):
    """Successive pages of the document, by their indexes in an open PDF."""

    pdf: pikepdf.Pdf
    indexes: list[int]


class Assembly:
    """Collects pages of PDFs and makes one PDF of them. A context manager.

    The result is the first existing PDF with its metadata, bookmarks and forms. Pages from elsewhere are
    copied into it.

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
        self._base: pikepdf.Pdf | None = None
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
            self._base = self._base or pdf
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

    def assembled(self) -> pikepdf.Pdf:
        """Return the PDF with all pages in the order in which they were added.

        Raises ValueError if no pages of an existing PDF were added.
        """
        base = self._base
        if base is None:
            raise ValueError("an assembly needs at least one page of an existing PDF")
        ordered = [page for part in self._parts for page in self._copied(base, part)]
        if [page.obj.objgen for page in ordered] != [page.obj.objgen for page in base.pages]:
            del base.pages[:]
            base.pages.extend(ordered)
        return base

    def _copied(self, base: pikepdf.Pdf, part: _Part) -> list[pikepdf.Page]:
        """Return the part's pages in the base, copied into it if they come from another PDF."""
        if part.pdf is base:
            return [base.pages[index] for index in part.indexes]
        start = len(base.pages)
        base.add_pages_from(part.pdf, part.indexes)
        added = [base.pages[start + index] for index in range(len(part.indexes))]
        for page in added:
            _remove_structure_keys(page)
        return added


def _remove_structure_keys(page: pikepdf.Page) -> None:
    """Remove the keys into a structure tree that was not copied: the base has other entries under them."""
    annotations = page.obj.get("/Annots")
    listed = list(annotations) if isinstance(annotations, pikepdf.Array) else []
    for holder, name in [(page.obj, "/StructParents"), *((each, "/StructParent") for each in listed)]:
        if isinstance(holder, pikepdf.Dictionary) and name in holder:
            del holder[name]
