"""Fill the gaps in lines and words as a file gives them: missing places, and words that are not divided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from statistics import median

from penstock.geometry import Quad
from penstock.model import Line, Region, Word
from penstock.render.scripts import is_right_to_left
from penstock.transcriptions.drafts import Box, LineDraft, Size, WordDraft, outlined_quad, turned_box
from penstock.transcriptions.findings import Findings
from penstock.transcriptions.outlines import bounds, box_around, details, rows
from penstock.transcriptions.word_places import split_words


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
    return box_around(boxes)


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
