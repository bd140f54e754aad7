"""Lay out the level lines of a page all at once, in a fraction of the time that other lines take.

Most lines of most pages are level. The result is the same as that of the rules for any line.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penstock.model import Line, Quad
from penstock.render.placement import Placement
from penstock.render.scripts import is_plain, written
from penstock.render.spans import Array, Spans, runs_of
from penstock.render.type_line import LEVEL_RISE, MIDDLE, TypeLine, middle_size

Flags = NDArray[np.bool_]
Indexes = NDArray[np.intp]


class Words(NamedTuple):
    """The words of several lines on the PDF page, in points, y up.

    `x1` to `y2` are the midpoints of their left and right sides.
    """

    x1: Array
    y1: Array
    x2: Array
    y2: Array
    heights: Array


def level_lines(lines: Sequence[Line], placement: Placement) -> list[TypeLine | None]:
    """Return the line of type for each line that is level; None for any other line.

    A level line runs to the right and hardly rises. Its words are on the page and in their order. Its text is
    plain, and says that there is a space between each two words.
    """
    type_lines: list[TypeLine | None] = [None] * len(lines)
    texts = {index: words for index, line in enumerate(lines) if (words := _spaced_words(line))}
    if texts:
        chosen = [lines[index] for index in texts]
        for index, type_line in zip(texts, _laid_out(chosen, list(texts.values()), placement), strict=True):
            type_lines[index] = type_line
    return type_lines


def _spaced_words(line: Line) -> list[str]:
    """Return the words of a line's text; empty if it is not plain text with exactly these words."""
    if len(line.baseline) > 2:
        return []
    text = written(line.text)
    words = [word.text for word in line.words]
    return words if words == text.split() and is_plain(text) else []


def _laid_out(
    lines: Sequence[Line], texts: Sequence[Sequence[str]], placement: Placement
) -> list[TypeLine | None]:
    counts = np.array([len(each) for each in texts])
    firsts = np.cumsum(counts) - counts
    corners = _corners(word.quad for line in lines for word in line.words)
    quads = _corners(line.quad for line in lines)
    with np.errstate(all="ignore"):  # places beyond the largest number are not on the page
        words = _placed(corners, placement)
        sizes = _sizes(words.heights.tolist(), firsts)
        fits = _are_clockwise(corners) & _on_page(words, placement)
        fits &= _run_along(words, np.repeat(_direction(quads, placement), counts, axis=1))
        level = np.logical_and.reduceat(fits, firsts) & _are_clockwise(quads)
        level &= _hardly_rise(words, firsts, counts, sizes) & _are_in_order(words.x1, firsts)
        each_size = np.repeat(sizes, counts)
        baselines = (words.y1 + words.y2) / 2 - MIDDLE * each_size
        spans = Spans(words.x1, words.x2, baselines, list(chain.from_iterable(texts)), each_size, firsts)
        runs = runs_of(spans, tilted=False)
    origins = zip(words.x1[firsts].tolist(), baselines[firsts].tolist(), strict=True)
    ends = (firsts + counts).tolist()
    rows = zip(level.tolist(), sizes.tolist(), origins, firsts.tolist(), ends, strict=True)
    return [
        TypeLine(size, origin, (1.0, 0.0), tuple(runs[first:end]), right_to_left=False) if is_level else None
        for is_level, size, origin, first, end in rows
    ]


def _corners(quads: Iterable[Quad]) -> Array:
    """Return x1, y1 … x4, y4 of each quad, as the rows of an array."""
    numbers: list[float] = []
    for quad in quads:
        (x1, y1), (x2, y2), (x3, y3), (x4, y4) = quad.corners
        numbers += (x1, y1, x2, y2, x3, y3, x4, y4)
    # Faster than `np.array(numbers)`.
    packed = struct.pack(f"{len(numbers)}d", *numbers)
    return np.frombuffer(packed).reshape(-1, 8).T.copy()


