"""Compare two recognitions of a page word by word."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby

from penstock.comparison.same_places import grouped_words
from penstock.geometry import Homography
from penstock.model import Recognition, Word
from penstock.render.scripts import is_unspaced
from penstock.transcriptions.outlines import box_around
from penstock.transcriptions.word_alignment import Token, align, tokens_of


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of a line that both recognitions have, or that differ. One of the two texts may be empty."""

    first: str
    second: str
    edits: int = 0  # letters and spaces to insert, remove or replace; 0 if the texts agree
    confidences: tuple[float | None, float | None] = (None, None)  # the lowest of the words

    @property
    def agrees(self) -> bool:
        """Whether both texts are the same."""
        return not self.edits


@dataclass(frozen=True, slots=True)
class LineComparison:
    """The writing in one place of a page."""

    box: tuple[float, float, float, float]  # left, top, right, bottom in pixels
    passages: tuple[Passage, ...]

    @property
    def agrees(self) -> bool:
        """Whether all passages agree."""
        return all(passage.agrees for passage in self.passages)


@dataclass(frozen=True, slots=True)
class Score:
    """How far two recognitions agree."""

    words: tuple[int, int] = (0, 0)
    agreeing: int = 0  # words that both have
    letters: int = 0  # of the first one, with the spaces between words
    edits: int = 0  # letters to insert, remove or replace to get the second one

    @property
    def agreement(self) -> float:
        """The share of the words of both that agree; 1 if neither has words."""
        return 2 * self.agreeing / sum(self.words) if sum(self.words) else 1.0

    @property
    def cer(self) -> float | None:
        """Edits for each letter of the first one, its character error rate if the second one is right.

        None if the first one has no letters and the second one has some.
        """
        return self.edits / self.letters if self.letters else None if self.edits else 0.0

    def __add__(self, other: Score) -> Score:
        return Score(
            (self.words[0] + other.words[0], self.words[1] + other.words[1]),
            self.agreeing + other.agreeing,
            self.letters + other.letters,
            self.edits + other.edits,
        )


@dataclass(frozen=True, slots=True)
class PageComparison:
    """Two recognitions of a page, line by line."""

    lines: tuple[LineComparison, ...]
    score: Score


def compared(
    first: Recognition, second: Recognition, scale: tuple[float, float] = (1.0, 1.0)
) -> PageComparison:
    """Compare two recognitions of a page.

    Lines are matched by their places, so their order does not matter. Words are aligned by their letters.
    Case, accents and punctuation count; whether an accent is a character of its own does not.

    Parameters
    ----------
    scale
        Factors from the pixels of the second recognition to those of the first, across and down.
    """
    if scale != (1.0, 1.0):
        second = second.mapped(Homography.scaling(*scale))
    lines, score = [], Score()
    for words in grouped_words(first.lines, second.lines):
        if words[0] or words[1]:
            passages, added = _compared_words(*words)
            box = box_around(word.quad.bounds for word in (*words[0], *words[1]))
            lines.append(LineComparison(box, passages))
            score += added
    return PageComparison(tuple(lines), score)


def _compared_words(first: Sequence[Word], second: Sequence[Word]) -> tuple[tuple[Passage, ...], Score]:
    """Return the passages of a line, and its score."""
    (tokens, confidences), (others, other_confidences) = _tokens(first), _tokens(second)
    passages: list[Passage] = []
    agreeing = 0
    for block in align([token.text for token in tokens], others):
        here, there = _slice(block.words), _slice(block.tokens)
        text, other = _text(tokens[here]), _text(others[there])
        agreeing += len(tokens[here]) if text == other else 0
        lowest = (_lowest(confidences[here]), _lowest(other_confidences[there]))
        passages.append(Passage(text, other, _edits(text, other), lowest))
    letters, other_letters = len(_text(tokens)), len(_text(others))
    edits = min(sum(each.edits + _space(each) for each in passages), max(letters, other_letters))
    score = Score((len(tokens), len(others)), agreeing, letters, edits)
    return tuple(_joined(passages)), score


def _space(passage: Passage) -> int:
    """Return 1 for words that only one recognition has: a space comes or goes with them."""
    return int(not passage.agrees and not (passage.first and passage.second))


def _tokens(words: Sequence[Word]) -> tuple[list[Token], list[float | None]]:
    """Return words, and characters of scripts without spaces, with the confidences of their words."""
    tokens: list[Token] = []
    confidences: list[float | None] = []
    for word in words:
        of_word = tokens_of(unicodedata.normalize("NFC", word.text))
        tokens += of_word
        confidences += [word.confidence] * len(of_word)
    return tokens, confidences


def _text(tokens: Sequence[Token]) -> str:
    text = ""
    for token in tokens:
        text = _with(text, token.text)
    return text


def _with(text: str, more: str) -> str:
    """Return two texts with a space between them, unless their script has none."""
    return text + ("" if not text or is_unspaced(more[:1]) else " ") + more


def _slice(indexes: range) -> slice:
    return slice(indexes.start, indexes.stop)


def _lowest(confidences: Sequence[float | None]) -> float | None:
    return min((each for each in confidences if each is not None), default=None)


def _joined(passages: Iterable[Passage]) -> Iterator[Passage]:
    """Join passages that follow each other and agree."""
    for agrees, group in groupby(passages, key=lambda passage: passage.agrees):
        if agrees:
            yield reduce(_one_passage, group)
        else:
            yield from group


def _one_passage(first: Passage, second: Passage) -> Passage:
    return Passage(_with(first.first, second.first), _with(first.second, second.second))


def _edits(first: str, second: str) -> int:
    """Return the letters to insert, remove or replace to turn a text into another one (Levenshtein)."""
    if first == second:
        return 0
    row = list(range(len(second) + 1))
    for index, letter in enumerate(first, start=1):
        before, row[0] = row[0], index
        for column, other in enumerate(second, start=1):
            least = min(before + (letter != other), row[column] + 1, row[column - 1] + 1)
            before, row[column] = row[column], least
    return row[-1]
