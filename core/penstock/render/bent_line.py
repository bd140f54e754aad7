"""Lay out a line with a bent baseline: each word runs in its own direction.

PDFium and pdfminer read such words as one line. pdf.js would start a new line wherever the direction changes,
because it compares the ends of two words in different frames. But it does not compare at all where a glyph
starts exactly where the one before it ends. So the first character of each word is a narrow glyph that runs
in the direction of the page, and a second glyph, for the others, starts at its end in the word's direction.
`SIZE_STEP` and `PLACE_STEP` make that end a number without rounding, in the PDF and in pdf.js.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from penstock.geometry import dot
from penstock.model import Line, Point
from penstock.render.placed_word import PlacedWord
from penstock.render.scripts import has_marks, is_right_to_left, natural_width
from penstock.render.type_line import (
    MIDDLE,
    Run,
    Turn,
    TypeLine,
    rounded_width,
    space_within,
    type_size,
    unit_vector,
)

BENT_RISE = 0.15
"""Rise of a word over the line's direction, in line heights, from which on the line is bent."""
MOST_BENT = 0.7
"""Cosine of the largest angle between a word and its line. Other corners are not those of a bent line."""
LEAST_SHARE = 0.5
"""Share of its width that a word has at least if the next one overlaps it."""
SIZE_STEP, PLACE_STEP = 1 / 16, 1 / 64
"""Points. Sizes and places of bent lines are multiples of these powers of two."""


def bent_line(line: Line, words: Sequence[PlacedWord]) -> TypeLine | None:
    """Return the line of type for a line whose baseline is bent; None for any other line.

    Right-to-left words, and words that are joined without a space, are set on a straight line: readers put
    them into order only there.
    """
    if len(line.baseline) <= 2 or len(words) < 2 or any(word.joined is not False for word in words[1:]):
        return None
    size = round(type_size(words) / SIZE_STEP) * SIZE_STEP
    vectors = [_vector(word) for word in words]
    direction = unit_vector(sum(x for x, _ in vectors), sum(y for _, y in vectors))
    if not _is_bent(vectors, direction, size) or any(is_right_to_left(word.text) for word in words):
        return None
    ordered = sorted(words, key=lambda word: dot(word.start, direction))
    x, y = _quarter(direction)
    turned = [_turned(word, size, (x, y)) for word in ordered]
    start = turned[0].start
    runs = [
        _run(word, turn, _room(turn, following), size, start)
        for word, (turn, following) in zip(ordered, pairwise([*turned, None]), strict=True)
        if turn
    ]
    return TypeLine(size, start, (x, y), tuple(runs), right_to_left=False)


def _is_bent(vectors: Sequence[Point], direction: Point, size: float) -> bool:
    x, y = direction
    rises = [abs(dot(vector, (-y, x))) for vector in vectors]
    runs_along = all(dot(vector, direction) > MOST_BENT * math.hypot(*vector) for vector in vectors)
    return runs_along and max(rises) > BENT_RISE * size


def _vector(word: PlacedWord) -> Point:
    return (word.end[0] - word.start[0], word.end[1] - word.start[1])


def _quarter(direction: Point) -> Point:
    """Return the direction along a side of the page that is next to another one."""
    x, y = direction
    return (math.copysign(1.0, x), 0.0) if abs(x) > abs(y) else (0.0, math.copysign(1.0, y))


def _turned(word: PlacedWord, size: float, upright: Point) -> Turn:
    """Return the start of a word's baseline on the page, and the word's direction."""
    # A single character has no second glyph, and pdf.js gives a glyph that stands for a mark no width.
    is_whole = len(word.text) == 1 or has_marks(word.text)
    x, y = upright if is_whole else unit_vector(*_vector(word))
    middle = word.center if is_whole else word.start
    left = word.length / 2 if is_whole else 0.0
    start = (middle[0] - left * x + y * MIDDLE * size, middle[1] - left * y - x * MIDDLE * size)
    return Turn((_stepped(start[0]), _stepped(start[1])), (x, y))


def _stepped(value: float) -> float:
    return round(value / PLACE_STEP) * PLACE_STEP


def _room(turn: Turn, following: Turn | None) -> float:
    """Return the length along a word up to the next one, in points."""
    if following is None:
        return math.inf
    (x1, y1), (x2, y2) = turn.start, following.start
    return dot((x2 - x1, y2 - y1), turn.direction)


def _run(word: PlacedWord, turn: Turn, room: float, size: float, origin: Point) -> Run:
    width = min(word.length, max(0.98 * room, LEAST_SHARE * word.length))
    space = space_within(1000 * (room - width) / size)
    offset = (turn.start[0] - origin[0], turn.start[1] - origin[1])
    stretch = width / (natural_width(word.text) * size)
    return Run(
        word.text, 0.0, 0.0, stretch, rounded_width(1000 * width / size), space, Turn(offset, turn.direction)
    )
