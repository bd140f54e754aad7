"""Find the recognized words of a page that its PDF does not have as text yet.

A recognized word in the place of painted text is that text, recognized correctly or not. Invisible text may
be a bad recognition, so a word in its place is only the same word if the letters match, too. So may painted
text, for a person who has corrected the word.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from penstock.model import Line, Quad, Word
from penstock.pdf.words import PrintedWord

MIN_COVERED = 0.5
"""Share of a word's length from which painted text covers the word, if it shares as much of the height."""
MIN_SHARED = 0.3
"""Share of the smaller word's area that two words in the same place have in common at least."""
CELL = 256
"""Side in pixels of the squares by which words are indexed."""


def missing_lines(lines: Iterable[Line], printed: Sequence[PrintedWord]) -> Iterator[Line]:
    """Yield the recognized lines without the words that are in `printed`.

    Lines whose words are all in `printed` are left out. All quads are in pixels of the page.
    """
    index = _WordIndex(printed)
    for line in lines:
        words = line.words or (Word(line.text, line.quad),) if line.text.strip() else ()
        missing = tuple(word for word in words if word not in index)
        if len(missing) == len(words):
            if words:
                yield line
        elif missing:
            text = " ".join(word.text for word in missing)
            yield replace(line, text=text, quad=Quad.around(word.quad for word in missing), words=missing)


class _WordIndex:
    """The words of a page, indexed by place."""

    def __init__(self, printed: Iterable[PrintedWord]) -> None:
        self._cells: dict[tuple[int, int], list[PrintedWord]] = {}
        for word in printed:
            # Dots and dashes are lines to write on.
            if any(character.isalnum() for character in word.text):
                for cell in _cells(word.quad):
                    self._cells.setdefault(cell, []).append(word)

    def __contains__(self, word: Word) -> bool:
        near = {id(other): other for cell in _cells(word.quad) for other in self._cells.get(cell, ())}
        key = _letters(word.text)
        if any(_letters(other.text) == key and _overlap(word.quad, other.quad) for other in near.values()):
            return True
        if word.corrected:
            return False
        return _covered(word.quad, [other.quad for other in near.values() if other.visible]) >= MIN_COVERED


def _cells(quad: Quad) -> Iterator[tuple[int, int]]:
    left, top, right, bottom = (int(value // CELL) for value in quad.bounds)
    return ((x, y) for x in range(left, right + 1) for y in range(top, bottom + 1))


def _letters(text: str) -> str:
    """Return the letters and digits, case-folded; the whole text if it has neither."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum()) or folded


def _overlap(first: Quad, second: Quad) -> bool:
    """Return whether two words are in the same place."""
    wide, high = _common(first, second)
    smaller = min(math.prod(_size(first)), math.prod(_size(second)))
    return wide > 0 and high > 0 and wide * high >= MIN_SHARED * smaller


def _covered(quad: Quad, others: Iterable[Quad]) -> float:
    """Return the share of a word's length that words which share at least half the height cover."""
    size, total = _size(quad), 0.0
    along, across = (0, 1) if size[0] >= size[1] else (1, 0)
    for other in others:
        common = _common(quad, other)
        if common[across] >= MIN_COVERED * min(size[across], _size(other)[across]):
            total += max(0.0, common[along])
    return total / size[along] if size[along] else 0.0


def _common(first: Quad, second: Quad) -> tuple[float, float]:
    left, top, right, bottom = first.bounds
    other_left, other_top, other_right, other_bottom = second.bounds
    return (min(right, other_right) - max(left, other_left), min(bottom, other_bottom) - max(top, other_top))


def _size(quad: Quad) -> tuple[float, float]:
    left, top, right, bottom = quad.bounds
    return (right - left, bottom - top)
