"""The operators of a page: the picture, and reportlab's text objects over it."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable

from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject

from penstock.render.glyphless_font import GlyphlessFont
from penstock.render.pdf_writer import number
from penstock.render.placement import Affine
from penstock.render.scripts import BLANK, has_marks
from penstock.render.text_layer import Run, TypeLine

FILLED, INVISIBLE = 0, 3
"""Text rendering modes (ISO 32000-1, table 106)."""
LEAST_STRETCH = 0.001
HAIR = 0.01
"""Points by which every second word is larger."""


class LayerText(PDFTextObject):  # type: ignore[misc]
    """A text object for one line after the other, in a font that is not one of reportlab's.

    reportlab keeps its fonts in one registry for the whole process, and formats a number in three
    microseconds, which is a third of what a whole word may take here.
    """

    def begin(self, line: TypeLine) -> None:
        """Start a line: its place, its direction, its size."""
        (x, y), (cosine, sine) = line.origin, line.direction
        self._code = [f"BT {cosine:.5g} {sine:.5g} {-sine:.5g} {cosine:.5g} {x:.2f} {y:.2f} Tm"]
        # pdf.js takes a line of one size as one piece, and spreads its words evenly over it.
        other = line.size if line.right_to_left else line.size + HAIR
        self._sizes = (f"/F {line.size:.2f} Tf", f"/F {other:.2f} Tf")

    def show(self, text: str, run: Run, stretch: float) -> None:
        """Show an encoded text, that far from the start of the one before."""
        place = len(self._code)
        percent = 100 * stretch if stretch > LEAST_STRETCH else 100 * LEAST_STRETCH
        shown = f"{self._sizes[place % 2]} {percent:.1f} Tz ({text}) Tj"
        self._code.append(shown if place == 1 else f"{run.along:.2f} {run.up:.2f} Td {shown}")


class PageDrawing:
    """Draws pages, one after the other, and hands their operators over.

    Parameters
    ----------
    font
        Of the text layer.
    tagged
        Mark each line as a piece of content, and the picture as none.
    visible
        Draw the text, so that it can be looked at.
    """

    def __init__(self, font: GlyphlessFont, *, tagged: bool = False, visible: bool = False) -> None:
        self._tagged = tagged
        self._text = LayerText(Canvas(io.BytesIO()))
        self._font = font
        self._mode = FILLED if visible else INVISIBLE

    def page(self, picture: Affine, lines: Iterable[TypeLine]) -> bytes:
        """A page's content: the picture called /Im under a matrix, and lines in the font called /F."""
        matrix = b" ".join(number(value) for value in picture)
        drawn = b"q %b cm /Im Do Q\n" % matrix
        if self._tagged:
            drawn = b"/Artifact BMC\n%bEMC\n" % drawn
        return drawn + self.layer(lines)

    def layer(self, lines: Iterable[TypeLine]) -> bytes:
        """Lines in the font called /F; empty if there are none."""
        texts = map(self._line, lines)
        if self._tagged:
            texts = map(_marked, itertools.count(), texts)
        layer = "\n".join(texts).encode("latin-1")
        # Rendering mode and scaling outlive a text object, and would change what is drawn after it.
        return b"q %d Tr\n%b\nQ\n" % (self._mode, layer) if layer else b""

    def _line(self, line: TypeLine) -> str:
        self._text.begin(line)
        for run in line.runs:
            if run.width is None and run.space == BLANK:
                self._text.show(self._font.encoded(run.text + " "), run, run.stretch)
            else:
                word, stretch = self._encoded(run)
                space = self._font.glyph(" ", run.space) or self._font.encoded(" ")
                self._text.show(word + space, run, stretch)
        return str(self._text.getCode())

    def _encoded(self, run: Run) -> tuple[str, float]:
        """The run's text, and the horizontal scaling it needs."""
        if run.width is None:
            return self._font.encoded(run.text), run.stretch
        if has_marks(run.text):
            # pdf.js takes a glyph for a mark, without a width, if there is one among its characters.
            return self._font.fitted(run.text, run.stretch), 1.0
        glyph = self._font.glyph(run.text, run.width)
        return (glyph, 1.0) if glyph else (self._font.encoded(run.text), run.stretch)


def _marked(number: int, text: str) -> str:
    return f"/P <</MCID {number}>> BDC {text} EMC"
