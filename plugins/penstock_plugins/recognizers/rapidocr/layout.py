"""Page layout from quads alone: join the pieces of a line, find the reading order and the regions.

Quads are compared in coordinates rotated so that most of the text runs to the right. Text in another
direction, such as a note up the margin, is ordered separately and comes after the text beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from penstock.geometry import Quad, quad_around, unit
from penstock_plugins.recognizers.rapidocr.boxes import QUARTER, Box, box_of
from penstock_plugins.recognizers.rapidocr.columns import blocks_of

JOIN_GAP = 1.5  # largest gap between two pieces of one line, in heights of the larger piece
JOIN_RATIO = 2.0  # largest ratio between the heights of two pieces of one line
JOIN_ANGLE = 12.0  # largest angle between two pieces of one line, in degrees


@dataclass(frozen=True, slots=True)
class TextRegion:
    """Lines that belong together, in reading order; each line is given by the indices of its quads."""

    lines: list[list[int]]
    kind: str  # one of PAGE's terms for regions
    outline: Quad  # around all lines, turned like the page


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


def regions_of(quads: Sequence[Quad]) -> list[TextRegion]:
    """Return the quads in reading order, grouped into regions, with the pieces of one line grouped.

    Columns and the two pages of a spread come one after the other, rows from the top, each from its left.
    """
    angle = page_angle(quads)
    if angle is None:
        return []
    directions: list[list[int]] = [[], [], [], []]
    for index, quad in enumerate(quads):
        directions[_quarter(_difference(quad.angle, angle))].append(index)
    upright, *turned = (_regions(quads, members, angle + n * QUARTER) for n, members in enumerate(directions))
    after: list[list[TextRegion]] = [[region] for region in upright]
    for region in (region for regions in turned for region in regions):
        after[_region_beside(region, upright, angle)].append(region)
    return [region for regions in after for region in regions]


def _regions(quads: Sequence[Quad], members: Iterable[int], angle: float) -> list[TextRegion]:
    regions = []
    for block in blocks_of([box_of(index, quads[index], angle) for index in members]):
        lines = [line for row in block.rows for line in _lines(row)]
        corners = [corner for line in lines for index in line for corner in quads[index].corners]
        regions.append(TextRegion(lines, block.kind, quad_around(corners, ((0.0, 0.0), unit(angle)))))
    return regions


def _region_beside(turned: TextRegion, upright: Sequence[TextRegion], angle: float) -> int:
    """Return the number of the region that turned text is beside along half its length; else of the last."""
    box = box_of(0, turned.outline, angle)
    others = [box_of(number, region.outline, angle) for number, region in enumerate(upright)]
    length = (box.bottom - box.top) / 2
    beside = [other for other in others if min(box.bottom, other.bottom) - max(box.top, other.top) >= length]
    gaps = {other.index: max(other.left - box.right, box.left - other.right) for other in beside}
    return min(gaps, key=lambda number: (gaps[number], -number), default=len(others) - 1)


def lines_of(quads: Sequence[Quad]) -> list[list[int]]:
    """Return the indices of quads in reading order, with the pieces of one line grouped."""
    return [line for region in regions_of(quads) for line in region.lines]


def _lines(row: list[Box]) -> list[list[int]]:
    lines = [[row[0].index]]
    for before, after in pairwise(row):
        if not _continues(before, after):
            lines.append([])
        lines[-1].append(after.index)
    return lines


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


def _continues(before: Box, after: Box) -> bool:
    """Return whether two neighbours in a row are pieces of one line."""
    heights = sorted((before.height, after.height))
    return (
        after.left - before.right <= JOIN_GAP * heights[1]
        and heights[1] <= JOIN_RATIO * heights[0]
        and abs(before.slope - after.slope) <= unit(QUARTER - JOIN_ANGLE)[0]
    )
