"""Write text layers for pages of existing PDFs: a PDF with one page per layer, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

from penstock.geometry import Homography
from penstock.model import Line
from penstock.pdf.page_box import PageBox
from penstock.render.corrected_words import corrected_marks
from penstock.render.glyphless_font import GlyphlessFont
from penstock.render.page_drawing import PageDrawing
from penstock.render.pdf_writer import PdfWriter, array
from penstock.render.placement import Affine, Placement
from penstock.render.text_layer import lay_out

SMALLEST_LAYER = 500.0
"""Units of the longer side of the smallest layers. Some pages are measured in inches or metres."""


class LayerWriter:
    """Writes text layers that share one font. A layer's origin is the corner of the page's visible area.

    A layer is `layer_scale` times as large as that area.

    Parameters
    ----------
    file
        An empty, writable binary file.
    visible
        Paint the text instead of hiding it.
    """

    def __init__(self, file: IO[bytes], *, visible: bool) -> None:
        self._writer = PdfWriter(file)
        self._visible = visible
        self._tree = self._writer.reserve()
        self._numbers: list[int] = []
        self._font = GlyphlessFont(self._writer, visible=visible)

    @property
    def count(self) -> int:
        """The number of layers written so far."""
        return len(self._numbers)

    def write(self, lines: Iterable[Line], box: PageBox, size: tuple[int, int]) -> None:
        """Write one layer.

        Parameters
        ----------
        lines
            The lines of the recognition, in pixels of the page.
        box
            The visible area of the PDF's page.
        size
            Width and height of the page, in pixels.
        """
        self._font = self._font.or_next()
        placement, lines = _placement(box, size), tuple(lines)
        operators = PageDrawing(self._font, visible=self._visible).layer(lay_out(lines, placement))
        content = self._writer.add_stream(b"", operators + corrected_marks(lines, placement))
        scale = layer_scale(box)
        corners = array((0.0, 0.0, (box.right - box.left) * scale, (box.top - box.bottom) * scale))
        entries = b"/Type/Page/Parent %d 0 R/MediaBox%b/Contents %d 0 R/Resources<</Font<</F %d 0 R>>>>"
        self._numbers.append(
            self._writer.add(b"<<%b>>" % (entries % (self._tree, corners, content, self._font.number)))
        )

    def finish(self) -> None:
        """Write the font and the page tree. At least one layer must have been written."""
        self._font.write()
        self._writer.add_page_tree(self._numbers, self._tree)
        root = self._writer.add(b"<</Type/Catalog/Pages %d 0 R>>" % self._tree)
        self._writer.finish(root, self._writer.add(b"<<>>"))


def layer_scale(box: PageBox) -> float:
    """Return the scale of a page's layer: small pages have large layers, as type has a smallest size."""
    return max(1.0, SMALLEST_LAYER / max(box.right - box.left, box.top - box.bottom))


def _placement(box: PageBox, size: tuple[int, int]) -> Placement:
    """Return how the page's pixels lie on its visible area, measured from the area's corner."""
    scale = layer_scale(box)
    wide, high = (box.right - box.left) * scale, (box.top - box.bottom) * scale
    area = PageBox(0.0, 0.0, wide, high, box.quarter_turns)
    return Placement(wide, high, _affine(area.from_pixels(*size)), _affine(area.from_pixels(1, 1)))


def _affine(homography: Homography) -> Affine:
    (a, c, e), (b, d, f), _ = homography.rows
    return (a, b, c, d, e, f)
