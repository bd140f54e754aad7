"""From a strip's characters and where they stand to words with quads of their own."""

from __future__ import annotations

from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from penstock.model import Quad, Word
from penstock_plugins.recognizers.rapidocr.models import Pixels, Strip
from penstock_plugins.recognizers.rapidocr.strips import part_of

Ink = NDArray[np.bool_]
"""Of each of a strip's columns, whether something is written there."""

FAINTEST = 24
"""Levels of gray that ink differs from its paper, at least."""

FAINT_SHARE = 0.35
"""The same, as a share of what the darkest ink differs by."""

RULED = 25
"""Percentile of the columns' ink that stands for what runs along the whole strip: a ruled line."""

REACH = 1.5
"""How far beyond the middle of its outer letter a line's ink is looked for, in letters."""


def ink_of(strip: Pixels) -> Ink:
    """Columns with ink, dark on light or light on dark, more of it than a ruled line has."""
    gray = strip.mean(axis=2)
    contrast = np.abs(gray - np.median(gray))
    least = max(FAINTEST, FAINT_SHARE * np.percentile(contrast, 99))
    amount = (contrast > least).sum(axis=0)
    ruled = np.percentile(amount, RULED)
    inked: Ink = amount > min(ruled, amount.max() / 4)
    return inked


def words_of(strip: Strip, quad: NDArray[np.float64], ink: Ink) -> tuple[Word, ...]:
    """Split at spaces; words begin and end where their ink does, between their neighbours' letters.

    Parameters
    ----------
    strip
        What was read.
    quad
        4 by 2: where the strip was cut from; the words' quads are parts of it.
    ink
        Of the strip's columns, however many.
    """
    words = strip.words()
    edges = _edges([(word.places[0], word.places[-1]) for word in words], strip.pitch, ink)
    return tuple(
        Word(word.text, Quad.from_points(part_of(quad, left, right).tolist()), round(word.confidence, 4))
        for word, (left, right) in zip(words, edges, strict=True)
    )


def _edges(words: list[tuple[float, float]], pitch: float, ink: Ink) -> list[tuple[float, float]]:
    """From the middles of words' first and last letters to where the words begin and end."""
    if not words:
        return []
    first, last = words[0][0], words[-1][1]
    starts = [_outermost(first, max(0.0, first - REACH * pitch), pitch, ink)]
    ends = []
    for (_, before), (after, _) in pairwise(words):
        end, start = _gap(before, after, pitch, ink)
        ends.append(end)
        starts.append(start)
    ends.append(_outermost(last, min(1.0, last + REACH * pitch), pitch, ink))
    return list(zip(starts, ends, strict=True))


def _outermost(letter: float, limit: float, pitch: float, ink: Ink) -> float:
    """The ink's end between the middle of an outer letter and a limit; no nearer than a quarter letter."""
    low, high = sorted((int(letter * len(ink)), int(np.ceil(limit * len(ink)))))
    columns = np.flatnonzero(ink[low:high]) + low
    if not len(columns):
        return limit + (letter - limit) / 2
    if limit <= letter:
        return max(0.0, min(letter - pitch / 4, float(columns[0]) / len(ink)))
    return min(1.0, max(letter + pitch / 4, float(columns[-1] + 1) / len(ink)))


def _gap(before: float, after: float, pitch: float, ink: Ink) -> tuple[float, float]:
    """The longest white between two words' letters; where there is none, half a letter from each."""
    start, end = int(before * len(ink)), int(np.ceil(after * len(ink)))
    runs = [
        [index for index, _ in group]
        for is_ink, group in groupby(enumerate(ink[start:end], start), key=lambda item: item[1])
        if not is_ink
    ]
    if not runs:
        middle = (before + after) / 2
        return min(before + pitch / 2, middle), max(after - pitch / 2, middle)
    longest = max(runs, key=len)
    return max(before, longest[0] / len(ink)), min(after, (longest[-1] + 1) / len(ink))
