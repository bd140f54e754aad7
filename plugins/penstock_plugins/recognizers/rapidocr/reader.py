"""Reads one page after the other: finds lines, cuts them out, reads them, puts them in order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from penstock.images import open_upright
from penstock.model import Line, Page, Quad, Recognition
from penstock_plugins.recognizers.rapidocr.finding import find_lines
from penstock_plugins.recognizers.rapidocr.layout import lines_of, page_angle
from penstock_plugins.recognizers.rapidocr.lines import Reading, read_lines
from penstock_plugins.recognizers.rapidocr.models import Models, Pixels
from penstock_plugins.recognizers.rapidocr.turning import quarters_to_upright, turned, turned_back
from penstock_plugins.recognizers.rapidocr.words import words_of


class Reader:
    """Holds the models. Parameters are the options of `RapidOcr`."""

    def __init__(self, working_size: int, min_confidence: float) -> None:
        self._working_size = working_size
        self._min_confidence = min_confidence
        self._models = Models()

    def read(self, page: Page) -> Recognition:
        """Read a page; places are in its own pixels. Raises PictureError."""
        pixels = _pixels(page, self._working_size)
        readings = self._readings(pixels)
        scale = np.array([page.width / pixels.shape[1], page.height / pixels.shape[0]])
        lines = [_line(reading, reading.quad * scale) for reading in readings]
        quads = [line.quad for line in lines]
        return Recognition(
            tuple(_joined([lines[index] for index in members]) for members in lines_of(quads)),
            page_angle(quads),
            self._models.name,
        )

    def _readings(self, pixels: Pixels) -> list[Reading]:
        """What each quad says; in the picture's pixels, also where it had to be turned for reading."""
        quads = find_lines(self._models, pixels)
        height, width = pixels.shape[:2]
        quarters = quarters_to_upright(self._models, pixels, quads)
        if quarters:
            pixels = turned(pixels, quarters)
            quads = find_lines(self._models, pixels)
        readings = read_lines(self._models, pixels, quads, self._min_confidence)
        return [replace(read, quad=turned_back(read.quad, quarters, width, height)) for read in readings]


def _pixels(page: Page, longest_side: int) -> Pixels:
    """The page's picture as the models take it: blue first."""
    return np.asarray(open_upright(page, longest_side=longest_side).convert("RGB"))[:, :, ::-1].copy()


def _line(reading: Reading, quad: NDArray[np.float64]) -> Line:
    return Line(
        reading.strip.text.strip(),
        Quad.from_points(quad.tolist()),
        words_of(reading.strip, quad, reading.ink),
    )


def _joined(pieces: list[Line]) -> Line:
    """One line of its pieces, which stand in the order of reading."""
    if len(pieces) == 1:
        return pieces[0]
    return Line(
        " ".join(piece.text for piece in pieces),
        Quad.around(piece.quad for piece in pieces),
        tuple(word for piece in pieces for word in piece.words),
    )
