"""Write visible pages in place of pages that could not be read: which page is missing, and why."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import ImageFont

from penstock.geometry import Quad
from penstock.model import Line, MissingPage, Page, Picture, Recognition, RecognizedPage, Word
from penstock.render.placement import LARGEST
from penstock.render.scripts import written

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

SHIPPED_FONT = "Vera.ttf"
"""The font of reportlab itself; it has Latin letters."""
INSTALLED_FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "Arial Unicode.ttf",
    "arial.ttf",
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
    "wqy-zenhei.ttc",
    "msyh.ttc",
    "malgun.ttf",
)
"""Fonts that are used for other letters where they are installed. reportlab embeds TrueType outlines only."""
NO_GLYPH = "?"
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]+")
"""Hebrew, Arabic and the like, which are drawn from the left in the order in which they stand there."""
LATER = "The document is written again when this page can be read."

SMALLEST_SIDE = 36.0
"""Points. A placeholder is not smaller, even if the pages beside it are."""
MARGIN = 0.1
"""Share of the shorter side that stays empty on each side."""
TYPE_SIZE, SMALLEST_TYPE = 14.0, 2.0
"""Points. The type is made smaller until the text fits on the page."""
HEAD, LEADING = 1.5, 1.35
"""Size of the first paragraph, and distance of lines, as multiples of the type size."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A word on the page; `shown` has a question mark for each character that no font has."""

    text: str
    shown: str
    font: str
    x: float
    baseline: float
    size: float
    width: float


def write_placeholders(
    target: Path, missing: Sequence[MissingPage], size: tuple[float, float]
) -> list[RecognizedPage]:
    """Write a PDF with a page for each missing page, and return its pages.

    The recognition of a page holds the words that no font can show, so that they are found all the same.

    Parameters
    ----------
    size
        Width and height of each page in points.
    """
    from reportlab.pdfgen.canvas import Canvas

    width, height = (min(max(side, SMALLEST_SIDE), LARGEST) for side in size)
    # reportlab does not embed its default font, which is why another one is set.
    canvas = Canvas(str(target), pagesize=(width, height), invariant=1, initialFontName=_fonts()[0])
    pages = []
    for index, each in enumerate(missing):
        words = _fitted(each, width, height)
        _draw(canvas, words, width, height)
        page = Page(
            each.number,
            f"placeholder for page {each.number}",
            Picture(target, index),
            max(1, round(width)),
            max(1, round(height)),
            existing_text="add",
        )
        pages.append(RecognizedPage(page, Recognition(tuple(_hidden_lines(words, height)))))
    canvas.save()
    return pages


def _draw(canvas: Canvas, words: Sequence[_Word], width: float, height: float) -> None:
    inset = min(width, height) * MARGIN / 2
    canvas.setLineWidth(0.5)
    canvas.setStrokeGray(0.6)
    canvas.rect(inset, inset, width - 2 * inset, height - 2 * inset)
    canvas.setFillGray(0.2)
    for word in words:
        canvas.setFont(word.font, word.size)
        canvas.drawString(word.x, word.baseline, _RIGHT_TO_LEFT.sub(lambda run: run[0][::-1], word.shown))
    canvas.showPage()


def _hidden_lines(words: Sequence[_Word], height: float) -> Iterator[Line]:
    for word in words:
        if word.shown != word.text:
            bottom = height - word.baseline
            quad = Quad.from_box(word.x, bottom - word.size, word.x + max(word.width, 1.0), bottom)
            yield Line(word.text, quad, (Word(word.text, quad),))


def _fitted(missing: MissingPage, width: float, height: float) -> list[_Word]:
    """Lay the text out in the largest type with which it fits on the page."""
    margin = min(width, height) * MARGIN
    size = TYPE_SIZE
    while True:
        paragraphs = (
            (f"Page {missing.number} is missing", size * HEAD),
            (missing.why, size),
            (LATER, size),
        )
        words = _laid_out(paragraphs, margin, height - margin, width - 2 * margin)
        if size <= SMALLEST_TYPE or words[-1].baseline > margin:
            return words
        size *= 0.85


def _laid_out(paragraphs: Sequence[tuple[str, float]], left: float, top: float, room: float) -> list[_Word]:
    words: list[_Word] = []
    baseline = top
    for text, size in paragraphs:
        x = left
        baseline -= size * LEADING
        for part in _parts(written(text), size, room):
            shown, font = _shown(part)
            width = _width(shown, font, size)
            if x > left and x + width > left + room:
                x, baseline = left, baseline - size * LEADING
            words.append(_Word(part, shown, font, x, baseline, size, width))
            x += width + _width(" ", font, size)
        baseline -= size * LEADING / 2
    return words


def _parts(text: str, size: float, room: float) -> Iterator[str]:
    """Yield the words of a text. Words that are wider than a line are broken."""
    for word in text.split():
        start = 0
        for end in range(1, len(word) + 1):
            if end - start > 1 and _width(*_shown(word[start:end]), size) > room:
                yield word[start : end - 1]
                start = end - 1
        yield word[start:]


def _shown(word: str) -> tuple[str, str]:
    """Return a word as it can be shown, and the font that shows most of it."""
    glyphs = {name: _glyphs(name) for name in _fonts()}
    font = max(glyphs, key=lambda name: sum(ord(each) in glyphs[name] for each in word))
    return "".join(each if ord(each) in glyphs[font] else NO_GLYPH for each in word), font


def _width(text: str, font: str, size: float) -> float:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return float(stringWidth(text, font, size))


def _glyphs(font: str) -> dict[int, Any]:
    from reportlab.pdfbase.pdfmetrics import getFont

    glyphs: dict[int, Any] = getFont(font).face.charToGlyph
    return glyphs


@functools.cache
def _fonts() -> tuple[str, ...]:
    """Register the fonts that are there, and return their names. The first one always is."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    names = []
    for file in (SHIPPED_FONT, *INSTALLED_FONTS):
        try:
            path = file if file == SHIPPED_FONT else ImageFont.truetype(file).path
            registerFont(TTFont(f"penstock {file}", path))
        except (OSError, TTFError):
            continue
        names.append(f"penstock {file}")
    return tuple(names)
