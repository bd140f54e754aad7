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
import operator
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from penstock.geometry import dot
from penstock.model import Line, Point
from penstock.render.invisible_type import ASCENT, DESCENT, WIDEST
from penstock.render.placed_words import PlacedWord, placed_words
from penstock.render.placement import Placement
from penstock.render.scripts import BLANK, in_visual_order, is_cjk, is_plain, is_right_to_left, natural_width

LEVEL_RISE = 0.5
"""Of a line's height: the rise over its whole length up to which it is set level."""
JOIN_GAP = 0.5
"""Of a line's height: the gap between Chinese or Japanese words up to which no space is meant."""
MIDDLE = (ASCENT + DESCENT) / 2000
"""Of a line's height: from its baseline up to its middle."""
SMALLEST_TYPE = 1.0
"""Points; what is lower could not be selected anyway."""
NARROWEST = 0.1
"""Ems a character is given, at least: readers lose characters without a width."""
SPACES = (BLANK, 200, 140, 90, 50, 20)
"""Widths of spaces in thousandths of an em."""


class Run(NamedTuple):
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


class _Span(NamedTuple):
    """A word measured along and across its line."""

    start: float
    end: float
    baseline: float
    text: str
    joined: bool


_start = operator.itemgetter(0)


def lay_out(lines: Iterable[Line], placement: Placement) -> Iterator[TypeLine]:
    """The lines of type for a page, in the recognition's order."""
    begun: Counter[tuple[int, int]] = Counter()
    for line in lines:
        words = placed_words(line, placement)
        if words:
            yield _beside(_type_line(words), begun)


def _beside(line: TypeLine, begun: Counter[tuple[int, int]]) -> TypeLine:
    """Move a line away from others that begin there: PDFium leaves out what stands twice in a place."""
    (x, y), (along, up) = line.origin, line.direction
    place = (round(x), round(y))
    begun[place] += 1
    far = (begun[place] - 1) * max(1.0, line.size)
    return replace(line, origin=(x - up * far, y + along * far)) if far else line


def _type_line(words: list[PlacedWord]) -> TypeLine:
    plain = is_plain("".join([word.text for word in words]))
    if not plain and _is_column(words):
        words = [word.running_down() for word in words]
    size = max(SMALLEST_TYPE, statistics.median([word.height for word in words]))
    along = x, y = _direction(words, size)
    spans = sorted([_span(word, x, y, size) for word in words], key=_start)
    if not plain:
        spans = _joined(spans, size)
    right_to_left = not plain and any(is_right_to_left(span.text) for span in spans)
    if right_to_left:
        # One baseline: pdf.js puts words into the order of reading only where they stand on one.
        level = statistics.fmean(span.baseline for span in spans)
        spans = [span._replace(text=in_visual_order(span.text), baseline=level) for span in spans]
    start, baseline = spans[0].start, spans[0].baseline
    origin = (start * x - baseline * y, start * y + baseline * x)
    tilted = bool(x and y)
    return TypeLine(size, origin, along, tuple(_runs(spans, size, tilted=tilted)), right_to_left)


def _is_column(words: list[PlacedWord]) -> bool:
    """Whether the words are Chinese or Japanese, one under the other."""
    if not is_cjk("".join(word.text for word in words)):
        return False
    first = words[0]
    if len(words) == 1:
        return len(first.text) > 1 and first.height > 1.8 * first.length
    along = _unit(first.end[0] - first.start[0], first.end[1] - first.start[1])
    places = [(dot(word.center, along), dot(word.center, (-along[1], along[0]))) for word in words]
    wide, high = (max(values) - min(values) for values in zip(*places, strict=True))
    return bool(high > max(first.height, wide))


def _direction(words: list[PlacedWord], size: float) -> Point:
    """The direction of reading, of length one; along the page where the line hardly rises."""
    x = y = 0.0
    for _, start, end, _, _ in words:
        x += end[0] - start[0]
        y += end[1] - start[1]
    if not y and x > 0:
        return (1.0, 0.0)
    x, y = _unit(x, y)
    places = [dot(place, (x, y)) for word in words for place in (word.start, word.end)]
    if min(abs(x), abs(y)) * (max(places) - min(places)) < LEVEL_RISE * size:
        return (math.copysign(1.0, x), 0.0) if abs(x) > abs(y) else (0.0, math.copysign(1.0, y))
    return (x, y)


def _unit(x: float, y: float) -> Point:
    length = math.hypot(x, y)
    return (x / length, y / length) if length else (1.0, 0.0)


def _span(word: PlacedWord, x: float, y: float, size: float) -> _Span:
    text, (x1, y1), (x2, y2), _, joined = word
    if x == 1.0:
        return _Span(x1, x2, (y1 + y2) / 2 - MIDDLE * size, text, joined)
    middle = ((y1 + y2) * x - (x1 + x2) * y) / 2
    return _Span(x1 * x + y1 * y, x2 * x + y2 * y, middle - MIDDLE * size, text, joined)


def _joined(spans: list[_Span], size: float) -> list[_Span]:
    joined = spans[:1]
    for span in spans[1:]:
        last = joined[-1]
        meant = span.joined or (is_cjk(span.text) and is_cjk(last.text))
        if meant and span.start - last.end < JOIN_GAP * size:
            joined[-1] = last._replace(text=last.text + span.text, end=max(last.end, span.end))
        else:
            joined.append(span)
    return joined


def _runs(spans: list[_Span], size: float, *, tilted: bool) -> Iterator[Run]:
    last_start, _, last_baseline, _, _ = spans[0]
    following = [span.start for span in spans[1:]]
    for (start, end, baseline, text, _), next_start in zip(spans, [*following, math.inf], strict=True):
        natural = natural_width(text) * size
        least = NARROWEST * size * len(text)
        # Into the next word it would not go without the two being read as one.
        room, width = next_start - start, end - start
        if width < least or 0.98 * room < width:
            room = max(room, 1.1 * least)
            width = min(max(width, least), 0.98 * room)
        stretch = width / natural
        whole = _rounded(1000 * width / size) if tilted else None
        space = _space(1000 * (room - width) / size / (1.0 if tilted else stretch))
        yield Run(text, start - last_start, baseline - last_baseline, stretch, whole, space)
        last_start, last_baseline = start, baseline


def _rounded(width: float) -> int:
    """Glyphs of the same width are written once: no finer than can be seen."""
    return min(WIDEST, max(1, round(width / 5)) * 5)


def _space(room: float) -> int:
    return BLANK if room >= BLANK else next((space for space in SPACES if space <= room), SPACES[-1])
