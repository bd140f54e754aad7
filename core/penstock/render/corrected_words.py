"""Mark the words of a page that were corrected by hand, in its content stream."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.model import Line, Quad
from penstock.render.pdf_writer import array, text_string
from penstock.render.placement import Placement
from penstock.render.scripts import written

TAG = b"PenstockCorrected"


def corrected_marks(lines: Iterable[Line], placement: Placement) -> bytes:
    """Return a marked-content point for each word that was corrected by hand; empty without any.

    A point (ISO 32000-1, 14.6.1) is no text and paints nothing, so that readers find, select and show the
    same as without it. PDF/A allows it. Its properties are the word's ``Text`` and its ``Rect``: left,
    bottom, right and top, in the units of the content stream.
    """
    return b"".join(
        b"/%b <</Text %b/Rect %b>> DP\n" % (TAG, text_string(text), array(_rectangle(word.quad, placement)))
        for line in lines
        for word in line.words
        if word.corrected and (text := written(word.text))
    )


def _rectangle(quad: Quad, placement: Placement) -> tuple[float, float, float, float]:
    a, b, c, d, e, f = placement.pixels_to_points
    across = [a * x + c * y + e for x, y in quad.corners]
    up = [b * x + d * y + f for x, y in quad.corners]
    return (min(across), min(up), max(across), max(up))
