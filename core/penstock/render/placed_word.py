"""A word on a PDF page."""

from __future__ import annotations

from math import dist
from typing import NamedTuple

from penstock.model import Point


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
        Whether the line's text has no space between the previous word and this one; None if its text does
        not tell, because it has other words.
    """

    text: str
    start: Point
    end: Point
    height: float
    joined: bool | None

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
