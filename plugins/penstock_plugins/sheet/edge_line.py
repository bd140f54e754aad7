"""A straight line across a photo, and how the colour changes from one side of it to the other."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float32]  # height by width by 3: a picture in CIE Lab
Vector = NDArray[np.float64]  # two numbers: a point or a direction, x and y
# Distances from the line, in pixels, at which the colours of both sides are compared.
#
# The far samples tell a sheet's edge from a drawn line or a book's fold, which has paper on both sides.
NEAR, FAR = 6.0, 24.0
FULL_CHANGE = 3.0  # a colour difference (CIE Lab) from which on a change counts fully
STEP = 2.0  # distance in pixels between the samples along a line
SAME_ANGLE = math.cos(math.radians(3))
SAME_LINE = 3.0  # segments at most this many pixels away from a line belong to it


class EdgeLine:
    """A line through two points, with the colours on both sides sampled along it.

    ``along`` is the unit vector of its direction; ``normal`` points to the left of it.
    """

    def __init__(self, start: Vector, end: Vector, colours: Colours) -> None:
        self.origin = (start + end) / 2
        self.along = (end - start) / np.linalg.norm(end - start)
        self.normal = np.array([self.along[1], -self.along[0]])
        points, self._start = self._samples(colours)
        self._left = _colours_at(colours, points + NEAR * self.normal)
        self._right = _colours_at(colours, points - NEAR * self.normal)
        near = _limited(self._left - self._right)
        left, right = (_colours_at(colours, points + side * FAR * self.normal) for side in (1, -1))
        consistent = near * np.clip((near * _limited(left - right)).sum(axis=1, keepdims=True), 0, 1)
        # Cumulative sums give the change between any two points of the line in constant time.
        self._sums = np.concatenate([np.zeros((1, 3)), np.cumsum(consistent, axis=0)])
        self.change = float(np.linalg.norm(self._sums[-1]))

    def _samples(self, colours: Colours) -> tuple[NDArray[np.float64], float]:
        """Return the sample points within the picture, and the position of the first along the line."""
        height, width = colours.shape[:2]
        reach = math.hypot(width, height)
        positions = np.arange(-reach, reach, STEP)
        points = self.origin + positions[:, None] * self.along
        inside = ((points >= 0) & (points < (width, height))).all(axis=1)
        return points[inside], float(positions[inside][0]) if inside.any() else 0.0

    def contains(self, start: Vector, end: Vector) -> bool:
        """Return whether the segment between two points lies on this line."""
        if max(abs(float((point - self.origin) @ self.normal)) for point in (start, end)) > SAME_LINE:
            return False
        direction = (end - start) / np.linalg.norm(end - start)
        return abs(float(direction @ self.along)) > SAME_ANGLE

    def supports(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return, for every two of n points on the line, the share between them with a consistent change.

        Points are n by 2, nan for a missing one, which has no support. The shares are n by n, from 0 to 1.
        """
        positions = (points - self.origin) @ self.along
        sums = self._sums[self._indices(np.where(np.isnan(positions), 0.0, positions))]
        change = np.linalg.norm(sums[:, None] - sums[None, :], axis=-1)
        length = np.abs(positions[:, None] - positions[None, :]) / STEP
        share: NDArray[np.float64] = np.nan_to_num(change / np.maximum(length, 1.0))
        return share

    def side_colours(self, start: Vector, end: Vector, inside: Vector) -> tuple[Colours, Colours]:
        """Return the median colours between two points, first on the side of ``inside``."""
        positions = np.array([(point - self.origin) @ self.along for point in (start, end)])
        first, last = np.sort(self._indices(positions))
        between = slice(first, max(last, first + 1))
        left, right = np.median(self._left[between], axis=0), np.median(self._right[between], axis=0)
        return (left, right) if (inside - self.origin) @ self.normal > 0 else (right, left)

    def _indices(self, positions: NDArray[np.float64]) -> NDArray[np.intp]:
        index = np.clip((positions - self._start) / STEP, 0, len(self._sums) - 1)
        return index.round().astype(np.intp)


def _limited(differences: Colours) -> Colours:
    """Scale colour differences to a length of at most 1."""
    lengths = np.linalg.norm(differences, axis=1, keepdims=True)
    limited: Colours = differences / np.maximum(lengths, FULL_CHANGE)
    return limited


def _colours_at(colours: Colours, points: NDArray[np.float64]) -> Colours:
    height, width = colours.shape[:2]
    pixels = np.clip(points.astype(np.intp), 0, (width - 1, height - 1))
    return colours[pixels[:, 1], pixels[:, 0]]
