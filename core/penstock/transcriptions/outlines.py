"""Outlines, baselines and quads, whatever the format of the file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from penstock.geometry import Point, Quad, dot, unit
from penstock.render.scripts import natural_width


def bounds(points: Sequence[Point]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of at least one point."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def box_around(boxes: Iterable[Sequence[float]]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom around at least one box of the same form."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def overlap(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the share of the smaller box that lies in the other one; both as left, top, right and bottom."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    smaller = min((each[2] - each[0]) * (each[3] - each[1]) for each in (first, second))
    return width * height / smaller if width > 0 and height > 0 and smaller > 0 else 0.0


def details(outline: tuple[Point, ...], quad: Quad) -> tuple[Point, ...]:
    """Return an outline; empty if the quad says the same."""
    return () if set(outline) == set(quad.corners) else outline


def upright_baseline(
    baseline: tuple[Point, ...], outline: tuple[Point, ...], *, is_right_to_left: bool
) -> tuple[Point, ...]:
    """Return a baseline from left to right of the upright text.

    Programs draw the baseline of Arabic and Hebrew either way. A baseline from right to left is turned round
    if most of the outline would lie below it. Otherwise the text is upside down.
    """
    if len(baseline) < 2:
        return ()
    (x1, y1), (x2, y2) = baseline[0], baseline[-1]
    if x2 >= x1 or abs(y2 - y1) > x1 - x2:
        return baseline
    down = unit(math.degrees(math.atan2(y2 - y1, x2 - x1)) + 90)
    depths = [dot(point, down) - dot(baseline[0], down) for point in outline]
    is_reversed = min(depths) + max(depths) > 0 if depths else is_right_to_left
    return baseline[::-1] if is_reversed else baseline


def facing(quad: Quad, angle: float) -> Quad:
    """Return the same rectangle with that side first whose direction is nearest to an angle."""
    turns = quarter_turns(angle - quad.angle)
    if not turns:
        return quad
    first, second, third, fourth = quad.corners[turns:] + quad.corners[:turns]
    return Quad((first, second, third, fourth))


def quarter_turns(angle: float) -> int:
    """Return the number of quarter turns nearest to an angle in degrees, from 0 to 3."""
    return round(angle / 90) % 4


def rows(quad: Quad, texts: Sequence[str], *, is_right_to_left: bool) -> list[Quad]:
    """Divide a quad into rows of one height, each as wide as its text in proportion to the widest."""
    first, second, third, fourth = quad.corners
    widths = [natural_width(text) for text in texts]
    left = Quad((first, fourth, fourth, first))
    right = Quad((second, third, third, second))
    found = []
    for index, width in enumerate(widths):
        span = index / len(texts), (index + 1) / len(texts)
        one, two = left.part(*span), right.part(*span)
        row = Quad((one.corners[0], two.corners[0], two.corners[1], one.corners[1]))
        share = width / max(widths)
        found.append(row.part(1 - share, 1.0) if is_right_to_left else row.part(0.0, share))
    return found
