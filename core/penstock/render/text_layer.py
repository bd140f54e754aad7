"""Lines of a recognition to lines of type: where each starts, how large it is, how its words are spaced.

Pure geometry, in points of the PDF page (y up). What is done here was measured with four readers:

- A line is one text object with one size; readers break lines where the size changes by more than a hair.
- A line that rises by less than half its height is set level, its words a little higher or lower each, as
  poppler breaks words, and pdf.js lines, that are tilted.
- On a line that is truly tilted each word is one glyph, as wide as the word, that stands for all of its
  characters. pdf.js breaks tilted lines wherever the horizontal scaling changes, so it may not; and poppler
  breaks words in which the baseline rises.
- Elsewhere a word's characters are stretched to its quad.
- After each word comes a space, narrow enough to end before the next word.
- What the line's own text writes without a space (Chinese, Thai) is set without one.
- A column of characters is a line that runs down.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from penstock.model import Line, Point, dot
from penstock.render.invisible_type import ASCENT, DESCENT, WIDEST
from penstock.render.placed_words import PlacedWord, placed_words
from penstock.render.placement import Placement
from penstock.render.scripts import BLANK, in_visual_order, is_cjk, is_right_to_left, natural_width

LEVEL_RISE = 0.5
"""Of a line's height: the rise over its whole length up to which it is set level."""
JOIN_GAP = 0.5
"""Of a line's height: the gap between Chinese or Japanese words up to which no space is meant."""
SMALLEST_TYPE = 0.5
"""Points; what is lower could not be selected anyway."""
NARROWEST = 0.02
"""Ems a character is given, at least: readers lose characters without a width."""
SPACES = (BLANK, 200, 140, 90, 50, 20)
"""Widths of spaces in thousandths of an em."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is shown in one go: a word and its space.

    Parameters
    ----------
    text
        From left to right, as it is seen.
    along, up
        Points from the start of the run before it, in the line's directions; 0 for the first.
    stretch
        Horizontal scaling of its characters, 1 for none.
    width
        Thousandths of the type size for the whole text as one glyph, not scaled; None to set its characters.
    space
        Width of the space after it, in thousandths of the type size.
    """

    text: str
    along: float
    up: float
    stretch: float
    width: int | None
    space: int


@dataclass(frozen=True, slots=True)
class TypeLine:
    """One line of type.

    Parameters
    ----------
    size
        Of the type, in points.
    origin
        Where the baseline of the first run starts.
    direction
        Of reading, of length one.
    right_to_left
        Whether something on it is to be read from right to left.
    """

    size: float
    origin: Point
    direction: Point
    runs: tuple[Run, ...]
    right_to_left: bool


@dataclass(frozen=True, slots=True)
class _Span:
    """A word measured along and across its line."""

    text: str
    start: float
    end: float
    baseline: float
    joined: bool


def lay_out(lines: Iterable[Line], placement: Placement) -> Iterator[TypeLine]:
    """The lines of type for a page, in the recognition's order."""
    for line in lines:
        words = placed_words(line, placement)
        if words:
            yield _type_line(words)


def _type_line(words: list[PlacedWord]) -> TypeLine:
    if _is_column(words):
        words = [replace(word, corners=(*word.corners[1:], word.corners[0])) for word in words]
    size = max(SMALLEST_TYPE, statistics.median(word.height for word in words))
    along = _direction(words, size)
    right_to_left = any(is_right_to_left(word.text) for word in words)
    spans = sorted((_span(word, along, size) for word in words), key=lambda span: span.start)
    if right_to_left:
        # One baseline: pdf.js puts words into the order of reading only where they stand on one.
        spans = [replace(span, baseline=statistics.fmean(s.baseline for s in spans)) for span in spans]
    spans = _joined(spans, size)
    first = spans[0]
    origin = (
        first.start * along[0] - first.baseline * along[1],
        first.start * along[1] + first.baseline * along[0],
    )
    tilted = 0.0 not in along
    return TypeLine(size, origin, along, tuple(_runs(spans, size, tilted=tilted)), right_to_left)


def _is_column(words: list[PlacedWord]) -> bool:
    """Whether the words are Chinese or Japanese, one under the other."""
    if not is_cjk("".join(word.text for word in words)):
        return False
    first = words[0]
    length = math.hypot(*first.vector) / 2
    if len(words) == 1:
        return len(first.text) > 1 and first.height > 1.8 * length
    along = _unit(first.vector)
    places = [(dot(word.center, along), dot(word.center, (-along[1], along[0]))) for word in words]
    wide, high = (max(values) - min(values) for values in zip(*places, strict=True))
    return bool(high > max(first.height, wide))


def _direction(words: list[PlacedWord], size: float) -> Point:
    """The direction of reading, of length one; along the page where the line hardly rises."""
    vectors = [word.vector for word in words]
    along = _unit((sum(x for x, _ in vectors), sum(y for _, y in vectors)))
    ends = [dot(corner, along) for word in words for corner in word.corners[:2]]
    length = max(ends) - min(ends)
    x, y = along
    if min(abs(x), abs(y)) * length < LEVEL_RISE * size:
        return (math.copysign(1.0, x), 0.0) if abs(x) > abs(y) else (0.0, math.copysign(1.0, y))
    return along


def _unit(vector: Point) -> Point:
    length = math.hypot(*vector)
    return (vector[0] / length, vector[1] / length) if length else (1.0, 0.0)


def _span(word: PlacedWord, along: Point, size: float) -> _Span:
    first, second, third, fourth = (dot(corner, along) for corner in word.corners)
    middle = dot(word.center, (-along[1], along[0]))
    baseline = middle - (ASCENT + DESCENT) / 2000 * size
    return _Span(word.text, (first + fourth) / 2, (second + third) / 2, baseline, word.joined)


def _joined(spans: list[_Span], size: float) -> list[_Span]:
    joined = spans[:1]
    for span in spans[1:]:
        last = joined[-1]
        close = span.start - last.end < JOIN_GAP * size
        if close and (span.joined or (is_cjk(span.text) and is_cjk(last.text))):
            joined[-1] = replace(last, text=last.text + span.text, end=max(last.end, span.end))
        else:
            joined.append(span)
    return joined


def _runs(spans: list[_Span], size: float, *, tilted: bool) -> Iterator[Run]:
    before = spans[0]
    for index, span in enumerate(spans):
        natural = natural_width(span.text) * size
        least = NARROWEST * size * len(span.text)
        width = max(span.end - span.start, least)
        room = math.inf
        if index + 1 < len(spans):
            # Into the next word it would not go without the two being read as one.
            room = max(spans[index + 1].start - span.start, 1.1 * least)
            width = min(width, 0.98 * room)
        stretch = width / natural if natural else 1.0
        whole = _rounded(1000 * width / size) if tilted or not natural else None
        space = _space(1000 * (room - width) / size / (1.0 if whole else stretch))
        yield Run(
            in_visual_order(span.text),
            span.start - before.start,
            span.baseline - before.baseline,
            stretch,
            whole,
            space,
        )
        before = span


def _rounded(width: float) -> int:
    """Glyphs of the same width are written once: no finer than can be seen."""
    return min(WIDEST, max(1, round(width / 5)) * 5)


def _space(room: float) -> int:
    return next((space for space in SPACES if space <= room), SPACES[-1])
