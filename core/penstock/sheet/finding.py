"""The four sides of a sheet, found as lines with another colour beyond them."""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from penstock.geometry import Quad

Colours = NDArray[np.float32]
"""Height by width by 3: a picture in CIE Lab."""

LONGEST = 640
"""Pixels of the longer side of the picture that sheets are looked for in."""

REACH = 6.0
"""How far to both sides of a line its colours are compared, in pixels."""

PLAIN_STEP = 10.0
"""A difference in colour, in CIE Lab, that counts in full."""

STEP = 2.0
"""Between the samples along a line, in pixels."""

LINES = 18
"""That are tried for each pair of opposite sides."""

SMALLEST = 0.12
"""Share of the picture that a sheet covers at least."""

SUPPORT = 0.45
"""Share of a side along which the colour changes, at least."""


class Line:
    """A line across the picture, and how colours change across it, along it.

    Points on it are ``origin + along * position``; ``beyond`` is to its left.
    """

    def __init__(self, origin: NDArray[np.float64], along: NDArray[np.float64], colours: Colours) -> None:
        self.origin, self.along = origin, along
        self.beyond = np.array([along[1], -along[0]])
        height, width = colours.shape[:2]
        reach = math.hypot(width, height)
        positions = np.arange(-reach, reach, STEP)
        points = origin + positions[:, None] * along
        inside = ((points >= 0) & (points < (width, height))).all(axis=1)
        self.start = float(positions[inside][0]) if inside.any() else 0.0
        points = points[inside]
        change = _colours(colours, points + REACH * self.beyond) - _colours(
            colours, points - REACH * self.beyond
        )
        size = np.linalg.norm(change, axis=1, keepdims=True)
        counted = change / np.maximum(size, PLAIN_STEP)
        self.sums = np.concatenate([np.zeros((1, 3)), np.cumsum(counted, axis=0)])

    def support(self, first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
        """How much, 0 to 1, the colour changes in the same way all along the line between two points."""
        ends = [float((point - self.origin) @ self.along) for point in (first, second)]
        start, end = (int(round((place - self.start) / STEP)) for place in sorted(ends))
        start, end = max(0, start), min(len(self.sums) - 1, end)
        if end <= start:
            return 0.0
        return float(np.linalg.norm(self.sums[end] - self.sums[start])) / (abs(ends[1] - ends[0]) / STEP)


def find(image: Image.Image) -> Quad | None:
    """The sheet's corners in the image's pixels."""
    colours, scale = _view(image)
    across, down = _lines(colours)
    best = _best(across, down, colours.shape[1], colours.shape[0])
    if best is None:
        return None
    return Quad.from_points(best / scale)


def _view(image: Image.Image) -> tuple[Colours, NDArray[np.float64]]:
    """The picture, small, without what is fine in it, and by how much it was scaled across and down."""
    factor = min(1.0, LONGEST / max(image.size))
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    small = image.convert("RGB").resize(size, Image.Resampling.BOX, reducing_gap=2)
    pixels = np.asarray(small, np.float32) / 255
    colours = cv2.cvtColor(pixels, cv2.COLOR_RGB2Lab)
    bright = cv2.morphologyEx(colours, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    return cv2.GaussianBlur(bright, (0, 0), 1.5), np.array([size[0] / image.width, size[1] / image.height])


def _colours(colours: Colours, points: NDArray[np.float64]) -> Colours:
    height, width = colours.shape[:2]
    places = np.clip(points.astype(int), 0, (width - 1, height - 1))
    return colours[places[:, 1], places[:, 0]]


def _lines(colours: Colours) -> tuple[list[Line], list[Line]]:
    """Lines that run across and down, the best first."""
    segments = np.concatenate([_segments(colours[:, :, channel], 2.0 if channel else 1.0) for channel in range(3)])
    lengths = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    found: list[tuple[float, Line]] = []
    for index in np.argsort(-lengths):
        if lengths[index] < LONGEST * 0.04 or len(found) > 120:
            break
        start, end = segments[index, :2], segments[index, 2:]
        along = (end - start) / lengths[index]
        if any(_same(line, start, end, along) for _, line in found):
            continue
        line = Line((start + end) / 2, along, colours)
        found.append((float(np.linalg.norm(line.sums[-1])), line))
    found.sort(key=lambda item: -item[0])
    across = [line for _, line in found if abs(line.along[0]) >= abs(line.along[1])]
    down = [line for _, line in found if abs(line.along[0]) < abs(line.along[1])]
    return across[:LINES], down[:LINES]


def _segments(channel: NDArray[np.float32], gain: float) -> NDArray[np.float64]:
    gray = np.clip(channel * gain * 2.55 if gain == 1.0 else 128 + channel * gain, 0, 255).astype(np.uint8)
    lines = cv2.createLineSegmentDetector().detect(gray)[0]
    return np.zeros((0, 4)) if lines is None else lines.reshape(-1, 4).astype(np.float64)


def _same(line: Line, start: NDArray[np.float64], end: NDArray[np.float64], along: NDArray[np.float64]) -> bool:
    if abs(along @ line.along) < math.cos(math.radians(3)):
        return False
    return max(abs((point - line.origin) @ line.beyond) for point in (start, end)) < 3


def _best(across: list[Line], down: list[Line], width: int, height: int) -> NDArray[np.float64] | None:
    best, score = None, 0.0
    for (one, two), (three, four) in itertools.product(
        itertools.combinations(across, 2), itertools.combinations(down, 2)
    ):
        corners = [_crossing(first, second) for first, second in ((one, three), (one, four), (two, four), (two, three))]
        if any(corner is None for corner in corners):
            continue
        quad = _clockwise(np.array(corners))
        if not _is_sheet(quad, width, height):
            continue
        a, b, c, d = corners
        supports = [one.support(a, b), four.support(b, c), two.support(c, d), three.support(d, a)]
        if min(supports) >= SUPPORT and sum(supports) > score:
            best, score = quad, sum(supports)
    return best


def _crossing(first: Line, second: Line) -> NDArray[np.float64] | None:
    across = first.along[0] * second.along[1] - first.along[1] * second.along[0]
    if abs(across) < 0.3:
        return None
    gap = second.origin - first.origin
    return first.origin + first.along * (gap[0] * second.along[1] - gap[1] * second.along[0]) / across


def _clockwise(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """From the top left on, which is the corner nearest to the picture's."""
    around = corners - corners.mean(axis=0)
    ordered = corners[np.argsort(np.arctan2(around[:, 1], around[:, 0]))]
    return np.roll(ordered, -int(np.argmin(ordered.sum(axis=1))), axis=0)


def _is_sheet(quad: NDArray[np.float64], width: int, height: int) -> bool:
    if not ((quad > -2) & (quad < (width + 2, height + 2))).all():
        return False
    return bool(cv2.contourArea(quad.astype(np.float32)) >= SMALLEST * width * height)
