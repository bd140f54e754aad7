"""Set the text of a page in rows of a column, in step with the lines of its picture."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from penstock.model import Line, RecognizedPage
from penstock.render.print_fonts import PrintFonts
from penstock.render.print_words import PrintWord, Row, rows_of, split_wide, words_of
from penstock.render.scripts import is_right_to_left

SIZES = (11.0, 10.0, 9.0, 8.0)
"""Type sizes in points. The largest is taken with which the text of a page fits on one sheet."""
FLOWING_SIZE = 10.0
"""Type size of a text that needs several sheets."""
LEADING = 1.35
"""Distance of baselines as a multiple of the type size."""

DESCENT = 0.25
"""Share of a line's height below its baseline, for lines without a baseline."""


@dataclass(frozen=True, slots=True)
class PrintLine:
    """A line of a page.

    Parameters
    ----------
    number
        Counted from 1 among the lines with text.
    baseline
        Where its letters stand, as a share of the page's height.
    start
        Where its ink begins, as shares of the page's width and height: on the right for right-to-left text.
    """

    number: int
    words: tuple[PrintWord, ...]
    right_to_left: bool
    baseline: float
    start: tuple[float, float]


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row of a column.

    Parameters
    ----------
    below
        Distance from the column's top to the baseline, in points.
    is_first
        Whether the line begins with this row.
    """

    line: PrintLine
    row: Row
    below: float
    is_first: bool


def lines_of(recognized: RecognizedPage, fonts: PrintFonts) -> list[PrintLine]:
    """Return the lines of a page that have text."""
    page, found = recognized.page, list[PrintLine]()
    for line in recognized.recognition.lines:
        words = words_of(line, fonts)
        if not words:
            continue
        right_to_left = is_right_to_left(line.text)
        left, top, right, bottom = line.quad.bounds
        x, y = right if right_to_left else left, (top + bottom) / 2
        start = (_share(x, page.width), _share(y, page.height))
        baseline = _baseline(line) / page.height
        found.append(PrintLine(len(found) + 1, tuple(words), right_to_left, baseline, start))
    return found


def _share(place: float, size: int) -> float:
    """Return a place as a share of the page; places outside the page are moved to its edge."""
    return min(max(place / size, 0.0), 1.0)


def _baseline(line: Line) -> float:
    """Return the height of a line's baseline on the page, in pixels; about that if it is not known."""
    if line.baseline:
        return statistics.fmean(y for _, y in line.baseline)
    _, top, _, bottom = line.quad.bounds
    return top + (bottom - top) * (1 - DESCENT)


def set_lines(
    lines: Sequence[PrintLine],
    fonts: PrintFonts,
    *,
    width: float,
    heights: tuple[float, float],
    picture_height: float,
) -> tuple[float, list[list[PlacedRow]]]:
    """Return the type size in points, and the rows of each sheet.

    Parameters
    ----------
    width
        Of the column, in points.
    heights
        Of the column on the first sheet, and on all others, in points.
    picture_height
        Of the picture beside the column, in points. Rows stand beside their ink if all fit on one sheet; 0 if
        there is no picture beside the column.
    """
    for size in SIZES:
        rows = _rows(lines, fonts, width / size)
        if len(rows) * size * LEADING <= heights[0]:
            return size, [_in_step(rows, size, heights[0], picture_height)]
    rows = _rows(lines, fonts, width / FLOWING_SIZE)
    step = FLOWING_SIZE * LEADING
    first, others = (max(1, int(height / step)) for height in heights)
    starts = [0, *range(first, len(rows), others)]
    return FLOWING_SIZE, [
        [
            PlacedRow(line, row, index * step + FLOWING_SIZE, is_first)
            for index, (line, row, is_first) in enumerate(rows[start:end])
        ]
        for start, end in zip(starts, [*starts[1:], len(rows)], strict=True)
    ]


def _rows(lines: Sequence[PrintLine], fonts: PrintFonts, room: float) -> list[tuple[PrintLine, Row, bool]]:
    return [
        (line, row, not index)
        for line in lines
        for index, row in enumerate(rows_of(split_wide(line.words, room, fonts), room))
    ]


def _in_step(
    rows: Sequence[tuple[PrintLine, Row, bool]], size: float, height: float, picture_height: float
) -> list[PlacedRow]:
    """Place each row as close to the height of its ink as the rows before and after allow."""
    placed, free, step = [], 0.0, size * LEADING
    for index, (line, row, is_first) in enumerate(rows):
        latest = height - (len(rows) - index) * step
        top = max(free, min(latest, line.baseline * picture_height - size if is_first else free))
        placed.append(PlacedRow(line, row, top + size, is_first))
        free = top + step
    return placed
