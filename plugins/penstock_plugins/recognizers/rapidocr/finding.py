"""Where text is on a page: looked for in a small picture first, in larger ones if the writing is small."""

from __future__ import annotations

import cv2
import numpy as np

from penstock_plugins.recognizers.rapidocr.models import Boxes, Models, Pixels

LOOKS = ((640, 18.0), (960, 13.5), (1536, 13.5), (2304, 0.0))
"""Long side in pixels, and the height of writing there with which a look is good enough.

Time grows with the area, and more pixels find no more of large writing. What is lower than the second
number tends to run together with the line below; the first look is held to more because it is cheap.
"""

SMALL_SHARE = 25
"""Percentile of the quads' heights that counts: a few specks, or one headline, do not decide."""


def find_lines(models: Models, pixels: Pixels) -> Boxes:
    """Quads around what looks like lines of text, in the picture's pixels."""
    quads = np.zeros((0, 4, 2))
    for longest_side, enough in LOOKS:
        scale = min(1.0, longest_side / max(pixels.shape[:2]))
        quads = _look(models, pixels, scale)
        if scale == 1 or _height(quads) * scale >= enough:
            break
    return quads


def _look(models: Models, pixels: Pixels, scale: float) -> Boxes:
    height, width = pixels.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    found: Boxes = models.find(small) * [width / size[0], height / size[1]]
    return found


def _height(quads: Boxes) -> float:
    """Of the writing, in pixels; without any, more than enough."""
    if not len(quads):
        return np.inf
    sides = np.linalg.norm(quads[:, (1, 3)] - quads[:, :1], axis=-1)
    return float(np.percentile(sides.min(axis=1), SMALL_SHARE))
