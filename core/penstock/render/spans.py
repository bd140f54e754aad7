"""Words as spans along a line, and the runs of type that are made of them."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from penstock.render.scripts import natural_width
from penstock.render.type_line import Run, rounded_width, space_within

MIN_CHARACTER_WIDTH = 0.1
"""Ems. Readers lose characters without a width."""


class Span(NamedTuple):
    """A word with its coordinates along the line (start, end) and across it (baseline), in points."""

    start: float
    end: float
    baseline: float
    text: str
    joined: bool | None


start_of = operator.itemgetter(0)


def runs_of(
    spans: Sequence[tuple[float, float, float, str, bool | None]], size: float, *, tilted: bool
) -> Iterator[Run]:
    """Yield a run for each of a line's spans, which are in the order of their starts.

    Parameters
    ----------
    spans
        Instances of `Span`, or plain tuples like them.
    size
        Type size in points.
    tilted
        Show each word by one glyph that is as wide as the word.
    """
    last_start, _, last_baseline, _, _ = spans[0]
    following = [span[0] for span in spans[1:]]
    for (start, end, baseline, text, _), next_start in zip(spans, [*following, math.inf], strict=True):
        natural = natural_width(text) * size
        least = MIN_CHARACTER_WIDTH * size * len(text)
        # A word that reaches into the next would be joined with it by readers.
        room, width = next_start - start, end - start
        if width < least or 0.98 * room < width:
            room = max(room, 1.1 * least)
            width = min(max(width, least), 0.98 * room)
        stretch = width / natural
        whole = rounded_width(1000 * width / size) if tilted else None
        space = space_within(1000 * (room - width) / size / (1.0 if tilted else stretch))
        yield Run(text, start - last_start, baseline - last_baseline, stretch, whole, space)
        last_start, last_baseline = start, baseline
