"""Measure what a word's confidence means: how many words of a confidence are right.

Usage: python benchmarks/calibration.py LINES_FOLDER [--lines 40] [--scans FOLDER --files 'hw_*']

LINES_FOLDER contains zip files of lines, as in `handwritten_lines`; `--scans` adds pages with transcriptions,
as in `accuracy`. A word is right if the transcription has it at the same place in the sequence of words,
regardless of case and punctuation. For each of ten equal ranges of confidence, the number of words, their
mean confidence and the share of right ones are printed. The expected calibration error (M. P. Naeini and
others, "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015) is the mean distance
between the two.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from accuracy import folded, transcribed
from handwritten_lines import read_lines

from penstock.images import find_pages
from penstock.model import Word
from penstock_plugins.recognizers.rapidocr.page_recognition import PageRecognizer

BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """A word's confidence, and whether the word is right."""

    confidence: float
    is_right: bool
    is_decoded: bool  # whether decoding changed the word


def judged(words: Iterable[Word], truth: str, *, is_decoded: bool = False) -> list[Judged]:
    """Return which words are right. Those of a line that decoding split or joined are given as decoded."""
    words = [word for word in words if _letters(word.text)]
    read, wanted = [_letters(word.text) for word in words], list(filter(None, map(_letters, truth.split())))
    matcher = difflib.SequenceMatcher(None, read, wanted, autojunk=False)
    right = {
        index for block in matcher.get_matching_blocks() for index in range(block.a, block.a + block.size)
    }
    return [
        Judged(word.confidence or 0.0, index in right, is_decoded or bool(word.alternatives))
        for index, word in enumerate(words)
    ]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def judged_lines(folder: Path, least: int) -> list[Judged]:
    """Read at least this many lines of each set in a folder."""
    found: list[Judged] = []
    for _, truth, line in read_lines(folder, least):
        if line:
            found += judged(line.words, folded(truth), is_decoded=bool(line.alternatives))
    return found


def judged_scans(folder: Path, pattern: str) -> list[Judged]:
    recognizer, found = PageRecognizer(working_size=1600, min_confidence=0.5), []
    for sample in transcribed(folder, pattern):
        for page in find_pages(sample.path, sample.path.name):
            words = [word for line in recognizer.recognize(page).lines for word in line.words]
            found += judged(words, sample.truth)
    return found


def calibration_error(words: list[Judged]) -> float:
    return sum(abs(mean - right) * count for count, mean, right in curve(words)) / max(1, len(words))


def curve(words: list[Judged]) -> list[tuple[int, float, float]]:
    """Return number of words, mean confidence and share of right words of each range that has words."""
    confidences = np.array([word.confidence for word in words])
    right = np.array([word.is_right for word in words])
    ranges = np.minimum((confidences * BINS).astype(int), BINS - 1)
    return [
        (int(here.sum()), float(confidences[here].mean()), float(right[here].mean()))
        for here in (ranges == number for number in range(BINS))
        if here.any()
    ]


def report(name: str, words: list[Judged]) -> None:
    print(f"{name}: {len(words)} words, expected calibration error {calibration_error(words):.3f}")
    for count, mean, right in curve(words):
        print(f"  {count:6d} words   confidence {mean:.2f}   right {right:.2f}  {'#' * round(right * 40)}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lines", type=int, default=40, help="lines of each set at least")
    parser.add_argument("--scans", type=Path)
    parser.add_argument("--files", default="*", help="glob pattern of the scans")
    arguments = parser.parse_args()
    report("lines", judged_lines(arguments.folder, arguments.lines))
    if arguments.scans:
        report("scans", judged_scans(arguments.scans, arguments.files))


if __name__ == "__main__":
    main()
