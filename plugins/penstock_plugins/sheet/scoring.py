"""Rate how much four lines look like the sides of a sheet, by the colours inside and outside of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock_plugins.sheet.edge_line import Colours, EdgeLine
from penstock_plugins.sheet.photo import Photo

MIN_TOTAL_SUPPORT = 2.6  # sum of the support of the four sides
# Mean distance of the colours along the inner sides from their mean (CIE Lab, lightness weighted).
MAX_UNEVENNESS = 6.5
MAX_CHROMA = 50.0  # paper is less colourful than this
# Mean change of lightness, -1 to 1: below it, the quad is a photograph on a page, not a sheet on a table.
MUCH_DARKER = -0.5
FULL_LIGHT_CHANGE = 20.0  # a difference in lightness from which on a change counts fully
# A candidate is warped to a square of ``UNIT`` pixels with a margin; its sides are compared in slices.
UNIT, MARGIN, GAP, SLICES = 90, 32, 4, 9
LIGHT_WEIGHT = 0.4  # weight of lightness against colour: shade changes lightness only
# Largest colour difference to paper beyond a drawn box, and to paper in the shade of a book's fold.
SAME_PAPER, SHADED_PAPER = 12.0, 14.0
# Share of a side along which the paper must look the same; another sheet below rarely reaches it.
SAME_PAPER_SHARE = 0.85
# Paper beyond a side has ink on this share of it, and this share of the ink density inside.
MIN_INK, MIN_INK_RATIO = 0.01, 0.3
MIN_VISIBLE = 0.25  # share of the strip beyond a side that must lie in the picture to be compared
# Sum of the support of the other three sides if paper lies beyond one; the pages of a book bend.
STRAIGHT_SUPPORT = 2.85


@dataclass(frozen=True, slots=True)
class Candidate:
    """Four lines that may be the sides of a sheet, clockwise."""

    sides: tuple[EdgeLine, EdgeLine, EdgeLine, EdgeLine]
    corners: NDArray[np.float64]  # 4 by 2: where each side starts
    supports: NDArray[np.float64]  # share of each side along which the colour changes

    @property
    def area(self) -> float:
        return float(cv2.contourArea(self.corners.astype(np.float32)))


def score(candidate: Candidate, photo: Photo) -> float | None:
    """Return a rating, higher for a more likely sheet; None if the candidate is not a sheet."""
    inside, outside = _along_sides(candidate)
    lighter = float(np.clip((inside[:, 0] - outside[:, 0]) / FULL_LIGHT_CHANGE, -1, 1).mean())
    uneven = _unevenness(inside)
    if candidate.supports.sum() < MIN_TOTAL_SUPPORT or uneven > MAX_UNEVENNESS or lighter < MUCH_DARKER:
        return None
    if lighter < 0 and _unevenness(outside) > MAX_UNEVENNESS:
        return None
    if np.linalg.norm(np.median(inside, axis=0)[1:]) > MAX_CHROMA or _is_on_paper(candidate, photo):
        return None
    size = math.sqrt(candidate.area / photo.ink.size)
    return float(candidate.supports.sum()) + 0.5 * lighter - 0.05 * uneven + size


def _along_sides(candidate: Candidate) -> tuple[Colours, Colours]:
    """Return the median colours along the sides, inside and outside: 4 by 3 each."""
    center = candidate.corners.mean(axis=0)
    ends = np.roll(candidate.corners, -1, axis=0)
    pairs = [
        side.side_colours(start, end, center)
        for side, start, end in zip(candidate.sides, candidate.corners, ends, strict=True)
    ]
    return np.array([inside for inside, _ in pairs]), np.array([outside for _, outside in pairs])


def _unevenness(colours: Colours) -> float:
    return float(np.linalg.norm((colours - colours.mean(axis=0)) * (LIGHT_WEIGHT, 1, 1), axis=1).mean())


def _is_on_paper(candidate: Candidate, photo: Photo) -> bool:
    """Return whether the same paper continues beyond the sides.

    That is so for a box or photograph on a page and for one half of an open book. Paper beyond one side
    only belongs to another sheet if the other sides are straight.
    """
    differences = _differences_beyond(candidate.corners, photo)
    if (differences < SAME_PAPER).sum() > 1:
        return True
    others = candidate.supports.sum() - candidate.supports
    return bool(((differences < SHADED_PAPER) & (others < STRAIGHT_SUPPORT)).any())


def _differences_beyond(corners: NDArray[np.float64], photo: Photo) -> NDArray[np.float64]:
    """Return each side's colour difference between outside and inside; inf if there is no ink outside."""
    square = np.array([[0, 0], [UNIT, 0], [UNIT, UNIT], [0, UNIT]], np.float32) + MARGIN
    matrix = cv2.getPerspectiveTransform(square, corners.astype(np.float32))
    size = (UNIT + 2 * MARGIN, UNIT + 2 * MARGIN)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    # A lightness of -1 marks pixels outside of the photo.
    colours = cv2.warpPerspective(photo.colours, matrix, size, flags=flags, borderValue=(-1, 0, 0))
    ink = cv2.warpPerspective(photo.ink, matrix, size, flags=flags)
    min_ink = max(MIN_INK, MIN_INK_RATIO * float(ink[MARGIN:-MARGIN, MARGIN:-MARGIN].mean()))
    # Each quarter turn brings the next side to the top.
    return np.array(
        [_difference_above(np.rot90(colours, side), np.rot90(ink, side), min_ink) for side in range(4)]
    )


def _difference_above(colours: Colours, ink: NDArray[np.float32], min_ink: float) -> float:
    """Return the difference at the upper side: a high quantile over its slices."""
    strip = colours[: MARGIN - GAP, MARGIN:-MARGIN]
    inside = colours[MARGIN + GAP : 2 * MARGIN, MARGIN:-MARGIN]
    visible = strip[:, :, 0] >= 0
    if visible.mean() < MIN_VISIBLE or ink[: MARGIN - GAP, MARGIN:-MARGIN][visible].mean() < min_ink:
        return math.inf
    width = UNIT // SLICES
    slices = [slice(start, start + width) for start in range(0, UNIT, width)]
    differences = [
        _difference(
            np.median(strip[:, part][visible[:, part]], axis=0), np.median(inside[:, part], axis=(0, 1))
        )
        for part in slices
        if visible[:, part].mean() >= MIN_VISIBLE
    ]
    return float(np.quantile(differences, SAME_PAPER_SHARE))


def _difference(first: Colours, second: Colours) -> float:
    return float(np.linalg.norm((first - second) * (LIGHT_WEIGHT, 1, 1)))
