"""A photo as sheets are looked for in it: small, its colours without what is fine in it, and its ink."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from penstock.sheet.line import Colours, Vector

LONGEST = 640
"""Pixels of the longer side of the picture that sheets are looked for in."""

FINE = 7
"""Pixels of what is painted over: strokes of a pen, print."""

INK = 8.0
"""By how much ink is darker than what is around it, in CIE Lab."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The small picture, where 1 in ``ink`` says ink, and by how much it was scaled across and down."""

    colours: Colours
    ink: NDArray[np.float32]
    scale: Vector

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self.ink.shape
        return width, height


def scene_of(image: Image.Image) -> Scene:
    """Look at a photo from afar."""
    factor = min(1.0, LONGEST / max(image.size))
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    small = image.resize(size, Image.Resampling.BOX, reducing_gap=2).convert("RGB")
    colours = cv2.cvtColor(np.asarray(small, np.float32) / 255, cv2.COLOR_RGB2Lab)
    # Ink is dark on paper, so that a closing takes it away.
    plain = cv2.morphologyEx(colours, cv2.MORPH_CLOSE, np.ones((FINE, FINE), np.uint8))
    ink = (plain[:, :, 0] - colours[:, :, 0] > INK).astype(np.float32)
    scale = np.array([size[0] / image.width, size[1] / image.height])
    soft: Colours = cv2.GaussianBlur(plain, (0, 0), 1.5).astype(np.float32)
    return Scene(soft, ink, scale)
