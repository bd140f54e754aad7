"""Outlines, baselines and quads of the parts of a PAGE XML file."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from penstock.geometry import CORNERS, Point, Quad, quad_around, unit
from penstock.render.scripts import is_cjk, natural_width
from penstock.transcriptions.numbers import number_of, plain_pairs
from penstock.transcriptions.outlines import bounds, facing, quarter_turns
from penstock.transcriptions.xml_input import Element, local_name

FEWEST = 3  # points of an outline
TALL = 1.5
"""Ratio of height to width from which on a line is taken to run along its height."""
LEAST_LETTERS = 3
"""Letters of a tall line that is taken for turned text. A single narrow letter is tall, too."""
ROUNDING = 4.0
"""Pixels by which twice the middles of two diagonals differ at most if the corners were rounded."""
SLIGHT = 0.5
"""Degrees by which a word's quad is not turned."""
ASCENT, DESCENT = 0.8, 0.25
"""Height above and below a baseline without an outline, in ems of the text that stands on it."""


def described(element: Element) -> str:
    """Return an element's name and id for messages: ``TextLine "r1_l2"``."""
    identity = element.get("id")
    return f'{local_name(element)} "{identity}"' if identity else f"a {local_name(element)}"


def children(element: Element, *names: str) -> list[Element]:
    """Return the direct children with one of these local names."""
    return list(element.iterchildren(*[f"{{*}}{name}" for name in names]))


def outline_of(owner: Element, problems: list[str]) -> tuple[Point, ...]:
    """Return the points of ``Coords``; empty if they enclose no area. Two points are corners of a box."""
    points = _points(owner, "Coords", problems)
    if len(points) > FEWEST and points[0] == points[-1]:
        points = points[:-1]
    if not points:
        return ()
    left, top, right, bottom = bounds(points)
    if left == right or top == bottom:
        problems.append(f"the Coords of {described(owner)} enclose no area")
        return ()
    if len(points) < FEWEST:
        return Quad.from_box(left, top, right, bottom).corners
    return tuple(points)


def baseline_of(line: Element, problems: list[str]) -> tuple[Point, ...]:
    """Return the points of ``Baseline``; empty if it has no length."""
    points = _points(line, "Baseline", problems)
    return tuple(points) if points and points[0] != points[-1] else ()


def _points(owner: Element, name: str, problems: list[str]) -> list[Point]:
    """Return points from the attribute ``points``, or from ``Point`` elements as PAGE 2010 has them."""
    points: list[Point] = []
    for place in children(owner, name)[:1]:
        given = place.get("points")
        if given is not None and (plain := plain_pairs(given)):
            return plain
        pairs = (
            _pairs(given)
            if given is not None
            else [(each.get("x", ""), each.get("y", "")) for each in children(place, "Point")]
        )
        for pair in pairs:
            point = _point(*pair)
            if point:
                points.append(point)
            else:
                shown = ",".join(pair)[:40]
                problems.append(f'the {name} of {described(owner)} have the unusable point "{shown}"')
    return points


def _pairs(given: str) -> list[tuple[str, str]]:
    """Split ``x1,y1 x2,y2``. Other separators are accepted if each number has its pair."""
    pairs = [tuple(pair.split(",")) for pair in given.split()]
    if all(len(pair) == 2 for pair in pairs):
        return [(x, y) for x, y in pairs]
    numbers = [each for each in re.split(r"[\s,;]+", given) if each]
    return list(zip(numbers[::2], numbers[1::2] + [""] * (len(numbers) % 2), strict=True))


def _point(x: str, y: str) -> Point | None:
    across, down = number_of(x), number_of(y)
    return None if across is None or down is None else (across, down)


def runs_down(text: str, outline: Sequence[Point], baseline: Sequence[Point], angle: float | None) -> bool:
    """Return whether a line is Chinese or Japanese whose characters stand upright below each other."""
    letters = "".join(text.split())
    if 2 * sum(map(is_cjk, letters)) < len(letters) or quarter_turns(angle or 0.0) % 2:
        return False
    if baseline:
        (x1, y1), (x2, y2) = baseline[0], baseline[-1]
        return abs(y2 - y1) > abs(x2 - x1)
    left, top, right, bottom = bounds(outline)
    return len(letters) > 1 and bottom - top > TALL * (right - left)


def band(baseline: Sequence[Point], text: str) -> tuple[Point, ...]:
    """Return an outline around a baseline that is as high as the text's width suggests."""
    length = sum(math.dist(*pair) for pair in pairwise(baseline))
    em = length / natural_width(text)
    (x1, y1), (x2, y2) = baseline[0], baseline[-1]
    down = unit(math.degrees(math.atan2(y2 - y1, x2 - x1)) + 90)
    above = [(x - down[0] * ASCENT * em, y - down[1] * ASCENT * em) for x, y in baseline]
    below = [(x + down[0] * DESCENT * em, y + down[1] * DESCENT * em) for x, y in reversed(baseline)]
    return (*above, *below)


def guessed_angle(text: str, outline: Sequence[Point], words: Sequence[Sequence[Point]]) -> float:
    """Return 0, 90 or -90: the direction of a line that has no baseline, in a region without orientation."""
    left, top, right, bottom = bounds(outline)
    if bottom - top <= TALL * (right - left) or len("".join(text.split())) < LEAST_LETTERS:
        return 0.0
    if len(words) > 1:
        first, last = bounds(words[0]), bounds(words[-1])
        way = last[1] + last[3] - first[1] - first[3]
        across = abs(last[0] + last[2] - first[0] - first[2])
        return math.copysign(90.0, way) if abs(way) > across else 0.0
    # Text along a margin or in the head of a table runs upwards nearly always.
    return -90.0 if bottom - top > TALL * 2 * (right - left) else 0.0


def _is_quarter_turn(angle: float) -> bool:
    return abs((angle + 45) % 90 - 45) < SLIGHT


def turned_quad(outline: Sequence[Point], baseline: Sequence[Point], angle: float) -> Quad:
    """Return the quad of a line or word; ``angle`` is the text's direction if there is no baseline."""
    return quad_around(outline, baseline) if baseline else facing(quad_around(outline), angle)


def word_quad(outline: Sequence[Point], angle: float) -> Quad:
    """Return the quad of a word in a line with an angle. An outline that is a rectangle stays as it is."""
    if len(outline) == CORNERS:
        first, second, third, fourth = outline
        if _is_parallelogram(first, second, third, fourth):
            if not _is_clockwise(first, second, third, fourth):
                first, second, third, fourth = fourth, third, second, first
            return facing(Quad((first, second, third, fourth)), angle)
    left, top, right, bottom = bounds(outline)
    if _is_quarter_turn(angle):
        return facing(Quad.from_box(left, top, right, bottom), angle)
    return quad_around(outline, ((0.0, 0.0), unit(angle)))


def _is_clockwise(first: Point, second: Point, third: Point, fourth: Point) -> bool:
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = first, second, third, fourth
    return (x1 * y2 - x2 * y1) + (x2 * y3 - x3 * y2) + (x3 * y4 - x4 * y3) + (x4 * y1 - x1 * y4) > 0


def _is_parallelogram(first: Point, second: Point, third: Point, fourth: Point) -> bool:
    """Return whether the diagonals cut each other in half, but for rounded coordinates."""
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = first, second, third, fourth
    return math.hypot(x1 + x3 - x2 - x4, y1 + y3 - y2 - y4) <= ROUNDING
