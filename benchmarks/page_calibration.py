"""Measure what a page's confidence means: its rank correlation with the true error rate.

Usage: python benchmarks/page_calibration.py SCANS --store FOLDER [--lines FOLDER]
       [--texts FOLDER --fonts FONT ...]

For the pages of `transcribed_pages`, prints Spearman's rank correlation between one minus
`penstock.page_confidence` and the character error rate, with a bootstrap interval (pages resampled), and for
ranges of confidence the number of pages, their mean confidence, the mean share of right words and the mean
CER. A page without any text counts as one of confidence 0.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from calibration import judged
from intervals import SEED
from transcribed_pages import TranscribedPage, add_arguments, is_print, pages_of

from penstock import page_confidence

SAMPLES = 2_000
RANGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)


def ranks(values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the rank of each value; equal values have their mean rank."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: np.ndarray[tuple[int], np.dtype[np.float64]] = (ends - (counts - 1) / 2)[which]
    return means


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Return Spearman's coefficient (C. Spearman, 1904)."""
    return float(np.corrcoef(ranks(first), ranks(second))[0, 1])


def interval(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    """Return the 95% interval of the coefficient if the pages were drawn again."""
    pairs, chance, found = np.array([first, second]), np.random.default_rng(SEED), []
    for _ in range(SAMPLES):
        again = pairs[:, chance.integers(0, pairs.shape[1], pairs.shape[1])]
        if np.ptp(again, axis=1).all():
            found.append(rank_correlation(again[0].tolist(), again[1].tolist()))
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def right_words(page: TranscribedPage) -> float:
    """Return the share of the transcription's words that were read."""
    words = [word for line in page.recognition.lines for word in line.words]
    found = sum(each.is_right for each in judged(words, page.truth))
    return found / max(1, sum(any(map(str.isalnum, word)) for word in page.truth.split()))


def confidence_of(page: TranscribedPage) -> float:
    return page_confidence(page.recognition) or 0.0


def report(name: str, pages: list[TranscribedPage]) -> None:
    doubts, errors = [1 - confidence_of(page) for page in pages], [page.errors for page in pages]
    low, high = interval(doubts, errors)
    value = rank_correlation(doubts, errors)
    print(f"{name}: {len(pages)} pages, rank correlation {value:.2f}, {low:.2f} to {high:.2f}")


def print_ranges(pages: list[TranscribedPage]) -> None:
    print("  pages  confidence  right words  CER")
    for low, high in pairwise(RANGES):
        here = [page for page in pages if low <= confidence_of(page) < high]
        if here:
            means = (
                statistics.fmean(map(value, here))
                for value in (confidence_of, right_words, lambda page: page.errors)
            )
            print(f"  {len(here):5}  " + "  ".join(f"{mean:9.3f}" for mean in means))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    pages = pages_of(parser.parse_args())
    groups = {
        "scans named hw_*": [page for page in pages if page.name.startswith("hw_")],
        "all scans": [page for page in pages if page.kind == "scan"],
        "pages of lines": [page for page in pages if page.kind == "lines"],
        "print": [page for page in pages if is_print(page)],
        "handwriting": [page for page in pages if not is_print(page)],
        "all": pages,
    }
    for name, members in groups.items():
        if len(members) > 1:
            report(name, members)
    print_ranges(pages)


if __name__ == "__main__":
    main()
