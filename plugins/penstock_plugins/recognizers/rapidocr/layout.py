"""Where lines stand on a page, on quads alone: which belong together, and the order of reading.

Everything is seen in the frame of the text itself: turned so that most of it runs to the right. Text that
runs elsewhere (a note up the margin) is arranged by itself and comes after.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from penstock.geometry import Quad, dot, unit

QUARTER = 90.0

SAME_ROW = 0.5
"""How far the middles of two pieces of one row are apart at most, in heights of the smaller."""

JOIN_GAP = 1.5
"""White between two pieces of one line, at most, in heights of the larger."""

JOIN_RATIO = 2.0
"""How much higher one piece of a line may be than the next."""

JOIN_ANGLE = 12.0
"""Degrees between the directions of two pieces of one line, at most."""

COLUMN_LINES = 3
"""A column has at least so many lines."""

CORRIDOR = 0.8
"""White between two columns, at least, in median heights of a line."""

CROSSINGS = 0.34
"""Share of the lines that may run across both columns: headings, not the text itself."""

COLUMN_WIDTH = 5.0
"""Median width, in heights, from which lines are a column of text also if they stand in rows."""

IN_A_ROW = 0.6
"""Share of a narrow column's lines standing beside others from which it is a table's (prices, numbers)."""

SIDE_BY_SIDE = 0.3
"""Share of the shorter column's extent, at least, along which two columns stand beside each other."""


@dataclass(frozen=True, slots=True)
class Place:
    """A quad in the frame of the text: an upright box, as good as.

    Parameters
    ----------
    index
        Which quad it is.
    left, right, top, bottom
        The box around it.
    slope
        Of its own direction in this frame: units down per unit to the right.
    height
        Across its own direction; at least one pixel.
    """

    index: int
    left: float
    right: float
    top: float
    bottom: float
    slope: float
    height: float

    @property
    def x(self) -> float:
        """Its middle, across."""
        return (self.left + self.right) / 2

    @property
    def y(self) -> float:
        """Its middle, down."""
        return (self.top + self.bottom) / 2


def page_angle(quads: Sequence[Quad]) -> float | None:
    """Direction in which most of the text runs, in degrees clockwise; None without any text.

    The median over all quads, each counted by its width, of those that run the most common of four ways.
    """
    if not quads:
        return None
    weights = [0.0] * 4
    for quad in quads:
        weights[_way(quad.angle)] += quad.width
    way = weights.index(max(weights))
    members = [(_turned(quad.angle, way * QUARTER), quad.width) for quad in quads if _way(quad.angle) == way]
    return _turned(_weighted_median(members), -way * QUARTER)


def reading_order(quads: Sequence[Quad]) -> list[int]:
    """The quads' numbers, in the order in which they are to be read.

    Columns, and the facing pages of a spread, one after the other; rows from the top, each from its left.
    """
    return [place.index for row in rows(quads) for place in row]


def lines_of(quads: Sequence[Quad]) -> list[list[int]]:
    """The quads' numbers in the order of reading, pieces of one line together."""
    lines: list[list[int]] = []
    for row in rows(quads):
        lines.append([row[0].index])
        for before, after in pairwise(row):
            if _one_line(before, after):
                lines[-1].append(after.index)
            else:
                lines.append([after.index])
    return lines


def rows(quads: Sequence[Quad]) -> list[list[Place]]:
    """The rows of every column in the order of reading; text that runs another way comes last."""
    angle = page_angle(quads)
    if angle is None:
        return []
    ways: list[list[int]] = [[], [], [], []]
    for index, quad in enumerate(quads):
        ways[_way(_turned(quad.angle, angle))].append(index)
    return [
        row
        for quarter, members in enumerate(ways)
        for row in _arranged([_place(index, quads[index], angle + quarter * QUARTER) for index in members])
    ]


def _way(angle: float) -> int:
    """Which of the four quarters it is nearest to: 0 to the right, 1 down, 2 to the left, 3 up."""
    return round(angle / QUARTER) % 4


def _turned(angle: float, by: float) -> float:
    """The difference of two directions, in [-180, 180)."""
    return (angle - by + 180) % 360 - 180


def _weighted_median(members: Iterable[tuple[float, float]]) -> float:
    ordered = sorted(members)
    half, total = sum(weight for _, weight in ordered) / 2, 0.0
    for value, weight in ordered:
        total += weight
        if total >= half:
            return value
    return ordered[-1][0]


def _place(index: int, quad: Quad, angle: float) -> Place:
    along, down = unit(angle), unit(angle + QUARTER)
    xs = [dot(corner, along) for corner in quad.corners]
    ys = [dot(corner, down) for corner in quad.corners]
    (start_x, start_y), (end_x, end_y) = (
        ((xs[0] + xs[3]) / 2, (ys[0] + ys[3]) / 2),
        ((xs[1] + xs[2]) / 2, (ys[1] + ys[2]) / 2),
    )
    slope = (end_y - start_y) / (end_x - start_x) if end_x > start_x else 0.0
    return Place(index, min(xs), max(xs), min(ys), max(ys), slope, max(1.0, quad.height))


