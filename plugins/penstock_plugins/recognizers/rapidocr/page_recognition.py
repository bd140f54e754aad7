"""Recognize a page: detect lines, cut them out, recognize their text, put them in reading order.

Lines are detected in a small picture first, and in larger ones if the writing is small.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock.images import open_upright
from penstock.model import Line, Page, Quad, Recognition, Region
from penstock_plugins.recognizers.rapidocr.alternatives import (
    joined_alternatives,
    with_calibrated_confidences,
    with_plain_reading,
)
from penstock_plugins.recognizers.rapidocr.decoding import LANGUAGE
from penstock_plugins.recognizers.rapidocr.faint_lines import faint_lines
from penstock_plugins.recognizers.rapidocr.languages import Languages
from penstock_plugins.recognizers.rapidocr.layout import page_angle, regions_of
from penstock_plugins.recognizers.rapidocr.line_decoding import decoded
from penstock_plugins.recognizers.rapidocr.line_recognition import (
    RecognizedStrip,
    number_of_lines,
    recognize_lines,
    without_noise,
)
from penstock_plugins.recognizers.rapidocr.models import Models, Pixels, QuadArray, QuadArrays
from penstock_plugins.recognizers.rapidocr.orientation import quarters_to_upright, rotated, rotated_back
from penstock_plugins.recognizers.rapidocr.posteriors import Device
from penstock_plugins.recognizers.rapidocr.scripts import plausible_scripts, scripts_of, uses_others
from penstock_plugins.recognizers.rapidocr.second_network import Quality, with_second_readings
from penstock_plugins.recognizers.rapidocr.small_print import outside, small_print
from penstock_plugins.recognizers.rapidocr.unfamiliar import (
    MANY_LINES,
    UNFAMILIAR,
    UNREAD,
    is_unfamiliar,
    less_confident,
)
from penstock_plugins.recognizers.rapidocr.vocabulary import Vocabulary
from penstock_plugins.recognizers.rapidocr.words import DECIMALS, ink_columns, words_of

# Longer side of the picture in pixels, and the height of writing in it that is sufficient.
#
# Time grows with the area, and more pixels do not find more lines of large writing. Writing below the
# sufficient height tends to be joined with the line below. The first size demands more because it is cheap.
SIZES = ((640, 18.0), (960, 13.5), (1536, 13.5), (2304, 0.0))
LEAST_SIDE = 160  # shorter side of a reduced picture at least, so that a line on a long strip can be found
LONGEST = 8  # longer side of the picture of a long strip, in working sizes
# Factors of the picture in which small print is recognized. Below the first one, nothing would be gained; the
# second one limits the memory.
FINER, FINEST = 1.25, 2.0
LARGEST_AREA = 1600  # longer side, in pixels, of the picture in which the lines of small print are detected
HEIGHT_PERCENTILE = 25  # of the quads' heights; a few specks or a single headline do not decide


class PageRecognizer:
    """Holds the models. Its parameters are the options of `RapidOcr`, with the text of the vocabulary."""

    def __init__(
        self,
        working_size: int,
        min_confidence: float,
        languages: Iterable[str] = (),
        vocabulary: str = "",
        quality: Quality = "normal",
        device: Device = "cpu",
    ) -> None:
        self._working_size = working_size
        self._min_confidence = min_confidence
        self._scripts = scripts_of(languages)
        self._models = Models(device).limited_to(self._scripts or None)
        self._quality = quality
        self._languages = Languages(languages)
        self._vocabulary = Vocabulary(vocabulary, LANGUAGE) if vocabulary else None

    def recognize(self, page: Page) -> Recognition:
        """Return the recognition in pixels of the page. Raises PictureError."""
        pixels = _pixels(page, self._longest_side(page))
        scale = np.array([page.width / pixels.shape[1], page.height / pixels.shape[0]])
        strips, unread, note = self._strips(page, pixels)
        lines = [_line(strip, strip.quad * scale) for strip in strips]
        return replace(_recognition(lines, self._models.name), unread_lines=unread, note=note)

    def _longest_side(self, page: Page) -> int:
        """Return the working size, or more for a long strip, which would become too low to read."""
        elongation = max(page.width, page.height) / min(page.width, page.height)
        return max(self._working_size, min(round(LEAST_SIDE * elongation), LONGEST * self._working_size))

    def _strips(self, page: Page, pixels: Pixels) -> tuple[list[RecognizedStrip], int, str]:
        """Return the recognized strips in pixels of the picture, even if it is rotated.

        Also return the number of lines that were not recognized, and a remark.
        """
        quads = _detect_lines(self._models, pixels)
        height, width = pixels.shape[:2]
        quarters = quarters_to_upright(self._models, pixels, quads)
        if quarters:
            pixels = rotated(pixels, quarters)
            quads = _detect_lines(self._models, pixels)
        quads = np.concatenate([quads, faint_lines(pixels, quads, self._models.detect)])
        strips = recognize_lines(self._models, pixels, quads, self._min_confidence)
        strips += self._small_print(page, pixels, quads, quarters)
        if not self._scripts:
            strips = self._without_implausible_scripts(pixels, strips)
        found = with_second_readings(self._models, strips, self._quality)
        strips = without_noise(found, self._min_confidence)
        unread = number_of_lines(found) - number_of_lines(strips)
        note = UNREAD if len(quads) >= MANY_LINES and not strips else ""
        if not self._scripts and is_unfamiliar(strips, self._languages):
            strips, note = [less_confident(strip) for strip in strips], UNFAMILIAR
        else:
            strips = decoded(strips, self._languages, self._vocabulary)
        upright = [replace(strip, quad=rotated_back(strip.quad, quarters, width, height)) for strip in strips]
        return upright, unread, note

    def _small_print(
        self, page: Page, pixels: Pixels, quads: QuadArrays, quarters: int
    ) -> list[RecognizedStrip]:
        """Recognize small lines outside the quads in a finer picture, if there are any."""
        longest = max(pixels.shape[:2])
        factor = min(FINEST, max(page.width, page.height) / longest)
        areas = small_print(pixels, quads) if factor >= FINER else np.zeros((0, 4))
        if not len(areas):
            return []
        finer = rotated(_pixels(page, round(factor * longest)), quarters)
        found = np.concatenate([_detect_in(self._models, finer, area * factor) for area in areas])
        found = outside(found / factor, quads, pixels.shape) * factor
        strips = recognize_lines(self._models, finer, found, self._min_confidence)
        kept = without_noise(strips, self._min_confidence)
        return [replace(strip, quad=strip.quad / factor) for strip in kept]

    def _without_implausible_scripts(
        self, pixels: Pixels, strips: list[RecognizedStrip]
    ) -> list[RecognizedStrip]:
        """Recognize lines again that use a script which the page does not make plausible."""
        text = without_noise(strips, self._min_confidence)
        scripts = plausible_scripts(strip.strip for strip in text)
        limited = self._models.limited_to(scripts)
        return [
            kept
            for strip in strips
            for kept in (
                recognize_lines(limited, pixels, strip.quad[None], self._min_confidence)
                if uses_others(strip.strip.text, scripts)
                else [strip]
            )
        ]


def _pixels(page: Page, longest_side: int) -> Pixels:
    picture = open_upright(page, longest_side=longest_side).convert("RGB")
    return np.asarray(picture)[:, :, ::-1].copy()  # the models expect blue first


def _detect_in(models: Models, pixels: Pixels, area: NDArray[np.float64]) -> QuadArrays:
    """Return quads around the lines in an area, given by its left, top, right and bottom edges."""
    left, top, right, bottom = area.round().astype(int).tolist()
    part = np.ascontiguousarray(pixels[top:bottom, left:right])
    scale = min(1.0, LARGEST_AREA / max(part.shape))
    quads: QuadArrays = _detect(models, part, scale) + np.array([left, top])
    return quads


def _detect_lines(models: Models, pixels: Pixels) -> QuadArrays:
    """Return quads around lines of text, in pixels of the picture."""
    quads = np.zeros((0, 4, 2))
    for longest_side, sufficient in SIZES:
        height, width = pixels.shape[:2]
        scale = min(1.0, max(longest_side / max(height, width), LEAST_SIDE / min(height, width)))
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


def _line(recognized: RecognizedStrip, quad: QuadArray) -> Line:
    line = Line(
        recognized.strip.text.strip(),
        Quad.from_points(quad.round(DECIMALS).tolist()),
        words_of(recognized.strip, quad, ink_columns(recognized.pixels)),
    )
    if recognized.plain:
        line = with_plain_reading(line, recognized.strip, recognized.plain)
    return with_calibrated_confidences(line)


def _recognition(pieces: list[Line], recognizer: str) -> Recognition:
    """Put the pieces of lines in reading order, join them and group them into regions."""
    quads = [piece.quad for piece in pieces]
    regions = regions_of(quads)
    return Recognition(
        tuple(
            _joined([pieces[index] for index in members], number)
            for number, region in enumerate(regions)
            for members in region.lines
        ),
        page_angle(quads),
        recognizer,
        regions=tuple(Region(region.kind, region.outline.corners) for region in regions),
    )


def _joined(pieces: list[Line], region: int) -> Line:
    """Join the pieces of a line, given in reading order."""
    if len(pieces) == 1:
        return replace(pieces[0], region=region)
    return Line(
        " ".join(piece.text for piece in pieces),
        Quad.around(piece.quad for piece in pieces),
        tuple(word for piece in pieces for word in piece.words),
        alternatives=joined_alternatives(pieces),
        region=region,
    )
