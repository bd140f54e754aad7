"""How sure a recognizer is of a whole page."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.model.recognition import Recognition
from penstock.model.words import Line, Word


def page_confidence(recognition: Recognition) -> float | None:
    """Return the expected share of a page's text that is right, from 0 to 1.

    It is the mean confidence of the words, weighted by their letters. Words without a confidence have that of
    their line. Lines that the recognizer found and could not read count as wrong lines of mean length. None
    if no word and no line has a confidence, as on a page without text.

    This is as true as the recognizer's confidences are. Those of ``rapidocr`` are calibrated: of the words
    with 0.8, four in five are right. Most letters of a wrong word are right, so that the character error rate
    is lower than one minus this value.
    """
    parts = [part for line in recognition.lines for part in _parts(line)]
    letters = sum(length for length, _ in parts)
    if not letters:
        return 0.0 if recognition.unread_lines and not recognition.lines else None
    read = len(recognition.lines) / (len(recognition.lines) + recognition.unread_lines)
    return read * sum(length * confidence for length, confidence in parts) / letters


def _parts(line: Line) -> Iterator[tuple[int, float]]:
    """Yield the length and the confidence of each word, or of a line without words."""
    for word in line.words:
        confidence = _confidence(word, line)
        if confidence is not None:
            yield len(word.text), confidence
    if not line.words and line.confidence is not None:
        yield len(line.text), line.confidence


def _confidence(word: Word, line: Line) -> float | None:
    if word.corrected:
        return 1.0
    return line.confidence if word.confidence is None else word.confidence
