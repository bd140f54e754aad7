"""Lines of a recognition to lines of type: where each starts, how large it is, how its words are spaced.

Pure geometry, in points of the PDF page (y up). What is done here, and why:

- A line is one text object with one size and one direction; readers break lines wherever either changes.
- A line that rises by less than half its height is drawn level: readers break tilted lines at every word.
- A word is drawn together with the space after it, stretched to its own quad, and never into the next word.
- Chinese and Japanese words that stand close together are joined: a space would be found when searching.
- A column of characters is a line that runs down.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from penstock.model import Line, Point, Quad, Word
from penstock.render.glyphless_font import DESCENT
from penstock.render.placement import Placement
from penstock.render.scripts import BLANK, in_visual_order, is_cjk, natural_width, written

Corners = tuple[Point, Point, Point, Point]

import os
LEVEL_RISE = float(os.environ.get('LEVEL','0.5'))
"""Of a line's height: the rise over its whole length up to which it is drawn level."""
JOIN_GAP = 0.5
"""Of a line's height: the gap between Chinese or Japanese words up to which no space is meant."""
SMALLEST_TYPE = 0.5
"""Points; what is lower than this could not be selected anyway."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is shown in one go: a word and its space.

    Parameters
    ----------
    text
        From left to right, as it is seen.
    offset
        Points along the line from the start of the run before it; 0 for the first.
    stretch
        Horizontal scaling in percent.
    """

    text: str
    offset: float
    stretch: float
    space: int = BLANK
    rise: float = 0.0


@dataclass(frozen=True, slots=True)
class TypeLine:
    """One line of type: its size in points, where its baseline starts, where it runs to."""

    size: float
    origin: Point
    direction: Point
    runs: tuple[Run, ...]
    rtl: bool = False


def lay_out(lines: Iterable[Line], placement: Placement) -> Iterator[TypeLine]:
    """The lines of type for a page, in the recognition's order."""
    for line in lines:
        words = [(written(word.text), _corners(word.quad, placement)) for word in _words(line)]
        words = [(text, corners) for text, corners in words if text]
        if words:
            yield _type_line(words)


def _words(line: Line) -> Sequence[Word]:
    """The line's words; where a recognizer gave none, the line's text spread over its quad."""
    if line.words:
        return line.words
    texts = line.text.split()
    total = natural_width(" ".join(texts)) or 1.0
    words, start = [], 0.0
    for text in texts:
        end = start + natural_width(text) / total
        words.append(Word(text, _part(line.quad, start, min(end, 1.0))))
        start = end + BLANK / 1000 / total
    return words


def _part(quad: Quad, start: float, end: float) -> Quad:
    """The slice of a quad between two fractions of its length."""
    first, second, third, fourth = quad.corners
    return Quad(
        (
            _between(first, second, start),
            _between(first, second, end),
            _between(fourth, third, end),
            _between(fourth, third, start),
        )
    )


def _between(first: Point, second: Point, fraction: float) -> Point:
    return (
        first[0] + (second[0] - first[0]) * fraction,
        first[1] + (second[1] - first[1]) * fraction,
    )


def _corners(quad: Quad, placement: Placement) -> Corners:
    first, second, third, fourth = map(placement.point, quad.corners)
    return (first, second, third, fourth)


