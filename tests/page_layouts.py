"""Drawn page layouts: the quads of the lines of forms, letters, columns and tables, in their true order.

A layout is a list of sequences. The lines of one sequence follow each other. A sequence may stand between
any two lines of another one: a note can come before, within or after the text that it stands beside.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, combinations, pairwise

from penstock.model import Quad

HEIGHT = 30.0
PITCH = 45.0
Sequences = list[list[Quad]]


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws lines with the irregularities of a hand, all from one random generator."""

    random: random.Random

    def line(self, left: float, top: float, width: float, height: float = HEIGHT) -> Quad:
        """Return a line whose place, height and slope vary a little."""
        height *= self.random.uniform(0.85, 1.15)
        top += self.random.uniform(-0.08, 0.08) * height
        left += self.random.uniform(-0.2, 0.2) * height
        quad = Quad.from_box(left, top, left + width, top + height)
        return turned(quad, self.random.uniform(-0.6, 0.6), quad.center)

    def pieces(self, left: float, top: float, width: float, height: float = HEIGHT) -> list[Quad]:
        """Return a line that is sometimes in two pieces, as a detector finds it."""
        if self.random.random() > 0.15 or width < 10 * height:
            return [self.line(left, top, width, height)]
        split = width * self.random.uniform(0.3, 0.7)
        gap = height * self.random.uniform(0.5, 1.2)
        return [
            self.line(left, top, split - gap / 2, height),
            self.line(left + split + gap / 2, top, width - split - gap / 2, height),
        ]

    def paragraphs(
        self, left: float, top: float, width: float, count: int, height: float = HEIGHT, pitch: float = 1.5
    ) -> list[Quad]:
        """Return lines below each other with a ragged right edge, short last lines and indents."""
        quads: list[Quad] = []
        until_last = self.random.randint(2, 7)
        indent = 0.0
        for number in range(count):
            until_last -= 1
            share = self.random.uniform(0.2, 0.8) if not until_last else self.random.uniform(0.86, 1)
            quads += self.pieces(left + indent, top + number * height * pitch, width * share - indent, height)
            indent = 0.0
            if not until_last:
                until_last, indent = self.random.randint(2, 7), self.random.choice((0, 2)) * height
        return quads


Layout = Callable[[Pen], Sequences]


