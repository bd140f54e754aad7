"""Character language models: how probable a character is after others, and which words a language has.

Witten-Bell interpolation of n-grams up to `ORDER` (I. H. Witten and T. C. Bell, "The zero-frequency problem",
IEEE Transactions on Information Theory 37, 1991). The counts of a language take about one megabyte.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "language_models"
ORDER = 6
ALPHABET = "".join(
    [
        *(chr(code) for code in range(0x21, 0x7F)),
        *(chr(code) for code in range(0xA1, 0x180) if code != 0xAD),
        *"ȘșȚț\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e†‡•…‰\u2039\u203a€№™ ",
    ]
)
"""The characters that the models know."""
IDS = {character: number for number, character in enumerate(ALPHABET, 1)}
"""Number of each character; 0 stands for all others."""
PLAIN = str.maketrans(
    "\u2018\u2019\u201c\u201d\u201e\u2013\u2014\xac\u017f",
    '\'\'"""---s',
)
"""What transcriptions and print write differently, and handwriting does not distinguish."""
MAX_CACHED = 4096
"""Histories whose distributions are kept: about 6 MB."""


def normalized(text: str) -> str:
    """Return text as the models see it, in one line."""
    return " ".join(text.translate(PLAIN).split())


def encoded(text: str) -> NDArray[np.uint64]:
    """Return the numbers of the characters."""
    return np.array([IDS.get(character, 0) for character in text], np.uint64)


def pack(
    file: Path, tables: Iterable[tuple[NDArray[np.uint64], NDArray[np.int64]]], words: Iterable[str]
) -> None:
    """Write a model: n-grams of each order from 1 on, as sorted keys with counts, and words in lower case."""
    arrays: dict[str, Any] = {}
    for order, (keys, counts) in enumerate(tables, 1):
        arrays[f"keys{order}"] = np.diff(keys, prepend=np.uint64(0))
        # Counts are kept to 3 %: their logarithm in 256 steps.
        arrays[f"counts{order}"] = np.round(np.log(counts) * 16).clip(0, 255).astype(np.uint8)
    arrays["words"] = np.diff(np.unique(hashes(words)), prepend=np.uint32(0))
    np.savez_compressed(file, **arrays)


def hashes(words: Iterable[str]) -> NDArray[np.uint32]:
    return np.array([zlib.crc32(word.encode()) for word in words], np.uint32)


class LanguageModel:
    """One language. Not for several threads at once."""

    def __init__(self, file: Path) -> None:
        with np.load(file) as arrays:
            self._keys = [np.cumsum(arrays[f"keys{order}"], dtype=np.uint64) for order in range(1, ORDER + 1)]
            self._counts = [np.exp(arrays[f"counts{order}"] / 16) for order in range(1, ORDER + 1)]
            self._words = set(np.cumsum(arrays["words"], dtype=np.uint32).tolist())
        self._cache: dict[int, NDArray[np.float32]] = {}

    def log_probabilities(self, history: int) -> NDArray[np.float32]:
        """Return the natural logarithm of each character's probability, by its number, after a history.

        A history is the numbers of up to ``ORDER - 1`` characters, as `longer` makes it.
        """
        cached = self._cache.get(history)
        if cached is None:
            if len(self._cache) >= MAX_CACHED:
                self._cache.clear()
            cached = self._cache[history] = np.log(self._distribution(history)).astype(np.float32)
        return cached

    def _distribution(self, history: int) -> NDArray[np.float64]:
        """Interpolate the orders from the lowest on."""
        mixed = np.full(len(ALPHABET) + 1, 1 / (len(ALPHABET) + 1))
        for order in range(ORDER):
            context = history & ((1 << (9 * order)) - 1)
            if order and history >> (9 * (order - 1)) == 0:
                break  # the history is shorter
            keys = self._keys[order]
            low, high = np.searchsorted(keys, np.array([context << 9, (context + 1) << 9], np.uint64))
            if low == high:
                continue
            counts = self._counts[order][low:high]
            total, kinds = counts.sum(), high - low
            mixed *= kinds / (total + kinds)
            mixed[(keys[low:high] & np.uint64(511)).astype(np.intp)] += counts / (total + kinds)
        return mixed

    def knows(self, word: str) -> bool:
        """Return whether the language has a word, whatever its case."""
        return zlib.crc32(word.lower().encode()) in self._words


def longer(history: int, character: int) -> int:
    """Return a history with one more character, without what is too long ago."""
    return ((history << 9) | character) & ((1 << (9 * (ORDER - 1))) - 1)
