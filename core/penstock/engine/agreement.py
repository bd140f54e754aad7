"""Makes the text and the words of hand-edited lines agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from penstock.model import Line, Recognition


def agreed(corrected: Recognition, before: Recognition) -> Recognition:
    """Return the correction with each line's text and words in agreement.

    If only one of the two was edited, the other one is changed to match. If the edited text has another
    number of words, the line loses its words; its text is then spread over the line's quad.

    Raises
    ------
    ValueError
        Both were edited, and differ.
    """
    pairs = zip(corrected.lines, _counterparts(corrected, before), strict=True)
    lines = [_agreed(line, was, number) for number, (line, was) in enumerate(pairs, start=1)]
    return replace(corrected, lines=tuple(lines))


def _counterparts(corrected: Recognition, before: Recognition) -> Iterable[Line | None]:
    """For each line, the same line before: by order, or by quad if lines were added or removed."""
    if len(corrected.lines) == len(before.lines):
        return before.lines
    by_quad = {line.quad: line for line in before.lines}
    return [by_quad.get(line.quad) for line in corrected.lines]


def _agreed(line: Line, was: Line | None, number: int) -> Line:
    words = [word.text for word in line.words]
    if was is None or not words or line.text.split() == words:
        return line
    text_changed, words_changed = line.text != was.text, words != [word.text for word in was.words]
    if text_changed and words_changed:
        raise ValueError(f"line {number} says {line.text!r}, and its words {' '.join(words)!r}")
    if words_changed:
        return replace(line, text=" ".join(words))
    return _with_words_of_text(line) if text_changed else line


def _with_words_of_text(line: Line) -> Line:
    texts = line.text.split()
    if len(texts) != len(line.words):
        return replace(line, words=())
    pairs = zip(line.words, texts, strict=True)
    return replace(line, words=tuple(replace(word, text=text) for word, text in pairs))


__all__ = ["agreed"]
