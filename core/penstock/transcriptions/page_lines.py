"""Lines and words of a PAGE XML file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from penstock.geometry import Point, Quad
from penstock.model import Line, TextDirection, Word
from penstock.render.scripts import is_right_to_left
from penstock.transcriptions.outlines import bounds, details, upright_baseline
from penstock.transcriptions.page_places import (
    band,
    baseline_of,
    children,
    guessed_angle,
    outline_of,
    runs_down,
    turned_quad,
    word_quad,
)
from penstock.transcriptions.page_texts import (
    Text,
    direction_of,
    language_of,
    text_of,
    unclear_spans,
)
from penstock.transcriptions.word_places import placed_words, split_words
from penstock.transcriptions.xml_input import Element


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a region says about its lines."""

    region: int | None = None
    angle: float | None = None  # of the text, clockwise
    direction: TextDirection | None = None  # of the region or page


_LINE_BREAKS = dict.fromkeys(map(ord, "\r\n\t"), " ")


@dataclass(slots=True)
class _GivenWord:
    element: Element
    text: Text
    outline: tuple[Point, ...]


class LineReader:
    """Reads lines, and collects what is wrong with them.

    Parameters
    ----------
    problems
        Receives a clause for each problem.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        self.contradicted = 0  # lines whose words have another text
        self._words: dict[Element, list[_GivenWord]] = {}

    def text(self, element: Element) -> Text:
        """Return the text of a line, or that of its words joined by spaces; on one line and stripped."""
        given = text_of(element, self.problems)
        if not given.text.strip():
            given = Text(" ".join(word.text.text for word in self._given_words(element)))
        return given.with_text(given.text.translate(_LINE_BREAKS))

    def _given_words(self, element: Element) -> list[_GivenWord]:
        if element not in self._words:
            given = []
            for word in children(element, "Word"):
                text = text_of(word, self.problems)
                if text.text.strip():
                    text = text.with_text(" ".join(text.text.split()))
                    given.append(_GivenWord(word, text, outline_of(word, self.problems)))
            self._words = {element: given}
        return self._words[element]

    def line(self, element: Element, text: Text, around: Surroundings) -> Line | None:
        """Return a line with a text; None if it has no place."""
        given = self._given_words(element)
        outlines = [word.outline for word in given if word.outline]
        outline, baseline = outline_of(element, self.problems), baseline_of(element, self.problems)
        if not outline and baseline:
            outline = band(baseline, text.text)
        if not outline and outlines:
            outline = Quad.from_box(*bounds([point for each in outlines for point in each])).corners
        if not outline:
            return None
        line = _placed(element, text, outline, baseline, outlines, around)
        if (spaced := " ".join(text.text.split())) != line.text:
            line = replace(line, text=spaced)
        words = _marked(self._words_of(line, given), text.text, unclear_spans(element))
        return replace(line, words=words)

    def _words_of(self, line: Line, given: list[_GivenWord]) -> tuple[Word, ...]:
        placed = [_word(each, line) for each in given if each.outline]
        words = tuple(part for word in placed for part in _parts(word))
        if len(placed) < len(given) or not words:
            words = _with_texts(split_words(line), given)
        elif sorted(word.text for word in words) == sorted(line.text.split()):
            words = _in_order(words, line.text.split())
        elif _letters(line.text) != "".join(_letters(word.text) for word in words):
            self.contradicted += 1
            # Here a new text is no correction by hand.
            agreed = placed_words(replace(line, words=words), line.text)
            words = tuple(word if word in words else replace(word, corrected=False) for word in agreed)
        return words


def _placed(
    element: Element,
    text: Text,
    outline: tuple[Point, ...],
    baseline: tuple[Point, ...],
    words: list[tuple[Point, ...]],
    around: Surroundings,
) -> Line:
    """Return a line without words; its text is as the file has it."""
    direction = direction_of(element)
    is_rtl = (direction or around.direction) == "rtl" or is_right_to_left(text.text)
    if runs_down(text.text, outline, baseline, around.angle):
        direction = "ttb"
        quad = Quad.from_box(*bounds(outline))
        baseline = baseline if not baseline or baseline[0][1] < baseline[-1][1] else baseline[::-1]
    else:
        baseline = upright_baseline(baseline, outline, is_right_to_left=is_rtl)
        angle = guessed_angle(text.text, outline, words) if around.angle is None else around.angle
        quad = turned_quad(outline, baseline, angle)
    return Line(
        text.text,
        quad,
        language=language_of(element),
        baseline=baseline,
        polygon=details(outline, quad),
        confidence=text.confidence,
        alternatives=text.alternatives,
        direction=direction,
        region=around.region,
    )


def _word(given: _GivenWord, line: Line) -> Word:
    quad = word_quad(given.outline, line.quad.angle)
    return Word(
        given.text.text,
        quad,
        given.text.confidence,
        bool(unclear_spans(given.element)),
        given.text.is_corrected,
        details(given.outline, quad),
        given.text.alternatives,
        language_of(given.element),
        direction_of(given.element),
    )


def _parts(word: Word) -> tuple[Word, ...]:
    """Return a word; several words if it has spaces in it."""
    if " " not in word.text:
        return (word,)
    parts = split_words(Line(word.text, word.quad))
    return tuple(replace(word, text=part.text, quad=part.quad, polygon=(), alternatives=()) for part in parts)


def _with_texts(words: tuple[Word, ...], given: list[_GivenWord]) -> tuple[Word, ...]:
    """Return words placed by the line's text with what the file says about words without a place."""
    if [word.text for word in words] != [each.text.text for each in given]:
        return words
    return tuple(
        replace(_word(each, Line(word.text, word.quad)), quad=word.quad)
        if each.outline
        else replace(word, confidence=each.text.confidence, alternatives=each.text.alternatives)
        for word, each in zip(words, given, strict=True)
    )


def _marked(words: tuple[Word, ...], text: str, unclear: list[tuple[int, int]]) -> tuple[Word, ...]:
    """Return the words; those in an unclear part of the text have a low confidence."""
    if not unclear:
        return words
    found, position = [], 0
    for word in words:
        start = max(text.find(word.text, position), position)
        position = start + len(word.text)
        is_unclear = any(first < position and start < last for first, last in unclear)
        found.append(replace(word, low_confidence=True) if is_unclear else word)
    return tuple(found)


def _in_order(words: tuple[Word, ...], texts: list[str]) -> tuple[Word, ...]:
    """Return words in the order of their texts. Some programs write them in any order."""
    waiting: dict[str, list[Word]] = {}
    for word in reversed(words):
        waiting.setdefault(word.text, []).append(word)
    return tuple(waiting[text].pop() for text in texts)


def _letters(text: str) -> str:
    return "".join(text.split())
