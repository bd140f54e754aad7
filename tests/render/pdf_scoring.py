"""Score how well a reader finds the lines and words of a known page."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field

from known_pages import DPI, RIGHT_TO_LEFT, UNSPACED, KnownPage
from pdf_readers import Box, Found, union

from penstock.model import Line

_POINTS = 72 / DPI
_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass
class Score:
    """Counts over all pages, in total and by kind of line."""

    lines: int = 0
    lines_whole: int = 0
    words: int = 0
    words_in_place: int = 0
    overlap: float = 0.0
    kinds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    lost: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __str__(self) -> str:
        return "lines whole {:.3f}, words in place {:.3f}, overlap {:.3f}".format(*self.rates)

    @property
    def rates(self) -> tuple[float, float, float]:
        return (
            self.lines_whole / max(1, self.lines),
            self.words_in_place / max(1, self.words),
            self.overlap / max(1, self.words),
        )


def normal(text: str) -> str:
    return " ".join(_MARKS.sub("", unicodedata.normalize("NFKC", text)).split())


def known_words(line: Line, kind: str) -> list[tuple[str, Box]]:
    """Return the words that a reader can separate; a line without spaces is one word."""
    boxes = [(word.text, box_in_points(word.quad.bounds)) for word in line.words]
    if kind in UNSPACED or kind.startswith("column"):
        return [(line.text, union([box for _, box in boxes]))]
    return boxes


def box_in_points(box: Box) -> Box:
    left, top, right, bottom = (value * _POINTS for value in box)
    return (left, top, right, bottom)


def add_score(score: Score, page: KnownPage, found: Found) -> None:
    lines = [normal(line) for line in found.lines]
    words = defaultdict(list)
    for text, box in found.words:
        words[normal(text)].append(box)
    for kind, line in zip(page.kinds, page.lines, strict=True):
        score.lines += 1
        if any(normal(line.text) in found_line for found_line in lines):
            score.lines_whole += 1
        else:
            score.lost[kind].append(line.text)
        for text, truth in known_words(line, kind):
            score.words += 1
            # Some readers return the characters of a word in visual order, not in reading order.
            as_seen = normal(text)[::-1] if kind in RIGHT_TO_LEFT else normal(text)
            overlaps = [overlap(truth, box) for box in words[normal(text)] + words[as_seen]]
            best = max(overlaps, default=0.0)
            score.overlap += best
            score.kinds[kind].append(best)
            score.words_in_place += best > 0.3
            if best <= 0.3:
                score.lost[kind].append("  " + text)


def overlap(first: Box, second: Box) -> float:
    """Return the intersection over union of two boxes."""
    across = min(first[2], second[2]) - max(first[0], second[0])
    down = min(first[3], second[3]) - max(first[1], second[1])
    if across <= 0 or down <= 0:
        return 0.0
    both = across * down
    return both / (_area(first) + _area(second) - both)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
