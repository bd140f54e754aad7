"""Fit the table that turns the networks' confidences of words into shares of right words.

    python training/fit_confidences.py LINES_FOLDER [--lines 400]

LINES_FOLDER has lines that nothing was trained on and nothing is measured on: ``calibration`` of the prepared
lines. Prints the tables for `penstock_plugins.recognizers.rapidocr.calibration`. The regression is isotonic,
by pooling adjacent violators (M. Ayer and others, "An empirical distribution function for sampling with
incomplete information", 1955), over `GROUPS` groups of words with neighbouring confidences.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from calibration import Judged, calibration_error, judged_lines

from penstock_plugins.recognizers.rapidocr import calibration as product

GROUPS = 16


def isotonic(words: list[Judged]) -> list[tuple[float, float]]:
    """Return mean confidence and share of right words of each group; both never fall."""
    ordered = sorted(words, key=lambda word: word.confidence)
    blocks: list[list[float]] = []  # sum of confidences, sum of right ones, number
    for group in np.array_split(np.arange(len(ordered)), min(GROUPS, len(ordered))):
        members = [ordered[index] for index in group]
        blocks.append(
            [
                sum(word.confidence for word in members),
                float(sum(word.is_right for word in members)),
                len(members),
            ]
        )
        while len(blocks) > 1 and blocks[-2][1] / blocks[-2][2] >= blocks[-1][1] / blocks[-1][2]:
            last = blocks.pop()
            blocks[-1] = [sum(pair) for pair in zip(blocks[-1], last, strict=True)]
    return [(round(total / count, 3), round(right / count, 3)) for total, right, count in blocks]


def main() -> None:
    """Read the lines and print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lines", type=int, default=400, help="lines of each set at least")
    arguments = parser.parse_args()
    # The table must be fitted to confidences that no table has changed.
    product.PLAIN = product.DECODED = ((0.0, 0.0), (1.0, 1.0))
    words = judged_lines(arguments.folder, arguments.lines)
    print(f"{len(words)} words, expected calibration error without a table {calibration_error(words):.3f}")
    for name, is_decoded in (("PLAIN", False), ("DECODED", True)):
        members = [word for word in words if word.is_decoded == is_decoded]
        print(f"{name} = {tuple(isotonic(members))}  # {len(members)} words")


if __name__ == "__main__":
    main()
