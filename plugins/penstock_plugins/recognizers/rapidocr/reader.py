"""Reads one page after the other: finds lines, cuts them out, reads them, puts them in order."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.images import open_upright
from penstock.model import Line, Page, Quad, Recognition
from penstock_plugins.recognizers.rapidocr.layout import reading_order
from penstock_plugins.recognizers.rapidocr.models import Boxes, Models, Pixels, Strip
from penstock_plugins.recognizers.rapidocr.strips import Cut, cut_strip
from penstock_plugins.recognizers.rapidocr.words import words_of

FINDING_SIZE = 960
"""Long side of the picture in which text is looked for: more costs time and finds no more."""

CUTS = (Cut(), Cut(stretch=1.5, trim=0.1), Cut(stretch=2.5, trim=0.1))
"""Tried in this order until one is read with confidence: the model has fewer columns than a tall, narrow
line has characters."""

CONFIDENT = 0.8
"""Mean confidence at which no other cut is tried."""

UPRIGHT_RATIO = 1.5
"""A quad higher than this times its width holds a line that runs up or down."""


class Reader:
    """Holds the models. Parameters are the options of `RapidOcr`."""

    def __init__(self, working_size: int, min_confidence: float) -> None:
        self._working_size = working_size
        self._min_confidence = min_confidence
        self._models = Models()

    def read(self, page: Page) -> Recognition:
        """Read a page; places are in its own pixels. Raises PictureError."""
        pixels = _pixels(page, self._working_size)
        scale = np.array([page.width / pixels.shape[1], page.height / pixels.shape[0]])
        lines = [line for quad in self._find(pixels) if (line := self._line(pixels, quad, scale))]
        ordered = tuple(lines[index] for index in reading_order([line.quad for line in lines]))
        return Recognition(ordered, recognizer=self._models.name)

    def _find(self, pixels: Pixels) -> Boxes:
        height, width = pixels.shape[:2]
        scale = min(1.0, FINDING_SIZE / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
        found: Boxes = self._models.find(small) * [width / size[0], height / size[1]]
        return found

    def _line(self, pixels: Pixels, quad: NDArray[np.float64], scale: NDArray[np.float64]) -> Line | None:
        across = np.linalg.norm(quad[1] - quad[0])
        down = np.linalg.norm(quad[3] - quad[0])
        if down > UPRIGHT_RATIO * across:
            quad = quad[[1, 2, 3, 0]]
        strip = self._read(pixels, quad)
        if strip.confidence < self._min_confidence or not strip.text.strip():
            return None
        placed = quad * scale
        return Line(strip.text.strip(), Quad.from_points(placed.tolist()), words_of(strip, placed))

    def _read(self, pixels: Pixels, quad: NDArray[np.float64]) -> Strip:
        best = Strip("", (), ())
        for cut in CUTS:
            strip = self._models.read(cut_strip(pixels, quad, cut))
            best = max(best, strip, key=lambda strip: strip.confidence)
            if best.confidence >= CONFIDENT:
                break
        return best


def _pixels(page: Page, longest_side: int) -> Pixels:
    """The page's picture as the models take it: blue first."""
    return np.asarray(open_upright(page, longest_side=longest_side).convert("RGB"))[:, :, ::-1].copy()
