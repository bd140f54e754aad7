"""The four sides of a sheet, found as lines beyond which the colour is another.

Lines are looked for with OpenCV's line segment detector (Grompone von Gioi et al., "LSD", IPOL 2012); every
two that run across and two that run down make a candidate, and candidates are judged by how steadily the
colour changes along their sides, and by what is within and around them.
"""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from penstock.geometry import Quad
from penstock.sheet.judging import Candidate, score
from penstock.sheet.line import Colours, Line, Vector
from penstock.sheet.scene import Scene, scene_of

SURROUNDINGS = 24.0
"""Of how many pixels the surroundings are that faint edges are made strong against."""

FAINT_GAIN = 7.0
"""How much stronger faint edges are made."""

SHORTEST = 0.04
"""Of a segment that may be part of a side, in longer sides of the picture."""

SEGMENTS = 300
"""That are looked at, the longest first: text on a page has thousands."""

LINES = 24
"""That are tried for each pair of opposite sides, at most."""

SUPPORT = 0.4
"""Share of a side along which the colour changes, at least: a hand or another sheet may cover the rest."""

SMALLEST, LARGEST = 0.12, 0.92
"""Shares of the picture that a sheet covers: one that is larger fills it."""

FINALISTS = 60
"""Candidates that are looked at closely."""


def find(image: Image.Image) -> Quad | None:
    """The sheet's corners in the image's pixels."""
    scene = scene_of(image)
    best, most = None, -math.inf
    for candidate in itertools.islice(_candidates(scene), FINALISTS):
        points = score(candidate, scene)
        if points is not None and points > most:
            best, most = candidate, points
    if best is None or best.area > LARGEST * scene.ink.size:
        return None
    return Quad.from_points(_from_top_left(best.corners) / scene.scale)


def _candidates(scene: Scene) -> list[Candidate]:
    """Every four lines with well supported sides within the picture, the best supported first."""
    across, down = _lines(scene.colours)
    if len(across) < 2 or len(down) < 2:
        return []
    places = np.array([[_crossing(first, second) for second in down] for first in across])
    level = np.array([line.supports(places[row]) for row, line in enumerate(across)])
    steep = np.array([line.supports(places[:, column]) for column, line in enumerate(down)]).transpose(
        1, 2, 0
    )
    # Axes: upper line, lower line, left line, right line.
    sides = level[:, None, :, :], steep[:, :, None, :], level[None, :, :, :], steep[:, :, :, None]
    supports = np.stack(np.broadcast_arrays(*sides), axis=-1)
    chosen = np.argwhere(supports.min(axis=-1) >= SUPPORT)
    chosen = chosen[(chosen[:, 0] < chosen[:, 1]) & (chosen[:, 2] < chosen[:, 3])]
    order = np.argsort(-supports[tuple(chosen.T)].sum(axis=-1))
    found = (
        Candidate(
            (across[i], down[m], across[j], down[k]),
            np.array([places[i, k], places[i, m], places[j, m], places[j, k]]),
            supports[i, j, k, m],
        )
        for i, j, k, m in chosen[order]
    )
    return [candidate for candidate in found if _fits(candidate, scene.size)]


def _lines(colours: Colours) -> tuple[list[Line], list[Line]]:
    """Lines that run across and down, those first along which the colour changes most."""
    found: list[Line] = []
    for segment in _segments(colours):
        start, end = segment[:2], segment[2:]
        if not any(line.runs_through(start, end) for line in found):
            found.append(Line(start, end, colours))
    found.sort(key=lambda line: -line.change)
    across = [line for line in found if abs(line.along[0]) >= abs(line.along[1])]
    down = [line for line in found if abs(line.along[0]) < abs(line.along[1])]
    return across[:LINES], down[:LINES]


def _segments(colours: Colours) -> NDArray[np.float64]:
    """Straight edges as rows of x1, y1, x2, y2: the longest first."""
    faint = FAINT_GAIN * (colours - cv2.GaussianBlur(colours, (0, 0), SURROUNDINGS))
    views = [colours[:, :, 0] * 2.55, *(128 + faint[:, :, channel] for channel in range(3))]
    detector = cv2.createLineSegmentDetector()
    found = [detector.detect(np.clip(view, 0, 255).astype(np.uint8))[0] for view in views]
    rows = [lines.reshape(-1, 4) for lines in found if lines is not None]
    segments = np.concatenate([np.zeros((0, 4)), *rows])
    lengths = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    order = np.argsort(-lengths)
    long: NDArray[np.float64] = segments[order][lengths[order] >= SHORTEST * max(colours.shape)]
    return long[:SEGMENTS]


def _crossing(first: Line, second: Line) -> Vector:
    """Where two lines meet; nowhere, which is nan, if they hardly do."""
    slant = first.along[0] * second.along[1] - first.along[1] * second.along[0]
    if abs(slant) < 0.5:
        return np.array([math.nan, math.nan])
    gap = second.origin - first.origin
    along = (gap[0] * second.along[1] - gap[1] * second.along[0]) / slant
    crossing: Vector = first.origin + first.along * along
    return crossing


def _fits(candidate: Candidate, size: tuple[int, int]) -> bool:
    """Whether it is a sheet's shape, whole in the picture, and no small thing."""
    corners = candidate.corners
    if not ((corners > -2) & (corners < (size[0] + 2, size[1] + 2))).all():
        return False
    convex = cv2.isContourConvex(corners.astype(np.float32))
    return bool(convex and candidate.area >= SMALLEST * size[0] * size[1])


def _from_top_left(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Clockwise, from the corner on that is nearest to the picture's top left."""
    around = corners - corners.mean(axis=0)
    ordered = corners[np.argsort(np.arctan2(around[:, 1], around[:, 0]))]
    return np.roll(ordered, -int(np.argmin(ordered.sum(axis=1))), axis=0)
