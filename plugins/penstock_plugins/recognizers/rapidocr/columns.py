"""Reading order of the lines of one direction, by a recursive XY-cut.

A part of the page is cut at the gutter between two columns. Lines across the gutter, such as headings, cut
the columns. Without a gutter, the part is cut at its widest horizontal gap. Each piece is cut in the same
way. The method is that of G. Nagy and S. Seth, "Hierarchical representation of optically scanned documents",
ICPR 1984, with three changes: gaps are looked for between lines instead of pixels, some lines may cross
them, and columns whose lines align in rows are read as a table.
"""

from __future__ import annotations

import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from penstock_plugins.recognizers.rapidocr.boxes import Box, aligned, median_height, pitch_of, rows_of
from penstock_plugins.recognizers.rapidocr.notes import LEAST_LINES, are_notes, with_notes

COLUMN_LINES = 3  # smallest number of lines in a column
# Width of a gutter in median heights of a line: GUTTER_LINES over the number of lines beside it. Words that
# are far apart in a few lines, one below the other, leave a gap as well.
NARROWEST_GUTTER, WIDEST_GUTTER, GUTTER_LINES = 0.4, 1.5, 6
MANY_LINES = 6  # with fewer, short lines are no column, and long ones do not show whether they are ragged
CANDIDATES = 40  # gutters that are tried; limits the time for pages of a thousand lines
CROSSINGS = 0.34  # largest share of lines that may cross the gutter, such as headings
CAPTIONS = 0.2  # largest share of lines in the gutter that have others to both sides
# Median width, in heights, up to which aligned lines are cells of a table, and from which on they are text.
CELL_WIDTH, TEXT_WIDTH = 5.0, 12.0
# Share of a column's lines aligned with others from which on it may belong to a table.
IN_A_ROW = 0.6
# In between, they are cells if their rows are this far apart, in heights, and if they are ragged: the median
# of their widths is less than this share of the largest ones.
TABLE_PITCH, TABLE_FILL = 1.65, 0.92
# Smallest share of the shorter column's height along which two columns stand side by side.
SIDE_BY_SIDE = 0.3


@dataclass(frozen=True, slots=True)
class Block:
    """Text that is read in rows from the top, each row from its left."""

    boxes: Sequence[Box]
    kind: str = "text"  # one of PAGE's terms for regions

    @property
    def rows(self) -> list[list[Box]]:
        return rows_of(self.boxes)


@dataclass(frozen=True, slots=True)
class _Columns:
    """What is to both sides of a gutter, and what lies across it."""

    left: list[Box]
    right: list[Box]
    headings: list[Box]
    captions: list[Box]


def blocks_of(boxes: Sequence[Box]) -> list[Block]:
    """Return the boxes in reading order."""
    blocks: list[Block] = []
    plain: list[Box] = []  # parts without columns since the last block
    waiting = [boxes] if boxes else []  # the topmost part is the last one
    while waiting:
        part = waiting.pop()
        columns = _columns(part)
        if columns is not None:
            blocks += [*_plain(plain), *_column_by_column(columns)]
            plain = []
        elif halves := _cut_at_widest_gap(part):
            waiting += reversed(halves)
        else:
            plain += part
    return [*blocks, *_plain(plain)]


def _plain(boxes: list[Box], kind: str = "text") -> list[Block]:
    return [Block(boxes, kind)] if boxes else []


def _column_by_column(columns: _Columns) -> list[Block]:
    """Return the columns in reading order; headings separate them, captions come last."""
    blocks: list[Block] = []
    left, right = columns.left, columns.right
    for heading in sorted(columns.headings, key=lambda box: box.y):
        blocks += _side_by_side(*([box for box in side if box.y < heading.y] for side in (left, right)))
        left, right = ([box for box in side if box.y >= heading.y] for side in (left, right))
        blocks.append(Block([heading]))
    blocks += _side_by_side(left, right)
    return [*blocks, *_plain(columns.captions, "caption")]


def _side_by_side(left: list[Box], right: list[Box]) -> list[Block]:
    for notes, text in ((left, right), (right, left)):
        if are_notes(notes, text):
            rows = [row for block in blocks_of(text) for row in block.rows]
            return [Block(part, kind) for part, kind in with_notes(rows, notes)]
    return [*blocks_of(left), *blocks_of(right)]


