"""The results of `penstock.read`: documents and pages, loaded while they are iterated, and the report."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypedDict, overload

from penstock.api.result_file import ResultFile
from penstock.errors import OutputExists, PictureError
from penstock.model import Line, Problem, RecognizedDocument, RecognizedPage, StrPath
from penstock.report import RunReport, counted

if TYPE_CHECKING:
    from PIL.Image import Image

    from penstock.render import PdfResult

NOTEBOOK_PIXELS = 1200  # length of the longer side of a page in a notebook


class WordRow(TypedDict):
    """A word as a row of a table. ``x0, y0, x1, y1`` is the upright box around it, in pixels of the page."""

    document: str
    page: int
    line: int
    word: int
    text: str
    confidence: float | None
    low_confidence: bool
    corrected: bool
    x0: float
    y0: float
    x1: float
    y1: float
    angle: float
    handwritten_probability: float | None
    language: str | None


@dataclass(frozen=True, slots=True, repr=False)
class PageResult(RecognizedPage):
    """A recognized page. Notebooks show its picture with the recognized text beside it."""

    document: str = ""

    @property
    def number(self) -> int:
        """Position in the document, counted from 1."""
        return self.page.number

    @property
    def text(self) -> str:
        """The text of all lines, joined by newlines."""
        return self.recognition.text

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines in reading order."""
        return self.recognition.lines

    def words(self) -> Iterator[WordRow]:
        """Iterate over the words as dicts, for example for ``pandas.DataFrame(page.words())``.

        Lines and words are counted from 1. ``angle`` is the word's direction of reading in degrees,
        clockwise positive.
        """
        for number, line in enumerate(self.lines, start=1):
            for position, word in enumerate(line.words, start=1):
                x0, y0, x1, y1 = word.quad.bounds
                yield WordRow(
                    document=self.document,
                    page=self.number,
                    line=number,
                    word=position,
                    text=word.text,
                    confidence=word.confidence,
                    low_confidence=word.low_confidence,
                    corrected=word.corrected,
                    x0=x0,
                    y0=y0,
                    x1=x1,
                    y1=y1,
                    angle=word.quad.angle,
                    handwritten_probability=line.handwritten_probability,
                    language=line.language or self.recognition.language,
                )

    def picture(self, *, longest_side: int | None = None) -> Image:
        """Open the page's picture, upright. Parameters and exceptions are those of `overlay`."""
        from penstock.images import open_upright

        return open_upright(self.page, longest_side=longest_side)

    def overlay(self, *, longest_side: int | None = None) -> Image:
        """Draw the page's picture with outlined words, and the recognized text beside it.

        Parameters
        ----------
        longest_side
            Maximum length of a half's longer side in pixels. Larger pages are scaled down.

        Raises
        ------
        PictureError
            The picture does not exist any more, or was changed since it was recognized.
        """
        from penstock.render.overlay import draw_overlay

        return draw_overlay(self, longest_side=longest_side)

    def _repr_png_(self) -> bytes | None:
        # For notebooks. Without a picture they show the text form.
        try:
            drawing = self.overlay(longest_side=NOTEBOOK_PIXELS)
        except PictureError:
            return None
        file = io.BytesIO()
        drawing.save(file, "PNG")
        return file.getvalue()

    def __repr__(self) -> str:
        return f"<page {self.number} of {self.page.origin}: {counted(len(self.lines), 'line')}>"


class PageResults(Sequence[PageResult]):
    """The pages of a document in order. Each page is loaded when it is accessed."""

    def __init__(self, results: ResultFile, starts: Sequence[int], document: str) -> None:
        self._results = results
        self._starts = starts
        self._document = document

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> PageResult: ...

    @overload
    def __getitem__(self, index: slice) -> PageResults: ...

    def __getitem__(self, index: int | slice) -> PageResult | PageResults:
        if isinstance(index, slice):
            return PageResults(self._results, self._starts[index], self._document)
        return PageResult(*self._results.page(self._starts[index]), self._document)

    def __repr__(self) -> str:
        return f"<{counted(len(self), 'page')}>"


