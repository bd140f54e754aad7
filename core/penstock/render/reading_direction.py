"""Find the direction in which a line's words run, whichever corner of its quad each of them starts with.

Recognizers sometimes start a word's corners with another one than those of its neighbours. Text that follows
such corners runs backwards or across the line, beside its ink.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from penstock.geometry import dot
from penstock.model import Point
from penstock.render.placed_word import PlacedWord
from penstock.render.scripts import is_cjk, is_right_to_left

MIN_ALONG = 0.3
"""Cosine from which on a vector says on which side of an axis it is."""

Corners = tuple[Point, Point, Point, Point]


def ordered(corners: Corners) -> Corners:
    """Return the corners of a word clockwise, with y down, from the first one on."""
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = corners
    if (x2 - x1) * (x3 - x4) + (y2 - y1) * (y3 - y4) < 0:  # opposite sides cross
        x3, y3, x4, y4 = x4, y4, x3, y3
    elif (x4 - x1) * (x3 - x2) + (y4 - y1) * (y3 - y2) < 0:
        x2, y2, x3, y3 = x3, y3, x2, y2
    if (x3 - x1) * (y4 - y2) < (x4 - x2) * (y3 - y1):
        x2, y2, x4, y4 = x4, y4, x2, y2
    return (x1, y1), (x2, y2), (x3, y3), (x4, y4)


def in_reading_direction(words: list[PlacedWord], line: Point) -> list[PlacedWord]:
    """Return a line's words, turned by quarters of a circle until all run in the line's direction.

    Parameters
    ----------
    line
        From the start of the line's quad to its end, in points. The line's own quad counts for less than its
        words, because some recognizers give the bounds of a line instead of its quad.
    """
    if _run_along(words, line):
        return words
    direction = _direction(words, line)
    return [_turned(word, direction) for word in words]


def _vector(word: PlacedWord) -> Point:
    return (word.end[0] - word.start[0], word.end[1] - word.start[1])


def _run_along(words: Iterable[PlacedWord], line: Point) -> bool:
    """Return whether all words deviate from the line by less than 45 degrees."""
    along, across = line
    for _, (x1, y1), (x2, y2), _, _ in words:
        x, y = x2 - x1, y2 - y1
        if x * along + y * across <= abs(x * across - y * along):
            return False
    return True


def _direction(words: Sequence[PlacedWord], line: Point) -> Point:
    """Return the unit vector along which most of the line runs, on the side that most evidence is for.

    The evidence is the direction of most words, that of the line's quad, and the places of the first and last
    word.
    """
    vectors = [_vector(word) for word in words]
    doubled = [(x * x - y * y, 2 * x * y, math.hypot(x, y) or 1.0) for x, y in (*vectors, line)]
    x, y = (sum(vector[part] / vector[2] for vector in doubled) for part in (0, 1))
    angle = math.atan2(y, x) / 2
    axis = (math.cos(angle), math.sin(angle))
    of_words = _side((sum(x for x, _ in vectors), sum(y for _, y in vectors)), axis)
    of_line, of_places = _side(line, axis), 0
    if len(words) > 1 and not any(is_right_to_left(word.text) for word in words):
        first, last = words[0].center, words[-1].center
        of_places = _side((last[0] - first[0], last[1] - first[1]), axis)
    side = of_words + of_line + of_places or of_line or of_words
    return axis if side >= 0 else (-axis[0], -axis[1])


def _side(vector: Point, axis: Point) -> int:
    """Return 1 or -1 for a vector along or against an axis, and 0 for one that is about perpendicular."""
    along = dot(vector, axis)
    return 0 if abs(along) <= MIN_ALONG * math.hypot(*vector) else int(math.copysign(1, along))


def _turned(word: PlacedWord, direction: Point) -> PlacedWord:
    """Return the word turned by quarters until it runs as closely as possible along a direction."""
    turns = [word] if is_cjk(word.text) else [word, word.running_down()]
    turns += [turn._replace(start=turn.end, end=turn.start) for turn in turns]
    return max(turns, key=lambda turn: dot(_vector(turn), direction) / (turn.length or 1.0))
