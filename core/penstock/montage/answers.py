"""Put what a service read on a sheet back into the recognitions of the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from penstock.geometry import Quad, dot, unit
from penstock.model import Line, Recognition, Word
from penstock.montage.places import LinePlace

SAME_ROW = 0.5
"""Largest distance of the centers of two parts in one row, in heights of the smaller part."""


def answered_lines(sheet: Recognition, places: Sequence[LinePlace]) -> list[tuple[Line, ...]]:
    """Return the lines that a service read in each place, in pixels of the place's page.

    A word belongs to the place that holds its center. So a line that the service joined across places is
    divided, parts of a line that it split are joined, and what it read between the places, or of a
    neighbouring line at the edge of a strip, is left out. A place without text has no lines.
    """
    found: list[list[Line]] = [[] for _ in places]
    for line in sheet.lines:
        for index, part in _parts(line, places):
            found[index].append(part)
    is_backwards = sheet.direction == "rtl"
    return [
        tuple(line.mapped(place.to_page) for line in _joined(parts, is_backwards=is_backwards))
        for parts, place in zip(found, places, strict=True)
    ]


def _parts(line: Line, places: Sequence[LinePlace]) -> Iterable[tuple[int, Line]]:
    """Return the parts of a line of the sheet, and the index of each part's place."""
    if not line.words:
        index = _place_of(line.quad, places)
        return [(index, line)] if index is not None and line.text.strip() else []
    words: dict[int, list[Word]] = {}
    for word in line.words:
        index = _place_of(word.quad, places)
        if index is not None:
            words.setdefault(index, []).append(word)
    return [(index, _with_words(line, some)) for index, some in words.items()]


def _place_of(quad: Quad, places: Sequence[LinePlace]) -> int | None:
    center = quad.center
    return next((index for index, place in enumerate(places) if place.holds(center)), None)


def _with_words(line: Line, words: list[Word]) -> Line:
    """Return the part of a line that has these words."""
    if len(words) == len(line.words):
        return line
    space = " " if " " in line.text else ""
    return replace(
        line,
        text=space.join(word.text for word in words),
        quad=Quad.around(word.quad for word in words),
        words=tuple(words),
        baseline=(),
        polygon=(),
        alternatives=(),
    )


def _joined(parts: Iterable[Line], *, is_backwards: bool) -> list[Line]:
    """Return the lines of a place: parts that are beside each other become one line."""
    rows: list[list[Line]] = []
    for part in parts:
        row = next((row for row in rows if _in_one_row(row[0].quad, part.quad)), None)
        if row is None:
            rows.append([part])
        else:
            row.append(part)
    return [_one_line(row, is_backwards=is_backwards) for row in rows]


def _in_one_row(first: Quad, second: Quad) -> bool:
    down = unit(first.angle + 90)
    apart = abs(dot(second.center, down) - dot(first.center, down))
    return apart <= SAME_ROW * min(first.height, second.height)


def _one_line(row: list[Line], *, is_backwards: bool) -> Line:
    if len(row) == 1:
        return row[0]
    along = unit(row[0].quad.angle)
    ordered = sorted(row, key=lambda part: dot(part.quad.center, along), reverse=is_backwards)
    known = [part.confidence for part in ordered if part.confidence is not None]
    return replace(
        ordered[0],
        text=" ".join(part.text for part in ordered),
        quad=Quad.around(part.quad for part in ordered),
        words=tuple(word for part in ordered for word in part.words),
        baseline=(),
        polygon=(),
        confidence=min(known) if len(known) == len(ordered) else None,
        alternatives=(),
    )


def with_lines(page: Recognition, answers: Mapping[int, Sequence[Line]], recognizer: str = "") -> Recognition:
    """Return the recognition of a page with other lines in the places of some of its lines.

    The reading order and the regions stay as they are. A new line without a language or direction keeps that
    of the old one.

    Parameters
    ----------
    answers
        The new lines by the index of the old one, in pixels of the page. A line whose answer has no text
        stays as it is.
    recognizer
        Name of the recognizer that read the new lines.
    """
    lines: list[Line] = []
    for index, old in enumerate(page.lines):
        new = [line for line in answers.get(index, ()) if line.text.strip()]
        lines += [_in_place_of(old, line) for line in new] or [old]
    names = dict.fromkeys(name for name in (page.recognizer, recognizer) if name)
    return replace(page, lines=tuple(lines), recognizer=" + ".join(names), raw=None)


def _in_place_of(old: Line, new: Line) -> Line:
    return replace(
        new,
        region=old.region,
        language=new.language or old.language,
        direction=new.direction or old.direction,
    )
