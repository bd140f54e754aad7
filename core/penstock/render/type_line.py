"""Lines of type: what the text layer shows for a line of a recognition, with its place on the PDF page."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from penstock.model import Point
from penstock.render.placed_word import PlacedWord
from penstock.render.scripts import BLANK, natural_width
from penstock.render.truetype import ASCENT, DESCENT, MAX_WIDTH

MIDDLE = (ASCENT + DESCENT) / 2000
"""Distance from a line's baseline up to its middle, in line heights."""
LEVEL_RISE = 0.5
"""Rise over a line's whole length, in line heights, up to which the line is set horizontally."""
MIN_TYPE_SIZE = 1.0
"""Points. Smaller text could not be selected."""
SPACES = (BLANK, 200, 140, 90, 50, 20)
"""Possible widths of spaces, in thousandths of an em."""
BENT_START = 1 / 16
"""Ems: width of the first glyph of a word in a bent line. A power of two, so that its end is exact."""


class Turn(NamedTuple):
    """Place of a word that has a direction of its own.

    Parameters
    ----------
    start
        Start of the word's baseline, in points from the line's origin.
    direction
        Unit vector of the word's direction.
    """

    start: Point
    direction: Point


class Run(NamedTuple):
    """A word and the space behind it, shown by one operator.

    Parameters
    ----------
    text
        Characters in visual order, from left to right.
    along, up
        Points from the start of the previous run, along and across the line; 0 for the first run.
    stretch
        Horizontal scaling of its characters; 1 for natural widths.
    width
        Width of the whole text as one glyph, in thousandths of the type size; None for a glyph per character.
    space
        Width of the space behind it, in thousandths of the type size.
    turn
        Set for each word of a bent line. Such a run has a width, and `along` and `up` are 0.
    """

    text: str
    along: float
    up: float
    stretch: float
    width: int | None
    space: int
    turn: Turn | None = None


@dataclass(frozen=True, slots=True)
class TypeLine:
    """One line of type.

    Parameters
    ----------
    size
        Type size in points.
    origin
        Start of the first run's baseline, in points.
    direction
        Unit vector of the direction of reading.
    right_to_left
        Whether any word runs from right to left.
    compression
        Ratio of the font's size to the type size.
    narrow_start
        Whether the first glyph of the line must be narrow.
    """

    size: float
    origin: Point
    direction: Point
    runs: tuple[Run, ...]
    right_to_left: bool
    compression: float = 1.0
    narrow_start: bool = False

    @property
    def is_bent(self) -> bool:
        """Whether each word has a direction of its own."""
        return self.runs[0].turn is not None

    @property
    def end(self) -> Point:
        """The end of the last run's baseline, in points."""
        (x, y), last = self.direction, self.runs[-1]
        if last.turn:
            (right, up), (x, y) = last.turn
            length = (last.width or 0) / 1000 * self.size
            return (self.origin[0] + right + length * x, self.origin[1] + up + length * y)
        width = natural_width(last.text) * last.stretch if last.width is None else last.width / 1000
        along = sum([run.along for run in self.runs]) + width * self.size
        up = sum([run.up for run in self.runs])
        return (self.origin[0] + along * x - up * y, self.origin[1] + along * y + up * x)

    @property
    def first_width(self) -> float:
        """Width of the first glyph, in points."""
        first = self.runs[0]
        if first.turn:
            return BENT_START * self.size
        if first.width is None:
            return natural_width(first.text[0]) * max(1.0, first.stretch) * self.size
        return first.width / 1000 * self.size


def type_size(words: Iterable[PlacedWord]) -> float:
    """Return the type size of a line, in points."""
    return middle_size([word.height for word in words])


def middle_size(heights: list[float]) -> float:
    """Return the type size of a line whose words have these heights in points: the median."""
    heights.sort()
    half = len(heights) // 2
    # Faster than `statistics.median`, which counts: a page has a hundred lines.
    return max(MIN_TYPE_SIZE, heights[half] if len(heights) % 2 else (heights[half - 1] + heights[half]) / 2)


def rounded_width(width: float) -> int:
    """Return a width in steps of 5, which are too small to see, so that more words share a glyph."""
    return min(MAX_WIDTH, max(1, round(width / 5)) * 5)


def space_within(room: float) -> int:
    """Return the width of the largest space that fits, in thousandths of the type size."""
    return BLANK if room >= BLANK else next((space for space in SPACES if space <= room), SPACES[-1])


def unit_vector(x: float, y: float) -> Point:
    """Return a vector of length 1; along the x axis if the vector has no length."""
    length = math.hypot(x, y)
    return (x / length, y / length) if length else (1.0, 0.0)
