"""Recognize the line in each quad, with several cuts and directions if needed."""

from __future__ import annotations

from dataclasses import dataclass

from penstock_plugins.recognizers.rapidocr.models import Models, Pixels, QuadArray, QuadArrays, StripText
from penstock_plugins.recognizers.rapidocr.orientation import along_text, is_tall, upside_down
from penstock_plugins.recognizers.rapidocr.strips import PLAIN, Cut, cut_strip
from penstock_plugins.recognizers.rapidocr.voting import voted
from penstock_plugins.recognizers.rapidocr.words import InkColumns, ink_columns

# Tried in this order until one is recognized with confidence. In a tall, narrow line there are more
# characters than the model has columns, so it must be stretched.
CUTS = (PLAIN, Cut(stretch=1.5, trim=0.1), Cut(stretch=2.5, trim=0.1))
# Recognized in addition, to vote on the words of a line with a doubtful word.
VOTING_CUTS = (Cut(stretch=1.25, trim=0.05), Cut(trim=0.08))
DOUBTFUL = 0.9  # confidence below which a word is doubtful
CONFIDENT = 0.8  # mean confidence from which on no other cut is tried
# Mean confidence and number of characters from which on a line may run in another direction.
TRUSTED = (0.8, 4)


@dataclass(frozen=True, slots=True)
class RecognizedStrip:
    """A line of text as the models returned it."""

    quad: QuadArray  # starts at the text's own top left
    strip: StripText
    ink: InkColumns


def recognize_lines(
    models: Models, pixels: Pixels, quads: QuadArrays, min_confidence: float
) -> list[RecognizedStrip]:
    """Recognize the line in each quad, and drop noise."""
    results = [_recognize_line(models, pixels, quad, min_confidence) for quad in quads]
    return [
        RecognizedStrip(quad, strip, ink_columns(cut_strip(pixels, quad)))
        for quad, strip in results
        if _is_text(strip, min_confidence)
    ]


def _is_text(strip: StripText, min_confidence: float) -> bool:
    """Return False for strokes without letters, and for a single doubtful character."""
    characters = [character for character in strip.text if character.isalnum()]
    threshold = min_confidence if len(characters) > 1 else max(min_confidence, CONFIDENT)
    return bool(characters) and strip.confidence >= threshold


def _recognize_line(
    models: Models, pixels: Pixels, quad: QuadArray, min_confidence: float
) -> tuple[QuadArray, StripText]:
    """Recognize a line; try other directions if it runs up or down or was not recognized."""
    tall = bool(is_tall(quad[None])[0])
    forward = along_text(quad)
    strip = _recognize_quad(models, pixels, forward)
    if strip.confidence >= (CONFIDENT if tall else min_confidence) and len(strip.text) > 1:
        return forward, strip
    for direction in (upside_down(forward), quad) if tall else (upside_down(forward),):
        other = models.recognize(cut_strip(pixels, direction))
        if _is_trusted(other) or (tall and direction is quad and _is_single_character(other)):
            return direction, other
    return forward, strip


def _is_trusted(strip: StripText) -> bool:
    return strip.confidence >= TRUSTED[0] and len(strip.text) >= TRUSTED[1]


def _is_single_character(strip: StripText) -> bool:
    """Return whether it is one letter or digit, whose quad is tall although it stands upright."""
    return strip.confidence >= CONFIDENT and len(strip.text) == 1 and strip.text.isalnum()


def _recognize_quad(models: Models, pixels: Pixels, quad: QuadArray) -> StripText:
    """Return the most confident of several cuts, with doubtful words decided by vote."""
    strips: list[StripText] = []
    for cut in CUTS:
        strips.append(models.recognize(cut_strip(pixels, quad, cut)))
        if strips[-1].confidence >= CONFIDENT:
            break
    best = max(strips, key=lambda strip: strip.confidence)
    if not any(word.confidence < DOUBTFUL for word in best.words()):
        return best
    others = [models.recognize(cut_strip(pixels, quad, cut)) for cut in VOTING_CUTS]
    return voted(best, [strips[0], *others])
