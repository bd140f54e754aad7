"""Lay out the lines of a recognition as lines of type: origin, direction, size, and the spacing of words.

All coordinates are points of the PDF page, y up. The rules were found by measuring four PDF readers:

- A line is one text object of one size, because readers break lines where the size changes noticeably.
- A line that rises by less than half its height is set horizontally, with words slightly raised or lowered:
  poppler breaks tilted words, and pdf.js tilted lines.
- On a line that is tilted more, each word is one glyph that stands for all its characters and is as wide as
  the word. pdf.js breaks a tilted line where the horizontal scaling changes, and poppler breaks words whose
  baseline rises.
- On other lines, the characters of a word are stretched to its quad.
- A space follows each word. It is narrow enough to end before the next word. A further, narrow space ends the
  line with an operator of its own: PDFium starts a new line after an operator that shows one glyph.
- Words that the line's text joins without a space have no space between them.
- PDFium takes a line for part of the previous line if it starts about as high as the previous line ends, give
  or take half the width of the first glyph. The first glyph of such a line is narrow.
- pdf.js puts right-to-left words into reading order only within a piece of text without wide or narrow gaps,
  measured by the size of the font. So these lines have gaps within limits. Lines with wide gaps have a larger
  font that is compressed to the type size.
- Each word of a line with a bent baseline runs in its own direction; see `bent_line`.
- A column of characters is a line that runs downwards.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from penstock.geometry import dot
from penstock.model import Line, Point
from penstock.render.bent_line import bent_line
from penstock.render.level_lines import level_lines
from penstock.render.placed_word import PlacedWord
from penstock.render.placed_words import placed_words
from penstock.render.placement import Placement
from penstock.render.scripts import in_visual_order, is_cjk, is_plain, is_right_to_left
from penstock.render.spans import Span, runs_of_line, start_of
from penstock.render.type_line import LEVEL_RISE, MIDDLE, TypeLine, type_size, unit_vector

JOIN_GAP = 0.5
"""Gap between Chinese or Japanese words, in line heights, up to which they have no space between them if the
line's text does not tell."""
MIN_FLOW, MAX_FLOW = 0.11, 0.58
"""Gaps between words, in ems of the font, within which pdf.js keeps the words in one piece (0.102 to 0.6)."""
MAX_COMPRESSION = 2.5
"""Limit for the ratio of a font's size to the type size on lines with narrow gaps, too."""
REACH = 0.6
"""Share of the first glyph's width by which PDFium takes the glyph's height for another's (0.5)."""


def lay_out(lines: Iterable[Line], placement: Placement) -> Iterator[TypeLine]:
    """Yield the lines of type for a page's lines in their order. Lines without text are left out."""
    starts: dict[tuple[int, int], int] = {}
    _, _, across, down, _, _ = placement.pixels_to_points
    vertical = unit_vector(across, down)
    before: TypeLine | None = None
    lines = tuple(lines)
    for line, level in zip(lines, level_lines(lines, placement), strict=True):
        type_line = level or _any_line(line, placement)
        if type_line:
            type_line = _moved_apart(type_line, starts)
            if before and _continues(type_line, before, vertical):
                type_line = replace(type_line, narrow_start=True)
            yield type_line
            before = type_line


def _any_line(line: Line, placement: Placement) -> TypeLine | None:
    words = placed_words(line, placement)
    return (bent_line(line, words) or _type_line(words)) if words else None


def _continues(line: TypeLine, before: TypeLine, vertical: Point) -> bool:
    """Return whether PDFium would take a line for part of the line before it."""
    distance = abs(dot(line.origin, vertical) - dot(before.end, vertical))
    return distance < REACH * line.first_width


def _moved_apart(line: TypeLine, starts: dict[tuple[int, int], int]) -> TypeLine:
    """Move a line away from others that start in the same place: PDFium drops text that overlaps exactly."""
    (x, y), (along, up) = line.origin, line.direction
    place = (round(x), round(y))
    others = starts.get(place, 0)
    starts[place] = others + 1
    distance = others * max(1.0, line.size)
    return replace(line, origin=(x - up * distance, y + along * distance)) if others else line


