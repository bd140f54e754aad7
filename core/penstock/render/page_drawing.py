"""Write the content stream of a page: the picture, and the lines of text over it."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator

from penstock.model import Point
from penstock.render.glyphless_font import GlyphlessFont
from penstock.render.pdf_writer import number
from penstock.render.placement import Affine
from penstock.render.scripts import BLANK, NARROW, has_marks, natural_width
from penstock.render.type_line import BENT_START, Run, Turn, TypeLine

FILLED, INVISIBLE = 0, 3
"""Text rendering modes (ISO 32000-1, table 106)."""
EM = 1000
MIN_STRETCH = 0.001
NARROW_START = 20
"""Thousandths of the type size: width of a narrow first character."""
LAST_SPACE = 20
"""Thousandths of the type size: width of the space that ends a line."""
SIZE_STEP = 0.01
"""Points by which the type size of every second word is larger."""


class PageDrawing:
    """Turns pictures and lines of type into the operators of content streams.

    Parameters
    ----------
    font
        The font of the text layer, which notes the characters that are used.
    tagged
        Mark each line as a paragraph (/P) and the picture as an artifact (ISO 32000-1, 14.6).
    visible
        Paint the text instead of hiding it, for debugging.
    """

    def __init__(self, font: GlyphlessFont, *, tagged: bool = False, visible: bool = False) -> None:
        self._tagged = tagged
        self._font = font
        self._mode = FILLED if visible else INVISIBLE

    def page(self, picture: Affine, lines: Iterable[TypeLine]) -> bytes:
        """Return a page's content: the picture /Im under the matrix `picture`, and lines in the font /F."""
        matrix = b" ".join(number(value) for value in picture)
        drawn = b"q %b cm /Im Do Q\n" % matrix
        if self._tagged:
            drawn = b"/Artifact BMC\n%bEMC\n" % drawn
        return drawn + self.layer(lines)

    def layer(self, lines: Iterable[TypeLine]) -> bytes:
        """Return the operators that show lines in the font /F; empty if there are no lines."""
        texts = map(self._text_object, lines)
        if self._tagged:
            texts = map(_marked, itertools.count(), texts)
        layer = "\n".join(texts).encode("latin-1")
        # Rendering mode and horizontal scaling outlive a text object and would affect what is drawn later.
        return b"q %d Tr\n%b\nQ\n" % (self._mode, layer) if layer else b""

    def _text_object(self, line: TypeLine) -> str:
        """Return one text object (ISO 32000-1, 9.4) for a line."""
        if line.is_bent:
            return self._bent_text_object(line)
        (x, y), compression = line.origin, line.compression
        fonts, encoded = _fonts(line), self._font.encoded
        operators = [f"BT {_upright(line.direction, compression)} {x:.2f} {y:.2f} Tm"]
        for index, run in enumerate(line.runs):
            text, along, up, stretch, width, space, _ = run
            if width is None and space == BLANK and not (line.narrow_start and index == 0):
                shown = encoded(text + " ")  # most words
            else:
                shown, stretch = self._encoded(run, narrow=line.narrow_start and index == 0)
            rise = f"{up * compression:.2f}" if up else "0.00"  # as on most lines
            moved = f"{along:.2f} {rise} Td " if index else ""
            percent = 100 * max(stretch / compression, MIN_STRETCH)
            operators.append(f"{moved}{fonts[index % 2]} {percent:.1f} Tz ({shown}) Tj")
        operators.append(f"({self._space(LAST_SPACE)}) Tj ET")
        return " ".join(operators)

    def _bent_text_object(self, line: TypeLine) -> str:
        """Return one text object whose words run in their own directions; see `bent_line`."""
        operators = ["BT"]
        for index, run in enumerate(line.runs):
            # pdf.js joins words of one font size into one piece, so every second word has another one.
            operators += self._bent_word(line, run, font_size=1 + index % 2)
        operators.append(f"({self._space(LAST_SPACE)}) Tj ET")
        return " ".join(operators)

    def _bent_word(self, line: TypeLine, run: Run, font_size: int) -> Iterator[str]:
        """Yield the operators that show a word. The text matrix holds the type size."""
        offset, direction = run.turn or Turn((0.0, 0.0), line.direction)
        x, y = line.origin[0] + offset[0], line.origin[1] + offset[1]
        scale, width = line.size / font_size, run.width or NARROW
        space = self._space(run.space)
        start = self._font.glyph(run.text[0], EM)
        rest = self._font.glyph(run.text[1:], round(width - 1000 * BENT_START))
        yield f"/F {font_size} Tf {_matrix(line.direction, scale, x, y)}"
        if direction == line.direction or not (start and rest):
            word, stretch = self._encoded_word(run)
            yield f"{100 * stretch:.1f} Tz ({word}{space}) Tj"
            return
        length = line.size * BENT_START
        turned = _matrix(direction, scale, x + line.direction[0] * length, y + line.direction[1] * length)
        yield f"{100 * BENT_START} Tz ({start}) Tj {turned} 100 Tz ({rest}{space}) Tj"

    def _encoded(self, run: Run, *, narrow: bool) -> tuple[str, float]:
        """Return a run's text with its space, encoded, and the horizontal scaling for both."""
        word, stretch = self._narrow_start(run) if narrow else self._encoded_word(run)
        return word + self._space(run.space), stretch

    def _space(self, width: int) -> str:
        return self._font.glyph(" ", width) or self._font.encoded(" ")

    def _encoded_word(self, run: Run) -> tuple[str, float]:
        if run.width is None:
            return self._font.encoded(run.text), run.stretch
        if has_marks(run.text):
            # pdf.js treats a glyph as a mark without a width if one of its characters is a mark.
            return self._font.fitted(run.text, run.stretch), 1.0
        glyph = self._font.glyph(run.text, run.width)
        return (glyph, 1.0) if glyph else (self._font.encoded(run.text), run.stretch)

    def _narrow_start(self, run: Run) -> tuple[str, float]:
        """Encode a word so that its first character is narrow, and the others take the width that is left."""
        first, others = run.text[:1], run.text[1:]
        start = self._font.glyph(first, NARROW_START)
        if not others or not start:
            return self._encoded_word(run)
        if run.width is not None and not has_marks(run.text):
            glyph = self._font.glyph(others, max(1, run.width - NARROW_START))
            return (start + glyph, 1.0) if glyph else self._encoded_word(run)
        wider = max(0.0, natural_width(run.text) - NARROW_START / 1000) / natural_width(others)
        stretch = 1.0 if run.width is None else run.stretch
        return start + self._font.fitted(others, wider * stretch), run.stretch / stretch


