"""Page layout from quads alone: join the pieces of a line, and find the reading order.

Quads are compared in coordinates rotated so that most of the text runs to the right. Text in another
direction (a note up the margin) is ordered separately and comes last.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from penstock.geometry import Quad, dot, unit

QUARTER = 90.0

# Largest vertical distance of the centers of two pieces in one row, in heights of the smaller piece.
SAME_ROW = 0.5
JOIN_GAP = 1.5  # largest gap between two pieces of one line, in heights of the larger piece
JOIN_RATIO = 2.0  # largest ratio between the heights of two pieces of one line
JOIN_ANGLE = 12.0  # largest angle between two pieces of one line, in degrees
COLUMN_LINES = 3  # smallest number of lines in a column
COLUMN_GAP = 0.8  # smallest gap between two columns, in median heights of a line
CROSSINGS = 0.34  # largest share of lines that may cross the gap, such as headings
# Median width, in heights, from which on lines are a text column even if they align in rows.
COLUMN_WIDTH = 5.0
# Share of a narrow column's lines aligned with others from which on it belongs to a table (prices).
IN_A_ROW = 0.6
# Smallest share of the shorter column's height along which two columns stand side by side.
SIDE_BY_SIDE = 0.3


@dataclass(frozen=True, slots=True)
class Box:
    """The bounding box of a quad in rotated coordinates."""

    index: int  # of the quad
    left: float
    right: float
    top: float
    bottom: float
    slope: float  # of the quad's own direction: units down per unit to the right
    height: float  # of the quad itself; at least one pixel

    @property
    def x(self) -> float:
        return (self.left + self.right) / 2

    @property
    def y(self) -> float:
        return (self.top + self.bottom) / 2


def page_angle(quads: Sequence[Quad]) -> float | None:
    """Return the direction of most of the text, in degrees clockwise; None without text.

    The median, weighted by width, over the quads in the most common of the four directions.
    """
    if not quads:
        return None
    weights = [0.0] * 4
    for quad in quads:
        weights[_quarter(quad.angle)] += quad.width
    quarter = weights.index(max(weights))
    members = [
        (_difference(quad.angle, quarter * QUARTER), quad.width)
        for quad in quads
        if _quarter(quad.angle) == quarter
    ]
    return _difference(_weighted_median(members), -quarter * QUARTER)


def lines_of(quads: Sequence[Quad]) -> list[list[int]]:
    """Return the indices of quads in reading order, with the pieces of one line grouped.

    Columns and the two pages of a spread come one after the other, rows from the top, each from its left.
    """
    lines: list[list[int]] = []
    for row in _all_rows(quads):
        lines.append([row[0].index])
        for before, after in pairwise(row):
            if _continues(before, after):
                lines[-1].append(after.index)
            else:
                lines.append([after.index])
    return lines


def _all_rows(quads: Sequence[Quad]) -> list[list[Box]]:
    """Return the rows of all columns in reading order; text in other directions comes last."""
    angle = page_angle(quads)
    if angle is None:
        return []
    directions: list[list[int]] = [[], [], [], []]
    for index, quad in enumerate(quads):
        directions[_quarter(_difference(quad.angle, angle))].append(index)
    return [
        row
        for quarter, members in enumerate(directions)
        for row in _ordered([_box(index, quads[index], angle + quarter * QUARTER) for index in members])
    ]


def _quarter(angle: float) -> int:
    """Return the nearest direction: 0 right, 1 down, 2 left, 3 up."""
    return round(angle / QUARTER) % 4


def _difference(angle: float, other: float) -> float:
    """Return the difference of two directions, in [-180, 180)."""
    return (angle - other + 180) % 360 - 180


def _weighted_median(members: Iterable[tuple[float, float]]) -> float:
    ordered = sorted(members)
    half, total = sum(weight for _, weight in ordered) / 2, 0.0
    for value, weight in ordered:
        total += weight
        if total >= half:
            return value
    return ordered[-1][0]


def _box(index: int, quad: Quad, angle: float) -> Box:
    along, down = unit(angle), unit(angle + QUARTER)
    xs = [dot(corner, along) for corner in quad.corners]
    ys = [dot(corner, down) for corner in quad.corners]
    start_x, start_y = (xs[0] + xs[3]) / 2, (ys[0] + ys[3]) / 2
    end_x, end_y = (xs[1] + xs[2]) / 2, (ys[1] + ys[2]) / 2
    slope = (end_y - start_y) / (end_x - start_x) if end_x > start_x else 0.0
    return Box(index, min(xs), max(xs), min(ys), max(ys), slope, max(1.0, quad.height))


def _ordered(boxes: list[Box]) -> list[list[Box]]:
    """Return rows in reading order, column by column; lines across the columns separate them."""
    gap = _column_gap(boxes)
    if gap is None:
        return _rows(boxes)
    across = sorted((box for box in boxes if box.left < gap < box.right), key=lambda box: box.y)
    ordered: list[list[Box]] = []
    rest = [box for box in boxes if box not in across]
    for heading in across:
        above = [box for box in rest if box.y < heading.y]
        rest = [box for box in rest if box.y >= heading.y]
        ordered += [*_column_by_column(above, gap), [heading]]
    return ordered + _column_by_column(rest, gap)


def _column_by_column(boxes: list[Box], gap: float) -> list[list[Box]]:
    left = [box for box in boxes if box.x < gap]
    right = [box for box in boxes if box.x >= gap]
    return [row for side in (left, right) if side for row in _ordered(side)]


def _column_gap(boxes: list[Box]) -> float | None:
    """Return the x coordinate of the gap between two columns that the fewest lines cross, or None."""
    if len(boxes) < 2 * COLUMN_LINES:
        return None
    height = statistics.median(box.height for box in boxes)
    best: tuple[int, float] | None = None
    for edge in {box.right for box in boxes}:
        center = _gap_center(boxes, edge, height)
        if center is None:
            continue
        crossing = sum(box.left < center < box.right for box in boxes)
        if (best is None or crossing < best[0]) and _are_columns(boxes, center):
            best = (crossing, center)
    return best[1] if best else None


def _gap_center(boxes: list[Box], edge: float, height: float) -> float | None:
    """Return the center of the gap to the right of a box's right edge, if it is wide enough."""
    following = [box.left for box in boxes if box.left >= edge]
    if not following or min(following) - edge < COLUMN_GAP * height:
        return None
    return (edge + min(following)) / 2


