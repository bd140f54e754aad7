"""Corrections in hOCR, ALTO, PAGE XML and other files with text that people edit in other programs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from penstock.engine.corrected_lines import agreed_line
from penstock.engine.journal import Journal
from penstock.engine.journal.documents import PageRow
from penstock.errors import CorrectionError, InvalidTranscription
from penstock.model import Line, Page, Recognition
from penstock.render.scripts import is_unspaced
from penstock.transcriptions.file_names import composed, picture_stem
from penstock.transcriptions.fitting import fitted
from penstock.transcriptions.outlines import overlap
from penstock.transcriptions.reading import read_transcription
from penstock.transcriptions.values import TranscribedPage

HINT = (
    "recognize the page first, without corrections; the file must name its picture, or be called like"
    " the document"
)
_PAGE_NUMBER = re.compile(r"\.(\d{3,})(?=\.)")
"""The page's number in the name of an output: ``letter.003.page.xml``."""
LEAST_OVERLAP = 0.2
"""Share of the smaller of two lines' areas that they have in common at least if they are the same line."""


@dataclass(frozen=True, slots=True)
class CorrectedPage:
    """A page of a corrected file, and the recognized page that it belongs to."""

    row: PageRow
    page: Page
    transcribed: TranscribedPage

    def recognition(self, before: Recognition) -> Recognition:
        """Return the recognition with the text of the file, and with the places that the words had.

        Lines are matched by their places. A line that the file does not have is left out. Places that were
        edited are not taken over; a new line has its own.

        Raises ValueError for a line whose text and words contradict each other, and InvalidTranscription if
        the page has another shape than the picture.
        """
        edited = fitted(self.transcribed, self.page.width, self.page.height)
        lines = []
        for number, (line, was) in enumerate(_matched(edited.lines, before.lines), start=1):
            try:
                lines.append(_corrected(line, was))
            except ValueError as error:
                raise ValueError(f"line {number} {error}") from error
        return replace(before, lines=tuple(line for line in lines if line.text.strip()))


def corrected_pages(journal: Journal, path: Path) -> Iterator[CorrectedPage]:
    """Iterate over the pages of a corrected file. Raises CorrectionError."""
    try:
        for index, transcribed in enumerate(read_transcription(path)):
            row = _row(journal, path, transcribed, index)
            if row is None or row.content_key is None or row.recognizer_key is None:
                name = transcribed.picture or f"page {index + 1}"
                raise CorrectionError(f"{path}: no recognized page of this pipeline belongs to {name}", HINT)
            page = row.page()
            if page is not None:
                yield CorrectedPage(row, page, transcribed)
    except InvalidTranscription as error:
        raise CorrectionError(error.message, error.hint) from error


def _row(journal: Journal, path: Path, transcribed: TranscribedPage, index: int) -> PageRow | None:
    """Return the recognized page that a page of a file belongs to.

    The document is the one that the file was written for, else the one with a page of the picture's name,
    else the one with the file's name. Raises CorrectionError if there are several.
    """
    written = journal.outputs.document_of(path)
    if written is not None:
        rows = list(_rows(journal, written))
        named = [row for row in rows if _shows(row, transcribed)]
        return _numbered(named or rows, path, transcribed, index)
    stems = (picture_stem(transcribed.picture), composed(path.stem), composed(path.name.split(".")[0]))
    for stem in dict.fromkeys(filter(None, stems)):
        if rows := _rows_called(journal, path, stem):
            return _numbered(rows, path, transcribed, index)
    return None


def _rows_called(journal: Journal, path: Path, stem: str) -> list[PageRow]:
    """Return the pages with a picture of this name. Raises CorrectionError if several documents have it."""
    documents = list(journal.documents.iterate())
    likely = [
        number
        for number, each in documents
        if stem in (composed(each.name), composed(Path(each.origin).stem))
    ] or [number for number, _ in documents]
    by_document = {
        number: rows
        for number in likely
        if (rows := [row for row in _rows(journal, number) if _is_of(row, stem)])
    }
    if len(by_document) > 1:
        names = [document.origin for number, document in documents if number in by_document]
        raise CorrectionError(
            f"{path}: may belong to {names[0]} or {names[1]}, both with a picture called {stem!r}",
            "edit the file in the place where penstock wrote it",
        )
    return next(iter(by_document.values()), [])


def _rows(journal: Journal, document: int) -> Iterator[PageRow]:
    number = 0
    while rows := journal.documents.pages_after(document, number):
        number = rows[-1].number
        yield from rows


def _shows(row: PageRow, transcribed: TranscribedPage) -> bool:
    return bool(transcribed.picture) and _is_of(row, picture_stem(transcribed.picture))


def _is_of(row: PageRow, stem: str) -> bool:
    page = row.page()
    return page is not None and stem in (
        composed(page.picture.path.stem),
        picture_stem(page.picture.url or ""),
    )


def _numbered(
    rows: Sequence[PageRow], path: Path, transcribed: TranscribedPage, index: int
) -> PageRow | None:
    """Return the row with the page's number, which the file states in it or in its name."""
    if len(rows) == 1:
        return rows[0]
    in_name = _PAGE_NUMBER.search(path.name)
    number = transcribed.number or (int(in_name[1]) if in_name else index + 1)
    return next((row for row in rows if row.number == number), None)


def _matched(edited: Sequence[Line], before: Sequence[Line]) -> Iterator[tuple[Line, Line | None]]:
    """Pair each edited line with the line before that lies in its place; None for a new line."""
    left = list(before)
    for line in edited:
        shares = [overlap(line.quad.bounds, was.quad.bounds) for was in left]
        best = max(range(len(left)), key=shares.__getitem__, default=None)
        if best is None or shares[best] < LEAST_OVERLAP:
            yield line, None
        else:
            yield line, left.pop(best)


def _corrected(line: Line, was: Line | None) -> Line:
    """Return a line with the edited text, and with words in the places that they had."""
    if was is None:
        new = tuple(
            replace(word, confidence=None, low_confidence=False, corrected=True) for word in line.words
        )
        return replace(line, words=new, confidence=None, region=None)
    if is_unspaced(was.text) and _letters(line.text) == _letters(was.text):
        return was  # a format that joins words by spaces has added them
    words = was.words
    if len(line.words) == len(was.words):
        words = tuple(
            replace(word, text=edited.text) for word, edited in zip(was.words, line.words, strict=True)
        )
    corrected = agreed_line(replace(was, text=line.text, words=words), was)
    return corrected if corrected.text == was.text else replace(corrected, confidence=None, alternatives=())


def _letters(text: str) -> str:
    return "".join(text.split())
