"""Bounding boxes of lines in coordinates that are rotated so that the text runs to the right."""

from __future__ import annotations

import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from penstock.geometry import Quad, dot, unit

QUARTER = 90.0
# Largest vertical distance of the centers of two pieces in one row, in heights of the smaller piece.
SAME_ROW = 0.5


@dataclass(frozen=True, slots=True)
class Box:
    """The bounding box of a quad in rotated coordinates."""

    index: int  # of the quad
    left: float
    right: float
    top: float
    bottom: float
    x: float  # of the center
    y: float
    slope: float  # of the quad's own direction: units down per unit to the right
    height: float  # of the quad itself; at least one pixel

    @property
    def width(self) -> float:
        return self.right - self.left


def box_of(index: int, quad: Quad, angle: float) -> Box:
    """Return the box of a quad where text of this angle, in degrees, runs to the right."""
    along, down = unit(angle), unit(angle + QUARTER)
    xs = [dot(corner, along) for corner in quad.corners]
    ys = [dot(corner, down) for corner in quad.corners]
    start_x, start_y = (xs[0] + xs[3]) / 2, (ys[0] + ys[3]) / 2
    end_x, end_y = (xs[1] + xs[2]) / 2, (ys[1] + ys[2]) / 2
    slope = (end_y - start_y) / (end_x - start_x) if end_x > start_x else 0.0
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    center = (left + right) / 2, (top + bottom) / 2
    return Box(index, left, right, top, bottom, *center, slope, max(1.0, quad.height))


def in_one_row(first: Box, second: Box) -> bool:
    """Return whether one box is where the other leads to along their mean slope, weighted by width."""
    slope = first.slope * first.width + second.slope * second.width
    way = (second.x - first.x) / max(1.0, first.width + second.width)
    apart = second.y - first.y - slope * way
    return abs(apart) <= SAME_ROW * min(first.height, second.height)


def aligned(boxes: Sequence[Box], others: Sequence[Box]) -> list[Box]:
    """Return the boxes that have another one in their row."""
    ordered = sorted(others, key=lambda box: box.y)
    reach = _reach([*boxes, *others])
    ys = [box.y for box in ordered]
    return [
        box
        for box in boxes
        if any(
            in_one_row(box, ordered[number])
            for number in range(bisect_left(ys, box.y - reach), bisect_right(ys, box.y + reach))
        )
    ]


def _reach(boxes: Sequence[Box]) -> float:
    """Return the largest vertical distance of two boxes in one row."""
    width = max(box.right for box in boxes) - min(box.left for box in boxes)
    return SAME_ROW * max(box.height for box in boxes) + width * max(abs(box.slope) for box in boxes)


def rows_of(boxes: Sequence[Box]) -> list[list[Box]]:
    """Return rows from the top, each from its left."""
    reach = _reach(boxes)
    found: list[list[Box]] = []
    rest = sorted(boxes, key=lambda box: box.y)
    while rest:
        row, others = [rest[0]], []
        for number, box in enumerate(rest[1:], 1):
            if box.y - rest[0].y > 2 * reach:
                others += rest[number:]
                break
            nearest = min(row, key=lambda member: abs(member.x - box.x))
            if in_one_row(nearest, box) and not any(_overlap(member, box) for member in row):
                row.append(box)
            else:
                others.append(box)
        found.append(sorted(row, key=lambda box: box.x))
        rest = others
    return found


def _overlap(first: Box, second: Box) -> bool:
    """Return whether two boxes share more than half of the narrower one's width."""
    shared = min(first.right, second.right) - max(first.left, second.left)
    return shared > 0.5 * min(first.width, second.width)


def median_height(boxes: Sequence[Box]) -> float:
    return statistics.median(box.height for box in boxes)


def pitch_of(boxes: Sequence[Box]) -> float:
    """Return the median distance from one row to the next, in median heights; 0 for a single row."""
    height, ys = median_height(boxes), sorted(box.y for box in boxes)
    distances = [after - before for before, after in pairwise(ys) if after - before > SAME_ROW * height]
    return statistics.median(distances) / height if distances else 0.0