def _are_columns(boxes: list[Box], gap: float) -> bool:
    left = [box for box in boxes if box.right <= gap]
    right = [box for box in boxes if box.left >= gap]
    if min(len(left), len(right)) < COLUMN_LINES:
        return False
    if len(boxes) - len(left) - len(right) > CROSSINGS * len(boxes):
        return False
    return _are_side_by_side(left, right) and _is_text(left, right) and _is_text(right, left)


def _are_side_by_side(left: list[Box], right: list[Box]) -> bool:
    tops = [min(box.top for box in side) for side in (left, right)]
    bottoms = [max(box.bottom for box in side) for side in (left, right)]
    shorter = min(bottom - top for top, bottom in zip(tops, bottoms, strict=True))
    return min(bottoms) - max(tops) >= SIDE_BY_SIDE * shorter


def _is_text(side: list[Box], other: list[Box]) -> bool:
    """Return whether a column is read from top to bottom: it is wide or not aligned with the other."""
    if statistics.median((box.right - box.left) / box.height for box in side) >= COLUMN_WIDTH:
        return True
    aligned = sum(any(_in_one_row(box, neighbour) for neighbour in other) for box in side)
    return aligned < IN_A_ROW * len(side)


def _rows(boxes: list[Box]) -> list[list[Box]]:
    """Return rows from the top, each from its left."""
    found: list[list[Box]] = []
    rest = sorted(boxes, key=lambda box: box.y)
    while rest:
        row = [rest[0]]
        for box in rest[1:]:
            nearest = min(row, key=lambda member: abs(member.x - box.x))
            if _in_one_row(nearest, box) and not any(_overlap(member, box) for member in row):
                row.append(box)
        found.append(sorted(row, key=lambda box: box.x))
        rest = [box for box in rest if box not in row]
    return found


def _in_one_row(first: Box, second: Box) -> bool:
    """Return whether two boxes meet halfway when each is extended along its own slope."""
    way = (second.x - first.x) / 2
    apart = abs((first.y + first.slope * way) - (second.y - second.slope * way))
    return apart <= SAME_ROW * min(first.height, second.height)


def _overlap(first: Box, second: Box) -> bool:
    """Return whether two boxes share more than half of the narrower one's width."""
    shared = min(first.right, second.right) - max(first.left, second.left)
    return shared > 0.5 * min(first.right - first.left, second.right - second.left)


def _continues(before: Box, after: Box) -> bool:
    """Return whether two neighbours in a row are pieces of one line."""
    heights = sorted((before.height, after.height))
    return (
        after.left - before.right <= JOIN_GAP * heights[1]
        and heights[1] <= JOIN_RATIO * heights[0]
        and abs(before.slope - after.slope) <= unit(QUARTER - JOIN_ANGLE)[0]
    )
