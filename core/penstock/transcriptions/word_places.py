"""Place the words of a text that has no places for its words: in the line, or where recognized words are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from penstock.geometry import Quad, dot, unit
from penstock.model import Line, Word
from penstock.render.baseline_parts import baseline_parts
from penstock.render.scripts import BLANK, is_cjk, is_right_to_left, natural_width
from penstock.transcriptions.word_alignment import LEAST_ROOM, Block, Token, align, tokens_of

SPACE = BLANK / 1000  # in ems
SMALLEST_EM = 1e-6  # quads without any width must not cause a division by zero
TALL = 1.5
"""Ratio of height to width from which on a line of Chinese or Japanese runs downwards in an upright quad."""

DOWNWARDS = (0, 3, 2, 1)
BACKWARDS = (1, 0, 3, 2)


def placed_words(line: Line, text: str) -> tuple[Word, ...]:
    """Return the words of a new text, with quads made from those of the line's words.

    A word whose text stays is kept. A replaced word has the quad of the old one, and a joined word the quad
    around its parts. The quad of a split word is shared by the widths of the letters. An inserted word gets
    the gap between its neighbours, or a share of a neighbour's quad if the gap is too narrow. Words with
    another text have no confidence and are marked as corrected.

    Raises ValueError if the line has no words.
    """
    if not line.words:
        raise ValueError("line must have words")
    tokens = tokens_of(text)
    if not tokens:
        return ()
    placement = _Placement(line, _Flow.of(line))
    blocks = align([word.text for word in line.words], tokens, placement.rooms())
    return placement.words(
        [_Part(line.words[block.words.start : block.words.stop], _texts(tokens, block)) for block in blocks]
    )


def split_words(line: Line) -> tuple[Word, ...]:
    """Return the words of a line's text, each with its part of the line by the widths of the letters.

    The words follow the baseline if it is bent. Chinese or Japanese that runs downwards is split after each
    character, as the services return it.
    """
    flow = _Flow.of(replace(line, words=(Word("".join(line.text.split()), line.quad),)))
    if line.direction == "ttb":
        flow = _Flow(DOWNWARDS)
    runs_down = flow.order == DOWNWARDS
    texts = [token.text for token in tokens_of(line.text)] if runs_down else line.text.split()
    if len(line.baseline) > 2 and line.polygon and not runs_down:
        spans = _spans(texts)
        if flow.order == BACKWARDS:
            spans = [(1 - end, 1 - start) for start, end in spans]
        quads = baseline_parts(line.baseline, line.polygon, spans)
    else:
        quads = [flow.turn(quad) for quad in _shared(flow.turn(line.quad), texts)]
    return tuple(Word(text, quad) for text, quad in zip(texts, quads, strict=True))


def _texts(tokens: Sequence[Token], block: Block) -> tuple[str, ...]:
    """Return the words that the tokens of a block make; glued tokens are one word."""
    texts: list[str] = []
    for index in block.tokens:
        if texts and tokens[index].is_glued:
            texts[-1] += tokens[index].text
        else:
            texts.append(tokens[index].text)
    return tuple(texts)


@dataclass(frozen=True, slots=True)
class _Part:
    """Old words, and the texts that take their place. Without old words, the texts are inserted."""

    old: tuple[Word, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Flow:
    """The order of a quad's corners in which the words follow each other from the first to the second.

    Applied twice, an order gives the quad as it was.
    """

    order: tuple[int, int, int, int] = (0, 1, 2, 3)

    @classmethod
    def of(cls, line: Line) -> _Flow:
        along, down = unit(line.quad.angle), unit(line.quad.angle + 90)
        first, last = line.words[0].quad.center, line.words[-1].quad.center
        way = (last[0] - first[0], last[1] - first[1])
        if abs(dot(way, down)) > abs(dot(way, along)) or (
            len(line.words) == 1 and is_cjk(line.text) and line.quad.height > TALL * line.quad.width
        ):
            return cls(DOWNWARDS)
        is_reversed = dot(way, along) < 0 if len(line.words) > 1 else is_right_to_left(line.text)
        return cls(BACKWARDS) if is_reversed else cls()

    def turn(self, quad: Quad) -> Quad:
        first, second, third, fourth = (quad.corners[index] for index in self.order)
        return Quad((first, second, third, fourth))


class _Placement:
    def __init__(self, line: Line, flow: _Flow) -> None:
        self._line, self._flow = line, flow
        widths = sum(natural_width(word.text) for word in line.words)
        lengths = sum(flow.turn(word.quad).width for word in line.words)
        self._em = max(lengths / widths, SMALLEST_EM)  # the line's type size in pixels

    def rooms(self) -> list[float]:
        """Return the widths in ems, without the spaces, before each word and after the last one."""
        quads = [self._flow.turn(word.quad) for word in self._line.words]
        gaps = [self._gap(before, after) for before, after in pairwise([None, *quads, None])]
        return [gap.width / self._em if gap else 0.0 for gap in gaps]

    def words(self, parts: Sequence[_Part]) -> tuple[Word, ...]:
        kept = [part for part in _grouped(parts) if part.texts]
        while (index := self._index_without_room(kept)) is not None:
            self._join_with_neighbour(kept, index)
        return tuple(word for index in range(len(kept)) for word in self._words_of(kept, index))

    def _index_without_room(self, parts: list[_Part]) -> int | None:
        """Return the index of an inserted part whose gap is too narrow, None without any."""
        if len(parts) == 1:
            return None
        for index, part in enumerate(parts):
            if not part.old:
                gap = self._gap_of(parts, index)
                if gap is None or gap.width < LEAST_ROOM * self._width(part.texts):
                    return index
        return None

    def _join_with_neighbour(self, parts: list[_Part], index: int) -> None:
        """Let an inserted part share the quad of that neighbour which is wider for its text."""
        beside = [other for other in (index - 1, index + 1) if 0 <= other < len(parts)]
        other = max(beside, key=lambda each: self._surplus(parts[each]))
        first, second = sorted((index, other))
        joined = _Part(parts[first].old + parts[second].old, parts[first].texts + parts[second].texts)
        parts[first : second + 1] = [joined]

    def _surplus(self, part: _Part) -> float:
        return self._flow.turn(_around(part.old)).width / self._width(part.texts)

    def _width(self, texts: Sequence[str]) -> float:
        return self._em * _ems(texts)

    def _gap_of(self, parts: Sequence[_Part], index: int) -> Quad | None:
        before = self._flow.turn(_around(parts[index - 1].old)) if index else None
        after = self._flow.turn(_around(parts[index + 1].old)) if index + 1 < len(parts) else None
        return self._gap(before, after)

    def _gap(self, before: Quad | None, after: Quad | None) -> Quad | None:
        """Return the quad between two neighbours, less a space beside each; None if there is no room.

        At an end of the line there is no neighbour.
        """
        line = self._flow.turn(self._line.quad)
        left = (before.corners[1], before.corners[2]) if before else (line.corners[0], line.corners[3])
        right = (after.corners[0], after.corners[3]) if after else (line.corners[1], line.corners[2])
        along = unit(line.angle)
        length = dot(right[0], along) - dot(left[0], along)
        spaces = [self._em * SPACE if each else 0.0 for each in (before, after)]
        if length <= sum(spaces):
            return None
        whole = Quad((left[0], right[0], right[1], left[1]))
        return whole.part(spaces[0] / length, 1 - spaces[1] / length)

    def _words_of(self, parts: Sequence[_Part], index: int) -> list[Word]:
        part = parts[index]
        if tuple(word.text for word in part.old) == part.texts:
            return list(part.old)
        if part.old:
            place = self._flow.turn(_around(part.old))
        else:
            place = self._gap_of(parts, index) or self._flow.turn(self._line.quad)
        quads = [self._flow.turn(quad) for quad in _shared(place, part.texts)]
        old = {word.text: word for word in part.old}
        return [
            replace(old[text], quad=quad, polygon=()) if text in old else Word(text, quad, corrected=True)
            for text, quad in zip(part.texts, quads, strict=True)
        ]


def _grouped(parts: Sequence[_Part]) -> list[_Part]:
    """Join inserted parts that follow each other. Removed words between them leave their room."""
    grouped: list[_Part] = []
    for is_inserted, group in groupby((part for part in parts if part.texts), lambda part: not part.old):
        members = list(group)
        grouped += [_Part((), sum((part.texts for part in members), ()))] if is_inserted else members
    return grouped


def _around(words: Sequence[Word]) -> Quad:
    return words[0].quad if len(words) == 1 else Quad.around(word.quad for word in words)


def _ems(texts: Sequence[str]) -> float:
    return sum(map(natural_width, texts)) + SPACE * (len(texts) - 1)


def _shared(quad: Quad, texts: Sequence[str]) -> list[Quad]:
    """Divide a quad along its first side by the widths of the texts and the spaces between them."""
    return [quad.part(start, end) for start, end in _spans(texts)]


def _spans(texts: Sequence[str]) -> list[tuple[float, float]]:
    """Return start and end of each text in a line from 0 to 1."""
    total = _ems(texts)
    spans, start = [], 0.0
    for text in texts:
        width = natural_width(text) / total
        spans.append((start, min(1.0, start + width)))
        start += width + SPACE / total
    return spans
