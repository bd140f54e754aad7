"""Extract the words that a PDF's page already has, with their places in pixels of the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import pypdfium2
from pypdfium2 import raw

from penstock.model import Homography, Line, Quad, Recognition, Word

OWN_TEXT = "the PDF's own text"
INVISIBLE_MODES = frozenset({3, 7})
"""Text rendering modes that paint nothing (ISO 32000-1, table 106)."""
LINE_END_HYPHENS = frozenset({0x02, 0xFFFE})
"""Characters that PDFium gives for a hyphen at the end of a line."""


class PrintedWord(NamedTuple):
    """A word of a PDF's own text.

    Parameters
    ----------
    text
        Not empty, without spaces.
    quad
        Its corners, in pixels of the page.
    visible
        Whether it is painted. Invisible text was added by an earlier recognition.
    line
        Index of its line on the page, from 0.
    """

    text: str
    quad: Quad
    visible: bool
    line: int


@dataclass(slots=True)
class _Letters:
    """The characters of one word so far, with their bounds in points of the page."""

    text: str
    direction: tuple[float, float]
    visible: bool
    left: float
    bottom: float
    right: float
    top: float

    def quad(self) -> Quad:
        corners = [
            (self.left, self.top),
            (self.right, self.top),
            (self.right, self.bottom),
            (self.left, self.bottom),
        ]
        x, y = self.direction
        # The first corner is where reading begins: for text that runs upwards, the bottom left of the bounds.
        first = (0 if x >= 0 else 2) if abs(x) >= abs(y) else (3 if y > 0 else 1)
        return Quad.from_points(corners[first:] + corners[:first])


def printed_words(page: pypdfium2.PdfPage, to_page: Homography) -> list[PrintedWord]:
    """Return all words of a page in PDFium's order; `to_page` maps the PDF's points to the page's pixels."""
    text = page.get_textpage()
    try:
        return [
            PrintedWord(
                _without_surrogates(letters.text), letters.quad().mapped(to_page), letters.visible, line
            )
            for line, letters in _words(text)
        ]
    finally:
        text.close()


def as_recognition(words: Iterable[PrintedWord]) -> Recognition:
    """Return the words as a recognition, with the recognizer named `OWN_TEXT`."""
    lines: dict[int, list[Word]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(Word(word.text, word.quad))
    return Recognition(
        tuple(
            Line(" ".join(word.text for word in line), Quad.around(word.quad for word in line), tuple(line))
            for line in lines.values()
        ),
        recognizer=OWN_TEXT,
    )


def _words(text: pypdfium2.PdfTextPage) -> Iterator[tuple[int, _Letters]]:
    line, word = 0, None
    for index in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, index)
        character = "-" if code in LINE_END_HYPHENS else chr(code)
        if character.isspace() or not code:
            if word:
                yield line, word
                word = None
            line += character == "\n"
        elif (box := _box(text, index)) is not None:
            word = _grown(word, text, index, character, box)
    if word:
        yield line, word


def _grown(
    word: _Letters | None, text: pypdfium2.PdfTextPage, index: int, character: str, box: raw.FS_RECTF
) -> _Letters:
    if word is None:
        direction, visible = _style(text, index)
        return _Letters(character, direction, visible, box.left, box.bottom, box.right, box.top)
    word.text += character
    word.left, word.bottom = min(word.left, box.left), min(word.bottom, box.bottom)
    word.right, word.top = max(word.right, box.right), max(word.top, box.top)
    return word


def _box(text: pypdfium2.PdfTextPage, index: int) -> raw.FS_RECTF | None:
    box = raw.FS_RECTF()
    return box if raw.FPDFText_GetLooseCharBox(text, index, box) else None


def _style(text: pypdfium2.PdfTextPage, index: int) -> tuple[tuple[float, float], bool]:
    """Return a character's direction of reading, and whether it is painted."""
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text, index, matrix)
    painted = raw.FPDFText_GetTextObject(text, index)
    mode = raw.FPDFTextObj_GetTextRenderMode(painted) if painted else 0
    return (matrix.a, matrix.b), mode not in INVISIBLE_MODES


def _without_surrogates(text: str) -> str:
    """Return the text with surrogate pairs joined and lone surrogates replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
