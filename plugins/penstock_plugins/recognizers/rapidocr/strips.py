"""Cut quads out of a picture as strips, the input of the recognition model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from penstock_plugins.recognizers.rapidocr.models import STRIP_HEIGHT, Pixels, QuadArray

MAX_OVERSAMPLING = 6  # factor by which a quad is sampled finer than the strip before it is averaged down
LONGEST_STRIP = 3200  # width of a strip in pixels; enough for a line across a wide page


@dataclass(frozen=True, slots=True)
class Cut:
    """How a strip is cut from its quad."""

    stretch: float = 1.0  # factor of the strip's width; 1 keeps the proportions
    trim: float = 0.0  # share of the quad's height that is removed at the top, and again at the bottom


PLAIN = Cut()


def cut_strip(pixels: Pixels, quad: QuadArray, cut: Cut = PLAIN) -> Pixels:
    """Return the content of a quad, rectified and resampled to the height of the model's input.

    The quad's corners are in pixels of the picture, clockwise from the text's own top left.
    """
    corners = _trimmed(quad, cut.trim)
    width, height = _size(corners)
    scale = STRIP_HEIGHT / max(height, 1.0)
    strip_width = min(LONGEST_STRIP, max(8, round(width * scale * cut.stretch)))
    finer = min(MAX_OVERSAMPLING, max(1, math.ceil(1 / scale)))
    target = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * [strip_width * finer, STRIP_HEIGHT * finer]
    strip = cv2.warpPerspective(
        pixels,
        cv2.getPerspectiveTransform(corners.astype(np.float32), target.astype(np.float32)),
        (strip_width * finer, STRIP_HEIGHT * finer),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if finer > 1:
        strip = cv2.resize(strip, (strip_width, STRIP_HEIGHT), interpolation=cv2.INTER_AREA)
    return strip.astype(np.uint8)


def part_of(quad: QuadArray, start: float, end: float) -> QuadArray:
    """Return the part of a quad between two positions along its baseline, each from 0 to 1."""
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    return np.array(
        [quad[0] + top * start, quad[0] + top * end, quad[3] + bottom * end, quad[3] + bottom * start]
    )


def _trimmed(quad: QuadArray, trim: float) -> QuadArray:
    left, right = (quad[3] - quad[0]) * trim, (quad[2] - quad[1]) * trim
    return np.array([quad[0] + left, quad[1] + right, quad[2] - right, quad[3] - left])


def _size(quad: QuadArray) -> tuple[float, float]:
    """Return width and height; of two opposite sides, the longer one."""
    width = max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3]))
    height = max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1]))
    return float(width), float(height)