def turned(quad: Quad, degrees: float, center: tuple[float, float] = (0, 0)) -> Quad:
    """Return the quad turned clockwise around a center."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return Quad.from_points(
        (
            center[0] + (x - center[0]) * cos - (y - center[1]) * sin,
            center[1] + (x - center[0]) * sin + (y - center[1]) * cos,
        )
        for x, y in quad.corners
    )


def upwards(pen: Pen, left: float, bottom: float, length: float, height: float = HEIGHT) -> Quad:
    """Return a line that runs up the page."""
    return turned(pen.line(left, bottom, length, height), -90, (left, bottom))


def letter(pen: Pen) -> Sequences:
    count = pen.random.randint(8, 22)
    closing = 400 + count * PITCH + pen.random.uniform(0, 60)
    return [
        [
            pen.line(800, 100, 350),
            pen.line(820, 100 + PITCH, 280),
            pen.line(100, 250, 350),
            *pen.paragraphs(150, 330, 1000, count),
            pen.line(700, closing, 300),
            pen.line(760, closing + PITCH, 350),
        ]
    ]


def letterhead(pen: Pen) -> Sequences:
    """Two addresses beside each other, then the letter."""
    lines = pen.random.randint(3, 5)
    return [
        [
            *(pen.line(100, 100 + n * PITCH, pen.random.uniform(250, 420)) for n in range(lines)),
            *(pen.line(800, 100 + n * PITCH, pen.random.uniform(250, 380)) for n in range(lines)),
            *pen.paragraphs(100, 180 + lines * PITCH, 1080, pen.random.randint(8, 18)),
        ]
    ]


def _columns(pen: Pen, count: int, headline: bool) -> Sequences:
    width, gap = 1500 / count, pen.random.uniform(30, 60)
    height = pen.random.uniform(18, 26)
    top = pen.random.uniform(100, 200)
    quads = [pen.line(200, top - 80, 1000, 45)] if headline else []
    lines = pen.random.randint(10, 24)
    for number in range(count):
        shorter = pen.random.randint(0, lines // 2) if number == count - 1 else 0
        lower = pen.random.uniform(0, height / 2)
        quads += pen.paragraphs(100 + number * width, top + lower, width - gap, lines - shorter, height)
    return [quads]


def two_columns(pen: Pen) -> Sequences:
    return _columns(pen, 2, headline=False)


def three_columns(pen: Pen) -> Sequences:
    return _columns(pen, 3, headline=False)


def headline_over_columns(pen: Pen) -> Sequences:
    return _columns(pen, pen.random.randint(2, 4), headline=True)


def headings_between_columns(pen: Pen) -> Sequences:
    """Sections of two columns, each with a heading across both."""
    quads: list[Quad] = []
    top = 100.0
    for _ in range(pen.random.randint(2, 3)):
        lines = pen.random.randint(4, 9)
        quads.append(pen.line(150, top, pen.random.uniform(500, 1200), 38))
        for left in (100, 830):
            quads += pen.paragraphs(left, top + 75, 670, lines, 26)
        top += 75 + lines * 39 + pen.random.uniform(15, 50)
    return [quads]


def caption_between_columns(pen: Pen) -> Sequences:
    """A picture across the inner halves of two columns, whose lines are short beside it."""
    height, pitch = 24.0, 36.0
    lines, start = pen.random.randint(16, 24), pen.random.randint(3, 8)
    beside = pen.random.randint(6, 8)
    left: list[Quad] = []
    right: list[Quad] = []
    for number in range(lines):
        is_beside = start <= number < start + beside
        top = 100 + number * pitch
        left.append(pen.line(100, top, 420 if is_beside else pen.random.uniform(640, 670), height))
        right.append(pen.line(1080 if is_beside else 830, top, 420 if is_beside else 670, height))
    bottom = 100 + (start + beside) * pitch
    caption = [pen.line(570, bottom - 2 * 26 - 12 + n * 26, 460 - 120 * n, 17) for n in range(2)]
    return [[*left, *right], caption]


def caption_in_a_column(pen: Pen) -> Sequences:
    """A picture with a caption in smaller writing between two paragraphs of the first of two columns."""
    first, second = pen.random.randint(4, 8), pen.random.randint(4, 8)
    under = 100 + first * 36 + pen.random.uniform(150, 300)
    text = [
        *pen.paragraphs(100, 100, 660, first, 24),
        *pen.paragraphs(100, under + 100, 660, second, 24),
        *pen.paragraphs(830, 100, 660, round((under + second * 36) / 36) - 1, 24),
    ]
    return [text, [pen.line(160, under, 500, 17), pen.line(160, under + 26, 350, 17)]]


def facing_pages(pen: Pen) -> Sequences:
    quads: list[Quad] = []
    for left in (100, 1350):
        top = pen.random.uniform(80, 250)
        if pen.random.random() < 0.5:
            quads.append(pen.line(left + pen.random.choice((0, 450, 900)), top - 75, 60, 24))
        quads += pen.paragraphs(left, top, 1000, pen.random.randint(3, 22))
    return [quads]


def form(pen: Pen) -> Sequences:
    """Printed labels with written fields, one or two pairs in a row, some fields empty."""
    quads: list[Quad] = [pen.line(350, 60, 500, 40)]
    for number in range(pen.random.randint(7, 14)):
        top = 150 + number * 60
        for left, right in ((100, 620), (680, 1200)) if pen.random.random() < 0.5 else ((100, 1200),):
            label = pen.random.uniform(90, 200)
            quads.append(pen.line(left, top + 8, label, 20))
            if pen.random.random() < 0.85:
                start = left + label + pen.random.uniform(10, 60)
                room = right - start
                quads.append(pen.line(start, top, room * pen.random.uniform(0.3, 0.9), 32))
    return [quads]


def table(pen: Pen) -> Sequences:
    """Rows of a description and two or three short cells, some of them empty."""
    lefts = (100, 250, 900, 1080) if pen.random.random() < 0.5 else (100, 700, 950)
    widths = (80, 580, 110, 120) if len(lefts) > len("abc") else (520, 130, 140)
    quads: list[Quad] = [
        pen.line(left, 80, width * 0.8, 24) for left, width in zip(lefts, widths, strict=True)
    ]
    for number in range(pen.random.randint(6, 18)):
        for left, width in zip(lefts, widths, strict=True):
            if pen.random.random() < 0.9:
                quads.append(pen.line(left, 150 + number * 48, width * pen.random.uniform(0.4, 0.95)))
    return [quads]


def table_of_words(pen: Pen) -> Sequences:
    """Rows of three cells of some words each."""
    return [
        [
            pen.line(left, 100 + number * 55, pen.random.uniform(130, 330))
            for number in range(pen.random.randint(7, 16))
            for left in (100, 500, 900)
        ]
    ]


def margin_note(pen: Pen) -> Sequences:
    """A letter with a note in small writing in its left or right margin."""
    lines = pen.random.randint(12, 22)
    text = pen.paragraphs(400, 100, 900, lines)
    top = pen.random.uniform(100, 100 + lines * PITCH / 2)
    left = pen.random.choice((60, 1380))
    count = pen.random.randint(2, 7)
    note = [pen.line(left, top + n * 33, pen.random.uniform(150, 270), 22) for n in range(count)]
    return [text, note]


def along_the_margin(pen: Pen) -> Sequences:
    """A letter whose end is written up the left margin."""
    lines = pen.random.randint(12, 22)
    text = pen.paragraphs(300, 100, 1000, lines)
    count = pen.random.randint(1, 3)
    bottom = 100 + lines * PITCH
    length = lines * PITCH * 0.8
    return [[*text, *(upwards(pen, 60 + n * PITCH, bottom, length) for n in range(count))]]


def upside_down_head(pen: Pen) -> Sequences:
    """A letter whose last lines were written upside down above its head."""
    text = pen.paragraphs(100, 260, 1000, pen.random.randint(10, 20))
    head = [
        turned(pen.line(150, 60 + n * PITCH, pen.random.uniform(600, 900)), 180, (600, 100)) for n in (0, 1)
    ]
    return [[*text, *head]]


def footnotes(pen: Pen) -> Sequences:
    lines = pen.random.randint(10, 20)
    below = 150 + lines * PITCH
    return [
        [
            pen.line(1040, 40, 50, 24),
            *pen.paragraphs(100, 100, 1000, lines),
            *pen.paragraphs(100, below, 1000, pen.random.randint(2, 6), 20),
        ]
    ]


def footnotes_under_columns(pen: Pen) -> Sequences:
    lines = pen.random.randint(8, 16)
    below = 130 + lines * 39
    return [
        [
            *pen.paragraphs(100, 100, 670, lines, 26),
            *pen.paragraphs(830, 100, 670, lines, 26),
        ],
        pen.paragraphs(100, below, 1400, pen.random.randint(2, 5), 18),
    ]


def insertions(pen: Pen) -> Sequences:
    """A ruled notebook with words in small writing between the lines."""
    quads: list[Quad] = []
    for number in range(pen.random.randint(10, 20)):
        top = 100 + number * 70
        if number and pen.random.random() < 0.3:
            quads.append(pen.line(pen.random.uniform(150, 800), top - 26, pen.random.uniform(100, 300), 20))
        quads += pen.pieces(100, top, pen.random.uniform(850, 1000), 40)
    return [quads]


def diary(pen: Pen) -> Sequences:
    """Entries with their date to the left of the first line."""
    quads: list[Quad] = []
    top = 100.0
    for _ in range(pen.random.randint(3, 7)):
        quads.append(pen.line(100, top, pen.random.uniform(90, 150)))
        lines = pen.random.randint(1, 5)
        quads += pen.paragraphs(320, top, 900, lines)
        top += lines * PITCH + pen.random.uniform(0, 40)
    return [quads]


def register(pen: Pen) -> Sequences:
    """Entries with a note of some lines in the left margin beside each."""
    text: list[Quad] = []
    notes: Sequences = []
    top = 100.0
    for _ in range(pen.random.randint(2, 4)):
        lines = pen.random.randint(5, 9)
        text += pen.paragraphs(400, top, 900, lines)
        notes.append(
            [
                pen.line(80, top + n * 36, pen.random.uniform(150, 240), 24)
                for n in range(pen.random.randint(2, 4))
            ]
        )
        top += lines * PITCH + pen.random.uniform(30, 60)
    return [text, *notes]


def signatures(pen: Pen) -> Sequences:
    """A deed with two columns of names at its end."""
    lines = pen.random.randint(8, 16)
    below = 150 + lines * PITCH
    names = pen.random.randint(2, 4)
    return [
        [
            *pen.paragraphs(100, 100, 1100, lines),
            *(
                pen.line(left, below + n * 70, pen.random.uniform(250, 400), 40)
                for n in range(names)
                for left in (150, 750)
            ),
        ]
    ]


LAYOUTS: tuple[Layout, ...] = (
    letter, letterhead, two_columns, three_columns, headline_over_columns, headings_between_columns,
    caption_between_columns, caption_in_a_column, facing_pages, form, table, table_of_words, margin_note,
    along_the_margin, upside_down_head, footnotes, footnotes_under_columns, insertions, diary, register,
    signatures,
)  # fmt: skip


def drawn(layout: Layout, seed: int) -> Sequences:
    """Return a layout as one seed draws it, tilted by up to three degrees."""
    pen = Pen(random.Random(f"{layout.__name__} {seed}"))
    sequences = layout(pen)
    degrees = pen.random.uniform(-3, 3)
    return [[turned(quad, degrees) for quad in quads] for quads in sequences]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well an order of lines agrees with the true one: 1 is perfect.

    Parameters
    ----------
    neighbours
        Share of the pairs of consecutive lines of a sequence that are still consecutive, apart from whole
        other sequences between them.
    tau
        Kendall's tau over all pairs of lines of the same sequence: 1 in order, -1 reversed.
    """

    neighbours: float
    tau: float


