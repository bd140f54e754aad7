"""What `penstock.read` gives: documents with their pages, loaded as they are walked, and the report."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, overload

from penstock.api.held import Held
from penstock.errors import PictureError
from penstock.model import Line, Problem, RecognizedDocument, RecognizedPage
from penstock.report import RunReport, counted

if TYPE_CHECKING:
    from PIL.Image import Image

NOTEBOOK_PIXELS = 1200
"""The long side of a page as a notebook shows it."""


@dataclass(frozen=True, slots=True, repr=False)
class PageResult(RecognizedPage):
    """A page and what was read on it. A notebook shows it as its picture with what was read drawn over it."""

    @property
    def number(self) -> int:
        """Its place in the document, counted from 1."""
        return self.page.number

    @property
    def text(self) -> str:
        """Its lines, one under the other."""
        return self.recognition.text

    @property
    def lines(self) -> tuple[Line, ...]:
        """Its lines, in the order of reading."""
        return self.recognition.lines

    def overlay(self, *, longest_side: int | None = None) -> Image:
        """Draw what was read over the page's picture.

        Parameters
        ----------
        longest_side
            Of the drawing in pixels; larger pages are scaled down.

        Raises
        ------
        PictureError
            The page's picture is gone, or not the one any more that was read.
        """
        from penstock.render.overlay import draw_overlay

        return draw_overlay(self, longest_side=longest_side)

    def _repr_png_(self) -> bytes | None:
        """The overlay as PNG, for notebooks; None, and so the text, if the picture is gone."""
        try:
            drawing = self.overlay(longest_side=NOTEBOOK_PIXELS)
        except PictureError:
            return None
        file = io.BytesIO()
        drawing.save(file, "PNG")
        return file.getvalue()

    def __repr__(self) -> str:
        return f"<page {self.number} of {self.page.origin}: {len(self.lines)} lines>"


class PageResults(Sequence[PageResult]):
    """The pages of a document, in their order; each is loaded when it is asked for."""

    def __init__(self, held: Held, starts: Sequence[int]) -> None:
        self._held = held
        self._starts = starts

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> PageResult: ...

    @overload
    def __getitem__(self, index: slice) -> PageResults: ...

    def __getitem__(self, index: int | slice) -> PageResult | PageResults:
        if isinstance(index, slice):
            return PageResults(self._held, self._starts[index])
        return PageResult(*self._held.page(self._starts[index]))

    def __repr__(self) -> str:
        return f"<{counted(len(self), 'page')}>"


@dataclass(frozen=True, slots=True, repr=False)
class DocumentResult(RecognizedDocument):
    """A document that was read.

    Parameters
    ----------
    name, origin, folder, beside
        As in `penstock.Document`.
    pages
        In their order, loaded as they are walked. One that failed is missing: each page's number still
        says its place, and `ReadResult.problems` says why.
    """

    pages: PageResults

    @property
    def text(self) -> str:
        """The text of its pages, with a form feed between them."""
        return "\f".join(page.text + "\n" for page in self.pages)

    def __repr__(self) -> str:
        return f"<document {self.name!r}: {counted(len(self.pages), 'page')}>"


class ReadResult(Sequence[DocumentResult]):
    """What was read: a sequence of documents, in the order in which they were finished.

    It is on disk, in a temporary folder, and loaded as it is walked; the folder goes when nothing refers to
    the result or one of its documents any more, or at `close`, or at the end of a ``with``.

    Parameters
    ----------
    report
        What was read and not, and whether the run was stopped early.
    """

    def __init__(self, held: Held, report: RunReport) -> None:
        self._held = held
        self.report = report

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What failed, and what stopped the run, if something did; the first thousand."""
        stopped = (self.report.stopped,) if self.report.stopped else ()
        return self.report.failures + stopped

    @property
    def pages(self) -> Iterator[PageResult]:
        """All pages of all documents, loaded as they are walked."""
        return (page for document in self for page in document.pages)

    def close(self) -> None:
        """Remove what is on disk; pages that were loaded before stay as they are."""
        self._held.close()

    def __enter__(self) -> ReadResult:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._held)

    @overload
    def __getitem__(self, index: int) -> DocumentResult: ...

    @overload
    def __getitem__(self, index: slice) -> list[DocumentResult]: ...

    def __getitem__(self, index: int | slice) -> DocumentResult | list[DocumentResult]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        form = self._held.document(index)
        beside = Path(form["beside"]) if form["beside"] else None
        pages = PageResults(self._held, form["pages"])
        return DocumentResult(form["name"], form["origin"], pages, form["folder"], beside)

    def __repr__(self) -> str:
        return f"<{counted(len(self), 'document')} read, {counted(self.report.failed, 'failure')}>"


__all__ = ["DocumentResult", "PageResult", "PageResults", "ReadResult"]
