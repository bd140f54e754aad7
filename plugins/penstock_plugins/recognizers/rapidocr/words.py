"""From a strip's characters and where they stand to words with quads of their own."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from penstock.model import Quad, Word
from penstock_plugins.recognizers.rapidocr.models import Strip
from penstock_plugins.recognizers.rapidocr.strips import part_of


def words_of(strip: Strip, quad: NDArray[np.float64]) -> tuple[Word, ...]:
    """Split at spaces; a word ends half a character beyond its last letter, or halfway to the next word."""
    spans = _spans(strip.text)
    if not spans:
        return ()
    margin = _pitch(strip) / 2
    starts = [strip.places[start] for start, _ in spans]
    ends = [strip.places[end - 1] for _, end in spans]
    gaps = [(end + start) / 2 for end, start in zip(ends[:-1], starts[1:], strict=True)]
    return tuple(
        Word(
            strip.text[start:end],
            Quad.from_points(part_of(quad, max(low, first - margin), min(high, last + margin)).tolist()),
            round(sum(strip.confidences[start:end]) / (end - start), 4),
        )
        for (start, end), first, last, low, high in zip(
            spans, starts, ends, [0.0, *gaps], [*gaps, 1.0], strict=True
        )
    )


def _spans(text: str) -> list[tuple[int, int]]:
    """Where each word starts and ends."""
    spans = []
    for is_space, group in itertools.groupby(enumerate(text), key=lambda item: item[1].isspace()):
        members = [index for index, _ in group]
        if not is_space:
            spans.append((members[0], members[-1] + 1))
    return spans


def _pitch(strip: Strip) -> float:
    """How far characters are apart, as a share of the strip."""
    if len(strip.places) < 2:
        return 1.0
    return (strip.places[-1] - strip.places[0]) / (len(strip.places) - 1)
