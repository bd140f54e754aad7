"""Extract the words that a PDF's page already has, with their places in pixels of the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import pypdfium2
from pypdfium2 import raw

from penstock.model import Homography, Line, Quad, Recognition, Word
from penstock.pdf.characters import character, is_readable, joined
from penstock.pdf.page_box import page_box_of
from penstock.pdf.reading_direction import text_in_reading_order
from penstock.pdf.visibility import Area, Sight, sights

OWN_TEXT = "the PDF's own text"
INVISIBLE_MODES = frozenset({3, 7})
"""Text rendering modes that paint nothing (ISO 32000-1, table 106)."""


class PrintedWord(NamedTuple):
    """A word of a PDF's own text.

    Parameters
    ----------
    text
        Not empty, without spaces.
    quad
        Its corners, in pixels of the page.
    visible
        Whether a reader sees it. Text that is not painted, or is painted under a picture or in the colour of
        its background, was added by an earlier recognition.
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
    painted: bool
    left: float
    bottom: float
    right: float
    top: float

    @property
    def area(self) -> Area:
        return (self.left, self.bottom, self.right, self.top)

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


def printed_words(page: pypdfium2.PdfPage, index: int, to_page: Homography) -> list[PrintedWord]:
    """Return the words of the page with this index, in reading order.

    `to_page` maps the PDF's units to the page's pixels. Left out are words that are not on the visible page,
    such as those of a layer that is switched off, and words whose font does not say which letters they are.
    """
    with text_in_reading_order(page, index) as text:
        found = [(line, word) for line, word in _words(text) if is_readable(joined(word.text))]
    return [
        PrintedWord(joined(word.text), word.quad().mapped(to_page), sight is Sight.SHOWN, line)
        for (line, word), sight in zip(found, _sights(page, [word for _, word in found]), strict=True)
        if sight is not Sight.ABSENT
    ]


def _sights(page: pypdfium2.PdfPage, words: list[_Letters]) -> list[Sight]:
    """Return what a reader sees of each word."""
    painted = [word for word in words if word.painted]
    seen = iter(sights(page, [word.area for word in painted]) if painted else ())
    box = page_box_of(page)
    return [
        next(seen) if word.painted else Sight.HIDDEN if box.meets(word.area) else Sight.ABSENT
        for word in words
    ]


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
        found = character(text, index)
        if found.isspace():
            if word:
                yield line, word
                word = None
            line += found == "\n"
        elif (box := _box(text, index)) is not None:
            word = _grown(word, text, index, found, box)
    if word:
        yield line, word


def _grown(
    word: _Letters | None, text: pypdfium2.PdfTextPage, index: int, found: str, box: raw.FS_RECTF
) -> _Letters:
    if word is None:
        direction, painted = _style(text, index)
        return _Letters(found, direction, painted, box.left, box.bottom, box.right, box.top)
    word.text += found
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