def _are_clockwise(corners: Array) -> Flags:
    """Return whether the corners of each quad are in the order that `reading_direction.ordered` returns."""
    x1, y1, x2, y2, x3, y3, x4, y4 = corners
    clockwise: Flags = (
        ((x2 - x1) * (x3 - x4) + (y2 - y1) * (y3 - y4) >= 0)
        & ((x4 - x1) * (x3 - x2) + (y4 - y1) * (y3 - y2) >= 0)
        & ((x3 - x1) * (y4 - y2) >= (x4 - x2) * (y3 - y1))
    )  # fmt: skip
    return clockwise


def _placed(corners: Array, placement: Placement) -> Words:
    x1, y1, x2, y2, x3, y3, x4, y4 = corners
    a, b, c, d, e, f = placement.pixels_to_points
    across, down = (x3 - x2 + x4 - x1) / 2, (y3 - y2 + y4 - y1) / 2
    x1, y1, x2, y2 = (x1 + x4) / 2, (y1 + y4) / 2, (x2 + x3) / 2, (y2 + y3) / 2
    return Words(
        a * x1 + c * y1 + e,
        b * x1 + d * y1 + f,
        a * x2 + c * y2 + e,
        b * x2 + d * y2 + f,
        np.sqrt((a * across + c * down) ** 2 + (b * across + d * down) ** 2),
    )


def _sizes(heights: list[float], firsts: Indexes) -> Array:
    ends = [*firsts[1:].tolist(), len(heights)]
    return np.array([middle_size(heights[i:j]) for i, j in zip(firsts.tolist(), ends, strict=True)])


def _on_page(words: Words, placement: Placement) -> Flags:
    right, top = placement.width, placement.height
    lowest, highest = np.minimum(words.y1, words.y2), np.maximum(words.y1, words.y2)
    leftmost, rightmost = np.minimum(words.x1, words.x2), np.maximum(words.x1, words.x2)
    inside = (leftmost >= 0) & (rightmost <= right) & (lowest >= 0) & (highest <= top)
    return inside & (words.heights < top)


def _direction(quads: Array, placement: Placement) -> Array:
    """Return the direction of reading of each line's quad, in points."""
    a, b, c, d, _, _ = placement.pixels_to_points
    x, y = quads[2] - quads[0], quads[3] - quads[1]
    return np.array((a * x + c * y, b * x + d * y))


def _run_along(words: Words, direction: Array) -> Flags:
    """Return whether each word deviates from its line's direction by less than 45 degrees."""
    along, across = direction
    x, y = words.x2 - words.x1, words.y2 - words.y1
    along_line: Flags = x * along + y * across > np.abs(x * across - y * along)
    return along_line


def _hardly_rise(words: Words, firsts: Indexes, counts: Indexes, sizes: Array) -> Flags:
    """Return whether each line runs to the right and is set horizontally; see `LEVEL_RISE`."""
    x = np.add.reduceat(words.x2 - words.x1, firsts)
    y = np.add.reduceat(words.y2 - words.y1, firsts)
    length = np.hypot(x, y)
    x, y = x / length, y / length
    along, up = np.repeat((x, y), counts, axis=1)
    places = words.x1 * along + words.y1 * up, words.x2 * along + words.y2 * up
    start = np.minimum.reduceat(np.minimum(*places), firsts)
    end = np.maximum.reduceat(np.maximum(*places), firsts)
    level: Flags = (x > np.abs(y)) & (np.abs(y) * (end - start) < LEVEL_RISE * sizes)
    return level


def _are_in_order(starts: Array, firsts: Indexes) -> Flags:
    """Return whether each line's words are in the order of their starts."""
    in_order = np.ones(len(starts), np.bool_)
    in_order[1:] = starts[1:] >= starts[:-1]
    in_order[firsts] = True
    return np.logical_and.reduceat(in_order, firsts)
