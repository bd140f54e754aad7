"""What was read on a page and is not there as text yet.

Where type is painted, what stands in its place was read off it, right or wrong. Where text is invisible it
may be anybody's bad reading, so there the text counts, too.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from penstock.model import Line, Quad, Word
from penstock.pdf.words import PrintedWord

COVERED = 0.5
"""Of a word's width, within its height: so much painted type stands for the word."""
SAME_PLACE = 0.3
"""Of a word's area: so much has to be shared by the same word."""
CELL = 256
"""Pixels of the squares by which words are looked up."""


def missing_lines(lines: Iterable[Line], printed: Sequence[PrintedWord]) -> Iterator[Line]:
    """The lines that were read without the words that are there; those that are all there are left out."""
    there = _Places(printed)
    for line in lines:
        words = line.words or (Word(line.text, line.quad),) if line.text.strip() else ()
        missing = tuple(word for word in words if not there.hold(word))
        if len(missing) == len(words):
            if words:
                yield line
        elif missing:
            text = " ".join(word.text for word in missing)
            yield replace(line, text=text, quad=Quad.around(word.quad for word in missing), words=missing)


class _Places:
    """The words of a page, found by place."""

    def __init__(self, printed: Iterable[PrintedWord]) -> None:
        self._cells: dict[tuple[int, int], list[PrintedWord]] = {}
        for word in printed:
            # Dots and dashes are there to be written on.
            if any(character.isalnum() for character in word.text):
                for cell in _cells(word.quad):
                    self._cells.setdefault(cell, []).append(word)

    def hold(self, word: Word) -> bool:
        """Whether the word is there."""
        near = {id(other): other for cell in _cells(word.quad) for other in self._cells.get(cell, ())}
        key = _letters(word.text)
        if any(_letters(other.text) == key and _share(word.quad, other.quad) for other in near.values()):
            return True
        return _covered(word.quad, [other.quad for other in near.values() if other.visible]) >= COVERED


def _cells(quad: Quad) -> Iterator[tuple[int, int]]:
    left, top, right, bottom = (int(value // CELL) for value in quad.bounds)
    return ((x, y) for x in range(left, right + 1) for y in range(top, bottom + 1))


def _letters(text: str) -> str:
    """What counts in a comparison: letters and digits, large or small; all of it where there are none."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum()) or folded


def _share(first: Quad, second: Quad) -> bool:
    """Whether two words stand in one place."""
    wide, high = _common(first, second)
    smaller = min(_area(first), _area(second))
    return wide > 0 and high > 0 and wide * high >= SAME_PLACE * smaller


def _covered(quad: Quad, others: Iterable[Quad]) -> float:
    """How much of a word's length is covered by others that share most of its height, or of theirs."""
    left, top, right, bottom = quad.bounds
    along = right - left >= bottom - top
    length = (right - left) if along else (bottom - top)
    total = 0.0
    for other in others:
        wide, high = _common(quad, other)
        least = min(_across(quad, along=along), _across(other, along=along))
        if (high if along else wide) >= COVERED * least:
            total += max(0.0, wide if along else high)
    return total / length if length else 0.0


def _common(first: Quad, second: Quad) -> tuple[float, float]:
    left, top, right, bottom = first.bounds
    other_left, other_top, other_right, other_bottom = second.bounds
    return (min(right, other_right) - max(left, other_left), min(bottom, other_bottom) - max(top, other_top))


def _area(quad: Quad) -> float:
    left, top, right, bottom = quad.bounds
    return (right - left) * (bottom - top)


def _across(quad: Quad, *, along: bool) -> float:
    left, top, right, bottom = quad.bounds
    return bottom - top if along else right - left


__all__ = ["missing_lines"]
