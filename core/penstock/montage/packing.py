"""Pack strips onto sheets within the limits of a service."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from penstock.geometry import Homography
from penstock.montage.places import LinePlace
from penstock.montage.strips import Strip

USUAL_TEXT = 1 / 64
"""Height of the median line as a share of the sheet's longest side."""
SMALLEST_TEXT = 12 / 1024
"""Smallest height of a line as such a share. Smaller lines are enlarged.

Services scale large pictures down before they look for text: Azure documents a smallest text height of 12
pixels for a picture of 1024 x 768.
"""
MOST_ENLARGED = 3.0
"""Largest factor by which a small line is enlarged to reach `SMALLEST_TEXT`."""
SMALLEST_SIDE = 1024
"""Largest side, in pixels, that every sheet may have, however small its lines are."""
GAP_ACROSS = 1 / 64
"""Distance of strips beside each other as a share of the sheet's side, so that lines are not joined."""
GAP_DOWN = 1 / 256
"""Distance of strips below each other. They have margins of their own."""
BYTES_PER_PIXEL = 0.25
"""Upper bound of the size of a sheet's file."""


@dataclass(frozen=True, slots=True)
class SheetLimits:
    """What a service accepts: the largest side in pixels, and the largest file in bytes."""

    side: int = 4000
    size: int = 4_000_000

    def __post_init__(self) -> None:
        if self.side < 1 or self.size < 1:
            raise ValueError(f"side and size must be at least 1, got {self.side} and {self.size}")


@dataclass(frozen=True, slots=True)
class Layout:
    """A sheet: its size in pixels, and its strips with the positions of their top left corners."""

    width: int
    height: int
    strips: tuple[Strip, ...]
    corners: tuple[tuple[int, int], ...]

    def place(self, index: int, to_page: Homography) -> LinePlace:
        """Return the place of a strip. ``to_page`` maps pixels of the picture to those of the page."""
        strip, (x, y) = self.strips[index], self.corners[index]
        left, top, right, bottom = strip.text
        to_strip = Homography.moving(-x, -y)
        return LinePlace(
            (left + x, top + y, right + x, bottom + y), to_strip.then(strip.to_picture).then(to_page)
        )


def packed(strips: Sequence[Strip], limits: SheetLimits) -> list[Layout]:
    """Return sheets that hold all strips in their order, each sheet as many as fit.

    Within a sheet, strips are placed by their height. They never overlap.
    """
    sheets, rest = [], list(strips)
    while rest:
        sheet = _longest_start(rest, limits)
        sheets.append(sheet)
        rest = rest[len(sheet.strips) :]
    return sheets


def _longest_start(strips: Sequence[Strip], limits: SheetLimits) -> Layout:
    """Return the sheet with as many of the first strips as fit."""
    if whole := _laid_out(strips, limits):
        return whole
    # A single strip always fits, because it is scaled down.
    best = _laid_out(strips[:1], limits)
    if best is None:
        raise RuntimeError(f"a strip does not fit on a sheet of its own within {limits}")
    fits, too_many = 1, len(strips)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if layout := _laid_out(strips[:middle], limits):
            best, fits = layout, middle
        else:
            too_many = middle
    return best


def _laid_out(strips: Sequence[Strip], limits: SheetLimits) -> Layout | None:
    """Return one sheet with all strips; None if it would be too large.

    The highest strips are placed first, each in the first row that has room (first fit decreasing height).
    """
    side = _side(strips, limits)
    across, down = round(side * GAP_ACROSS), round(side * GAP_DOWN)
    fitted = [_fitted(strip, side, side - 2 * across, side - 2 * down) for strip in strips]
    rows: list[_Row] = []
    corners: list[tuple[int, int]] = [(0, 0)] * len(fitted)
    for index in sorted(range(len(fitted)), key=lambda index: -fitted[index].height):
        strip = fitted[index]
        row = next((row for row in rows if row.right + strip.width + across <= side), None)
        if row is None:
            top = rows[-1].top + rows[-1].height + down if rows else down
            row = _Row(top, strip.height, across)
            rows.append(row)
            if top + strip.height + down > side:
                return None
        corners[index] = (row.right, row.top)
        row.right += strip.width + across
    width = max(row.right for row in rows)
    return Layout(width, rows[-1].top + rows[-1].height + down, tuple(fitted), tuple(corners))


@dataclass(slots=True)
class _Row:
    """Strips beside each other: ``right`` is where the next one begins."""

    top: int
    height: int
    right: int


def _side(strips: Sequence[Strip], limits: SheetLimits) -> int:
    """Return the longest side of a sheet for strips: lines must not be too small on it."""
    height = statistics.median(strip.text_height for strip in strips)
    readable = max(SMALLEST_SIDE, int(height / USUAL_TEXT))
    return min(limits.side, readable, max(1, math.isqrt(int(limits.size / BYTES_PER_PIXEL))))


def _fitted(strip: Strip, side: int, widest: int, highest: int) -> Strip:
    """Return a strip that is neither too small to be read on a sheet nor too large for it."""
    enlarged = min(MOST_ENLARGED, max(1.0, side * SMALLEST_TEXT / strip.text_height))
    factor = min(enlarged, widest / strip.width, highest / strip.height)
    return strip if factor == 1 else strip.scaled(factor)