@dataclass(frozen=True, slots=True, repr=False)
class DocumentResult(RecognizedDocument):
    """A recognized document.

    Parameters
    ----------
    name, origin, folder, beside
        As in `penstock.Document`.
    pages
        In order, loaded while they are iterated. Failed pages are missing; the numbers of the others do not
        change, and `ReadResult.problems` has the reasons.
    """

    pages: PageResults

    @property
    def text(self) -> str:
        """The text of all pages, with a form feed between them."""
        return "\f".join(page.text + "\n" for page in self.pages)

    def words(self) -> Iterator[WordRow]:
        """Iterate over the words of all pages as dicts; see `PageResult.words`."""
        return (row for page in self.pages for row in page.words())

    def to_pdf(self, path: StrPath, *, overwrite: bool = False) -> PdfResult:
        """Write the document as a searchable PDF; see `ReadResult.to_pdf`."""
        return _write_pdf(self.pages, path, self.name, overwrite=overwrite)

    def __repr__(self) -> str:
        return f"<document {self.name!r}: {counted(len(self.pages), 'page')}>"


class ReadResult(Sequence[DocumentResult]):
    """The recognized documents, in the order of the inputs.

    They are in a temporary file and are loaded while they are iterated. The file is removed by `close`, at
    the end of a ``with`` block, or when nothing refers to the result or its documents any more.

    Parameters
    ----------
    report
        Counts and problems of the run, and whether it stopped early.
    """

    def __init__(self, results: ResultFile, report: RunReport) -> None:
        self._results = results
        self.report = report

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The first thousand failures, and the reason why the run stopped early if it did."""
        stopped = (self.report.stopped,) if self.report.stopped else ()
        return self.report.failures + stopped

    @property
    def pages(self) -> Iterator[PageResult]:
        """All pages of all documents, loaded while they are iterated."""
        return (page for document in self for page in document.pages)

    def words(self) -> Iterator[WordRow]:
        """Iterate over the words of all documents as dicts; see `PageResult.words`.

        Examples
        --------
        >>> table = pandas.DataFrame(result.words())  # doctest: +SKIP
        """
        return (row for page in self.pages for row in page.words())

    def to_pdf(self, path: StrPath, *, overwrite: bool = False) -> PdfResult:
        """Write all documents as one searchable PDF.

        The ``pdf`` sink and `penstock.write_searchable_pdf` have more options.

        Parameters
        ----------
        path
            The file to write.
        overwrite
            Whether to replace an existing file. The picture of a page is never replaced.

        Returns
        -------
        PdfResult
            Its ``warnings`` say, for example, why the file is not PDF/A.

        Raises
        ------
        OutputError
            The file exists or cannot be written, or there are no pages.
        PictureError
            A picture does not exist any more, or was changed since it was recognized.
        """
        name = self[0].name if len(self) else ""
        return _write_pdf(self.pages, path, name, overwrite=overwrite)

    def close(self) -> None:
        """Remove the temporary file. Pages that are already loaded stay usable."""
        self._results.close()

    def __enter__(self) -> ReadResult:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._results)

    @overload
    def __getitem__(self, index: int) -> DocumentResult: ...

    @overload
    def __getitem__(self, index: slice) -> list[DocumentResult]: ...

    def __getitem__(self, index: int | slice) -> DocumentResult | list[DocumentResult]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        form = self._results.document(index)
        beside = Path(form["beside"]) if form["beside"] else None
        pages = PageResults(self._results, form["pages"], form["name"])
        return DocumentResult(form["name"], form["origin"], pages, form["folder"], beside)

    def __repr__(self) -> str:
        failures = counted(self.report.failed, "failure")
        return f"<result of {counted(len(self), 'document')}, {failures}>"


def _write_pdf(pages: Iterable[RecognizedPage], path: StrPath, title: str, *, overwrite: bool) -> PdfResult:
    from penstock.render import write_searchable_pdf

    path = Path(path)
    if path.exists() and not overwrite:
        raise OutputExists(f"{path} exists", "pass overwrite=True to replace it")
    return write_searchable_pdf(_without(path, pages), path, fallback_title=title)


def _without(path: Path, pages: Iterable[RecognizedPage]) -> Iterator[RecognizedPage]:
    """Yield the pages. Raises OutputExists for a page whose picture is the file to write."""
    for each in pages:
        picture = each.page.picture.path
        if path.exists() and picture.exists() and path.samefile(picture):
            raise OutputExists(f"{path} is an input, and inputs are never overwritten", "write another file")
        yield each
