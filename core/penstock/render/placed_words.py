"""Clean a recognition's words for the text layer, and map them to points of the PDF page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import accumulate
from math import sqrt

from penstock.model import Line, Quad, Word
from penstock.render.baseline_parts import baseline_parts, turned_quad
from penstock.render.placed_word import PlacedWord
from penstock.render.placement import Placement
from penstock.render.reading_direction import in_reading_direction, ordered
from penstock.render.scripts import BLANK, natural_width, written

MAX_ALIGNED = 2000
"""Letters of a line up to which its text is aligned with words that say something else."""

STRAIGHT = 2
"""Points of a baseline that is not bent."""


def placed_words(line: Line, placement: Placement) -> list[PlacedWord]:
    """Return the line's words in reading order; empty for a line without text.

    All words run in one direction, in whichever order their corners are. Words outside the page are moved to
    its edge.
    """
    words = _written_words(line, line.words) or _written_words(line, _estimated_words(line))
    if not words:
        return []
    joins = _joins(written(line.text), [text for text, _ in words])
    a, b, c, d, e, f = placement.pixels_to_points
    right, top = placement.width, placement.height
    placed = []
    for (text, quad), joined in zip(words, joins, strict=True):
        (x1, y1), (x2, y2), (x3, y3), (x4, y4) = ordered(quad.corners)
        across, down = (x3 - x2 + x4 - x1) / 2, (y3 - y2 + y4 - y1) / 2
        side_x, side_y = a * across + c * down, b * across + d * down
        height = sqrt(side_x * side_x + side_y * side_y)
        x1, y1, x2, y2 = (x1 + x4) / 2, (y1 + y4) / 2, (x2 + x3) / 2, (y2 + y3) / 2
        x1, y1, x2, y2 = a * x1 + c * y1 + e, b * x1 + d * y1 + f, a * x2 + c * y2 + e, b * x2 + d * y2 + f
        if not (0 <= x1 <= right and 0 <= x2 <= right and 0 <= y1 <= top and 0 <= y2 <= top and height < top):
            x1, x2 = min(max(x1, 0.0), right), min(max(x2, 0.0), right)
            y1, y2, height = min(max(y1, 0.0), top), min(max(y2, 0.0), top), min(height, top)
        placed.append(PlacedWord(text, (x1, y1), (x2, y2), height, joined))
    (x1, y1), (x2, y2), _, _ = ordered(line.quad.corners)
    return in_reading_direction(placed, (a * (x2 - x1) + c * (y2 - y1), b * (x2 - x1) + d * (y2 - y1)))


def _written_words(line: Line, words: Iterable[Word]) -> list[tuple[str, Quad]]:
    """Return the cleaned text of each word that has one, with its quad, turned along a bent baseline."""
    is_bent = len(line.baseline) > STRAIGHT
    return [
        (text, turned_quad(word.polygon, line.baseline) if is_bent and word.polygon else word.quad)
        for word in words
        if (text := written(word.text))
    ]


def _estimated_words(line: Line) -> Sequence[Word]:
    """Return words for a line without words: its text spread over its quad or baseline by natural widths."""
    texts = line.text.split()
    total = natural_width(" ".join(texts)) or 1.0
    spans, start = [], 0.0
    for text in texts:
        end = start + natural_width(text) / total
        spans.append((start, min(end, 1.0)))
        start = end + BLANK / 1000 / total
    if line.polygon and len(line.baseline) > STRAIGHT and line.baseline[0] != line.baseline[-1]:
        quads = baseline_parts(line.baseline, line.polygon, spans)
    else:
        quads = [line.quad.part(*span) for span in spans]
    return tuple(map(Word, texts, quads))


def _joins(text: str, words: Sequence[str]) -> list[bool | None]:
    """Return for each word whether the text has no space before it; None where the text has other letters."""
    parts = text.split()
    if parts == words:
        return [False] * len(words)
    letters = ["".join(word.split()) for word in words]
    starts = accumulate(map(len, letters[:-1]), initial=0)
    spaced = set(accumulate(map(len, parts), initial=0))
    in_text = _positions("".join(letters), "".join(parts))
    return [None if start not in in_text else in_text[start] not in spaced for start in starts]


def _positions(letters: str, other: str) -> Mapping[int, int] | range:
    """Map the indexes of letters to those of the same letters in a similar text."""
    if letters == other:
        return range(len(letters))
    if max(len(letters), len(other)) > MAX_ALIGNED:
        return {}
    blocks = SequenceMatcher(None, letters, other, autojunk=False).get_matching_blocks()
    return {block.a + index: block.b + index for block in blocks for index in range(block.size)}
