"""A line across a picture, and how the colour changes from its one side to the other."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float32]
"""Height by width by 3: a picture in CIE Lab."""

Vector = NDArray[np.float64]
"""Two numbers: a place or a direction, across and down."""

NEAR, FAR = 6.0, 24.0
"""How far to both sides of a line its colours are compared, in pixels.

Far from it, too, because beyond a drawn line, or a book's fold, lies the same paper.
"""

PLAIN_STEP = 3.0
"""A difference in colour, in CIE Lab, that counts in full."""

STEP = 2.0
"""Between the samples along a line, in pixels."""

SAME_ANGLE = math.cos(math.radians(3))
SAME_PLACE = 3.0
"""Lines that are nearer to one another than this, in pixels, are taken for one."""


class Line:
    """A line, given by two places on it; ``beyond`` is to the left of ``along``."""

    def __init__(self, start: Vector, end: Vector, colours: Colours) -> None:
        self.origin = (start + end) / 2
        self.along = (end - start) / np.linalg.norm(end - start)
        self.beyond = np.array([self.along[1], -self.along[0]])
        points, self._start = self._samples(colours)
        self._left = _at(colours, points + NEAR * self.beyond)
        self._right = _at(colours, points - NEAR * self.beyond)
        near = _counted(self._left - self._right)
        far = _counted(_at(colours, points + FAR * self.beyond) - _at(colours, points - FAR * self.beyond))
        agreed = near * np.clip((near * far).sum(axis=1, keepdims=True), 0, 1)
        self._sums = np.concatenate([np.zeros((1, 3)), np.cumsum(agreed, axis=0)])
        self.change = float(np.linalg.norm(self._sums[-1]))

    def _samples(self, colours: Colours) -> tuple[NDArray[np.float64], float]:
        height, width = colours.shape[:2]
        reach = math.hypot(width, height)
        positions = np.arange(-reach, reach, STEP)
        points = self.origin + positions[:, None] * self.along
        seen = ((points >= 0) & (points < (width, height))).all(axis=1)
        return points[seen], float(positions[seen][0]) if seen.any() else 0.0

    def runs_through(self, start: Vector, end: Vector) -> bool:
        """Whether a segment, given by its ends, lies on this line."""
        if max(abs(float((point - self.origin) @ self.beyond)) for point in (start, end)) > SAME_PLACE:
            return False
        direction = (end - start) / np.linalg.norm(end - start)
        return abs(float(direction @ self.along)) > SAME_ANGLE

    def supports(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of every two places on the line, along how much between them the colour changes alike: 0 to 1.

        ``places`` is n by 2, the answer n by n. A place that is nan supports nothing.
        """
        positions = (places - self.origin) @ self.along
        known = np.where(np.isnan(positions), 0.0, positions)
        sums = self._sums[self._indices(known)]
        change = np.linalg.norm(sums[:, None] - sums[None, :], axis=-1)
        length = np.abs(positions[:, None] - positions[None, :]) / STEP
        share: NDArray[np.float64] = np.nan_to_num(change / np.maximum(length, 1.0))
        return share

    def edge(self, start: Vector, end: Vector, inside: Vector) -> tuple[Colours, Colours]:
        """The usual colours along the line between two places, on the side of a third and on the other."""
        places = np.array([(place - self.origin) @ self.along for place in (start, end)])
        first, last = np.sort(self._indices(places))
        between = slice(first, max(last, first + 1))
        left, right = np.median(self._left[between], axis=0), np.median(self._right[between], axis=0)
        return (left, right) if (inside - self.origin) @ self.beyond > 0 else (right, left)

    def _indices(self, positions: NDArray[np.float64]) -> NDArray[np.intp]:
        index = np.clip((positions - self._start) / STEP, 0, len(self._sums) - 1)
        return index.round().astype(np.intp)


def _counted(steps: Colours) -> Colours:
    """Differences in colour as vectors of length 1 at most."""
    counted: Colours = steps / np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), PLAIN_STEP)
    return counted


def _at(colours: Colours, points: NDArray[np.float64]) -> Colours:
    height, width = colours.shape[:2]
    places = np.clip(points.astype(np.intp), 0, (width - 1, height - 1))
    return colours[places[:, 1], places[:, 0]]
