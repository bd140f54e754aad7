"""Find out which text of a page a reader sees, by painting the page with and without its text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2 import raw

from penstock.geometry import Homography
from penstock.pdf.painting import difference, inactive, objects_of, sketch, to_sketch

SEEN = 12
"""Difference of a pixel in one colour, of 255, from which text is seen on its background."""
UNUSUAL = (254, 0, 255)
"""Colour (blue, green, red) of a paper on which text of any usual colour is seen."""
TEXT = (raw.FPDF_PAGEOBJ_TEXT,)
OTHER_KINDS = (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING)

Area = tuple[float, float, float, float]
"""Left, bottom, right and top, in points of the page."""


class Sight(Enum):
    """What a reader sees of a text."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    """It is painted, but under a picture or in the colour of its background."""
    ABSENT = "absent"
    """It is not painted: it is clipped away, outside the visible page, or in a layer that is off."""


def sights(page: pypdfium2.PdfPage, areas: Sequence[Area]) -> list[Sight]:
    """Return for each area what a reader sees of the painted text in it."""
    to_pixels = to_sketch(page)
    shown = _any_in(_difference_by_text(page), areas, to_pixels)
    if all(shown):
        return [Sight.SHOWN] * len(areas)
    painted = _any_in(_painted_text(page), areas, to_pixels)
    return [
        Sight.SHOWN if is_shown else Sight.HIDDEN if is_painted else Sight.ABSENT
        for is_shown, is_painted in zip(shown, painted, strict=True)
    ]


def _difference_by_text(page: pypdfium2.PdfPage) -> NDArray[np.bool_]:
    """Return which pixels of the page's sketch look different without its text."""
    with_text = sketch(page)
    with inactive(list(objects_of(page, TEXT))):
        return difference(with_text, sketch(page)) >= SEEN


def _painted_text(page: pypdfium2.PdfPage) -> NDArray[np.bool_]:
    """Return which pixels of the page's sketch its text is painted on, seen or not."""
    blue, green, red = UNUSUAL
    with inactive(list(objects_of(page, OTHER_KINDS))):
        text = sketch(page, background=0xFF << 24 | red << 16 | green << 8 | blue, annotations=False)
    return difference(text, np.full_like(text, UNUSUAL)) >= SEEN


def _any_in(pixels: NDArray[np.bool_], areas: Sequence[Area], to_pixels: Homography) -> list[bool]:
    places = (pixel_bounds(area, to_pixels) for area in areas)
    return [
        bool(pixels[max(0, top) : max(0, bottom), max(0, left) : max(0, right)].any())
        for left, top, right, bottom in places
    ]


def pixel_bounds(area: Area, to_pixels: Homography) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom of an area in whole pixels."""
    left, bottom, right, top = area
    xs, ys = zip(*(to_pixels.apply(corner) for corner in ((left, bottom), (right, top))), strict=True)
    return math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)), math.ceil(max(ys))