def _type_line(words: list[tuple[str, Corners]]) -> TypeLine:
    if _is_column(words):
        words = [(text, (corners[1], corners[2], corners[3], corners[0])) for text, corners in words]
    height = max(SMALLEST_TYPE, statistics.median(_height(corners) for _, corners in words))
    along = _direction([corners for _, corners in words], height)
    import os
    stairs=None
    if along==(1.0,0.0) and os.environ.get('FSTAIR') and not any(in_visual_order(t)!=t for t,_ in words) and not any(is_cjk(t) for t,_ in words): stairs=True
    if along != (1.0,0.0) and abs(math.degrees(math.atan2(along[1],along[0])))<float(os.environ.get('STAIR','0')):
        along=(1.0,0.0); stairs=True
    across = (-along[1], along[0])
    if stairs:
        ws=sorted((( (c[0][0]+c[3][0])/2,(c[1][0]+c[2][0])/2,t,(c[2][1]+c[3][1])/2) for t,c in words))
        spans=[w[:3] for w in ws]; bases=[w[3]-DESCENT/1000*height for w in ws]
        runs=list(_runs(spans,height))
        runs=[Run(r.text,r.offset,r.stretch,r.space,b-(bases[i-1] if i else b)) for i,(r,b) in enumerate(zip(runs,bases))]
        return TypeLine(height,(spans[0][0],bases[0]),along,tuple(runs),False)
    spans = sorted(
        (
            (_dot(corners[0], along) + _dot(corners[3], along)) / 2,
            (_dot(corners[1], along) + _dot(corners[2], along)) / 2,
            text,
        )
        for text, corners in words
    )
    bottom = statistics.fmean(
        (_dot(corners[2], across) + _dot(corners[3], across)) / 2 for _, corners in words
    )
    baseline = bottom - DESCENT / 1000 * height
    start = spans[0][0]
    origin = (start * along[0] + baseline * across[0], start * along[1] + baseline * across[1])
    import unicodedata
    rtl = any(in_visual_order(t) != t or unicodedata.bidirectional(t[0]) in ("R","AL") for t,_ in words)
    return TypeLine(height, origin, along, tuple(_runs(_joined(spans, height), height)), rtl)


def _direction(quads: list[Corners], height: float) -> Point:
    """The direction of reading, of length one; level where the line hardly rises."""
    x = sum(q[1][0] - q[0][0] + q[2][0] - q[3][0] for q in quads)
    y = sum(q[1][1] - q[0][1] + q[2][1] - q[3][1] for q in quads)
    length = math.hypot(x, y)
    if not length:
        return (1.0, 0.0)
    x, y = x / length, y / length
    ends = [q[0] for q in quads] + [q[1] for q in quads]
    places = [_dot(end, (x, y)) for end in ends]
    span = max(places) - min(places)
    if x > abs(y) and abs(y) * span < LEVEL_RISE * height:
        return (1.0, 0.0)
    return (x, y)


def _is_column(words: list[tuple[str, Corners]]) -> bool:
    """Whether the words are Chinese or Japanese, one under the other."""
    if not is_cjk("".join(text for text, _ in words)):
        return False
    if len(words) == 1:
        text, corners = words[0]
        return len(text) > 1 and _height(corners) > 1.8 * math.dist(corners[0], corners[1])
    first = words[0][1]
    along = _direction([first], 0.0)
    across = (-along[1], along[0])
    centers = [((q[0][0] + q[2][0]) / 2, (q[0][1] + q[2][1]) / 2) for _, q in words]
    wide = _spread([_dot(center, along) for center in centers])
    high = _spread([_dot(center, across) for center in centers])
    return high > max(_height(first), wide)


def _joined(spans: list[tuple[float, float, str]], height: float) -> list[tuple[float, float, str]]:
    joined: list[tuple[float, float, str]] = []
    for start, end, text in spans:
        if joined and is_cjk(text) and is_cjk(joined[-1][2]) and start - joined[-1][1] < JOIN_GAP * height:
            joined[-1] = (joined[-1][0], end, joined[-1][2] + text)
        else:
            joined.append((start, end, text))
    return joined


def _runs(spans: list[tuple[float, float, str]], size: float) -> Iterator[Run]:
    position = spans[0][0]
    for index, (start, end, text) in enumerate(spans):
        natural = max(natural_width(text), 0.1) * size
        stretch = max(end - start, 0.01 * natural) / natural
        space = BLANK
        if index + 1 < len(spans):
            following = spans[index + 1][0]
            room = max(following - start, 0.02 * natural)
            stretch = min(stretch, (room / natural) * 0.98 )
            space = max(SPACES[-1], *(s for s in SPACES if s*size/1000*stretch <= room - natural*stretch), 0) if True else 0
        yield Run(in_visual_order(text), start - position, 100 * stretch, space)
        position = start

SPACES = (278, 200, 140, 90, 50, 20)

def _height(corners: Corners) -> float:
    return (math.dist(corners[0], corners[3]) + math.dist(corners[1], corners[2])) / 2


def _dot(first: Point, second: Point) -> float:
    return first[0] * second[0] + first[1] * second[1]


def _spread(values: list[float]) -> float:
    return max(values) - min(values)
