"""Break the lines of a page into the words and rows of a printed transcript."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from penstock.model import Line, Word
from penstock.model.word_counts import LOW_CONFIDENCE, is_doubtful
from penstock.render.print_fonts import FontRun, PrintFonts, width_of
from penstock.render.scripts import advance, is_right_to_left, is_unspaced, written
from penstock.render.typefaces import is_drawn

SPACE = 0.28
"""Width of a space in ems."""
_TOKEN = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class PrintWord:
    """A word, or a part of one, that stays in one row.

    Parameters
    ----------
    runs
        The word as it is drawn, from left to right.
    width
        In ems.
    has_space
        Whether a space separates it from the word before.
    has_code_points
        Whether characters that no font has are drawn as code points.
    """

    text: str
    runs: tuple[FontRun, ...]
    width: float
    is_doubtful: bool
    has_space: bool
    is_right_to_left: bool
    has_code_points: bool


Row = tuple[PrintWord, ...]


def words_of(line: Line, fonts: PrintFonts) -> list[PrintWord]:
    """Return the words of a line. Scripts without spaces are split into characters."""
    text, doubts = marked_text(line)
    found = []
    for token in _TOKEN.finditer(text):
        for index, (start, end) in enumerate(_parts(text, *token.span())):
            part = written(text[start:end])
            if part:
                found.append(_print_word(part, fonts, any(doubts[start:end]), has_space=not index))
    return found


def rows_of(words: Sequence[PrintWord], room: float) -> list[Row]:
    """Break words into rows of at most ``room`` ems. A word that is wider is a row of its own."""
    rows: list[list[PrintWord]] = []
    width = 0.0
    for word in words:
        wide = word.width + SPACE * word.has_space
        if not rows or width + wide > room:
            rows.append([])
            width = -SPACE * word.has_space
        rows[-1].append(word)
        width += wide
    return [tuple(row) for row in rows]


def split_wide(words: Sequence[PrintWord], room: float, fonts: PrintFonts) -> list[PrintWord]:
    """Split words that are wider than ``room`` ems into their characters."""
    found = []
    for word in words:
        if word.width <= room:
            found.append(word)
            continue
        for index, character in enumerate(word.text):
            space = word.has_space and not index
            found.append(_print_word(character, fonts, word.is_doubtful, has_space=space))
    return found


def from_left(row: Row, *, right_to_left: bool) -> Iterator[PrintWord]:
    """Yield the words of a row as they stand from left to right.

    Neighbouring words that run against the row's direction keep an order of their own.
    """
    groups = [list(group) for _, group in groupby(row, key=lambda word: word.is_right_to_left)]
    for group in reversed(groups) if right_to_left else groups:
        yield from reversed(group) if group[0].is_right_to_left else group


def _print_word(text: str, fonts: PrintFonts, doubtful: bool, *, has_space: bool) -> PrintWord:  # noqa: FBT001
    runs = tuple(fonts.runs(text))
    width = sum(map(width_of, runs))
    has_code_points = any(map(fonts.missing.__contains__, text))
    return PrintWord(text, runs, width, doubtful, has_space, is_right_to_left(text), has_code_points)


def marked_text(line: Line) -> tuple[str, list[bool]]:
    """Return a line's text, and for each of its characters whether its word is doubtful."""
    if not line.words:
        is_low = line.confidence is not None and line.confidence < LOW_CONFIDENCE
        return line.text, [is_low] * len(line.text)
    text = line.text
    places = _places(text, line.words)
    if places is None:
        separator = "" if is_unspaced(text) and " " not in text else " "
        text = separator.join(word.text for word in line.words)
        places = _places(text, line.words) or []
    doubts = [False] * len(text)
    for word, start in zip(line.words, places, strict=True):
        if is_doubtful(word):
            doubts[start : start + len(word.text)] = [True] * len(word.text)
    return text, doubts


def _places(text: str, words: Sequence[Word]) -> list[int] | None:
    """Return where each word begins in a text; None if the text does not have all words in this order."""
    places, end = [], 0
    for word in words:
        start = text.find(word.text, end)
        if start < 0:
            return None
        places.append(start)
        end = start + len(word.text)
    return places


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the start and end of the parts between which a row may end."""
    if not is_unspaced(text[start:end]):
        yield start, end
        return
    begin = start
    for index in range(start + 1, end):
        follows = is_unspaced(text[index]) and is_drawn(text[index])
        if follows or (is_unspaced(text[index - 1]) and advance(text[index]) > 1):
            yield begin, index
            begin = index
    yield begin, end
