"""Align the words of a corrected text with the recognized words, by their letters.

The cheapest sequence of blocks is found by dynamic programming. A block aligns recognized words with words of
the new text: one with one (kept or replaced), several with one (joined), one with several (split), two with
two (the space between them has moved), none with one (inserted), or one with none (removed).
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from penstock.render.scripts import is_unspaced, natural_width

RESIZED_BLOCK = 1.5
"""Cost of each further word in a block, in inserted or removed letters."""
WORD = 1.0
"""Cost of a word that is inserted or removed, in addition to its letters."""
WITH_ROOM = 0.5
"""Factor of the cost of a word that is inserted where it has room."""
LEAST_ROOM = 0.5
"""Share of its expected width from which on an inserted word has room."""
LONGEST_SHIFT = 16
"""Words that are inserted before as many removed ones, or the other way round, at most. Bounds the time."""
LONGEST_JOIN = (2, 4)
"""Words are joined to at most this many times the letters of the word on the other side, plus so many."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text, or one character of a script without spaces between words."""

    text: str
    start: int  # index of its first character in the text
    is_glued: bool = False  # no space stands between it and the token before

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Block:
    """Recognized words and the tokens of the new text that take their place, as ranges of indexes."""

    words: range
    tokens: range


def tokens_of(text: str) -> list[Token]:
    """Split a text at its spaces, and scripts without spaces between words after each character."""
    return [token for match in re.finditer(r"\S+", text) for token in _pieces(match.group(), match.start())]


def _pieces(run: str, start: int) -> Iterator[Token]:
    if not is_unspaced(run):
        yield Token(run, start)
        return
    cuts = [index for index in range(1, len(run)) if _may_cut(run[index - 1], run[index])]
    for first, last in itertools.pairwise([0, *cuts, len(run)]):
        yield Token(run[first:last], start + first, is_glued=first > 0)


def _may_cut(before: str, after: str) -> bool:
    is_mark = unicodedata.category(after).startswith("M")
    return not is_mark and (is_unspaced(before) or is_unspaced(after))


def align(words: Sequence[str], tokens: Sequence[Token], rooms: Sequence[float] | None = None) -> list[Block]:
    """Return the blocks of the cheapest alignment, in order. Every word and every token is in one block.

    The cost is that of the letters which are inserted or removed, without regard to case, plus `WORD` and
    `RESIZED_BLOCK`. Equal words at both ends are aligned with each other beforehand.

    Parameters
    ----------
    words
        The recognized words.
    tokens
        The tokens of the new text.
    rooms
        The widths in ems of what can be inserted before the first word, after the first word and so on, and
        after the last. Words are more readily inserted where they have room. None if they are not known.
    """
    rooms = rooms or [0.0] * (len(words) + 1)
    texts = [token.text for token in tokens]
    shorter = min(len(words), len(texts))
    head = _count_equal(zip(words, texts, strict=False))
    tail = min(_count_equal(zip(reversed(words), reversed(texts), strict=False)), shorter - head)
    ends = (len(words) - tail, len(texts) - tail)
    middle = _Alignment(
        ["".join(word.split()).casefold() for word in words[head : ends[0]]],
        [text.casefold() for text in texts[head : ends[1]]],
        [token.is_glued for token in tokens[head : ends[1]]],
        rooms[head : ends[0] + 1],
    )
    return [
        *(_block(index, index + 1, index, index + 1) for index in range(head)),
        *(_block(head + a, head + b, head + c, head + d) for a, b, c, d in middle.steps()),
        *(_block(ends[0] + k, ends[0] + k + 1, ends[1] + k, ends[1] + k + 1) for k in range(tail)),
    ]


def _block(first_word: int, end_word: int, first_token: int, end_token: int) -> Block:
    return Block(range(first_word, end_word), range(first_token, end_token))


def _count_equal(pairs: Iterator[tuple[str, str]]) -> int:
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


class _Alignment:
    def __init__(
        self, words: list[str], tokens: list[str], glued: list[bool], rooms: Sequence[float]
    ) -> None:
        self._words, self._tokens, self._glued, self._rooms = words, tokens, glued, rooms

    def steps(self) -> list[tuple[int, int, int, int]]:
        """Return the blocks as first and end index of their words, then of their tokens."""
        ends = (len(self._words), len(self._tokens))
        best: dict[tuple[int, int], tuple[float, tuple[int, int]]] = {(0, 0): (0.0, (0, 0))}
        reach = abs(ends[0] - ends[1]) + LONGEST_SHIFT
        for place in itertools.product(range(ends[0] + 1), range(ends[1] + 1)):
            if place not in best or abs(place[0] - place[1]) > reach:
                continue
            cost = best[place][0]
            for following, added in self._costs(*place):
                if cost + added < best.get(following, (math.inf,))[0]:
                    best[following] = (cost + added, place)
        steps, place = [], ends
        while place != (0, 0):
            before = best[place][1]
            steps.append((before[0], place[0], before[1], place[1]))
            place = before
        return steps[::-1]

    def _costs(self, word: int, token: int) -> Iterator[tuple[tuple[int, int], float]]:
        """Return where each block that starts at a word and a token ends, and its cost."""
        words, tokens = self._words[word:], self._tokens[token:]
        if words:
            yield (word + 1, token), len(words[0]) + WORD
        if tokens:
            yield (word, token + 1), self._insertion(word, tokens[0])
        if not words or not tokens:
            return
        for count, distance in enumerate(_distances(tokens[0], words), start=1):
            yield (word + count, token + 1), distance + RESIZED_BLOCK * (count - 1)
        spaces = 0
        for count, distance in enumerate(_distances(words[0], tokens), start=1):
            spaces += count > 1 and not self._glued[token + count - 1]
            yield (word + 1, token + count), distance + RESIZED_BLOCK * spaces
        if len(words) > 1 and len(tokens) > 1 and words[0] + words[1] == tokens[0] + tokens[1]:
            yield (word + 2, token + 2), RESIZED_BLOCK

    def _insertion(self, word: int, token: str) -> float:
        has_room = self._rooms[word] >= LEAST_ROOM * natural_width(token)
        return (len(token) + WORD) * (WITH_ROOM if has_room else 1)


def _distances(text: str, parts: Sequence[str]) -> Iterator[int]:
    """Return the numbers of letters to insert or remove between a text and the first, first two … parts."""
    longest = LONGEST_JOIN[0] * len(text) + LONGEST_JOIN[1]
    row = list(range(len(text) + 1))
    letters = 0
    for index, part in enumerate(parts):
        letters += len(part)
        if index and letters > longest:
            return
        for letter in part:
            row = _next_row(row, text, letter)
        yield row[-1]


def _next_row(row: list[int], text: str, letter: str) -> list[int]:
    left = row[0] + 1
    following = [left]
    for index, other in enumerate(text):
        left = row[index] if other == letter else min(left, row[index + 1]) + 1
        following.append(left)
    return following