def _type_line(words: list[PlacedWord]) -> TypeLine:
    plain = is_plain("".join([word.text for word in words]))
    if not plain and _is_column(words):
        words = [word.running_down() for word in words]
    size = type_size(words)
    along = x, y = _direction(words, size)
    spans = _joined(_spans(words, along, size), size)
    spans.sort(key=start_of)
    right_to_left = not plain and any(is_right_to_left(span.text) for span in spans)
    compression = 1.0
    if right_to_left:
        # pdf.js puts words into reading order only if they share a baseline.
        level = statistics.fmean(span.baseline for span in spans)
        spans = [span._replace(text=in_visual_order(span.text), baseline=level) for span in spans]
        compression = _compression(spans, size)
        spans = _in_flow(spans, compression * size)
    start, baseline = spans[0].start, spans[0].baseline
    origin = (start * x - baseline * y, start * y + baseline * x)
    tilted = bool(x and y)
    runs = runs_of_line(spans, size, tilted=tilted)
    return TypeLine(size, origin, along, runs, right_to_left, compression)


def _compression(spans: list[Span], size: float) -> float:
    """Return the ratio of a font's size to the type size with which pdf.js keeps the spans in one piece."""
    gaps = [(after.start - span.end) / size for span, after in pairwise(spans)] or [0.0]
    # A font for which the narrowest gap is too narrow would cost more of the words' widths.
    return min(max(MAX_COMPRESSION, min(gaps) / MIN_FLOW), max(1.0, max(gaps) / MAX_FLOW))


def _in_flow(spans: list[Span], em: float) -> list[Span]:
    """Move the ends of spans until pdf.js keeps them in one piece of a font of `em` points."""
    following = [span.start for span in spans[1:]]
    limited = [
        span._replace(end=max(min(span.end, start - MIN_FLOW * em), start - MAX_FLOW * em))
        for span, start in zip(spans, following, strict=False)
    ]
    return [*limited, spans[-1]]


def _is_column(words: list[PlacedWord]) -> bool:
    """Return whether the words are Chinese or Japanese and form a column."""
    if not is_cjk("".join(word.text for word in words)):
        return False
    first = words[0]
    if len(words) == 1:
        return len(first.text) > 1 and first.height > 1.8 * first.length
    along = unit_vector(first.end[0] - first.start[0], first.end[1] - first.start[1])
    places = [(dot(word.center, along), dot(word.center, (-along[1], along[0]))) for word in words]
    wide, high = (max(values) - min(values) for values in zip(*places, strict=True))
    return bool(high > max(first.height, wide))


def _direction(words: list[PlacedWord], size: float) -> Point:
    """Return the unit vector of the direction of reading, parallel to the page if the line hardly rises."""
    x = y = 0.0
    for _, start, end, _, _ in words:
        x += end[0] - start[0]
        y += end[1] - start[1]
    if not y and x > 0:
        return (1.0, 0.0)
    x, y = unit_vector(x, y)
    places = [dot(place, (x, y)) for word in words for place in (word.start, word.end)]
    if min(abs(x), abs(y)) * (max(places) - min(places)) < LEVEL_RISE * size:
        return (math.copysign(1.0, x), 0.0) if abs(x) > abs(y) else (0.0, math.copysign(1.0, y))
    return (x, y)


def _spans(words: list[PlacedWord], direction: Point, size: float) -> list[Span]:
    (x, y), middle = direction, MIDDLE * size
    if x == 1.0:
        return [
            Span(x1, x2, (y1 + y2) / 2 - middle, text, joined)
            for text, (x1, y1), (x2, y2), _, joined in words
        ]
    return [
        Span(
            x1 * x + y1 * y,
            x2 * x + y2 * y,
            ((y1 + y2) * x - (x1 + x2) * y) / 2 - middle,
            text,
            joined,
        )
        for text, (x1, y1), (x2, y2), _, joined in words
    ]


def _joined(spans: list[Span], size: float) -> list[Span]:
    """Return spans in reading order, with those made one that have no space between them."""
    joined = spans[:1]
    for span in spans[1:]:
        last = joined[-1]
        if span.joined or (span.joined is None and _adjoin(last, span, size)):
            start, end = min(last.start, span.start), max(last.end, span.end)
            joined[-1] = last._replace(text=last.text + span.text, start=start, end=end)
        else:
            joined.append(span)
    return joined


def _adjoin(first: Span, second: Span, size: float) -> bool:
    """Return whether two words are Chinese or Japanese and have no visible gap between them."""
    return is_cjk(first.text) and is_cjk(second.text) and second.start - first.end < JOIN_GAP * size
