"""Find faint lines that the detector missed: rows of ink outside the quads that it found.

The detector looks for lines as dark as print. Where ink remains outside of all lines, it looks again in a
picture without the lines that it found, in which the remaining ink is as dark as print. What counts as ink is
measured by the lines that were found, so that writing that shows through the paper does not. On a page
without any line there is no such measure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock_plugins.recognizers.rapidocr.models import Pixels, QuadArray, QuadArrays
from penstock_plugins.recognizers.rapidocr.small_print import Areas, Mask, inside_of

Darkness = NDArray[np.float32]  # height by width: how much darker than the paper, of 255
Detect = Callable[[Pixels], QuadArrays]

LONGEST_SIDE = 960  # pixels, of the picture in which ink is looked for, at most
SUFFICIENT = 36.0  # pixels, height of the lines in it; more pixels would find no more
PAPER, INK = 240, 90  # brightness of the paper and of the remaining ink in the picture for the detector
STRONGEST = 8.0  # largest factor of the darkness; more would show the grain of the paper
BLUR = 1.2  # pixels, against noise
PAPER_SCALE, PAPER_WINDOW = 4, 31  # the paper is the median of so many pixels of a picture reduced so much
INK_PERCENTILE = 95  # of the darkness in a line: its strokes
LEAST_DARKNESS = 10.0
LEAST_RATIO = 0.43  # of the darkness of the lines that were found; writing that shows through has less
LOWEST, HIGHEST = 0.7, 2.0  # height of a row, in heights of the lines that were found
LINE_SHAPE = 2.0  # smallest ratio of a line's width to its height
UNCOVERED = 0.7  # smallest share of a line outside of those that were found
MARGIN = 2  # pixels around the lines that were found
CONTEXT = 4  # heights around the rows that the detector sees


def faint_lines(pixels: Pixels, quads: QuadArrays, detect: Detect) -> QuadArrays:
    """Return quads around faint lines outside all quads, in pixels of the picture."""
    if not len(quads):
        return quads
    height = float(np.median([_height(quad) for quad in quads]))
    scale = min(1.0, LONGEST_SIDE / max(pixels.shape), SUFFICIENT / max(height, 1.0))
    darkness, known = _darkness(pixels, scale), quads * scale
    inside = inside_of(known, darkness.shape)
    typical = float(np.median([_ink(darkness, quad) for quad in known]))
    least = max(LEAST_DARKNESS, LEAST_RATIO * typical)
    around = np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8)
    rest: Darkness = np.where(cv2.dilate(inside, around) > 0, np.float32(0), darkness)
    rows = _rows(rest > least, height * scale)
    if not len(rows):
        return quads[:0]
    (left, top), (right, bottom) = rows[:, :2].min(axis=0), rows[:, 2:].max(axis=0)
    found: QuadArrays = detect(_darkened(rest[top:bottom, left:right], least)) + np.array([left, top])
    kept = [
        _is_line(quad, height * scale) and _ink(rest, quad) >= least and _uncovered(quad, inside) >= UNCOVERED
        for quad in found
    ]
    return cast(QuadArrays, found[np.array(kept, bool)] / scale)


def _darkness(pixels: Pixels, scale: float) -> Darkness:
    """Return how much darker than the paper around it each pixel of the reduced picture is."""
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    gray = _reduced(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), width, height)
    reduced = _reduced(gray, -(-width // PAPER_SCALE), -(-height // PAPER_SCALE))
    paper = cv2.medianBlur(cv2.dilate(reduced, np.ones((3, 3), np.uint8)), PAPER_WINDOW)
    paper = cv2.resize(paper, (width, height)).astype(np.float32)
    darker: Darkness = np.maximum(paper - cv2.GaussianBlur(gray, (0, 0), BLUR), 0)
    return darker


def _reduced(gray: NDArray[Any], width: int, height: int) -> Mask:
    return cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _darkened(rest: Darkness, least: float) -> Pixels:
    """Return a picture in which ink is as dark as print."""
    ink = rest[rest > least]
    factor = min(STRONGEST, (PAPER - INK) / float(np.median(ink)))
    gray = (PAPER - rest * factor).clip(0, 255).astype(np.uint8)
    return cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR).astype(np.uint8)


def _rows(ink: NDArray[np.bool_], height: float) -> Areas:
    """Return the surroundings of rows of ink with the shape of a line."""
    joined = cv2.dilate(ink.astype(np.uint8), np.ones((1, 2 * round(height / 2) + 1), np.uint8))
    left, top, widths, heights, _ = cv2.connectedComponentsWithStats(joined)[2][1:].T
    high = (heights >= LOWEST * height / 2) & (heights <= HIGHEST * height)
    around = round(CONTEXT * height)
    edges = [left - around, top - around, left + widths + around, top + heights + around]
    rows: Areas = np.stack(edges, axis=1).clip(0)[high & (widths >= LINE_SHAPE * height)]
    return rows


def _ink(darkness: Darkness, quad: QuadArray) -> float:
    """Return how dark the strokes in the middle half of a quad are.

    Lines above and below reach into the rest.
    """
    left, top, width, height = cv2.boundingRect(quad.round().astype(np.int32))
    part = darkness[max(0, top + height // 4) : top + height - height // 4, max(0, left) : left + width]
    return float(np.percentile(part, INK_PERCENTILE)) if part.size else 0.0


def _height(quad: QuadArray) -> float:
    return float(min(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[3] - quad[0])))


def _is_line(quad: QuadArray, typical: float) -> bool:
    """Return whether a quad has the shape of a line, and a height that suits the others."""
    height, width = _height(quad), np.ptp(quad[:, 0])
    return bool(LOWEST * typical <= height <= HIGHEST * typical and width >= LINE_SHAPE * height)


def _uncovered(quad: QuadArray, inside: Mask) -> float:
    """Return the share of a quad that is outside of the lines that were found."""
    own = inside_of(quad[None], inside.shape)
    area = int(own.sum())
    return 1 - int((own & inside).sum()) / area if area else 0.0
