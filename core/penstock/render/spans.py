"""Words as spans along a line, and the runs of type that are made of them."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penstock.render.scripts import natural_width
from penstock.render.type_line import SPACES, Run, rounded_width

MIN_CHARACTER_WIDTH = 0.1
"""Ems. Readers lose characters without a width."""

Array = NDArray[np.float64]

_SPACES = np.array(sorted(SPACES))


class Span(NamedTuple):
    """A word with its coordinates along the line (start, end) and across it (baseline), in points."""

    start: float
    end: float
    baseline: float
    text: str
    joined: bool | None


start_of = operator.itemgetter(0)


class Spans(NamedTuple):
    """The spans of one line or of several lines as arrays.

    Parameters
    ----------
    starts, ends, baselines
        Coordinates along and across the line, in points. Each line's spans are in the order of their starts.
    texts
        One for each span.
    sizes
        Type size of the span's line, in points.
    firsts
        Index of each line's first span.
    """

    starts: Array
    ends: Array
    baselines: Array
    texts: Sequence[str]
    sizes: Array
    firsts: NDArray[np.intp]


def runs_of_line(spans: Sequence[Span], size: float, *, tilted: bool) -> tuple[Run, ...]:
    """Return the runs of one line; see `runs_of`."""
    starts, ends, baselines = np.array([span[:3] for span in spans]).T
    texts = [span.text for span in spans]
    first = np.zeros(1, np.intp)
    return tuple(runs_of(Spans(starts, ends, baselines, texts, np.array(size), first), tilted=tilted))


def runs_of(spans: Spans, *, tilted: bool) -> list[Run]:
    """Return a run for each span.

    Parameters
    ----------
    tilted
        Show each word by one glyph that is as wide as the word.
    """
    starts, ends, baselines, texts, sizes, firsts = spans
    count = len(texts)
    least = MIN_CHARACTER_WIDTH * sizes * np.fromiter(map(len, texts), float, count)
    along, up = _from_previous(starts, firsts), _from_previous(baselines, firsts)
    room = np.empty_like(along)
    room[:-1] = along[1:]
    room[firsts - 1] = np.inf  # behind the last span of each line
    width = ends - starts
    # A word that reaches into the next would be joined with it by readers.
    tight = (width < least) | (0.98 * room < width)
    room = np.where(tight, np.maximum(room, 1.1 * least), room)
    width = np.where(tight, np.minimum(np.maximum(width, least), 0.98 * room), width)
    stretch = width / (np.fromiter(map(natural_width, texts), float, count) * sizes)
    spaces = _spaces_within(1000 * (room - width) / sizes / (1.0 if tilted else stretch))
    widths = map(rounded_width, (1000 * width / sizes).tolist()) if tilted else [None] * count
    columns = texts, along.tolist(), up.tolist(), stretch.tolist(), widths, spaces, itertools.repeat(None)
    return list(map(Run._make, zip(*columns, strict=False)))


def _from_previous(values: Array, firsts: NDArray[np.intp]) -> Array:
    """Return the difference of each span's value from the one before it on its line; 0 for the first one."""
    differences = np.zeros_like(values)
    differences[1:] = values[1:] - values[:-1]
    differences[firsts] = 0.0
    return differences


def _spaces_within(room: Array) -> list[int]:
    """Return the widths of the largest spaces that fit, in thousandths of the type size."""
    fitting = np.searchsorted(_SPACES, room, side="right") - 1
    result: list[int] = _SPACES[np.maximum(fitting, 0)].tolist()
    return result
