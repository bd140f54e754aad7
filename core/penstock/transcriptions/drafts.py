"""Lines and words as a file gives them, and how gaps in them are filled."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from statistics import median

from penstock.geometry import CORNERS, Point, Quad, quad_around
from penstock.model import Alternative, Line, Region, TextDirection, Word
from penstock.render.scripts import is_right_to_left
from penstock.transcriptions.findings import Findings
from penstock.transcriptions.outlines import bounds, details, facing, rows
from penstock.transcriptions.word_places import split_words

Size = tuple[float, float]
"""Width and height of a page."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""

MOST_FAR, MOST_FAR_SHARE = 10, 0.02
"""More lines and words than these outside a page, in number and in share, show that its size is wrong."""


@dataclass(slots=True)
class WordDraft:
    """A word, perhaps without a place or with spaces in it."""

    text: str
    box: Box | None = None
    confidence: float | None = None
    polygon: tuple[Point, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    language: str | None = None
    direction: TextDirection | None = None
    corrected: bool = False


@dataclass(slots=True)
class LineDraft:
    """A line, perhaps without a place or without words.

    ``words`` is empty or covers the text. ``angle`` turns the boxes of line and words counter-clockwise, by
    quarter turns. ``region`` is an index in the page's regions.
    """

    text: str
    words: list[WordDraft] = field(default_factory=list)
    box: Box | None = None
    angle: float = 0.0
    baseline: tuple[Point, ...] = ()
    polygon: tuple[Point, ...] = ()
    confidence: float | None = None
    language: str | None = None
    direction: TextDirection | None = None
    region: int | None = None
    quad: Quad | None = None


def turned_box(box: Box, angle: float) -> Quad:
    """Return an upright rectangle whose text is turned counter-clockwise, by the nearest quarter turn."""
    quad = Quad.from_box(*box)
    turns = -round(angle / 90) % 4
    if not turns:
        return quad
    first, second, third, fourth = quad.corners[turns:] + quad.corners[:turns]
    return Quad((first, second, third, fourth))


def outlined_quad(polygon: Sequence[Point], baseline: Sequence[Point], angle: float) -> Quad:
    """Return the quad of an outline.

    Four corners are kept as they are. Other outlines have the rectangle along the baseline around them, or
    the upright one. The text is turned counter-clockwise by ``angle`` if there is no baseline.
    """
    if len(baseline) > 1:
        (x1, y1), (x2, y2) = baseline[0], baseline[-1]
        angle = -math.degrees(math.atan2(y2 - y1, x2 - x1))
    corners = polygon[:-1] if polygon[0] == polygon[-1] else polygon
    if len(corners) == CORNERS:
        first, second, third, fourth = corners
        area = _cross(first, third, second, fourth)
        if area:
            quad = Quad((first, second, third, fourth) if area > 0 else (fourth, third, second, first))
            return facing(quad, -angle)
    return quad_around(polygon, baseline) if len(baseline) > 1 else turned_box(bounds(polygon), angle)


def _cross(first: Point, third: Point, second: Point, fourth: Point) -> float:
    """Return twice the area between two diagonals, positive if the corners are clockwise on the page."""
    return (third[0] - first[0]) * (fourth[1] - second[1]) - (third[1] - first[1]) * (fourth[0] - second[0])


def without_far_places(drafts: Sequence[LineDraft], size: Size | None, findings: Findings) -> Size | None:
    """Remove places off the page, and return the page's size; None if it cannot be right.

    A place is off the page if no part of it is on the page, or if it is much larger. If that is true of many
    words, the size is wrong and the places are kept.
    """
    if size is None:
        return None
    far: list[LineDraft | WordDraft] = [line for line in drafts if line.box and _is_off(line.box, size)]
    far += [word for line in drafts for word in line.words if word.box and _is_off(word.box, size)]
    count = len(drafts) + sum(len(line.words) for line in drafts)
    if len(far) > max(MOST_FAR, MOST_FAR_SHARE * count):
        findings.add(
            f"the page is said to be {size[0]:g} x {size[1]:g} large, but {len(far)} lines and words "
            "are outside"
        )
        return None
    for member in far:
        member.box = None
        if isinstance(member, LineDraft):
            member.quad = None
        findings.add("a place is outside the page", repr(member.text[:30]))
    return size


def _is_off(box: Box, size: Size) -> bool:
    left, top, right, bottom = box
    width, height = size
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return False
    return (
        right <= 0 or bottom <= 0 or left >= width or top >= height
        or right - left > 2 * width or bottom - top > 2 * height
    )  # fmt: skip


def finished_lines(
    drafts: Sequence[LineDraft], regions: Sequence[Region], size: Size | None, findings: Findings
) -> tuple[Line, ...]:
    """Return the lines that have text, in order, with a place for each line and word.

    A line without a place is around its words. Lines without these share the height of their region, or of
    the page. They are left out if there is no such place either. A word without a place, and a line without
    words, is placed by the widths of the letters. A word with spaces in it becomes several words.
    """
    lines = []
    for draft in _placed([draft for draft in drafts if draft.text], regions, size):
        if draft.quad is None:
            findings.add("a line without a place was left out", repr(draft.text[:30]))
        else:
            lines.append(_finished(draft, draft.quad))
    return tuple(lines)


def _placed(drafts: Sequence[LineDraft], regions: Sequence[Region], size: Size | None) -> Iterator[LineDraft]:
    """Iterate over the lines, after their quads are set where that is possible."""
    for draft in drafts:
        if draft.quad is None and (box := _box_around(draft)):
            draft.quad = turned_box(box, draft.angle)
    heights = [draft.quad.height for draft in drafts if draft.quad]
    height = median(heights) if 0 < len(heights) < len(drafts) else None
    for (region, is_placed), group in groupby(drafts, lambda draft: (draft.region, draft.quad is not None)):
        members = list(group)
        if not is_placed:
            _spread(members, None if region is None else regions[region], size, height)
        yield from members


def _box_around(draft: LineDraft) -> Box | None:
    """Return the box of a line and its words. Some programs write lines that do not cover their words."""
    boxes = [word.box for word in draft.words if word.box]
    if draft.box is not None:
        boxes.append(draft.box)
    if not boxes:
        return None
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _spread(
    drafts: Sequence[LineDraft], region: Region | None, size: Size | None, height: float | None
) -> None:
    """Divide the height of a region, or of the page, among lines without a place.

    Rows are not higher than ``height``, the usual height of the page's lines.
    """
    if region is not None and region.polygon:
        left, top, right, bottom = bounds(region.polygon)
    elif size is not None:
        left, top, (right, bottom) = 0.0, 0.0, size
    else:
        return
    if height is not None:
        bottom = min(bottom, top + height * len(drafts))
    texts = [draft.text for draft in drafts]
    place = Quad.from_box(left, top, right, bottom)
    is_reversed = is_right_to_left(" ".join(texts))
    for draft, row in zip(drafts, rows(place, texts, is_right_to_left=is_reversed), strict=True):
        draft.quad = row


def _finished(draft: LineDraft, quad: Quad) -> Line:
    words: list[Word] = []
    for word in draft.words:
        if len(draft.words) == 1 and (word.box is None or " " in word.text):
            words += _parts(word, _bare_line(draft, word.text, quad))
        elif word.box is not None:
            words += _placed_words(word, _quad_of(word, word.box, draft))
    if len(words) < len(draft.words) or not words:
        words = _shared_out(draft, _bare_line(draft, draft.text, quad))
    return Line(
        draft.text,
        quad,
        tuple(words),
        language=draft.language,
        baseline=draft.baseline,
        polygon=details(draft.polygon, quad),
        confidence=draft.confidence,
        direction=draft.direction,
        region=draft.region,
    )


def _quad_of(word: WordDraft, box: Box, line: LineDraft) -> Quad:
    if word.polygon:
        return outlined_quad(word.polygon, line.baseline, line.angle)
    return turned_box(box, line.angle)


def _bare_line(draft: LineDraft, text: str, quad: Quad) -> Line:
    """Return a line without words, to be split into words."""
    return Line(text, quad, baseline=draft.baseline, polygon=draft.polygon, direction=draft.direction)


def _placed_words(word: WordDraft, quad: Quad) -> Iterable[Word]:
    """Return the word of a draft with a place; several words if it has spaces in it."""
    if " " in word.text:
        return _parts(word, Line(word.text, quad))
    return (
        Word(
            word.text,
            quad,
            None if word.corrected else word.confidence,
            corrected=word.corrected,
            polygon=details(word.polygon, quad) if word.polygon else (),
            alternatives=word.alternatives,
            language=word.language,
            direction=word.direction,
        ),
    )


def _parts(word: WordDraft, line: Line) -> Iterator[Word]:
    """Iterate over the words of a draft with spaces in it, placed along a line."""
    for part in split_words(line):
        yield replace(
            part,
            confidence=None if word.corrected else word.confidence,
            corrected=word.corrected,
            alternatives=word.alternatives if part.text == word.text else (),
            language=word.language,
            direction=word.direction,
        )


def _shared_out(draft: LineDraft, line: Line) -> list[Word]:
    """Return the words of a line of which some or all have no place.

    These have the places that the line's text gives them.
    """
    parts = split_words(line)
    if len(parts) != len(draft.words) or any(" " in word.text for word in draft.words):
        return list(parts)
    words: list[Word] = []
    for word, part in zip(draft.words, parts, strict=True):
        words += _placed_words(word, _quad_of(word, word.box, draft) if word.box else part.quad)
    return words
