"""Lay out a line whose words are boxes on an upright page, in half the time that other lines take.

Most files with text have such lines. The result is the same as that of the rules for any line.
"""

from __future__ import annotations

from penstock.model import Line
from penstock.render.placement import Placement
from penstock.render.reading_direction import ordered
from penstock.render.scripts import is_plain, written
from penstock.render.spans import runs_of, start_of
from penstock.render.type_line import MIDDLE, TypeLine, middle_size


def level_line(line: Line, placement: Placement) -> TypeLine | None:
    """Return the line of type for a line of boxes within the page; None for any other line.

    Its text is plain, and says that there is a space between each two words.
    """
    a, b, c, d, e, f = placement.pixels_to_points
    if b or c or a < 0 or d > 0 or not line.words or len(line.baseline) > 2:
        return None
    right, top = placement.width, placement.height
    placed, texts, heights = [], [], []
    for word in line.words:
        (x1, y1), (x2, y2), (x3, y3), (x4, y4) = word.quad.corners
        if not (x1 == x4 < x2 == x3 and y1 == y2 < y3 == y4):
            return None
        start, end, middle = a * x1 + e, a * x2 + e, d * ((y1 + y4) / 2) + f
        height, text = -d * ((y3 - y2 + y4 - y1) / 2), written(word.text)
        if not (text and start >= 0 and end <= right and 0 <= middle <= top and height < top):
            return None
        placed.append((start, end, middle, text))
        texts.append(text)
        heights.append(height)
    if not is_plain("".join(texts)) or written(line.text).split() != texts or not _runs_right(line, a, d):
        return None
    size = middle_size(heights)
    spans = [(start, end, middle - MIDDLE * size, text, False) for start, end, middle, text in placed]
    spans.sort(key=start_of)
    start, _, baseline, _, _ = spans[0]
    runs = tuple(runs_of(spans, size, tilted=False))
    return TypeLine(size, (start, baseline), (1.0, 0.0), runs, right_to_left=False)


def _runs_right(line: Line, a: float, d: float) -> bool:
    """Return whether the line's quad runs to the right rather than up or down."""
    (x1, y1), (x2, y2), _, _ = ordered(line.quad.corners)
    return a * (x2 - x1) > abs(d * (y2 - y1))
