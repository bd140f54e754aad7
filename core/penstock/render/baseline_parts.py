"""Divide a line along its baseline."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from penstock.geometry import Point, Quad, between, dot, quad_around, unit

Span = tuple[float, float]

LARGEST_DEPTH = 2.0
"""Distance of a part's edge from the baseline at most, in mean heights of the polygon. Other parts of a line
that runs in an arc are not taken for letters above or below."""


def baseline_parts(baseline: Sequence[Point], polygon: Sequence[Point], spans: Iterable[Span]) -> list[Quad]:
    """Return the part of a line's polygon above and below each span of its baseline.

    Parameters
    ----------
    baseline
        At least two points, which are not all equal.
    polygon
        The line's outline, at least three points.
    spans
        Start and end of each part in shares of the baseline's length, each from 0 to 1. A part is turned
        like its span of the baseline.
    """
    lengths = [0.0, *accumulate(math.dist(*pair) for pair in pairwise(baseline))]
    limit = LARGEST_DEPTH * _area(polygon) / lengths[-1]
    return [
        _part(_point_at(baseline, lengths, start), _point_at(baseline, lengths, end), polygon, limit)
        for start, end in spans
    ]


def turned_quad(polygon: Sequence[Point], baseline: Sequence[Point]) -> Quad:
    """Return the rectangle around a word's polygon that is turned like the part of the baseline below it."""
    (x1, y1), (x2, y2) = baseline[0], baseline[-1]
    way = (x2 - x1, y2 - y1)
    positions = [dot(point, way) for point in polygon]
    ends = [_point_below(baseline, way, position) for position in (min(positions), max(positions))]
    return quad_around(polygon, ends)


def _point_below(baseline: Sequence[Point], way: Point, position: float) -> Point:
    """Return the point of a baseline at a position along the way from its first point to its last."""
    for first, second in pairwise(baseline):
        start, end = dot(first, way), dot(second, way)
        if start <= position <= end and end > start:
            return between(first, second, (position - start) / (end - start))
    return baseline[0] if position < dot(baseline[0], way) else baseline[-1]


def _area(polygon: Sequence[Point]) -> float:
    sides = zip(polygon, [*polygon[1:], polygon[0]], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides)) / 2


def _point_at(baseline: Sequence[Point], lengths: Sequence[float], share: float) -> Point:
    position = share * lengths[-1]
    for (first, second), (start, end) in zip(pairwise(baseline), pairwise(lengths), strict=True):
        if position <= end and end > start:
            return between(first, second, (position - start) / (end - start))
    return baseline[-1]


def _part(start: Point, end: Point, polygon: Sequence[Point], limit: float) -> Quad:
    angle = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
    along, down = unit(angle), unit(angle + 90)
    left, right = dot(start, along), dot(end, along)
    points = [(dot(point, along), dot(point, down)) for point in polygon]
    depths = _depths(points, left, right) or [depth for _, depth in points]
    middle = dot(start, down)
    top, bottom = max(min(depths), middle - limit), min(max(depths), middle + limit)
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Quad.from_points((u * along[0] + v * down[0], u * along[1] + v * down[1]) for u, v in corners)


def _depths(points: Sequence[Point], left: float, right: float) -> list[float]:
    """Return the depths of a polygon's corners between two positions, and where its sides cross them."""
    depths = [depth for position, depth in points if left <= position <= right]
    for (u1, v1), (u2, v2) in zip(points, [*points[1:], points[0]], strict=True):
        crossed = [edge for edge in (left, right) if min(u1, u2) < edge < max(u1, u2)]
        depths += [v1 + (v2 - v1) * (edge - u1) / (u2 - u1) for edge in crossed]
    return depths
