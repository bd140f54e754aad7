"""Cutting a quad out of a picture as the strip that the recognition model reads, and mapping back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock_plugins.recognizers.rapidocr.models import STRIP_HEIGHT, Pixels

MOST_OVERSAMPLING = 6
"""How much finer than the strip a quad is sampled, at most, before it is averaged down."""

LONGEST_STRIP = 3200
"""Pixels of a strip's width: what a line across a wide page has."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How a strip is cut from its quad.

    Parameters
    ----------
    stretch
        How much wider than in its own proportions.
    trim
        Share of the quad's height that is left away at the top, and as much at the bottom.
    """

    stretch: float = 1.0
    trim: float = 0.0


PLAIN = Cut()


def cut_strip(pixels: Pixels, quad: NDArray[np.float64], cut: Cut = PLAIN) -> Pixels:
    """The quad's content, straight, averaged down (or interpolated up) to the model's height.

    Parameters
    ----------
    pixels
        The picture.
    quad
        4 by 2, clockwise from the text's own top left, in the picture's pixels.
    """
    corners = _trimmed(quad, cut.trim)
    width, height = _sides(corners)
    scale = STRIP_HEIGHT / max(height, 1.0)
    strip_width = min(LONGEST_STRIP, max(8, round(width * scale * cut.stretch)))
    finer = min(MOST_OVERSAMPLING, max(1, math.ceil(1 / scale)))
    target = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * [strip_width * finer, STRIP_HEIGHT * finer]
    straight = cv2.warpPerspective(
        pixels,
        cv2.getPerspectiveTransform(corners.astype(np.float32), target.astype(np.float32)),
        (strip_width * finer, STRIP_HEIGHT * finer),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if finer == 1:
        return straight.astype(np.uint8)
    small = cv2.resize(straight, (strip_width, STRIP_HEIGHT), interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8)


def part_of(quad: NDArray[np.float64], start: float, end: float) -> NDArray[np.float64]:
    """The piece of a quad between two places along its direction of reading, each from 0 to 1."""
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    return np.array(
        [quad[0] + top * start, quad[0] + top * end, quad[3] + bottom * end, quad[3] + bottom * start]
    )


def _trimmed(quad: NDArray[np.float64], trim: float) -> NDArray[np.float64]:
    left, right = (quad[3] - quad[0]) * trim, (quad[2] - quad[1]) * trim
    return np.array([quad[0] + left, quad[1] + right, quad[2] - right, quad[3] - left])


def _sides(quad: NDArray[np.float64]) -> tuple[float, float]:
    """Width and height: of each, the longer side."""
    width = max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3]))
    height = max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1]))
    return float(width), float(height)
