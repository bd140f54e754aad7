"""How sure a recognizer is of a whole page."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.model.recognition import Recognition
from penstock.model.words import Line


def page_confidence(recognition: Recognition) -> float | None:
    """Return the confidence of a page from 0 to 1: the mean of its words', weighted by their letters.

    Returns None if no word and no line has a confidence, as on a page without text.
    """
    parts = [part for line in recognition.lines for part in _parts(line)]
    letters = sum(length for length, _ in parts)
    return sum(length * confidence for length, confidence in parts) / letters if letters else None


def _parts(line: Line) -> Iterator[tuple[int, float]]:
    """Yield the length and the confidence of each word, or of a line whose words have no confidence."""
    words = [(len(word.text), word.confidence) for word in line.words if word.confidence is not None]
    if not words and line.confidence is not None:
        words = [(len(line.text), line.confidence)]
    yield from words
