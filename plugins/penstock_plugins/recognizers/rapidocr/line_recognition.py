"""Recognize the line in each quad, with several cuts and directions if needed.

The same line, cut in slightly different ways, is recognized with errors in different words. Each word is
decided by vote: the spelling with the highest sum of confidences among the words at the same position.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from penstock_plugins.recognizers.rapidocr.models import Models, Pixels, QuadArray, QuadArrays, StripText
from penstock_plugins.recognizers.rapidocr.orientation import along_text, is_tall, upside_down
from penstock_plugins.recognizers.rapidocr.strips import PLAIN, Cut, cut_strip
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
SAME_POSITION = 1.2  # largest distance between the ends of two recognitions of one word, in letters


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
        if other.reaches(*TRUSTED) or (tall and direction is quad and _is_single_character(other)):
            return direction, other
    return forward, strip


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


def voted(first: StripText, others: Iterable[StripText]) -> StripText:
    """Return the first text, with each word as most of the texts spell it.

    Words that have no counterpart in other texts stay as they are, and so do the spaces. A replaced word has
    the positions and confidences of its most confident recognition.
    """
    candidates = [word for text in others for word in text.words()]
    words: list[StripText] = []
    for word in first.words():
        same = [other for other in candidates if _same_position(word, other, first.pitch)]
        words.append(_elected([word, *same]))
    return _joined(words)


def _same_position(word: StripText, other: StripText, pitch: float) -> bool:
    starts, ends = word.positions[0] - other.positions[0], word.positions[-1] - other.positions[-1]
    return max(abs(starts), abs(ends)) <= SAME_POSITION * pitch


def _elected(words: list[StripText]) -> StripText:
    """Return the most confident word with the winning spelling; in a draw, the first."""
    votes: defaultdict[str, float] = defaultdict(float)
    for word in words:
        votes[word.text] += word.confidence
    spelling = max(votes, key=votes.__getitem__)
    return max((word for word in words if word.text == spelling), key=lambda word: word.confidence)


def _joined(words: list[StripText]) -> StripText:
    """Join words, with each space in the middle between its neighbours."""
    text = ""
    positions: tuple[float, ...] = ()
    confidences: tuple[float, ...] = ()
    for word in words:
        if text:
            text += " "
            positions += ((positions[-1] + word.positions[0]) / 2,)
            confidences += (min(confidences[-1], word.confidences[0]),)
        text += word.text
        positions += word.positions
        confidences += word.confidences
    return StripText(text, positions, confidences)
