"""Measure the error of a cascade against the share of pages that it sends to a second recognizer.

Usage: python benchmarks/cascade.py SCANS [--lines FOLDER] [--texts FOLDER --fonts FONT ...] [--store FOLDER]
       [--second 0.03] [--second-print 0.005] [--print-share 0.6] [--picture curve.png]

The first recognizer is rapidocr with its default options, on the pages of `transcribed_pages`. The second
one is simulated: it answers with the transcription, of which a share of characters is wrong (``--second`` for
handwriting, ``--second-print`` for print), because there are no recorded answers of a service to these pages.
Pages of print get a common weight, so that they are ``--print-share`` of the box.

Prints, for thresholds of `penstock.page_confidence`, the share of the box that is sent, and the mean CER over
the box. ``--picture`` draws the curve, beside that of pages sent at random.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from error_curve import draw_curve
from intervals import SEED
from page_calibration import SAMPLES, confidence_of
from transcribed_pages import TranscribedPage, add_arguments, is_print, pages_of

THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 1.0)
GOAL = 0.85
"""The threshold that the goal is about."""


@dataclass(frozen=True, slots=True)
class Box:
    """Pages as arrays: confidence, weight, CER of the first and of the second recognizer."""

    confidences: np.ndarray[tuple[int], np.dtype[np.float64]]
    weights: np.ndarray[tuple[int], np.dtype[np.float64]]
    first: np.ndarray[tuple[int], np.dtype[np.float64]]
    second: np.ndarray[tuple[int], np.dtype[np.float64]]

    def at(self, threshold: float) -> tuple[float, float]:
        """Return the share of the box that is sent, and the mean CER of the box."""
        sent = self.confidences < threshold
        errors = np.where(sent, self.second, self.first)
        return float(np.average(sent, weights=self.weights)), float(np.average(errors, weights=self.weights))

    def drawn_again(self, chance: np.random.Generator) -> Box:
        """Return a box of pages that are drawn from this one with replacement."""
        chosen = chance.integers(0, len(self.weights), len(self.weights))
        return Box(self.confidences[chosen], self.weights[chosen], self.first[chosen], self.second[chosen])


def box_of(pages: Sequence[TranscribedPage], second: float, second_print: float, print_share: float) -> Box:
    printed = np.array([is_print(page) for page in pages])
    weights = np.where(printed, print_share / printed.sum(), (1 - print_share) / (~printed).sum())
    return Box(
        np.array([confidence_of(page) for page in pages]),
        weights,
        np.array([page.errors for page in pages]),
        np.where(printed, second_print, second),
    )


def report(box: Box) -> None:
    chance = np.random.default_rng(SEED)
    boxes = [box.drawn_again(chance) for _ in range(SAMPLES)]
    print(f"{'threshold':>9}  {'sent':>5}  {'95% interval':>14}  {'CER':>6}  {'95% interval':>16}")
    for threshold in THRESHOLDS:
        share, errors = box.at(threshold)
        again = np.array([each.at(threshold) for each in boxes])
        (low, high), (least, most) = np.percentile(again, [2.5, 97.5], axis=0).T
        print(
            f"{threshold:9.2f}  {share:5.0%}  {low:5.0%} to {high:5.0%}  {errors:6.4f}"
            f"  {least:6.4f} to {most:6.4f}"
        )
    share, errors = box.at(GOAL)
    _, alone = box.at(2.0)
    print(f"at {GOAL}: {share:.0%} sent, CER {errors:.4f}; second recognizer alone: CER {alone:.4f}")
    enough = [each for each in np.unique(box.confidences) if box.at(float(each))[1] <= 1.1 * alone]
    if enough:
        print(f"within 10% of it from {enough[0]:.3f} on, with {box.at(float(enough[0]))[0]:.0%} sent")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    parser.add_argument("--second", type=float, default=0.03, help="CER of the second one on handwriting")
    parser.add_argument("--second-print", type=float, default=0.005, help="CER of the second one on print")
    parser.add_argument("--print-share", type=float, default=0.6, help="share of print in the box")
    parser.add_argument("--picture", type=Path, help="PNG file for the curve")
    arguments = parser.parse_args()
    pages = pages_of(arguments)
    box = box_of(pages, arguments.second, arguments.second_print, arguments.print_share)
    printed = sum(map(is_print, pages))
    print(f"{printed} pages of print and {len(pages) - printed} of handwriting")
    report(box)
    if arguments.picture:
        ends = box.at(-1.0), box.at(2.0)
        points = sorted(box.at(float(each)) for each in [-1.0, *np.unique(box.confidences), 2.0])
        draw_curve(arguments.picture, points, ends, box.at(GOAL), f"accept at {GOAL}")


if __name__ == "__main__":
    main()
