"""Several readings of one line, agreed on word by word.

Readings of the same line, cut a little differently, are wrong in different places. Where the others have a
word in the same place, the spelling with the most confidence behind it is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from penstock_plugins.recognizers.rapidocr.models import Strip

SAME_PLACE = 1.2
"""How far two readings of one word may be apart at either end, in letters."""


def voted(first: Strip, others: Iterable[Strip]) -> Strip:
    """The first reading, with each word as most of the readings have it.

    Words that no other reading has in the same place stay as they are, and so do the spaces. A word that is
    replaced has its letters' places and confidences from the reading that was surest of it.
    """
    pitch = first.pitch
    candidates = [word for strip in others for word in strip.words()]
    pieces: list[Strip] = []
    for word in first.words():
        same = [other for other in candidates if _same_place(word, other, pitch)]
        pieces.append(_elected([word, *same]))
    return _line_of(pieces)


def _same_place(word: Strip, other: Strip, pitch: float) -> bool:
    starts, ends = word.places[0] - other.places[0], word.places[-1] - other.places[-1]
    return max(abs(starts), abs(ends)) <= SAME_PLACE * pitch


def _elected(words: list[Strip]) -> Strip:
    """Of the spelling with most confidence behind it, the surest reading; at a draw, the first."""
    votes: defaultdict[str, float] = defaultdict(float)
    for word in words:
        votes[word.text] += word.confidence
    spelling = max(votes, key=votes.__getitem__)
    return max((word for word in words if word.text == spelling), key=lambda word: word.confidence)


def _line_of(words: list[Strip]) -> Strip:
    """One reading of its words, each parted from the next by a space in the middle between them."""
    text = ""
    places: tuple[float, ...] = ()
    confidences: tuple[float, ...] = ()
    for word in words:
        if text:
            text += " "
            places += ((places[-1] + word.places[0]) / 2,)
            confidences += (min(confidences[-1], word.confidences[0]),)
        text += word.text
        places += word.places
        confidences += word.confidences
    return Strip(text, places, confidences)
