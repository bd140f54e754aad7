"""Notes in the margin: tell them from columns, and place them after the paragraph they stand beside."""

from __future__ import annotations

import statistics
from itertools import chain, pairwise

from penstock_plugins.recognizers.rapidocr.boxes import Box, aligned

LEAST_LINES = 2  # smallest number of lines in a column of notes
WIDTH = 0.45  # largest width of a note, in median widths of the lines of the text beside it
TEXT_LINES, TEXT_WIDTH = 3, 8.0  # smallest number of lines of that text, and their median width in heights
# Largest distance of two lines of a note, in heights; the second is for lines aligned with the text, because
# dates and prices are as well.
PITCH, ALIGNED_PITCH = 2.0, 1.4
IN_A_ROW = 0.6  # share of the notes' lines that align with the text from which on they may be table cells
MOST = 0.6  # share of aligned notes' lines that must belong to notes of several lines
COVERAGE = 0.7  # share of the text's lines beside a note's line from which on notes are table cells
SHORT_LINE = 0.75  # width of a paragraph's last line at most, in widths of the text
PARAGRAPH_GAP = 1.4  # distance of two paragraphs at least, in median distances of two lines


def are_notes(side: list[Box], text: list[Box]) -> bool:
    """Return whether a narrow column holds notes on the text beside it, and no cells of a table."""
    if len(side) < LEAST_LINES or len(text) < TEXT_LINES:
        return False
    if statistics.median(box.width / box.height for box in text) < TEXT_WIDTH:
        return False
    if max(box.width for box in side) > WIDTH * statistics.median(box.width for box in text):
        return False
    if len(aligned(side, text)) < IN_A_ROW * len(side):
        return True
    long = [box for note in _notes(side, ALIGNED_PITCH) if len(note) > 1 for box in note]
    if len(long) < MOST * len(side):
        return False
    top, bottom = min(box.top for box in side), max(box.bottom for box in side)
    beside = [line for line in text if top < line.y < bottom]
    return len(aligned(beside, side)) < COVERAGE * len(beside)


def _notes(side: list[Box], pitch: float = PITCH) -> list[list[Box]]:
    """Group lines that follow each other closely."""
    ordered = sorted(side, key=lambda box: box.y)
    notes = [[ordered[0]]]
    for before, after in pairwise(ordered):
        if after.y - before.y > pitch * max(before.height, after.height):
            notes.append([])
        notes[-1].append(after)
    return notes


def with_notes(text: list[list[Box]], side: list[Box]) -> list[tuple[list[Box], str]]:
    """Divide the rows of a text after the paragraphs that have notes beside them, and insert the notes.

    Each part has the kind of its region.
    """
    ends = _paragraph_ends(text)
    parts: list[tuple[list[Box], str]] = []
    start = 0
    for note in _notes(side):
        end = next((end for end in ends if end > start and _is_below(text[end - 1], note)), len(text))
        parts += [(list(chain(*text[start:end])), "text"), (note, "marginalia")]
        start = max(start, end)
    return [part for part in (*parts, (list(chain(*text[start:])), "text")) if part[0]]


def _is_below(row: list[Box], note: list[Box]) -> bool:
    return max(box.bottom for box in row) >= max(box.y for box in note)


def _paragraph_ends(rows: list[list[Box]]) -> list[int]:
    """Return the numbers of rows after which a paragraph ends."""
    left, right = min(row[0].left for row in rows), max(row[-1].right for row in rows)
    distances = [after[0].y - before[0].y for before, after in pairwise(rows)]
    usual = statistics.median(distances) if distances else 0.0
    return [
        number
        for number, (row, distance) in enumerate(zip(rows, distances, strict=False), 1)
        if row[-1].right - left < SHORT_LINE * (right - left) or distance > PARAGRAPH_GAP * usual
    ] + [len(rows)]
