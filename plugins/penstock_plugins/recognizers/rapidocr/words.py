"""Split the text of a strip into words with quads of their own."""

from __future__ import annotations

from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from penstock.model import Quad, Word
from penstock_plugins.recognizers.rapidocr.models import Pixels, QuadArray, StripText
from penstock_plugins.recognizers.rapidocr.strips import part_of

InkColumns = NDArray[np.bool_]  # for each column of a strip, whether there is ink in it
DECIMALS = 2  # of coordinates in pixels: more are noise, and hard to read in JSON
MIN_CONTRAST = 24  # ink differs from the paper by at least this many gray levels
CONTRAST_SHARE = 0.35  # ink differs from the paper by at least this share of the darkest ink's contrast
RULED_PERCENTILE = 25  # percentile of the columns' ink that counts as a ruled line along the whole strip
REACH = 1.5  # how far beyond the center of the outer letters the line's ink is looked for, in letters


def ink_columns(strip: Pixels) -> InkColumns:
    """Return the columns with ink, dark on light or light on dark, that have more of it than a ruled line."""
    gray = strip.mean(axis=2)
    contrast = np.abs(gray - np.median(gray))
    threshold = max(MIN_CONTRAST, CONTRAST_SHARE * np.percentile(contrast, 99))
    amount = (contrast > threshold).sum(axis=0)
    ruled = np.percentile(amount, RULED_PERCENTILE)
    inked: InkColumns = amount > min(ruled, amount.max() / 4)
    return inked


def words_of(strip: StripText, quad: QuadArray, ink: InkColumns) -> tuple[Word, ...]:
    """Split a text at its spaces; the words' quads end where their ink does.

    The strip was cut from the quad. The ink is given in columns of the strip, in any resolution.
    """
    words = strip.words()
    edges = _edges([(word.positions[0], word.positions[-1]) for word in words], strip.pitch, ink)
    quads = [part_of(quad, left, right).round(DECIMALS).tolist() for left, right in edges]
    return tuple(
        Word(word.text, Quad.from_points(corners), round(word.confidence, 4))
        for word, corners in zip(words, quads, strict=True)
    )


def _edges(words: list[tuple[float, float]], pitch: float, ink: InkColumns) -> list[tuple[float, float]]:
    """Return each word's start and end, given the centers of its first and last letters."""
    if not words:
        return []
    first, last = words[0][0], words[-1][1]
    starts = [_outer_edge(first, max(0.0, first - REACH * pitch), pitch, ink)]
    ends = []
    for (_, before), (after, _) in pairwise(words):
        end, start = _gap(before, after, pitch, ink)
        ends.append(end)
        starts.append(start)
    ends.append(_outer_edge(last, min(1.0, last + REACH * pitch), pitch, ink))
    return list(zip(starts, ends, strict=True))


def _outer_edge(letter: float, limit: float, pitch: float, ink: InkColumns) -> float:
    """Return where the ink ends between an outer letter's center and a limit; at least a quarter letter."""
    low, high = sorted((int(letter * len(ink)), int(np.ceil(limit * len(ink)))))
    columns = np.flatnonzero(ink[low:high]) + low
    if not len(columns):
        return limit + (letter - limit) / 2
    if limit <= letter:
        return max(0.0, min(letter - pitch / 4, float(columns[0]) / len(ink)))
    return min(1.0, max(letter + pitch / 4, float(columns[-1] + 1) / len(ink)))


def _gap(before: float, after: float, pitch: float, ink: InkColumns) -> tuple[float, float]:
    """Return the longest run without ink between two letters; without one, half a letter from each."""
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
