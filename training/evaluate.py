"""Compare recognition networks on lines that they were not trained on.

    python -m training.evaluate LINES_FOLDER [original] [CHECKPOINT] [FILE.onnx] [--lines 100] [--share 0.7]

Prints, for each set and network, the character error rate (CER) and the share of words found, without and
with a language model. Checkpoints are blended with the original weights as `training.export` does.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from pathlib import Path

import onnx
import torch

from penstock_plugins.recognizers.rapidocr.decoding import decode
from penstock_plugins.recognizers.rapidocr.language_model import FOLDER, LanguageModel, normalized
from penstock_plugins.recognizers.rapidocr.posteriors import Network
from training.augmentation import plain
from training.export import SHARE, exported
from training.lines import Line, LineSet, read_sets
from training.network import blended, original
from training.original_model import ORIGINAL

SEED = 3
LANGUAGES = {"inkbench": "en", "fondue-de-18": "de"}
"""Language of the sets; all others are French."""


def main() -> None:
    """Compare the networks that the command line names."""
    parser = argparse.ArgumentParser(description="Compare recognition networks on lines.")
    parser.add_argument("lines_folder", type=Path)
    parser.add_argument("networks", nargs="+")
    parser.add_argument("--lines", type=int, default=100, help="lines of each set")
    parser.add_argument("--share", type=float, default=SHARE)
    parser.add_argument("--sets", nargs="*", help="only these sets")
    options = parser.parse_args()
    sets = [each for each in read_sets(options.lines_folder) if not options.sets or each.name in options.sets]
    for name in options.networks:
        network = loaded(name, options.share)
        totals: list[list[tuple[str, str]]] = [[], []]
        for lines in sets:
            chosen = sample(lines, options.lines)
            pairs = read(network, lines, chosen)
            report(Path(name).name, lines.name, pairs)
            for total, each in zip(totals, pairs, strict=True):
                total.extend(each)
        report(Path(name).name, "all", totals)


def loaded(name: str, share: float) -> Network:
    """Return the network that a word of the command line names."""
    if name == "original":
        return Network.load(ORIGINAL)
    if name.endswith(".onnx"):
        return Network.load(Path(name))
    state = torch.load(name, map_location="cpu")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.onnx"
        onnx.save(exported(blended(state["network"], original(ORIGINAL), share)), file)
        return Network.load(file)


def sample(lines: LineSet, count: int) -> list[Line]:
    """Return lines at random, the same ones every time."""
    return random.Random(SEED).sample(lines.lines, min(count, len(lines.lines)))


def read(network: Network, lines: LineSet, chosen: list[Line]) -> list[list[tuple[str, str]]]:
    """Return pairs of true text and reading: without, and with a language model."""
    model = LanguageModel(FOLDER / f"{LANGUAGES.get(lines.name, 'fr')}.npz")
    pairs: list[list[tuple[str, str]]] = [[], []]
    for line in chosen:
        posteriors = network.read(plain(lines.picture(line)))
        pairs[0].append((line.text, normalized(posteriors.greedy[0])))
        pairs[1].append((line.text, normalized(decode(posteriors, model))))
    return pairs


def report(network: str, name: str, pairs: list[list[tuple[str, str]]]) -> None:
    """Print one row."""
    figures = "  ".join(f"{error_rate(each):.3f} / {words_found(each):.3f}" for each in pairs)
    print(f"{network:20} {name:18} {len(pairs[0]):5} lines  CER / words found: {figures}", flush=True)


def error_rate(pairs: list[tuple[str, str]]) -> float:
    """Return the edit distance of all lines as a share of the true characters."""
    wrong = sum(distance(true, got) for true, got in pairs)
    return wrong / max(1, sum(len(true) for true, _ in pairs))


def words_found(pairs: list[tuple[str, str]]) -> float:
    """Return the share of the true words that their line's reading has."""
    found = sum((Counter(true.split()) & Counter(got.split())).total() for true, got in pairs)
    return found / max(1, sum(len(true.split()) for true, _ in pairs))


def distance(first: str, second: str) -> int:
    """Return the edit distance of two texts."""
    row = list(range(len(second) + 1))
    for number, one in enumerate(first, 1):
        above, row[0] = row[0], number
        for place, other in enumerate(second, 1):
            above, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, above + (one != other))
    return row[-1]


if __name__ == "__main__":
    main()