def _columns(boxes: Sequence[Box]) -> _Columns | None:
    """Return the two parts beside the gutter that the fewest lines reach into, or None without a gutter."""
    if len(boxes) < COLUMN_LINES + LEAST_LINES:
        return None
    height = median_height(boxes)
    lefts, rights = sorted(box.left for box in boxes), sorted(box.right for box in boxes)
    candidates: list[tuple[int, float, float]] = []
    for start in set(rights):
        before = bisect_right(rights, start)
        fewest = min(before, len(boxes) - bisect_left(lefts, start))
        if fewest < LEAST_LINES:
            continue
        end = start + min(WIDEST_GUTTER, max(NARROWEST_GUTTER, GUTTER_LINES / fewest)) * height
        crossing = bisect_left(lefts, end) - before
        if before + crossing <= len(boxes) - LEAST_LINES and crossing <= CROSSINGS * len(boxes):
            candidates.append((crossing, start, end))
    divided = (_divided(boxes, start, end) for _, start, end in sorted(candidates)[:CANDIDATES])
    return next((columns for columns in divided if _are_columns(columns)), None)


def _divided(boxes: Sequence[Box], start: float, end: float) -> _Columns:
    """Divide lines at a gutter, which reaches from `start` to `end`.

    A line in the gutter that has others to both sides is a caption. One with others to one side belongs to
    the other side. One that stands alone is a heading.
    """
    left = [box for box in boxes if box.right <= start]
    right = [box for box in boxes if box.left >= end]
    columns = _Columns(list(left), list(right), [], [])
    places = {
        (False, False): columns.headings,
        (False, True): columns.left,
        (True, False): columns.right,
        (True, True): columns.captions,
    }
    for box in boxes:
        if box.right > start and box.left < end:
            beside = [other for other in (*left, *right) if other.top < box.y < other.bottom]
            is_left, is_right = (
                any(other.right < box.x for other in beside),
                any(other.left > box.x for other in beside),
            )
            places[is_left, is_right].append(box)
    return columns


def _are_columns(columns: _Columns) -> bool:
    left, right = columns.left, columns.right
    if len(columns.captions) > CAPTIONS * (len(left) + len(right)) or not _are_side_by_side(left, right):
        return False
    if are_notes(left, right) or are_notes(right, left):
        return True
    return min(len(left), len(right)) >= COLUMN_LINES and _is_column(left, right) and _is_column(right, left)


def _are_side_by_side(left: list[Box], right: list[Box]) -> bool:
    tops = [min(box.top for box in side) for side in (left, right)]
    bottoms = [max(box.bottom for box in side) for side in (left, right)]
    shorter = min(bottom - top for top, bottom in zip(tops, bottoms, strict=True))
    return min(bottoms) - max(tops) >= SIDE_BY_SIDE * shorter


def _is_column(side: list[Box], other: list[Box]) -> bool:
    """Return whether a column is read from top to bottom, instead of in rows with the other."""
    length = statistics.median(box.width / box.height for box in side)
    if length < CELL_WIDTH and len(side) < MANY_LINES:
        return False
    if len(aligned(side, other)) < IN_A_ROW * len(side):
        return True
    if not CELL_WIDTH <= length < TEXT_WIDTH:
        return length >= TEXT_WIDTH
    if pitch_of(side) + pitch_of(other) < 2 * TABLE_PITCH:
        return True
    widths = sorted(box.width for box in side)
    return len(side) >= MANY_LINES and statistics.median(widths) >= TABLE_FILL * widths[len(widths) * 9 // 10]


def _cut_at_widest_gap(boxes: Sequence[Box]) -> list[list[Box]]:
    """Return what is above and below the widest horizontal gap, or nothing without a gap."""
    ordered = sorted(boxes, key=lambda box: box.top)
    bottoms = list(accumulate((box.bottom for box in ordered), max))
    gaps = [after.top - bottom for bottom, after in zip(bottoms, ordered[1:], strict=False)]
    widest = max(range(len(gaps)), key=gaps.__getitem__, default=None)
    if widest is None or gaps[widest] <= 0:
        return []
    return [ordered[: widest + 1], ordered[widest + 1 :]]
