"""How large a page is shown, and where on it the picture and its places stand.

A PDF page is measured in points (1/72 inch) from its bottom left corner, y up; a page's frame in pixels
from its top left, y down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from penstock.model import Page, Point

POINTS_PER_INCH = 72.0

PageSize = Literal["a4", "letter"]
PAPER: dict[PageSize, tuple[float, float]] = {"a4": (595.276, 841.89), "letter": (612.0, 792.0)}

SMALLEST, LARGEST = 3.0, 14400.0
"""Points that a side of a page may have (ISO 32000-1, annex C; ISO 19005-2, 6.1.13)."""

Corners = tuple[Point, Point, Point, Point]
Affine = tuple[float, float, float, float, float, float]
"""``a b c d e f`` as the operator ``cm`` takes it: (x, y) goes to (a x + c y + e, b x + d y + f)."""

# Stored picture (u to the right, t down, both from 0 to 1) to upright picture, by EXIF orientation.
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
    """The map that does ``first``, then ``second``."""
    a, b, c, d, e, f = first
    m, n, o, p, q, r = second
    return (
        a * m + b * o, a * n + b * p,
        c * m + d * o, c * n + d * p,
        e * m + f * o + q, e * n + f * p + r,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placement:
    """A page of a PDF and how its frame lies on it.

    Parameters
    ----------
    width, height
        Of the page as shown, in points.
    frame_to_points
        From pixels of the page's frame to points of the PDF page.
    unit_to_points
        From the unit square of the upright picture (y down) to points.
    """

    width: float
    height: float
    frame_to_points: Affine
    unit_to_points: Affine

    def picture(self, orientation: int) -> Affine:
        """The matrix under which a picture, stored with an EXIF orientation, is drawn upright."""
        return after(after(_UPSIDE_DOWN, _UPRIGHT[orientation]), self.unit_to_points)


def place(page: Page, *, fallback: PageSize = "a4", quarter_turns: int = 0) -> Placement:
    """Lay a page out.

    Parameters
    ----------
    fallback
        The paper that a page without a resolution is fitted into.
    quarter_turns
        How often the page is turned counterclockwise by 90 degrees.
    """
    width, height = _points(page, fallback)
    turned = _TURNED[quarter_turns % 4]
    shown = (width, height) if quarter_turns % 2 == 0 else (height, width)
    unit_to_points = after(after(turned, _UPSIDE_DOWN), (shown[0], 0, 0, shown[1], 0, 0))
    to_unit: Affine = (1 / page.width, 0, 0, 1 / page.height, 0, 0)
    return Placement(*shown, after(to_unit, unit_to_points), unit_to_points)


def _points(page: Page, fallback: PageSize) -> tuple[float, float]:
    """Width and height of the upright page."""
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
    """The picture's shape, as large as fits on the paper, upright or on its side."""
    short, long = paper
    across, down = (short, long) if width <= height else (long, short)
    scale = min(across / width, down / height)
    return (width * scale, height * scale)
