"""The operators of a page: the picture, and reportlab's text objects over it."""

from __future__ import annotations

import io
from collections.abc import Iterable

from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject

from penstock.render.glyphless_font import GlyphlessFont, literal
from penstock.render.pdf_writer import number
from penstock.render.placement import Affine
from penstock.render.scripts import has_marks
from penstock.render.text_layer import Run, TypeLine

FILLED, INVISIBLE = 0, 3
"""Text rendering modes (ISO 32000-1, table 106)."""
HAIR = 0.01
"""Points by which every second word is larger."""


class LayerText(PDFTextObject):  # type: ignore[misc]
    """A text object that shows runs in a font that is not one of reportlab's.

    reportlab keeps its fonts in one registry for the whole process, and formats a number in three
    microseconds, which is what a whole word may take here.
    """

    def use(self, font_name: str, size: float) -> None:
        """Choose the font by its name in the page's resources."""
        self._code.append(f"/{font_name} {size:.2f} Tf")

    def show(self, text: bytes, along: float, up: float, stretch: float) -> None:
        """Show an encoded text, that far from the start of the one before."""
        if along or up:
            self._code.append(f"{along:.2f} {up:.2f} Td")
        self._code.append(f"{max(0.1, 100 * stretch):.1f} Tz {literal(text)} Tj")


class PageDrawing:
    """Draws pages, one after the other, and hands their operators over.

    Parameters
    ----------
    font
        Of the text layer.
    visible
        Draw the text, so that it can be looked at.
    """

    def __init__(self, font: GlyphlessFont, *, visible: bool = False) -> None:
        self._canvas = Canvas(io.BytesIO())
        self._font = font
        self._mode = FILLED if visible else INVISIBLE

    def page(self, picture: Affine, lines: Iterable[TypeLine]) -> bytes:
        """A page's content: the picture called /Im under a matrix, and lines in the font called /F."""
        matrix = b" ".join(number(value) for value in picture)
        layer = "\n".join(map(self._line, lines)).encode("latin-1")
        drawn = b"q %b cm /Im Do Q\n" % matrix
        # Rendering mode and scaling outlive a text object, and would change what is drawn after it.
        return drawn + (b"q %d Tr\n%b\nQ\n" % (self._mode, layer) if layer else b"")

    def _line(self, line: TypeLine) -> str:
        text = LayerText(self._canvas)
        (x, y), (cosine, sine) = line.origin, line.direction
        text.setTextTransform(cosine, sine, -sine, cosine, x, y)
        text.use("F", line.size)
        for index, run in enumerate(line.runs):
            if index and not line.right_to_left:
                # pdf.js takes a line of one size as one piece, and spreads its words evenly over it.
                text.use("F", line.size + index % 2 * HAIR)
            word, stretch = self._encoded(run)
            space = self._font.glyph(" ", run.space) or self._font.encoded(" ")
            text.show(word + space, run.along, run.up, stretch)
        return str(text.getCode())

    def _encoded(self, run: Run) -> tuple[bytes, float]:
        """The run's text, and the horizontal scaling it needs."""
        if run.width is None:
            return self._font.encoded(run.text), run.stretch
        if has_marks(run.text):
            # pdf.js takes a glyph for a mark, without a width, if there is one among its characters.
            return self._font.fitted(run.text, run.stretch), 1.0
        glyph = self._font.glyph(run.text, run.width)
        return (glyph, 1.0) if glyph else (self._font.encoded(run.text), run.stretch)
