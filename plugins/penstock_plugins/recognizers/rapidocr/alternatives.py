"""Keep what the network read where decoding changed it, and turn confidences into probabilities."""

from __future__ import annotations

from dataclasses import replace

from penstock.model import Alternative, Line, Word
from penstock_plugins.recognizers.rapidocr.calibration import calibrated
from penstock_plugins.recognizers.rapidocr.models import StripText


def with_plain_reading(line: Line, decoded: StripText, plain: StripText) -> Line:
    """Return a line with its plain reading as an alternative.

    Words that decoding changed have the plain word as their alternative. If decoding joined or split words,
    the whole line has the plain one. The line's words are those of `decoded`, in the same order.
    """
    after, before = decoded.words(), plain.words()
    if [word.text for word in after] == [word.text for word in before]:
        return line
    if not _are_pairs(after, before, decoded.pitch):
        return replace(line, alternatives=(_alternative(plain),))
    words = (
        word if word.text == other.text else replace(word, alternatives=(_alternative(other),))
        for word, other in zip(line.words, before, strict=True)
    )
    return replace(line, words=tuple(words))


def with_calibrated_confidences(line: Line) -> Line:
    """Return a line whose words have the probability of being right as their confidence."""
    words = (
        replace(word, confidence=calibrated(word.confidence, is_decoded=_is_decoded(word, line)))
        for word in line.words
        if word.confidence is not None
    )
    return replace(line, words=tuple(words))


def _is_decoded(word: Word, line: Line) -> bool:
    return bool(word.alternatives or line.alternatives)


def _are_pairs(after: list[StripText], before: list[StripText], pitch: float) -> bool:
    """Return whether each word stands where the plain word with the same number does."""
    return len(after) == len(before) and all(
        other.positions[0] - pitch
        <= (word.positions[0] + word.positions[-1]) / 2
        <= other.positions[-1] + pitch
        for word, other in zip(after, before, strict=True)
    )


def _alternative(plain: StripText) -> Alternative:
    return Alternative(plain.text.strip(), calibrated(plain.confidence, is_decoded=False))


def joined_alternatives(pieces: list[Line]) -> tuple[Alternative, ...]:
    """Return the alternatives of a line that is joined from pieces; none if no piece has one."""
    if not any(piece.alternatives for piece in pieces):
        return ()
    text = " ".join(piece.alternatives[0].text if piece.alternatives else piece.text for piece in pieces)
    return (Alternative(text),)
