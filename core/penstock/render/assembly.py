"""A document of pages that stand in several PDFs, in its order, in one."""

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
    """Pages of a PDF, by their places in it."""

    pdf: pikepdf.Pdf
    frames: list[int]


class Assembly:
    """Takes pages of PDFs, and PDFs made of pictures, and makes one PDF of them. A context manager.

    It is the first PDF that was taken, with what it has besides pages; others' pages come into it.

    Parameters
    ----------
    visible
        Show where the text stands.
    """

    def __init__(self, *, visible: bool) -> None:
        self._visible = visible
        self._open = ExitStack()
        self._pdfs: dict[Path, pikepdf.Pdf] = {}
        self._parts: list[_Part] = []
        self._read: dict[Path, Page] = {}
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
        """How many were taken."""
        return sum(len(part.frames) for part in self._parts)

    @property
    def is_one_pdf(self) -> bool:
        """Whether all of its pages stand in one PDF that was read."""
        return len({id(part.pdf) for part in self._parts}) == 1

    def _file(self) -> Path:
        """A path for a file that is there until the assembly is left."""
        return self._folder / f"{next(self._numbers)}.pdf"

    @contextmanager
    def making(self) -> Iterator[IO[bytes]]:
        """Give a file to write a PDF into, and take all of its pages."""
        path = self._file()
        with path.open("w+b") as file:
            yield file
        pdf = self._open.enter_context(pikepdf.open(path))
        self._parts.append(_Part(pdf, list(range(len(pdf.pages)))))

    def take_written(self, file: IO[bytes]) -> None:
        """Take all pages of a PDF that was written into a file."""
        with self.making() as part:
            file.seek(0)
            shutil.copyfileobj(file, part)

    def take_read(self, path: Path, reads: Iterable[RecognizedPage]) -> None:
        """Take pages of a PDF, with what was read on them."""
        walk = iter(reads)
        first = next(walk)
        self._read.setdefault(path, first.page)
        pdf = self._opened(path, first.page.origin)
        layers = self._file()
        frames = graft(pdf, itertools.chain([first], walk), layers, self.notes, visible=self._visible)
        self._parts.append(_Part(pdf, frames))

    def _opened(self, path: Path, origin: str) -> pikepdf.Pdf:
        if path not in self._pdfs:
            pdf = self._pdfs[path] = self._open.enter_context(open_with_qpdf(path, origin))
            self._base = self._base or pdf
            if pdf.get_warnings():
                self.notes.more.append(
                    f"{path.name} was damaged, and has been repaired as far as it could be"
                )
            if is_signed(pdf):
                self.notes.more.append(f"the signature of {path.name} does not hold for what was written")
        return self._pdfs[path]

    def check_unchanged(self) -> None:
        """Raise PictureChanged if a PDF is not the one any more that was read; for when all is saved."""
        for page in self._read.values():
            check_unchanged(page.picture, page.origin)

    def whole(self) -> pikepdf.Pdf:
        """All pages in the order in which they were taken. At least one PDF has to have been read."""
        base = self._base
        if base is None:
            raise ValueError("an assembly needs pages of a PDF")
        ordered = [page for part in self._parts for page in self._pages_in(base, part)]
        if [page.obj.objgen for page in ordered] != [page.obj.objgen for page in base.pages]:
            del base.pages[:]
            base.pages.extend(ordered)
        return base

    def _pages_in(self, base: pikepdf.Pdf, part: _Part) -> list[pikepdf.Page]:
        if part.pdf is base:
            return [base.pages[frame] for frame in part.frames]
        start = len(base.pages)
        base.add_pages_from(part.pdf, part.frames)
        added = [base.pages[start + index] for index in range(len(part.frames))]
        for page in added:
            _leave_structure(page)
        return added


def _leave_structure(page: pikepdf.Page) -> None:
    """Forget a page's place in a structure tree that did not come with it: the numbers are others' here."""
    annotations = page.obj.get("/Annots")
    noted = list(annotations) if isinstance(annotations, pikepdf.Array) else []
    for holder, name in [(page.obj, "/StructParents"), *((note, "/StructParent") for note in noted)]:
        if isinstance(holder, pikepdf.Dictionary) and name in holder:
            del holder[name]


__all__ = ["Assembly"]
