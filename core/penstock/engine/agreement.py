"""Lines that somebody mended: their text and their words made to say the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from penstock.model import Line, Recognition


def agreed(mended: Recognition, before: Recognition) -> Recognition:
    """What was mended, where whichever of a line's text and words was left alone follows the other.

    Words whose number changed are left out: then the line's text is spread over its place.

    Raises
    ------
    ValueError
        Both were mended, and say something else.
    """
    pairs = zip(mended.lines, _counterparts(mended, before), strict=True)
    lines = [_agreed(line, was, number) for number, (line, was) in enumerate(pairs, start=1)]
    return replace(mended, lines=tuple(lines))


def _counterparts(mended: Recognition, before: Recognition) -> Iterable[Line | None]:
    """Of each line, the one that it was: the same in order, or in place where lines came or went."""
    if len(mended.lines) == len(before.lines):
        return before.lines
    by_place = {line.quad: line for line in before.lines}
    return [by_place.get(line.quad) for line in mended.lines]


def _agreed(line: Line, was: Line | None, number: int) -> Line:
    words = [word.text for word in line.words]
    if was is None or not words or line.text.split() == words:
        return line
    text_changed, words_changed = line.text != was.text, words != [word.text for word in was.words]
    if text_changed and words_changed:
        raise ValueError(f"line {number} says {line.text!r}, and its words {' '.join(words)!r}")
    if words_changed:
        return replace(line, text=" ".join(words))
    return _renamed(line) if text_changed else line


def _renamed(line: Line) -> Line:
    """The line with its words' texts taken from its own, one for one, or without any."""
    texts = line.text.split()
    if len(texts) != len(line.words):
        return replace(line, words=())
    named = zip(line.words, texts, strict=True)
    return replace(line, words=tuple(replace(word, text=text) for word, text in named))


__all__ = ["agreed"]
