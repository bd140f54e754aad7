"""Light on a page: how it falls on the paper, and the page without its unevenness."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

LOOKED_AT = 600
"""Pixels of the longer side of the picture that light is measured in."""

WRITING = 21
"""Pixels of what is written, which is painted over to see the paper."""

SOFT = 15
"""Over how many pixels light is smoothed."""

DARK = 60
"""Of 255 levels: a page whose paper is darker is no paper that light falls on."""

EVEN = 0.75
"""Of the light of its lighter places, what the darker ones of an evenly lit page have at least."""

PAPER = 245.0
"""How light the paper becomes, of 255 levels."""


def evenly_lit(page: Image.Image) -> Image.Image | None:
    """The page as if light fell evenly on it; None if it does already, or if it is dark all over."""
    light = _light(page)
    dark, usual, bright = np.quantile(light, (0.05, 0.5, 0.95))
    if usual < DARK or dark > EVEN * bright:
        return None
    pixels = np.asarray(page)
    gain = cv2.resize(
        (PAPER / np.maximum(light, 1)).astype(np.float32), page.size, interpolation=cv2.INTER_LINEAR
    )
    channels = [cv2.multiply(channel, gain, dtype=cv2.CV_8U) for channel in cv2.split(pixels)]
    return Image.fromarray(channels[0] if len(channels) == 1 else cv2.merge(channels))


def _light(page: Image.Image) -> NDArray[np.float32]:
    """How light the paper is everywhere, in a small picture."""
    scale = min(1.0, LOOKED_AT / max(page.size))
    size = (max(1, round(page.width * scale)), max(1, round(page.height * scale)))
    gray = np.asarray(page.resize(size, Image.Resampling.BOX, reducing_gap=2).convert("L"))
    paper = cv2.morphologyEx(gray, cv2.MORPH_CLOSE, np.ones((WRITING, WRITING), np.uint8))
    smooth: NDArray[np.float32] = cv2.GaussianBlur(cv2.medianBlur(paper, SOFT), (0, 0), SOFT / 3).astype(
        np.float32
    )
    return smooth
