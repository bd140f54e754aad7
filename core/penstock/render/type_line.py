"""Lines of type: what the text layer shows for a line of a recognition, with its place on the PDF page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from penstock.model import Point
from penstock.render.scripts import natural_width


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
    """

    text: str
    along: float
    up: float
    stretch: float
    width: int | None
    space: int


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
    def end(self) -> Point:
        """The end of the last run's baseline, in points."""
        (x, y), last = self.direction, self.runs[-1]
        width = natural_width(last.text) * last.stretch if last.width is None else last.width / 1000
        along = sum(run.along for run in self.runs) + width * self.size
        up = sum(run.up for run in self.runs)
        return (self.origin[0] + along * x - up * y, self.origin[1] + along * y + up * x)

    @property
    def first_width(self) -> float:
        """Width of the first glyph, in points."""
        first = self.runs[0]
        if first.width is None:
            return natural_width(first.text[0]) * max(1.0, first.stretch) * self.size
        return first.width / 1000 * self.size
