"""Where a line is on a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from penstock.geometry import Homography, Point

_BOX = 4


@dataclass(frozen=True, slots=True)
class LinePlace:
    """The place of a line on a sheet.

    Parameters
    ----------
    text
        Where an answer belongs to the line: left, top, right and bottom in pixels of the sheet.
    to_page
        Homography from pixels of the sheet to pixels of the page that the line is from.
    """

    text: tuple[float, float, float, float]
    to_page: Homography

    def holds(self, point: Point) -> bool:
        """Return whether a point of the sheet belongs to the line."""
        left, top, right, bottom = self.text
        return left <= point[0] < right and top <= point[1] < bottom

    def to_json(self) -> list[float]:
        """Return the place as 13 numbers."""
        return [*self.text, *(value for row in self.to_page.rows for value in row)]

    @classmethod
    def from_json(cls, numbers: Sequence[float]) -> LinePlace:
        """Return the place that `to_json` wrote. Raises ValueError for anything else."""
        values = [float(number) for number in numbers]
        left, top, right, bottom = values[:_BOX]
        a, b, c, d, e, f, g, h, i = values[_BOX:]
        return cls((left, top, right, bottom), Homography(((a, b, c), (d, e, f), (g, h, i))))
