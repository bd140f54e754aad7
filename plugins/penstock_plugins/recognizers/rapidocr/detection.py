"""Detect lines of text: in a small picture first, in larger ones if the writing is small."""

from __future__ import annotations

import cv2
import numpy as np

from penstock_plugins.recognizers.rapidocr.models import Models, Pixels, QuadArrays

# Longer side of the picture in pixels, and the height of writing in it that is sufficient.
#
# Time grows with the area, and more pixels do not find more lines of large writing. Writing below the
# sufficient height tends to be joined with the line below. The first size demands more because it is cheap.
SIZES = ((640, 18.0), (960, 13.5), (1536, 13.5), (2304, 0.0))
HEIGHT_PERCENTILE = 25  # of the quads' heights; a few specks or a single headline do not decide


def detect_lines(models: Models, pixels: Pixels) -> QuadArrays:
    """Return quads around lines of text, in pixels of the picture."""
    quads = np.zeros((0, 4, 2))
    for longest_side, sufficient in SIZES:
        scale = min(1.0, longest_side / max(pixels.shape[:2]))
        quads = _detect(models, pixels, scale)
        if scale == 1 or _height(quads) * scale >= sufficient:
            break
    return quads


def _detect(models: Models, pixels: Pixels, scale: float) -> QuadArrays:
    height, width = pixels.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    quads: QuadArrays = models.detect(small) * [width / size[0], height / size[1]]
    return quads


def _height(quads: QuadArrays) -> float:
    """Return the height of the writing in pixels; infinite without any."""
    if not len(quads):
        return np.inf
    sides = np.linalg.norm(quads[:, (1, 3)] - quads[:, :1], axis=-1)
    return float(np.percentile(sides.min(axis=1), HEIGHT_PERCENTILE))
