"""Measure how well the recognizer's layout puts lines in reading order, on drawn and on real pages.

Usage: python benchmarks/reading_order.py [FOLDER] [--copies N]

FOLDER contains files with text and places, in hOCR, ALTO or PAGE XML. The lines of each page are taken as
they are, shuffled, ordered and compared with the file's order. Marginal notes and captions may come anywhere
in the text. Files in which the order is not that of reading count as well: look at the single pages.

- neighbours: the share of pairs of consecutive lines that are still consecutive
- tau: Kendall's tau over all pairs of lines; 1 is the true order, -1 the reverse
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from penstock.errors import InvalidTranscription
from penstock.model import Quad, Recognition
from penstock.transcriptions.reading import read_transcription
from penstock_plugins.recognizers.rapidocr.layout import lines_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from page_layouts import LAYOUTS, Agreement, Sequences, agreement, drawn

FIRST_SEED = 100  # those below were looked at while the layout was written
LEAST_LINES = 5
APART = frozenset({"marginalia", "caption", "footnote", "page-number", "header", "footer"})


def order_of(quads: list[Quad]) -> Iterator[int]:
    return (index for line in lines_of(quads) for index in line)


def sequences_of(recognition: Recognition) -> Sequences:
    """Return the lines of the text, and those of each region that is no part of it."""
    apart = [number for number, region in enumerate(recognition.regions) if region.kind in APART]
    text = [line.quad for line in recognition.lines if line.region not in apart]
    notes = [[line.quad for line in recognition.lines if line.region == number] for number in apart]
    return [quads for quads in (text, *notes) if quads]


def real_pages(folder: Path) -> Iterator[tuple[str, Sequences]]:
    for path in sorted(folder.iterdir()):
        if path.suffix in {".xml", ".hocr", ".html", ".alto"}:
            try:
                for page in read_transcription(path):
                    if len(page.recognition.lines) >= LEAST_LINES:
                        yield path.name, sequences_of(page.recognition)
            except InvalidTranscription as error:
                print(error, file=sys.stderr)


def measured(name: str, pages: list[Sequences]) -> Agreement:
    """Print and return the means over some pages."""
    start = time.process_time()
    found = [agreement(sequences, order_of, seed) for seed, sequences in enumerate(pages)]
    milliseconds = (time.process_time() - start) / len(pages) * 1000
    means = Agreement(
        statistics.fmean(each.neighbours for each in found), statistics.fmean(each.tau for each in found)
    )
    print(f"{name[:55]:56}{means.neighbours:10.3f}{means.tau:8.3f}{milliseconds:9.1f}")
    return means


def print_means(name: str, means: list[Agreement]) -> None:
    neighbours, tau = zip(*((each.neighbours, each.tau) for each in means), strict=True)
    print(f"{name:56}{statistics.fmean(neighbours):10.3f}{statistics.fmean(tau):8.3f}\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--copies", type=int, default=20, help="drawn pages of each layout")
    arguments = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.copies)
    print(f"{'':56}{'neighbours':>10}{'tau':>8}{'ms':>9}")
    print_means(
        "drawn, mean",
        [measured(layout.__name__, [drawn(layout, seed) for seed in seeds]) for layout in LAYOUTS],
    )
    if arguments.folder:
        print_means("real, mean", [measured(name, [page]) for name, page in real_pages(arguments.folder)])


if __name__ == "__main__":
    main()
