"""The downscaled photo in which sheets are looked for."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from penstock_plugins.sheet.edge_line import Colours, Vector

LONGEST_SIDE = 640  # of the downscaled photo, in pixels
STROKE = 7  # width in pixels of what a closing removes: pen strokes and print
INK_CONTRAST = 8.0  # ink is darker than its surroundings by this much lightness (CIE Lab)


@dataclass(frozen=True, slots=True)
class Photo:
    colours: Colours  # smoothed, without strokes
    ink: NDArray[np.float32]  # height by width; 1 where there is ink, else 0
    scale: Vector  # pixels per pixel of the original, across and down

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.ink.shape
        return width, height


def downscaled(image: Image.Image) -> Photo:
    """Scale a photo down, and separate ink from the colours below it."""
    factor = min(1.0, LONGEST_SIDE / max(image.size))
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    small = image.resize(size, Image.Resampling.BOX, reducing_gap=2).convert("RGB")
    colours = cv2.cvtColor(np.asarray(small, np.float32) / 255, cv2.COLOR_RGB2Lab)
    # Ink is darker than paper, so a morphological closing removes it.
    plain = cv2.morphologyEx(colours, cv2.MORPH_CLOSE, np.ones((STROKE, STROKE), np.uint8))
    ink = (plain[:, :, 0] - colours[:, :, 0] > INK_CONTRAST).astype(np.float32)
    scale = np.array([size[0] / image.width, size[1] / image.height])
    smooth: Colours = cv2.GaussianBlur(plain, (0, 0), 1.5).astype(np.float32)
    return Photo(smooth, ink, scale)
