"""Measure the tilt of a page by its ink, and rotate the page back.

Among all directions, that of the text concentrates the ink in rows with gaps between them (Postl,
"Detection of linear oblique structures and skew scan in digitized documents", ICPR 1986).
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from penstock.geometry import Homography

STROKE = 25  # pixels; what is darker than the paper on both sides of it within this distance is ink
INK_CONTRAST = 30  # ink is darker than the paper by this many of 255 levels
MIN_INK = 500  # pixels of ink below which the tilt is not measured
MAX_INK = 60_000  # pixels of ink that are used; of more, a random choice with a fixed seed
# Steps in degrees between the directions that are tried, in the first and in the second pass.
COARSE, FINE = 0.5, 0.05
# Ratio between the row contrast of the best direction and the median over all directions.
MIN_CONTRAST = 1.25


def measure_tilt(page: Image.Image, largest: float) -> float | None:
    """Return the tilt of a page (mode "L") in degrees, clockwise positive; None if it cannot be measured."""
    ink = _ink(page)
    if len(ink) < MIN_INK:
        return None
    angles = np.arange(-largest, largest + COARSE / 2, COARSE)
    contrasts = np.array([_row_contrast(ink, angle) for angle in angles])
    best = int(contrasts.argmax())
    # A maximum at either end of the range may lie outside of it.
    if best in (0, len(angles) - 1) or contrasts[best] < MIN_CONTRAST * np.median(contrasts):
        return None
    near = angles[best] + np.arange(-COARSE, COARSE + FINE / 2, FINE)
    return float(near[int(np.argmax([_row_contrast(ink, angle) for angle in near]))])


def _ink(page: Image.Image) -> NDArray[np.float32]:
    """Return the coordinates of ink pixels: n by 2, x and y."""
    strokes = cv2.morphologyEx(np.asarray(page), cv2.MORPH_BLACKHAT, np.ones((STROKE, STROKE), np.uint8))
    down, across = np.nonzero(strokes > INK_CONTRAST)
    ink = np.stack([across, down], axis=1).astype(np.float32)
    if len(ink) > MAX_INK:
        ink = ink[np.random.default_rng(0).choice(len(ink), MAX_INK, replace=False)]
    return ink


def _row_contrast(ink: NDArray[np.float32], degrees: float) -> float:
    """Return how strongly the amount of ink changes from row to row, for rows in one direction."""
    angle = math.radians(degrees)
    rows = ink[:, 1] * math.cos(angle) - ink[:, 0] * math.sin(angle)
    counts = np.bincount((rows - rows.min()).astype(np.intp)).astype(np.float64)
    counts = np.convolve(counts, [0.25, 0.5, 0.25])
    return float(np.square(np.diff(counts, n=1)).sum())


def rotated(page: Image.Image, tilt: float) -> tuple[Image.Image, Homography]:
    """Rotate a page back without cutting anything off; also return the homography to its pixels."""
    angle = math.radians(tilt)
    cos, sin = math.cos(angle), math.sin(angle)
    width = math.ceil(page.width * abs(cos) + page.height * abs(sin))
    height = math.ceil(page.width * abs(sin) + page.height * abs(cos))
    a, b, c = cos, -sin, page.width / 2 - cos * width / 2 + sin * height / 2
    d, e, f = sin, cos, page.height / 2 - sin * width / 2 - cos * height / 2
    # Pillow itself maps the center of each pixel.
    picture = page.transform(
        (width, height), Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.BICUBIC,
        fillcolor=_paper(page),
    )  # fmt: skip
    return picture, Homography(((a, b, c), (d, e, f), (0.0, 0.0, 1.0)))


def _paper(page: Image.Image) -> tuple[int, ...] | int:
    """Return the page's median colour."""
    small = np.asarray(page.resize((64, 64), Image.Resampling.BOX))
    median = np.median(small.reshape(64 * 64, -1), axis=0).astype(int).tolist()
    return tuple(median) if len(median) > 1 else int(median[0])
