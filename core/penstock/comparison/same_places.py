"""Find the lines of two recognitions of a page that lie in the same place.

Two engines cut a page into lines in different ways, and read the lines in different orders. Lines are
therefore matched by the places of their words: a line belongs to the line in which most of its letters lie.
One line may so belong to several lines of the other recognition, and the other way round.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from penstock.model import Line, Word
from penstock.transcriptions.outlines import overlap
from penstock.transcriptions.word_places import split_words

LEAST_OVERLAP = 0.3
"""Share of the smaller of two words' areas that they have in common at least if they are the same writing."""
LEAST_SHARE = 0.5
"""Share of the letters of one of two lines that lie in the other one at least if they belong together."""

Group = tuple[list[Word], list[Word]]
"""The words of one or more lines in each recognition, in the order of reading."""


@dataclass(frozen=True, slots=True)
class _Placed:
    line: int
    order: int  # index of the word on its page
    word: Word
    bounds: tuple[float, float, float, float]


_Mates = dict[int, _Placed]  # the word of the other recognition in the place of a word, by the word's order
_Lines = dict[int, list[_Placed]]  # the words of a line, by its index
_Members = tuple[list[int], list[int]]  # indexes of lines in each recognition


def grouped_words(first: Sequence[Line], second: Sequence[Line]) -> list[Group]:
    """Return the words of two recognitions, those of lines in the same place together.

    Groups follow each other as the lines of the first recognition do; lines that only the second one has come
    last. Both recognitions must be in the same pixels.
    """
    pages = (_placed(first), _placed(second))
    mates = (_mates(*pages), _mates(pages[1], pages[0]))
    components = _components(len(first), len(second), _links(pages, mates))
    lines = (_by_line(pages[0]), _by_line(pages[1]))
    return [_group(members, lines, mates) for members in components]


def _placed(lines: Sequence[Line]) -> list[_Placed]:
    words = ((index, word) for index, line in enumerate(lines) for word in words_of(line))
    return [_Placed(line, order, word, word.quad.bounds) for order, (line, word) in enumerate(words)]


def words_of(line: Line) -> tuple[Word, ...]:
    """Return the words of a line; parts of its quad if it has none."""
    return line.words or (split_words(line) if line.text.strip() else ())


def _by_line(words: Sequence[_Placed]) -> _Lines:
    lines: _Lines = defaultdict(list)
    for each in words:
        lines[each.line].append(each)
    return lines


def _mates(words: Sequence[_Placed], others: Sequence[_Placed]) -> _Mates:
    """Return for each word, by its order, the word of the other recognition that covers most of it."""
    heights = sorted(each.bounds[3] - each.bounds[1] for each in others) or [1.0]
    step = max(1.0, 2 * heights[len(heights) // 2])
    rows: dict[int, list[_Placed]] = defaultdict(list)
    for other in others:
        for row in _rows(other, step):
            rows[row].append(other)
    mates = {}
    for each in words:
        near = {other.order: other for row in _rows(each, step) for other in rows[row]}
        best = max(near.values(), key=lambda other: overlap(each.bounds, other.bounds), default=None)
        if best is not None and overlap(each.bounds, best.bounds) >= LEAST_OVERLAP:
            mates[each.order] = best
    return mates


def _rows(word: _Placed, step: float) -> range:
    return range(int(word.bounds[1] // step), int(word.bounds[3] // step) + 1)


def _links(
    pages: tuple[Sequence[_Placed], Sequence[_Placed]], mates: tuple[_Mates, _Mates]
) -> Iterator[tuple[int, int]]:
    """Iterate over the pairs of lines that belong together."""
    letters = [Counter[int](), Counter[int]()]
    common = [Counter[tuple[int, int]](), Counter[tuple[int, int]]()]
    for side in (0, 1):
        for each in pages[side]:
            letters[side][each.line] += len(each.word.text)
            if mate := mates[side].get(each.order):
                pair = (each.line, mate.line) if side == 0 else (mate.line, each.line)
                common[side][pair] += len(each.word.text)
    for pair in dict.fromkeys([*common[0], *common[1]]):
        shares = [common[side][pair] / letters[side][pair[side]] for side in (0, 1)]
        if max(shares) >= LEAST_SHARE:
            yield pair


def _components(firsts: int, seconds: int, links: Iterator[tuple[int, int]]) -> list[_Members]:
    """Return the lines that belong together, directly or through other lines."""
    parents = list(range(firsts + seconds))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for first, second in links:
        roots = sorted((root(first), root(firsts + second)))
        parents[roots[1]] = roots[0]
    members: dict[int, _Members] = {}
    for index in range(firsts + seconds):
        sides = members.setdefault(root(index), ([], []))
        sides[index >= firsts].append(index - firsts if index >= firsts else index)
    return list(members.values())


def _group(members: _Members, lines: tuple[_Lines, _Lines], mates: tuple[_Mates, _Mates]) -> Group:
    """Return the words of a component. The side with more lines is read in the order of the other one."""
    longer = int(len(members[1]) > len(members[0]))
    words: list[list[_Placed]] = [[], []]
    words[1 - longer] = [each for line in members[1 - longer] for each in lines[1 - longer][line]]
    position = {each.order: index for index, each in enumerate(words[1 - longer])}

    def place(line: int) -> float:
        found = [mates[longer].get(each.order) for each in lines[longer][line]]
        known = [position[mate.order] for mate in found if mate is not None and mate.order in position]
        return sum(known) / len(known) if known else float(line)

    words[longer] = [each for line in sorted(members[longer], key=place) for each in lines[longer][line]]
    return [each.word for each in words[0]], [each.word for each in words[1]]
