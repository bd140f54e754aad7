"""Measure whether corrected words lie on their ink.

    python benchmarks/corrections.py [--edits 200] [--seed 1]

Lines of English words are drawn letter by letter, with letters and spaces of random widths and a random tilt,
so that the place of every letter is known. A recognizer's mistakes are made in each line: it joins two words,
splits one, misreads one, or misses one. The text is then corrected, and each word's quad is compared with the
true one: the overlap is the intersection divided by the union, along the line.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace

from PIL import ImageFont

from penstock.engine.corrected_lines import agreed_line
from penstock.geometry import Quad, dot, unit
from penstock.model import Line, Word

HEIGHT = 40.0  # of a line in pixels
LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOCABULARY = re.findall(
    r"\w+",
    """a I of to it is my we the and you was not her his had but for dear that with have this from when them
    would there their could which your were letter mother father brother Stanford weather journey morning
    evening received yesterday together something husband children remember affectionate nevertheless
    sincerely""",
)


@dataclass(frozen=True)
class Ink:
    """A word, or a part of one, and where its letters begin and end along the line, in pixels."""

    text: str
    edges: tuple[tuple[float, float], ...]  # of each letter

    @property
    def span(self) -> tuple[float, float]:
        return self.edges[0][0], self.edges[-1][1]


class Drawn:
    """A line with known letters, from which recognized lines are made."""

    def __init__(self, chance: random.Random) -> None:
        self._font = ImageFont.load_default(HEIGHT)
        self.origin, self.angle = (chance.uniform(50, 500), chance.uniform(50, 900)), chance.uniform(-12, 12)
        self.words: list[Ink] = []
        x = 0.0
        for text in chance.choices(VOCABULARY, k=chance.randint(4, 10)):
            edges = []
            for letter in text:
                width = self._font.getlength(letter) * chance.uniform(0.75, 1.25)
                edges.append((x, x + width))
                x += width
            self.words.append(Ink(text, tuple(edges)))
            x += HEIGHT * chance.uniform(0.2, 0.5)

    def quad(self, start: float, end: float) -> Quad:
        along, down = unit(self.angle), unit(self.angle + 90)
        return Quad.from_points(
            (
                self.origin[0] + along[0] * u + down[0] * v,
                self.origin[1] + along[1] * u + down[1] * v,
            )
            for u, v in ((start, 0), (end, 0), (end, HEIGHT), (start, HEIGHT))
        )

    def span(self, quad: Quad) -> tuple[float, float]:
        along = unit(self.angle)
        places = [dot((x - self.origin[0], y - self.origin[1]), along) for x, y in quad.corners]
        return min(places), max(places)

    def line(self, inks: list[Ink]) -> Line:
        words = tuple(Word(ink.text, self.quad(*ink.span), 0.7) for ink in inks)
        quad = self.quad(self.words[0].span[0], self.words[-1].span[1])
        return Line(" ".join(ink.text for ink in inks), quad, words)


def misread(ink: Ink, chance: random.Random) -> Ink:
    """Replace one to three letters, where the number of letters may change by one, or the whole word."""
    if chance.random() < 0.25:
        return replace(ink, text=chance.choice([word for word in VOCABULARY if word != ink.text]))
    letters = list(ink.text)
    for _ in range(chance.randint(1, 3)):
        letters[chance.randrange(len(letters))] = chance.choice(LETTERS)
    if len(letters) > 2 and chance.random() < 0.5:
        del letters[chance.randrange(len(letters))]
    # Only the ends of a misread word's ink are used, so the edges need not be those of its letters.
    return replace(ink, text="".join(letters))


def join(inks: list[Ink], chance: random.Random) -> None:
    at = chance.randrange(len(inks) - 1)
    first, second = inks[at : at + 2]
    inks[at : at + 2] = [Ink(first.text + second.text, first.edges + second.edges)]


def split(inks: list[Ink], chance: random.Random) -> None:
    at = chance.choice([index for index, ink in enumerate(inks) if len(ink.text) > 1])
    ink = inks[at]
    cut = chance.randrange(1, len(ink.text))
    inks[at : at + 1] = [Ink(ink.text[:cut], ink.edges[:cut]), Ink(ink.text[cut:], ink.edges[cut:])]


def replace_one(inks: list[Ink], chance: random.Random) -> None:
    at = chance.randrange(len(inks))
    inks[at] = misread(inks[at], chance)


def miss(inks: list[Ink], chance: random.Random) -> None:
    del inks[chance.randrange(len(inks))]


MISTAKES: dict[str, Callable[[list[Ink], random.Random], None]] = {
    "a split word, joined": split,
    "a joined word, split": join,
    "a misread word, replaced": replace_one,
    "a missed word, inserted": miss,
}


def overlap(first: tuple[float, float], second: tuple[float, float]) -> float:
    common = max(0.0, min(first[1], second[1]) - max(first[0], second[0]))
    return common / (max(first[1], second[1]) - min(first[0], second[0]))


def corrected_overlaps(mistakes: list[str], chance: random.Random) -> tuple[list[float], list[float]]:
    """Return the overlaps of the corrected words, and of all words of the line."""
    drawn = Drawn(chance)
    inks = list(drawn.words)
    for mistake in mistakes:
        MISTAKES[mistake](inks, chance)
    line = drawn.line(inks)
    mended = agreed_line(replace(line, text=" ".join(ink.text for ink in drawn.words)), line)
    assert [word.text for word in mended.words] == [ink.text for ink in drawn.words]
    every = [
        overlap(drawn.span(word.quad), ink.span) for word, ink in zip(mended.words, drawn.words, strict=True)
    ]
    return [each for each, word in zip(every, mended.words, strict=True) if word.corrected], every


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    rows = [(name, [name]) for name in MISTAKES for _ in range(options.edits // len(MISTAKES))]
    several = [("two different mistakes", chance.sample(list(MISTAKES), 2)) for _ in range(options.edits)]
    results: dict[str, list[tuple[list[float], list[float]]]] = {}
    for name, mistakes in [*rows, *several]:
        results.setdefault(name, []).append(corrected_overlaps(mistakes, chance))
    results["all single mistakes"] = [each for name in MISTAKES for each in results[name]]
    for name, lines in results.items():
        corrected = [each for line in lines for each in line[0]]
        every = [each for line in lines for each in line[1]]
        print(
            f"{name:26} {len(lines):4} lines  corrected words: mean {statistics.mean(corrected):.3f}, "
            f"lowest {min(corrected):.2f}, all words: mean {statistics.mean(every):.3f}"
        )


if __name__ == "__main__":
    main()
