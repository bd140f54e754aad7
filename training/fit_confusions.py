"""Measure which letters the offline recognizer confuses, for `penstock find`.

    python training/fit_confusions.py LINES_FOLDER [--lines 400]

LINES_FOLDER has lines that nothing was trained on: ``calibration`` of the prepared lines. Each line is read,
and its letters are aligned with those of its transcription. Prints `penstock.search.confusions`. An error that
is made with one letter in twenty, or more, costs `CHEAPEST`; one in two thousand, or less, costs 1; between them,
the cost falls with the logarithm of the rate.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from handwritten_lines import read_lines

from penstock.search.tokens import split

CHEAPEST = 0.4
OFTEN, SELDOM = 1 / 20, 1 / 2000
LEAST = 3  # times that an error must have been seen
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")

Edit = tuple[str, str]  # letters of the transcription, letters that were read; one of them may be empty


def edits(truth: str, text: str) -> Iterator[Edit]:
    """Yield a cheapest sequence of edits: single letters, and pairs that were read as one or the reverse."""
    steps = ((1, 1), (1, 0), (0, 1), (2, 1), (1, 2))
    best: dict[tuple[int, int], tuple[float, tuple[int, int]]] = {(0, 0): (0.0, (0, 0))}
    for end in ((i, j) for i in range(len(truth) + 1) for j in range(len(text) + 1)):
        for step in steps:
            start = (end[0] - step[0], end[1] - step[1])
            if start in best:
                cost = best[start][0] + _cost(truth[start[0] : end[0]], text[start[1] : end[1]])
                if end not in best or cost < best[end][0]:
                    best[end] = (cost, step)
    end = (len(truth), len(text))
    while end != (0, 0):
        step = best[end][1]
        start = (end[0] - step[0], end[1] - step[1])
        yield truth[start[0] : end[0]], text[start[1] : end[1]]
        end = start


def _cost(truth: str, text: str) -> float:
    if len(truth) == len(text):
        return float(truth != text)
    return 1.0 if len(truth) + len(text) == 1 else 1.4  # rather one odd pair than two errors


def measured(pairs: Iterable[tuple[str, str]]) -> tuple[Counter[Edit], Counter[str]]:
    """Return how often each edit was seen, and each letter of the transcriptions."""
    seen: Counter[Edit] = Counter()
    letters: Counter[str] = Counter()
    for truth, text in pairs:
        found = list(edits(truth, text))
        if sum(before != after for before, after in found) <= len(truth) / 2:  # else it is another line
            seen.update(found)
            letters.update(truth)
    return seen, letters


def cost_of(count: int, occasions: int) -> float:
    """Return the cost of an error by its rate."""
    rate = min(OFTEN, max(SELDOM, count / max(1, occasions)))
    return round(CHEAPEST + (1 - CHEAPEST) * math.log(OFTEN / rate) / math.log(OFTEN / SELDOM), 2)


def tables(seen: Counter[Edit], letters: Counter[str]) -> dict[str, dict[str, float]]:
    """Return the tables of `penstock.search.confusions` by their names."""
    found: dict[str, dict[str, float]] = {"SUBSTITUTED": {}, "INSERTED": {}, "DELETED": {}, "PAIRS": {}}
    everything = letters.total()
    for (truth, text), count in sorted(seen.items()):
        if truth == text or count < LEAST or not LETTERS.issuperset(truth + text):
            continue
        match len(truth), len(text):
            case 1, 1:
                both = count + seen[text, truth]
                key = "".join(sorted(truth + text))
                found["SUBSTITUTED"][key] = cost_of(both, letters[truth] + letters[text])
            case 0, 1:
                found["INSERTED"][text] = cost_of(count, everything // len(LETTERS))
            case 1, 0:
                found["DELETED"][truth] = cost_of(count, letters[truth])
            case _:
                pair, single = sorted((truth, text), key=len, reverse=True)
                both = count + seen[text, truth]
                found["PAIRS"][pair + single] = cost_of(both, letters[single])
    return {
        name: {key: cost for key, cost in sorted(costs.items()) if cost < 1} for name, costs in found.items()
    }


def letters_of(folder: Path, least: int) -> Iterator[tuple[str, str]]:
    """Yield the words of each line, as transcribed and as read, without spaces."""
    for _, truth, line in read_lines(folder, least):
        if line:
            yield "".join(split(truth)), "".join(split(line.text))


def main() -> None:
    """Read the lines and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lines", type=int, default=400, help="lines of each set at least")
    arguments = parser.parse_args()
    seen, letters = measured(letters_of(arguments.folder, arguments.lines))
    print(f"# {letters.total()} letters")
    for name, costs in tables(seen, letters).items():
        print(f"{name} = {costs}")


if __name__ == "__main__":
    main()
