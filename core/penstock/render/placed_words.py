"""Clean a recognition's words for the text layer, and map them to points of the PDF page."""

from __future__ import annotations

from collections.abc import Sequence
from math import dist, hypot
from typing import NamedTuple

from penstock.model import Line, Point, Word
from penstock.render.placement import Placement
from penstock.render.scripts import BLANK, is_unspaced, natural_width, written


class PlacedWord(NamedTuple):
    """A word on the PDF page. A tuple, because there are many and creating a dataclass takes longer.

    Parameters
    ----------
    text
        Not empty, without control characters.
    start, end
        Midpoints of its left and right side along the direction of reading, in points, y up.
    height
        Extent across the direction of reading, in points.
    joined
        Whether the line's text has no space between the previous word and this one.
    """

    text: str
    start: Point
    end: Point
    height: float
    joined: bool

    @property
    def length(self) -> float:
        """Extent along the direction of reading, in points."""
        return dist(self.start, self.end)

    @property
    def center(self) -> Point:
        """The mean of its corners, in points."""
        return ((self.start[0] + self.end[0]) / 2, (self.start[1] + self.end[1]) / 2)

    def running_down(self) -> PlacedWord:
        """Return the same area with the direction of reading from its top to its bottom."""
        x, y = self.center
        length = self.length or 1.0
        across = ((self.end[1] - self.start[1]) / length, (self.start[0] - self.end[0]) / length)
        down, right = across[0] * self.height / 2, across[1] * self.height / 2
        return self._replace(start=(x - down, y - right), end=(x + down, y + right), height=self.length)


def placed_words(line: Line, placement: Placement) -> list[PlacedWord]:
    """Return the line's words in reading order; empty for a line without text.

    Counterclockwise corners are reordered, and words outside the page are moved to its edge.
    """
    words = line.words or _estimated_words(line)
    joins = _joins(line.text, words) if is_unspaced(line.text) else [False] * len(words)
    a, b, c, d, e, f = placement.pixels_to_points
    right, top = placement.width, placement.height
    placed = []
    for word, joined in zip(words, joins, strict=True):
        text = written(word.text)
        if not text:
            continue
        (x1, y1), (x2, y2), (x3, y3), (x4, y4) = word.quad.corners
        if (x3 - x1) * (y4 - y2) < (x4 - x2) * (y3 - y1):
            x2, y2, x4, y4 = x4, y4, x2, y2
        across, down = (x3 - x2 + x4 - x1) / 2, (y3 - y2 + y4 - y1) / 2
        height = hypot(a * across + c * down, b * across + d * down)
        x1, y1, x2, y2 = (x1 + x4) / 2, (y1 + y4) / 2, (x2 + x3) / 2, (y2 + y3) / 2
        x1, y1, x2, y2 = a * x1 + c * y1 + e, b * x1 + d * y1 + f, a * x2 + c * y2 + e, b * x2 + d * y2 + f
        if not (0 <= x1 <= right and 0 <= x2 <= right and 0 <= y1 <= top and 0 <= y2 <= top and height < top):
            x1, x2 = min(max(x1, 0.0), right), min(max(x2, 0.0), right)
            y1, y2, height = min(max(y1, 0.0), top), min(max(y2, 0.0), top), min(height, top)
        placed.append(PlacedWord(text, (x1, y1), (x2, y2), height, joined))
    return placed


def _estimated_words(line: Line) -> Sequence[Word]:
    """Return words for a line without words: its text spread over its quad by natural widths."""
    texts = line.text.split()
    total = natural_width(" ".join(texts)) or 1.0
    words, start = [], 0.0
    for text in texts:
        end = start + natural_width(text) / total
        words.append(Word(text, line.quad.part(start, min(end, 1.0))))
        start = end + BLANK / 1000 / total
    return words


def _joins(text: str, words: Sequence[Word]) -> list[bool]:
    """Return for each word whether it follows the previous one without a space in the line's text."""
    joins, position = [], 0
    for word in words:
        found = text.find(word.text, position)
        joins.append(found == position > 0)
        position = found + len(word.text) if found >= 0 else position
    return joins
