"""The accuracy of lines of handwriting, by set."""

from __future__ import annotations

import statistics
import tempfile
import time
from itertools import groupby
from pathlib import Path

from accuracy import Score, error_rate, folded, shares_found
from handwritten_lines import LineReader, Stack, sets_of, stacks_of


def measured_lines(folder: Path, least: int) -> dict[str, Score]:
    """Return the score of each page of each set, by the names of both."""
    scores = {}
    with tempfile.TemporaryDirectory() as name:
        reader = LineReader(Path(name))
        for path in sets_of(folder):
            for stack in stacks_of(path, least):
                scores[stack.name] = _score(reader, stack)
    return scores


def _score(reader: LineReader, stack: Stack) -> Score:
    """Return the mean over the lines of a page. CER is over the characters of all of them."""
    start = time.perf_counter()
    lines = reader.read(stack)
    seconds = time.perf_counter() - start
    texts = [folded(line.text) if line else "" for line in lines]
    truths = [folded(truth) for truth in stack.truths]
    errors = sum(error_rate(truth, text) * len(truth) for truth, text in zip(truths, texts, strict=True))
    found = shares_found(" ".join(truths), " ".join(texts))
    return Score(errors / max(1, sum(map(len, truths))), *found, seconds / len(lines))


def print_sets(scores: dict[str, Score]) -> None:
    """Print the mean of the pages of each set; a set's name is the first word of a page's name."""
    print(f"{'':24}{'pages':>6}{'CER':>8}{'words':>8}{'inside':>8}{'seconds a line':>16}")
    for name, pages in groupby(scores, key=lambda page: page.split(" ")[0]):
        members = [scores[page] for page in pages]
        _print_row(name, members)
    _print_row("mean of pages", list(scores.values()))


def _print_row(name: str, members: list[Score]) -> None:
    errors, words, inside, seconds = (
        statistics.fmean(getattr(score, field) for score in members) for field in Score.__slots__
    )
    print(f"{name[:23]:24}{len(members):6}{errors:8.3f}{words:8.1%}{inside:8.1%}{seconds:16.3f}")