def agreement(sequences: Sequences, order_of: Callable[[list[Quad]], Iterable[int]], seed: int) -> Agreement:
    """Shuffle the lines, order them, and compare."""
    numbers = [[(which, place) for place in range(len(quads))] for which, quads in enumerate(sequences)]
    lines = list(zip(chain(*numbers), chain(*sequences), strict=True))
    random.Random(seed).shuffle(lines)
    found = [lines[index][0] for index in order_of([quad for _, quad in lines])]
    places = {number: place for place, number in enumerate(found)}
    neighbours = [pair for sequence in numbers for pair in pairwise(sequence)]
    kept = sum(_follows(found[places[first] : places[second] + 1], sequences) for first, second in neighbours)
    pairs = [pair for sequence in numbers for pair in combinations(sequence, 2)]
    in_order = sum(places[first] < places[second] for first, second in pairs)
    return Agreement(kept / max(1, len(neighbours)), 2 * in_order / max(1, len(pairs)) - 1)


def _follows(part: list[tuple[int, int]], sequences: Sequences) -> bool:
    """Return whether only whole other sequences are between the first and the last line of a part."""
    between = Counter(which for which, _ in part[1:-1])
    return (
        len(part) > 1
        and part[0][0] not in between
        and all(count == len(sequences[which]) for which, count in between.items())
    )
