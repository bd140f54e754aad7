"""Look at a page as painted, and decide whether anything on it could be writing.

It does not matter how a mark came onto the page: as a picture in strips, a pattern, a mask, a path, or a font
without letters. Lines, frames and areas of one colour are no writing.
"""

from __future__ import annotations

import cv2
import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2 import raw

from penstock.pdf.characters import legible_text_objects
from penstock.pdf.page_box import PageBox
from penstock.pdf.painting import Sketch, difference, inactive, objects_of, sketch

SEEN = 12
"""Difference from the paper, of 255 in any colour, from which a pixel belongs to a mark."""
EDGE = 24
"""Difference of neighbouring pixels from which there is an edge between them."""
LINE = 36.0
"""Points. A straight mark of this length is a line to write on, or a part of a table."""
LINE_WIDTH = 3.0
"""Points. Lines are at most so wide."""
LONG_EDGE = 9.0
"""Points. A straight edge of this length, beside text, belongs to a line, a frame or an area."""
SMALLEST_WORD = (18.0, 5.0)
"""Points. Marks beside text that are shorter or lower together are bullets, boxes to tick and the like."""
LETTER_GAP = 3.0
"""Points. Marks with smaller gaps belong together."""
SMALLEST_PAGE = 400.0
"""Points of the longer side. Everything is smaller on a smaller page."""
SPECK = 2.0
"""Points. A mark that is smaller in both directions is no writing."""

Mask = NDArray[np.uint8]
"""Height by width; 0 or 1."""


def has_marks(page: pypdfium2.PdfPage, box: PageBox, *, beside_text: bool) -> bool:
    """Return whether a page shows anything besides its own text that could be writing.

    `beside_text` says whether the page has text of its own: small marks beside text are decoration.
    """
    with inactive(legible_text_objects(page)):
        painted = sketch(page)
    if (painted == painted[0, 0]).all():
        return False
    per_point = _pixels_per_point(painted, box)
    return _has_words(painted, per_point) if beside_text else _has_more_than_lines(painted, per_point)


def has_marks_beside_pictures(page: pypdfium2.PdfPage, box: PageBox) -> bool:
    """Return whether a page shows anything besides its text and its pictures that could be writing."""
    with inactive([*legible_text_objects(page), *objects_of(page, [raw.FPDF_PAGEOBJ_IMAGE])]):
        painted = sketch(page)
    if (painted == painted[0, 0]).all():
        return False
    return _has_more_than_lines(painted, _pixels_per_point(painted, box))


def _pixels_per_point(painted: Sketch, box: PageBox) -> float:
    return float(max(painted.shape[:2]) / max(SMALLEST_PAGE, *box.size))


def _has_more_than_lines(painted: Sketch, per_point: float) -> bool:
    """Return whether there is anything on the paper but thin lines and specks."""
    marks = _mask(difference(painted, np.full_like(painted, _paper(painted))) >= SEEN)
    wide = _pixels(LINE_WIDTH, per_point) + 1
    if _opened(marks, wide, wide).any():
        return True
    length = _pixels(LINE, per_point)
    joined = _closed(marks, 3)
    lines = _opened(joined, length, 1) | _opened(joined, 1, length)
    # Antialiasing leaves faint pixels beside a line.
    rest = _without(marks, np.asarray(cv2.dilate(lines, np.ones((3, 3), np.uint8)), np.uint8))
    return any(max(size) >= SPECK * per_point for size in _sizes(rest, 1))


def _paper(painted: Sketch) -> NDArray[np.uint8]:
    """Return the most common colour."""
    sample = painted[::4, ::4].reshape(-1, painted.shape[2])
    colours, counts = np.unique(sample, axis=0, return_counts=True)
    return np.asarray(colours[counts.argmax()], np.uint8)


def _has_words(painted: Sketch, per_point: float) -> bool:
    """Return whether marks with short edges, as letters have, together are as large as a word."""
    upright = _mask(difference(painted[:, 1:], painted[:, :-1]) >= EDGE)
    level = _mask(difference(painted[1:], painted[:-1]) >= EDGE)
    length = _pixels(LONG_EDGE, per_point)
    marks = np.zeros(painted.shape[:2], np.uint8)
    marks[:, 1:] |= _without(upright, _opened(upright, 1, length))
    marks[1:, :] |= _without(level, _opened(level, length, 1))
    long, high = (extent * per_point for extent in SMALLEST_WORD)
    sizes = _sizes(marks, _pixels(LETTER_GAP, per_point))
    return any(max(size) >= long and min(size) >= high for size in sizes)


def _sizes(marks: Mask, gap: int) -> list[tuple[int, int]]:
    """Return the width and height, in pixels, of each group of marks whose gaps are smaller than `gap`."""
    _, _, found, _ = cv2.connectedComponentsWithStats(_closed(marks, gap), connectivity=8)
    return [(int(group[cv2.CC_STAT_WIDTH]), int(group[cv2.CC_STAT_HEIGHT])) for group in found[1:]]


def _mask(where: NDArray[np.bool_]) -> Mask:
    return where.astype(np.uint8)


def _without(mask: Mask, other: Mask) -> Mask:
    return np.asarray(mask & (1 - other), np.uint8)


def _closed(mask: Mask, gap: int) -> Mask:
    """Return a mask with gaps up to this size filled."""
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8)), np.uint8)


def _opened(mask: Mask, wide: int, high: int) -> Mask:
    """Return the parts of a mask that a rectangle of this size fits into."""
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((high, wide), np.uint8)), np.uint8)


def _pixels(points: float, per_point: float) -> int:
    return max(1, round(points * per_point))
