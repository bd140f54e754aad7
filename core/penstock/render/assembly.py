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
from pikepdf import Name, Stream

from penstock.images import check_unchanged
from penstock.model import MissingPage, Page, RecognizedPage
from penstock.pdf.encrypted_attachments import remove_encrypted_attachments
from penstock.pdf.missing_content import is_damaged
from penstock.pdf.opening import is_signed, open_with_qpdf, password
from penstock.render.bookmarks import Bookmark, add_bookmarks
from penstock.render.graft_notes import GraftNotes
from penstock.render.pdf_graft import graft
from penstock.render.placement import SMALLEST


class _Part(NamedTuple):
    """Successive pages of the document, by their indexes in an open PDF."""

    pdf: pikepdf.Pdf
    indexes: list[int]
    is_placeholder: bool = False


class Assembly:
    """Collects pages of PDFs and makes one PDF of them. A context manager.

    Pages of one existing PDF stay in it, with its metadata, bookmarks and forms. Pages of several inputs are
    copied into a new PDF, with their bookmarks, forms, links and layers, and without metadata: the author of
    one input is not the author of all of them.

    Parameters
    ----------
    paper
        Width and height in points of placeholders beside which there is no page with a size.
    visible
        Paint the text layers instead of hiding them.
    rotate
        Turn pages so that most of their text stands upright.
    """

    def __init__(self, paper: tuple[float, float], *, visible: bool, rotate: bool) -> None:
        self._paper, self._visible, self._rotate = paper, visible, rotate
        self._open = ExitStack()
        self._pdfs: dict[Path, pikepdf.Pdf] = {}
        self._parts: list[_Part] = []
        self._missing_first: Sequence[MissingPage] = ()
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
        """Whether all pages but placeholders come from the same existing PDF."""
        pdfs = {id(part.pdf) for part in self._parts if not part.is_placeholder}
        return len(pdfs) == 1 and bool(pdfs & {id(pdf) for pdf in self._pdfs.values()})

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
        indexes = graft(
            pdf,
            itertools.chain([first], walk),
            layers,
            self.notes,
            visible=self._visible,
            rotate=self._rotate,
        )
        self._parts.append(_Part(pdf, indexes))

    def add_placeholders(self, missing: Sequence[MissingPage]) -> None:
        """Add a page for each missing page, of the size of the page before it, or else after it."""
        if self._parts:
            before = self._parts[-1]
            self._parts.append(self._placeholders(missing, before.pdf.pages[before.indexes[-1]]))
        else:
            self._missing_first = missing

    def _placeholders(self, missing: Sequence[MissingPage], neighbour: pikepdf.Page | None) -> _Part:
        from penstock.render.placeholder import write_placeholders

        path = self._temporary_path()
        size = (_displayed_size(neighbour) if neighbour else None) or self._paper
        pages = write_placeholders(path, missing, size)
        pdf = self._open.enter_context(pikepdf.open(path))
        return _Part(
            pdf,
            graft(pdf, pages, self._temporary_path(), GraftNotes(), visible=False, rotate=False),
            is_placeholder=True,
        )

    def _opened(self, path: Path, origin: str) -> pikepdf.Pdf:
        if path not in self._pdfs:
            pdf = self._pdfs[path] = self._open.enter_context(open_with_qpdf(path, origin))
            if remove_encrypted_attachments(pdf):
                self.notes.other.append(f"the attachments of {path.name} are encrypted and were left out")
            if _remove_damaged_metadata(pdf):
                self.notes.other.append(f"the metadata of {path.name} are damaged and were left out")
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
        if self._missing_first:
            after = self._parts[0].pdf.pages[self._parts[0].indexes[0]] if self._parts else None
            self._parts.insert(0, self._placeholders(self._missing_first, after))
        if self.is_one_pdf:
            return self._reordered(next(part.pdf for part in self._parts if not part.is_placeholder))
        return self._merged(bookmarks)

    def _reordered(self, pdf: pikepdf.Pdf) -> pikepdf.Pdf:
        """Return a PDF with the pages of all parts, which are its own pages and placeholders."""
        ordered: list[pikepdf.Page] = []
        for part in self._parts:
            if part.pdf is pdf:
                ordered += [pdf.pages[index] for index in part.indexes]
            else:
                start = len(pdf.pages)
                pdf.add_pages_from(part.pdf, part.indexes)
                ordered += pdf.pages[start:]
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
            if count := _count_after(merged, last):
                own[start] = count
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


def _remove_damaged_metadata(pdf: pikepdf.Pdf) -> bool:
    """Remove XMP metadata that cannot be decoded, and return whether there were any."""
    packet = pdf.Root.get(Name.Metadata)
    if not isinstance(packet, Stream) or not is_damaged(packet):
        return False
    del pdf.Root[Name.Metadata]
    return True


def _displayed_size(page: pikepdf.Page) -> tuple[float, float] | None:
    """Return the width and height of a page's visible area as displayed, in points; None if it has none."""
    try:
        unit = float(page.obj.get("/UserUnit", 1))
        left, bottom, right, top = (float(side) * unit for side in page.cropbox)
    except (TypeError, ValueError):
        return None
    sides = (abs(right - left), abs(top - bottom))
    if min(sides) < SMALLEST:
        return None
    return (sides[1], sides[0]) if page.rotation // 90 % 2 else sides


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
