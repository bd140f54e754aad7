"""Combine several recognitions of one line by voting on each word.

The same line, cut in slightly different ways, is recognized with errors in different words. A word gets the
spelling with the highest sum of confidences among the words at the same position.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from penstock_plugins.recognizers.rapidocr.models import StripText

SAME_POSITION = 1.2  # largest distance between the ends of two recognitions of one word, in letters


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
