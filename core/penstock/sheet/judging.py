"""Whether four lines are a sheet's sides: what is within them, and what is around."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.sheet.line import Colours, Line
from penstock.sheet.scene import Scene

ALL_SUPPORT = 2.6
"""Of the four sides together, at least."""

UNEVEN_PAPER = 6.5
"""How far the colours along the inner sides may be from their mean: CIE Lab, of light four tenths."""

COLOURFUL = 50.0
"""The chroma that paper does not reach."""

MUCH_DARKER = -0.5
"""Of a photograph on a page, and of no sheet on a table: the mean of the sides' changes of light, -1 to 1."""

LIGHT_STEP = 20.0
"""A change of light that counts in full."""

UNIT, AROUND, GAP, SLICES = 90, 32, 4, 9
"""A sheet is looked at as a square of this many pixels, with so many around it; its sides in slices."""

LIGHT_WEIGHT = 0.4
"""Of differences in light beside those in colour: shade changes light alone."""

SAME_PAPER, SHADED_PAPER = 12.0, 14.0
"""Paper around a drawn box differs less in colour; paper beyond a book's fold, which is in shade."""

SAME_PAPER_SHARE = 0.85
"""It does so along this share of a side, at least: another sheet that shows beside this one seldom does."""

SOME_INK, SAME_INK = 0.01, 0.3
"""It is written on: ink covers so much of it, and this share of what it covers within, at least."""

KNOWN = 0.25
"""How much of a strip beyond a side has to be in the picture, at least, to say anything of it."""

STRAIGHT_SUPPORT = 2.85
"""Of the other three sides, at least, where paper lies beyond one: a book's pages bend."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Four lines that may be a sheet's sides, in order around it, and where they cross.

    ``corners[i]`` is where side ``i`` begins; ``supports[i]`` along how much of it the colour changes.
    """

    sides: tuple[Line, Line, Line, Line]
    corners: NDArray[np.float64]
    supports: NDArray[np.float64]

    @property
    def area(self) -> float:
        """In pixels."""
        return float(cv2.contourArea(self.corners.astype(np.float32)))


def score(candidate: Candidate, scene: Scene) -> float | None:
    """How much like a sheet it looks, the more the better; None if it is none."""
    inside, outside = _along_sides(candidate)
    lighter = float(np.clip((inside[:, 0] - outside[:, 0]) / LIGHT_STEP, -1, 1).mean())
    uneven = _unevenness(inside)
    if candidate.supports.sum() < ALL_SUPPORT or uneven > UNEVEN_PAPER or lighter < MUCH_DARKER:
        return None
    if lighter < 0 and _unevenness(outside) > UNEVEN_PAPER:
        return None
    if np.linalg.norm(np.median(inside, axis=0)[1:]) > COLOURFUL or _is_on_paper(candidate, scene):
        return None
    large = math.sqrt(candidate.area / scene.ink.size)
    return float(candidate.supports.sum()) + 0.5 * lighter - 0.05 * uneven + large


def _along_sides(candidate: Candidate) -> tuple[Colours, Colours]:
    """The usual colours along the four sides, inside and outside: 4 by 3 each."""
    middle = candidate.corners.mean(axis=0)
    ends = np.roll(candidate.corners, -1, axis=0)
    pairs = [
        side.edge(start, end, middle)
        for side, start, end in zip(candidate.sides, candidate.corners, ends, strict=True)
    ]
    return np.array([inside for inside, _ in pairs]), np.array([outside for _, outside in pairs])


def _unevenness(colours: Colours) -> float:
    return float(np.linalg.norm((colours - colours.mean(axis=0)) * (LIGHT_WEIGHT, 1, 1), axis=1).mean())


def _is_on_paper(candidate: Candidate, scene: Scene) -> bool:
    """Whether the page goes on beyond the sides: a box drawn on it, a photograph, one half of a book.

    Beyond one side alone, straight as all of them are, it is another sheet.
    """
    unlike = _unlikeness_beyond(candidate.corners, scene)
    if (unlike < SAME_PAPER).sum() > 1:
        return True
    others = candidate.supports.sum() - candidate.supports
    return bool(((unlike < SHADED_PAPER) & (others < STRAIGHT_SUPPORT)).any())


def _unlikeness_beyond(corners: NDArray[np.float64], scene: Scene) -> NDArray[np.float64]:
    """By how much the colour beyond each side differs from that within; infinite if nothing is written."""
    here = np.array([[0, 0], [UNIT, 0], [UNIT, UNIT], [0, UNIT]], np.float32) + AROUND
    matrix = cv2.getPerspectiveTransform(here, corners.astype(np.float32))
    size = (UNIT + 2 * AROUND, UNIT + 2 * AROUND)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpPerspective(scene.colours, matrix, size, flags=flags, borderValue=(-1, 0, 0))
    ink = cv2.warpPerspective(scene.ink, matrix, size, flags=flags)
    least = max(SOME_INK, SAME_INK * float(ink[AROUND:-AROUND, AROUND:-AROUND].mean()))
    # Each turn brings the next side to the top.
    return np.array(
        [_unlikeness_above(np.rot90(seen, side), np.rot90(ink, side), least) for side in range(4)]
    )


def _unlikeness_above(seen: Colours, ink: NDArray[np.float32], least_ink: float) -> float:
    """The same of the upper side, by the less similar of its slices."""
    strip, within = seen[: AROUND - GAP, AROUND:-AROUND], seen[AROUND + GAP : 2 * AROUND, AROUND:-AROUND]
    known = strip[:, :, 0] >= 0
    if known.mean() < KNOWN or ink[: AROUND - GAP, AROUND:-AROUND][known].mean() < least_ink:
        return math.inf
    width = UNIT // SLICES
    slices = [slice(start, start + width) for start in range(0, UNIT, width)]
    unlike = [
        _difference(_usual(strip[:, part], known[:, part]), np.median(within[:, part], axis=(0, 1)))
        for part in slices
        if known[:, part].mean() >= KNOWN
    ]
    return float(np.quantile(unlike, SAME_PAPER_SHARE))


def _difference(first: Colours, second: Colours) -> float:
    return float(np.linalg.norm((first - second) * (LIGHT_WEIGHT, 1, 1)))


def _usual(colours: Colours, known: NDArray[np.bool_]) -> Colours:
    usual: Colours = np.median(colours[known], axis=0)
    return usual
