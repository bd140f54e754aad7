"""Find small print that the detector missed: rows of small letters outside the quads that it found.

Lines are detected in a reduced picture, whose size suits most of the page. Print that is much smaller than
the rest of the page vanishes in it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock_plugins.recognizers.rapidocr.models import Pixels, QuadArrays

Mask = NDArray[np.uint8]  # height by width: 1 inside, 0 outside
Areas = NDArray[np.intp]  # n by 4: left, top, right, bottom in pixels

LEAST_LETTER, LARGEST_LETTER = 3, 14  # height of small letters in pixels
LEAST_INK = 5  # pixels of a letter
CONTRAST = 30  # of a letter with the paper around it, of 255
STROKE = 9  # pixels; wider dark parts are no strokes
LETTER_GAP = 15  # largest gap between two letters of a row, in pixels
ROW_LETTERS = 8  # smallest number of letters in a row; fewer are dots, stains and strokes
ROW_SHAPE = 4  # smallest ratio of a row's width to its height
MARGIN = 12  # pixels around a row; rows that are closer to each other make one area


def small_print(pixels: Pixels, quads: QuadArrays) -> Areas:
    """Return the areas with rows of small letters outside all quads, in pixels of the picture."""
    ink = _strokes(pixels) & (1 - inside_of(quads, pixels.shape))
    letters = _parts(ink)
    widths, heights = letters[:, 2] - letters[:, 0], letters[:, 3] - letters[:, 1]
    letters = letters[(heights >= LEAST_LETTER) & (heights <= LARGEST_LETTER) & (widths <= 3 * heights)]
    rows = _rows(letters, ink.shape)
    if not len(rows):
        return rows
    return _parts(_filled(rows + np.array([-MARGIN, -MARGIN, MARGIN, MARGIN]), ink.shape))


def outside(found: QuadArrays, quads: QuadArrays, shape: tuple[int, ...]) -> QuadArrays:
    """Return the found quads whose centers are in none of the others, in a picture of this shape."""
    columns, rows = found.mean(axis=1).astype(np.intp).T
    inside = inside_of(quads, shape)
    kept: QuadArrays = found[inside[rows.clip(0, shape[0] - 1), columns.clip(0, shape[1] - 1)] == 0]
    return kept


def inside_of(quads: QuadArrays, shape: tuple[int, ...]) -> Mask:
    """Return where a picture of this shape is inside a quad."""
    mask: Mask = np.zeros(shape[:2], np.uint8)
    for quad in quads:
        cv2.fillConvexPoly(mask, quad.round().astype(np.int32), (1,))
    return mask


def _strokes(pixels: Pixels) -> Mask:
    """Return where the picture is darker than its surroundings."""
    gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    darker = cv2.morphologyEx(gray, cv2.MORPH_BLACKHAT, np.ones((STROKE, STROKE), np.uint8))
    return (darker > CONTRAST).astype(np.uint8)


def _rows(letters: Areas, shape: tuple[int, ...]) -> Areas:
    """Return the boxes of rows of letters whose gaps are small."""
    extended = _filled(letters + np.array([0, 0, LETTER_GAP, 0]), shape)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(extended)
    counts = np.bincount(labels[letters[:, 1], letters[:, 0]], minlength=len(statistics))
    boxes = _corners(statistics)
    long = boxes[:, 2] - boxes[:, 0] > ROW_SHAPE * (boxes[:, 3] - boxes[:, 1])
    return boxes[1:][(long & (counts >= ROW_LETTERS))[1:]]


def _parts(mask: Mask) -> Areas:
    """Return the boxes of the connected parts."""
    statistics = cv2.connectedComponentsWithStats(mask)[2][1:]
    return _corners(statistics[statistics[:, cv2.CC_STAT_AREA] >= LEAST_INK])


def _corners(statistics: NDArray[np.generic]) -> Areas:
    left, top, width, height = statistics[:, :4].T
    return np.stack([left, top, left + width, top + height], axis=1).astype(np.intp)


def _filled(boxes: Areas, shape: tuple[int, ...]) -> Mask:
    mask: Mask = np.zeros(shape[:2], np.uint8)
    for left, top, right, bottom in boxes.clip(0).tolist():
        mask[top:bottom, left:right] = 1
    return mask