def _arranged(places: list[Place]) -> list[list[Place]]:
    """Rows in the order of reading, columns one after the other; what runs across them parts them."""
    corridor = _corridor(places)
    if corridor is None:
        return _rows(places)
    across = sorted((place for place in places if place.left < corridor < place.right), key=lambda p: p.y)
    arranged: list[list[Place]] = []
    rest = [place for place in places if place not in across]
    for heading in across:
        above = [place for place in rest if place.y < heading.y]
        rest = [place for place in rest if place.y >= heading.y]
        arranged += [*_side_by_side(above, corridor), [heading]]
    return arranged + _side_by_side(rest, corridor)


def _side_by_side(places: list[Place], corridor: float) -> list[list[Place]]:
    left = [place for place in places if place.x < corridor]
    right = [place for place in places if place.x >= corridor]
    return [row for side in (left, right) if side for row in _arranged(side)]


def _corridor(places: list[Place]) -> float | None:
    """Where the white between two columns runs; None if there are none."""
    if len(places) < 2 * COLUMN_LINES:
        return None
    height = statistics.median(place.height for place in places)
    best: tuple[int, float] | None = None
    for edge in {place.right for place in places}:
        middle = _middle_of_white(places, edge, height)
        if middle is None:
            continue
        crossing = sum(place.left < middle < place.right for place in places)
        if (best is None or crossing < best[0]) and _two_columns(places, middle):
            best = (crossing, middle)
    return best[1] if best else None


def _middle_of_white(places: list[Place], edge: float, height: float) -> float | None:
    """The middle of the corridor that begins at the right edge of some place, if it is wide enough."""
    following = [place.left for place in places if place.left >= edge]
    if not following or min(following) - edge < CORRIDOR * height:
        return None
    return (edge + min(following)) / 2


def _two_columns(places: list[Place], middle: float) -> bool:
    left = [place for place in places if place.right <= middle]
    right = [place for place in places if place.left >= middle]
    if min(len(left), len(right)) < COLUMN_LINES:
        return False
    if len(places) - len(left) - len(right) > CROSSINGS * len(places):
        return False
    return _stand_beside(left, right) and all(
        _is_text(side, other) for side, other in ((left, right), (right, left))
    )


def _stand_beside(left: list[Place], right: list[Place]) -> bool:
    tops = [min(place.top for place in side) for side in (left, right)]
    bottoms = [max(place.bottom for place in side) for side in (left, right)]
    shorter = min(bottom - top for top, bottom in zip(tops, bottoms, strict=True))
    return min(bottoms) - max(tops) >= SIDE_BY_SIDE * shorter


def _is_text(side: list[Place], other: list[Place]) -> bool:
    """Whether it reads down by itself: it is wide, or does not stand in rows with its neighbour."""
    if statistics.median((place.right - place.left) / place.height for place in side) >= COLUMN_WIDTH:
        return True
    beside = sum(any(_one_row(place, neighbour) for neighbour in other) for place in side)
    return beside < IN_A_ROW * len(side)


def _rows(places: list[Place]) -> list[list[Place]]:
    """From the top, each from its left."""
    found: list[list[Place]] = []
    rest = sorted(places, key=lambda place: place.y)
    while rest:
        row = [rest[0]]
        for place in rest[1:]:
            nearest = min(row, key=lambda member: abs(member.x - place.x))
            if _one_row(nearest, place) and not any(_overlap(member, place) for member in row):
                row.append(place)
        found.append(sorted(row, key=lambda place: place.x))
        rest = [place for place in rest if place not in row]
    return found


def _one_row(first: Place, second: Place) -> bool:
    """Whether two middles stand on one line, each followed along its own slope halfway to the other."""
    way = (second.x - first.x) / 2
    apart = abs((first.y + first.slope * way) - (second.y - second.slope * way))
    return apart <= SAME_ROW * min(first.height, second.height)


def _overlap(first: Place, second: Place) -> bool:
    """Whether one stands over a good part of the other."""
    shared = min(first.right, second.right) - max(first.left, second.left)
    return shared > 0.5 * min(first.right - first.left, second.right - second.left)


def _one_line(before: Place, after: Place) -> bool:
    """Whether the second piece of a row goes on where the first ends."""
    heights = sorted((before.height, after.height))
    return (
        after.left - before.right <= JOIN_GAP * heights[1]
        and heights[1] <= JOIN_RATIO * heights[0]
        and abs(before.slope - after.slope) <= unit(QUARTER - JOIN_ANGLE)[0]
    )
