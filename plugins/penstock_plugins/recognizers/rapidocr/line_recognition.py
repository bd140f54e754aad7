"""Recognize the line in each quad, with several cuts and directions if needed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from penstock_plugins.recognizers.rapidocr.models import (
    Models,
    Pixels,
    QuadArray,
    QuadArrays,
    StripText,
    greedy_text,
)
from penstock_plugins.recognizers.rapidocr.orientation import along_text, is_tall, upside_down
from penstock_plugins.recognizers.rapidocr.posteriors import Posteriors
from penstock_plugins.recognizers.rapidocr.strips import Cut, cut_strip

# Tried after the plain cut, in this order, until one is recognized with confidence. In a tall, narrow line
# there are more characters than the model has columns, so it must be stretched.
STRETCHED = (Cut(stretch=1.5, trim=0.1), Cut(stretch=2.5, trim=0.1))
CONFIDENT = 0.8  # mean confidence from which on no other cut is tried
# Mean confidence and number of characters from which on a line may run in another direction.
TRUSTED = (0.8, 4)
LINE_WIDTH = 3  # heights from which on a strip is rather a line of text than a stroke or a speck


@dataclass(frozen=True, slots=True)
class Reading:
    """A line as read without a language model, and what the network said about it."""

    strip: StripText
    posteriors: Posteriors

    @staticmethod
    def of(posteriors: Posteriors) -> Reading:
        return Reading(greedy_text(posteriors), posteriors)

    def is_text(self, min_confidence: float) -> bool:
        """Return False for strokes without letters, and for a single doubtful character."""
        characters = [character for character in self.strip.text if character.isalnum()]
        threshold = min_confidence if len(characters) > 1 else max(min_confidence, CONFIDENT)
        return bool(characters) and self.strip.confidence >= threshold


@dataclass(frozen=True, slots=True)
class RecognizedStrip:
    """A line as the models read it.

    Attributes
    ----------
    quad
        Starts at the text's own top left.
    strip
        The text.
    pixels
        What was cut from the quad, `STRIP_HEIGHT` high.
    readings
        By the first network and, if it was asked, by the second one.
    plain
        What was read before decoding; None if the line was not decoded.
    """

    quad: QuadArray
    strip: StripText
    pixels: Pixels
    readings: tuple[Reading, ...]
    plain: StripText | None = None

    @property
    def best(self) -> Reading:
        """The reading that fits the picture best."""
        return max(self.readings, key=lambda reading: reading.posteriors.fit)


def recognize_lines(
    models: Models, pixels: Pixels, quads: QuadArrays, min_confidence: float
) -> list[RecognizedStrip]:
    """Recognize the line in each quad. Strokes that are no text are among the results."""
    return [_recognize_line(models, pixels, quad, min_confidence) for quad in quads]


def without_noise(strips: list[RecognizedStrip], min_confidence: float) -> list[RecognizedStrip]:
    """Drop strokes that no network takes for text, and keep the text that fits the picture best."""
    kept = []
    for strip in strips:
        readings = tuple(reading for reading in strip.readings if reading.is_text(min_confidence))
        if readings:
            text = replace(strip, readings=readings)
            kept.append(replace(text, strip=text.best.strip))
    return kept


def number_of_lines(strips: list[RecognizedStrip]) -> int:
    """Return how many strips have the shape of a line of text."""
    return sum(strip.pixels.shape[1] >= LINE_WIDTH * strip.pixels.shape[0] for strip in strips)


def _recognize_line(
    models: Models, pixels: Pixels, quad: QuadArray, min_confidence: float
) -> RecognizedStrip:
    """Recognize a line; try other directions if it runs up or down or was not recognized."""
    tall = bool(is_tall(quad[None])[0])
    forward = along_text(quad)
    line = _recognize_quad(models, pixels, forward, STRETCHED)
    if line.strip.confidence >= (CONFIDENT if tall else min_confidence) and len(line.strip.text) > 1:
        return line
    for direction in (upside_down(forward), quad) if tall else (upside_down(forward),):
        other = _recognize_quad(models, pixels, direction)
        if other.strip.reaches(*TRUSTED) or (
            tall and direction is quad and _is_single_character(other.strip)
        ):
            return other
    return line


def _is_single_character(strip: StripText) -> bool:
    """Return whether it is one letter or digit, whose quad is tall although it stands upright."""
    return strip.confidence >= CONFIDENT and len(strip.text) == 1 and strip.text.isalnum()


def _recognize_quad(
    models: Models, pixels: Pixels, quad: QuadArray, other_cuts: tuple[Cut, ...] = ()
) -> RecognizedStrip:
    """Return the most confident of several cuts, of which the first one is plain."""
    plain = cut_strip(pixels, quad)
    readings = [Reading.of(models.posteriors(plain))]
    for cut in other_cuts:
        if readings[-1].strip.confidence >= CONFIDENT:
            break
        readings.append(Reading.of(models.posteriors(cut_strip(pixels, quad, cut))))
    best = max(readings, key=lambda reading: reading.strip.confidence)
    return RecognizedStrip(quad, best.strip, plain, (best,))
