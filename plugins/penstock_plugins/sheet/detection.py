"""Detect a sheet by the four lines along which the colour changes.

Lines come from OpenCV's line segment detector (Grompone von Gioi et al., "LSD: a line segment detector",
IPOL 2012). Two lines that run across and two that run down form a candidate. `scoring` rates candidates by
how steadily the colour changes along their sides and by the colours inside and outside.
"""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from penstock.geometry import Quad
from penstock_plugins.sheet.edge_line import Colours, EdgeLine, Vector
from penstock_plugins.sheet.photo import Photo, downscaled
from penstock_plugins.sheet.scoring import Candidate, score

SURROUNDINGS = 24.0  # standard deviation in pixels of the blur that faint edges are compared with
FAINT_GAIN = 7.0  # amplification of faint edges
SHORTEST_SEGMENT = 0.04  # as a share of the picture's longer side
MAX_SEGMENTS = 300  # the longest ones are used; text on a page has thousands
MAX_LINES = 24  # for each of the two directions
# Share of a side along which the colour must change; a hand or another sheet may cover the rest.
MIN_SUPPORT = 0.4
SMALLEST, LARGEST = 0.12, 0.92  # share of the picture that a sheet covers; a larger one fills the picture
MAX_CANDIDATES = 60  # candidates that are scored


def detect(image: Image.Image) -> Quad | None:
    """Return the sheet's corners in pixels of the image, or None."""
    photo = downscaled(image)
    best, highest = None, -math.inf
    for candidate in itertools.islice(_candidates(photo), MAX_CANDIDATES):
        rating = score(candidate, photo)
        if rating is not None and rating > highest:
            best, highest = candidate, rating
    if best is None or best.area > LARGEST * photo.ink.size:
        return None
    return Quad.from_points(_from_top_left(best.corners) / photo.scale)


def _candidates(photo: Photo) -> list[Candidate]:
    """Return all quads of lines with well supported sides, best supported first."""
    across, down = _lines(photo.colours)
    if len(across) < 2 or len(down) < 2:
        return []
    crossings = np.array([[_crossing(first, second) for second in down] for first in across])
    horizontal = np.array([line.supports(crossings[row]) for row, line in enumerate(across)])
    vertical = np.array([line.supports(crossings[:, column]) for column, line in enumerate(down)])
    vertical = vertical.transpose(1, 2, 0)
    # Axes: upper line, lower line, left line, right line.
    sides = (
        horizontal[:, None, :, :], vertical[:, :, None, :],
        horizontal[None, :, :, :], vertical[:, :, :, None],
    )  # fmt: skip
    supports = np.stack(np.broadcast_arrays(*sides), axis=-1)
    chosen = np.argwhere(supports.min(axis=-1) >= MIN_SUPPORT)
    chosen = chosen[(chosen[:, 0] < chosen[:, 1]) & (chosen[:, 2] < chosen[:, 3])]
    order = np.argsort(-supports[tuple(chosen.T)].sum(axis=-1))
    candidates = (
        Candidate(
            (across[i], down[m], across[j], down[k]),
            np.array([crossings[i, k], crossings[i, m], crossings[j, m], crossings[j, k]]),
            supports[i, j, k, m],
        )
        for i, j, k, m in chosen[order]
    )
    return [candidate for candidate in candidates if _is_plausible(candidate, photo.size)]


def _lines(colours: Colours) -> tuple[list[EdgeLine], list[EdgeLine]]:
    """Return the lines that run across and those that run down, strongest change of colour first."""
    lines: list[EdgeLine] = []
    for segment in _segments(colours):
        start, end = segment[:2], segment[2:]
        if not any(line.contains(start, end) for line in lines):
            lines.append(EdgeLine(start, end, colours))
    lines.sort(key=lambda line: -line.change)
    across = [line for line in lines if abs(line.along[0]) >= abs(line.along[1])]
    down = [line for line in lines if abs(line.along[0]) < abs(line.along[1])]
    return across[:MAX_LINES], down[:MAX_LINES]


def _segments(colours: Colours) -> NDArray[np.float64]:
    """Return straight edges as rows of x1, y1, x2, y2, longest first."""
    faint = FAINT_GAIN * (colours - cv2.GaussianBlur(colours, (0, 0), SURROUNDINGS))
    views = [colours[:, :, 0] * 2.55, *(128 + faint[:, :, channel] for channel in range(3))]
    detector = cv2.createLineSegmentDetector()
    detected = [detector.detect(np.clip(view, 0, 255).astype(np.uint8))[0] for view in views]
    rows = [segments.reshape(-1, 4) for segments in detected if segments is not None]
    segments = np.concatenate([np.zeros((0, 4)), *rows])
    lengths = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    order = np.argsort(-lengths)
    long: NDArray[np.float64] = segments[order][lengths[order] >= SHORTEST_SEGMENT * max(colours.shape)]
    return long[:MAX_SEGMENTS]


def _crossing(first: EdgeLine, second: EdgeLine) -> Vector:
    """Return the point where two lines cross; nan if their angle is below 30 degrees."""
    sine = first.along[0] * second.along[1] - first.along[1] * second.along[0]
    if abs(sine) < 0.5:
        return np.array([math.nan, math.nan])
    gap = second.origin - first.origin
    position = (gap[0] * second.along[1] - gap[1] * second.along[0]) / sine
    crossing: Vector = first.origin + first.along * position
    return crossing


def _is_plausible(candidate: Candidate, size: tuple[int, int]) -> bool:
    """Return whether the quad is convex, inside the picture and large enough."""
    corners = candidate.corners
    if not ((corners > -2) & (corners < (size[0] + 2, size[1] + 2))).all():
        return False
    convex = cv2.isContourConvex(corners.astype(np.float32))
    return bool(convex and candidate.area >= SMALLEST * size[0] * size[1])


def _from_top_left(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Order corners clockwise, starting with the one nearest to the picture's top left."""
    around = corners - corners.mean(axis=0)
    ordered = corners[np.argsort(np.arctan2(around[:, 1], around[:, 0]))]
    return np.roll(ordered, -int(np.argmin(ordered.sum(axis=1))), axis=0)
