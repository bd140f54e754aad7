"""The operators of a page: the picture, and reportlab's text objects over it."""

from __future__ import annotations

import io
from collections.abc import Iterable

from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject

from penstock.render.glyphless_font import GlyphlessFont, literal
from penstock.render.pdf_writer import number
from penstock.render.placement import Affine
from penstock.render.text_layer import TypeLine

FILLED, INVISIBLE = 0, 3
"""Text rendering modes (ISO 32000-1, table 106)."""


class LayerText(PDFTextObject):  # type: ignore[misc]
    """A text object that shows runs in a font that is not one of reportlab's.

    reportlab keeps its fonts in one registry for the whole process, and formats a number in three
    microseconds, which is what a whole word may take here.
    """

    def use(self, font_name: str, size: float) -> None:
        """Choose the font by its name in the page's resources."""
        self._code.append(f"/{font_name} {size:.2f} Tf")

    def show(self, text: bytes, offset: float, stretch: float, rise:float=0) -> None:
        """Show an encoded text, that far after the start of the one before."""
        move = f"{offset:.2f} {rise:.2f} Td " if offset else ""
        self._code.append(f"{move}{stretch:.1f} Tz {literal(text)} Tj")


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
        import os
        text = LayerText(self._canvas)
        (x, y), (cosine, sine) = line.origin, line.direction
        text.setTextTransform(cosine, sine, -sine, cosine, x, y)
        text.use("F", line.size)
        level = abs(cosine)>.9999 or abs(sine)>.9999
        for i, run in enumerate(line.runs):
            if os.environ.get('ALT') and not line.rtl and i: text.use("F", line.size+(.01 if i%2 else 0))
            shown=run.text
            if level or not os.environ.get('CONST'):
                text.show(self._font.encoded(shown)+self._font.fitted(' ',[run.space]), run.offset, run.stretch, run.rise)
            else:
                from penstock.render.scripts import advance
                target=0;have=0;adv=[]
                for ch in shown:
                    target+=advance(ch)*run.stretch/100
                    w=int((target-have)/10)*10 if advance(ch) else 0
                    adv.append(w); have+=w
                if os.environ.get('LIG'):
                    n=int(os.environ['LIG']); 
                    parts=[shown[j:j+n] for j in range(0,len(shown),n)]
                    text.show(self._font.fitted(parts,[sum(adv[j:j+n]) for j in range(0,len(shown),n)])+self._font.fitted(' ',[max(10,int(run.space*run.stretch/100/10)*10)]), run.offset, 100)
                    continue
                text.show(self._font.fitted(shown,adv)+self._font.fitted(' ',[max(10,int(run.space*run.stretch/100/10)*10)]), run.offset, 100)
        return str(text.getCode())