def _matrix(direction: Point, scale: float, x: float, y: float) -> str:
    """Return the operator that sets the text matrix. Sizes and places of bent lines are written exactly."""
    a, b = direction[0] * scale, direction[1] * scale
    return f"{a:.6f} {b:.6f} {-b:.6f} {a:.6f} {x:.8f} {y:.8f} Tm"


@functools.lru_cache(maxsize=256)
def _upright(direction: Point, compression: float) -> str:
    """Return the first four numbers of the text matrix."""
    cosine, sine = direction
    return " ".join(map(_short, (cosine, sine, -sine / compression, cosine / compression)))


def _short(value: float) -> str:
    """Return a number of five significant digits, without the exponent that a PDF cannot have."""
    text = f"{value:.5g}"
    return f"{value:.9f}" if "e" in text else text


def _fonts(line: TypeLine) -> tuple[str, str]:
    """Return the operators that choose the font size, for every first and every second word.

    pdf.js joins words of one size into one piece and spaces them evenly. Two sizes prevent that. But
    right-to-left words must be one piece, so that pdf.js can put them into reading order.
    """
    size = line.size * line.compression
    other = size if line.right_to_left else size + SIZE_STEP
    return f"/F {other:.2f} Tf", f"/F {size:.2f} Tf"


def _marked(number: int, text: str) -> str:
    return f"/P <</MCID {number}>> BDC {text} EMC"
