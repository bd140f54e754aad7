"""A recognizer's words as they can be set: cleaned text, sensible corners, in points of the PDF page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from penstock.model import Line, Point, Quad, Word
from penstock.render.placement import Placement
from penstock.render.scripts import BLANK, is_unspaced, natural_width, written

Corners = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word on the page.

    Parameters
    ----------
    text
        Not empty; without what is not ink.
    corners
        In points, y up, clockwise as seen from the text's own top left.
    joined
        Whether no space stands between it and the word before it, by the line's own text.
    """

    text: str
    corners: Corners
    joined: bool = False

    @property
    def height(self) -> float:
        """Across the direction of reading."""
        first, second, third, fourth = self.corners
        return (math.dist(first, fourth) + math.dist(second, third)) / 2

    @property
    def vector(self) -> Point:
        """From its start to its end, twice as long."""
        (x1, y1), (x2, y2), (x3, y3), (x4, y4) = self.corners
        return (x2 - x1 + x3 - x4, y2 - y1 + y3 - y4)

    @property
    def center(self) -> Point:
        """The mean of its corners."""
        (x1, y1), (x2, y2), (x3, y3), (x4, y4) = self.corners
        return ((x1 + x2 + x3 + x4) / 4, (y1 + y2 + y3 + y4) / 4)


def placed_words(line: Line, placement: Placement) -> list[PlacedWord]:
    """The line's words, in the order of reading; none if it has no text."""
    words = line.words or _spread(line)
    joins = _joins(line.text, words) if is_unspaced(line.text) else None
    placed = []
    for index, word in enumerate(words):
        text = written(word.text)
        if text:
            placed.append(PlacedWord(text, _corners(word.quad, placement), bool(joins and joins[index])))
    return placed


def _spread(line: Line) -> Sequence[Word]:
    """Words of a line whose recognizer gave none: its text, spread over its quad."""
    texts = line.text.split()
    total = natural_width(" ".join(texts)) or 1.0
    words, start = [], 0.0
    for text in texts:
        end = start + natural_width(text) / total
        words.append(Word(text, _part(line.quad, start, min(end, 1.0))))
        start = end + BLANK / 1000 / total
    return words


def _part(quad: Quad, start: float, end: float) -> Quad:
    """The slice of a quad between two fractions of its length."""
    first, second, third, fourth = quad.corners
    return Quad(
        (
            _between(first, second, start),
            _between(first, second, end),
            _between(fourth, third, end),
            _between(fourth, third, start),
        )
    )


def _between(first: Point, second: Point, fraction: float) -> Point:
    return (first[0] + (second[0] - first[0]) * fraction, first[1] + (second[1] - first[1]) * fraction)


def _joins(text: str, words: Sequence[Word]) -> list[bool]:
    """For each word whether it follows the one before it, in the line's own text, without a space."""
    joins, position = [], 0
    for word in words:
        found = text.find(word.text, position)
        joins.append(found == position > 0)
        position = found + len(word.text) if found >= 0 else position
    return joins


def _corners(quad: Quad, placement: Placement) -> Corners:
    """The quad on the PDF page: what lies outside is moved to its edge, and the corners run clockwise."""
    first, second, third, fourth = (_inside(placement.point(corner), placement) for corner in quad.corners)
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = first, second, third, fourth
    # Twice the area; negative is clockwise where y points up.
    area = (x3 - x1) * (y4 - y2) - (x4 - x2) * (y3 - y1)
    return (first, fourth, third, second) if area > 0 else (first, second, third, fourth)


def _inside(point: Point, placement: Placement) -> Point:
    x, y = point
    return (min(max(x, 0.0), placement.width), min(max(y, 0.0), placement.height))
