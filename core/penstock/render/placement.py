"""Compute a PDF page's size, and the maps from the page's pixels to its points.

A PDF page is measured in points (1/72 inch) from its bottom left corner, y up; a page in pixels from its top
left corner, y down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from penstock.model import Line, Page
from penstock.render.scripts import is_cjk

POINTS_PER_INCH = 72.0

PageSize = Literal["a4", "letter"]
PAPER: dict[PageSize, tuple[float, float]] = {"a4": (595.276, 841.89), "letter": (612.0, 792.0)}

SMALLEST, LARGEST = 3.0, 14400.0
"""Limits for the sides of a page, in points (ISO 32000-1, annex C; ISO 19005-2, 6.1.13)."""

MAJORITY = 0.5
"""A page is turned only if a larger share of its characters runs in the same other direction."""

Affine = tuple[float, float, float, float, float, float]
"""``a b c d e f`` as in the operator ``cm``: maps (x, y) to (a x + c y + e, b x + d y + f)."""

# Maps the unit square of the stored picture, y down, to that of the upright picture, by EXIF orientation.
_UPRIGHT: dict[int, Affine] = {
    1: (1, 0, 0, 1, 0, 0),
    2: (-1, 0, 0, 1, 1, 0),
    3: (-1, 0, 0, -1, 1, 1),
    4: (1, 0, 0, -1, 0, 1),
    5: (0, 1, 1, 0, 0, 0),
    6: (0, 1, -1, 0, 1, 0),
    7: (0, -1, -1, 0, 1, 1),
    8: (0, -1, 1, 0, 0, 1),
}
_TURNED: tuple[Affine, Affine, Affine, Affine] = (_UPRIGHT[1], _UPRIGHT[8], _UPRIGHT[3], _UPRIGHT[6])
_UPSIDE_DOWN: Affine = (1, 0, 0, -1, 0, 1)


def after(first: Affine, second: Affine) -> Affine:
    """Return the map that applies ``first``, then ``second``."""
    a, b, c, d, e, f = first
    m, n, o, p, q, r = second
    return (
        a * m + b * o, a * n + b * p,
        c * m + d * o, c * n + d * p,
        e * m + f * o + q, e * n + f * p + r,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placement:
    """The size of a PDF page, and the maps of the page's picture to it.

    Parameters
    ----------
    width, height
        Size of the PDF page as displayed, in points.
    pixels_to_points
        Maps pixels of the page to points of the PDF page.
    unit_to_points
        Maps the unit square of the upright picture, y down, to points.
    """

    width: float
    height: float
    pixels_to_points: Affine
    unit_to_points: Affine

    def picture(self, orientation: int) -> Affine:
        """Return the matrix that draws a picture stored with this EXIF orientation upright."""
        return after(after(_UPSIDE_DOWN, _UPRIGHT[orientation]), self.unit_to_points)


def place(page: Page, *, fallback: PageSize = "a4", quarter_turns: int = 0) -> Placement:
    """Return the placement of a page.

    Parameters
    ----------
    fallback
        Paper size that a page without a resolution is fitted into.
    quarter_turns
        Counterclockwise turns of the page by 90 degrees.
    """
    width, height = _points(page, fallback)
    turned = _TURNED[quarter_turns % 4]
    shown = (width, height) if quarter_turns % 2 == 0 else (height, width)
    unit_to_points = after(after(turned, _UPSIDE_DOWN), (shown[0], 0, 0, shown[1], 0, 0))
    to_unit: Affine = (1 / page.width, 0, 0, 1 / page.height, 0, 0)
    return Placement(*shown, after(to_unit, unit_to_points), unit_to_points)


def _points(page: Page, fallback: PageSize) -> tuple[float, float]:
    """Return width and height of the upright page in points."""
    if page.dpi:
        width, height = (
            page.width * POINTS_PER_INCH / page.dpi[0],
            page.height * POINTS_PER_INCH / page.dpi[1],
        )
    else:
        width, height = _fitted(page.width, page.height, PAPER[fallback])
    scale = min(1.0, LARGEST / max(width, height))
    return (max(SMALLEST, width * scale), max(SMALLEST, height * scale))


def _fitted(width: int, height: int, paper: tuple[float, float]) -> tuple[float, float]:
    """Return the largest size with the picture's proportions that fits on the paper in either direction."""
    short, long = paper
    across, down = (short, long) if width <= height else (long, short)
    scale = min(across / width, down / height)
    return (width * scale, height * scale)


def quarter_turns(lines: Iterable[Line]) -> int:
    """Return how often to turn the page counterclockwise by 90 degrees; 0 if it is upright or has no text."""
    weights = [0, 0, 0, 0]
    for line in lines:
        turns = round(line.quad.angle / 90) % 4
        if turns == 1 and is_cjk("".join(line.text.split())):
            turns = 0  # a column of characters on an upright page
        weights[turns] += len(line.text)
    most = max(range(4), key=lambda turns: (weights[turns], -turns))
    return most if weights[most] > MAJORITY * sum(weights) else 0
