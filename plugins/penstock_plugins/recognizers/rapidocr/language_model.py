"""Character language models: how probable a character is after others, and which words a language has.

Witten-Bell interpolation of n-grams up to `ORDER` (I. H. Witten and T. C. Bell, "The zero-frequency problem",
IEEE Transactions on Information Theory 37, 1991). The counts of a language take about one megabyte.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

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
# A key of the tables has 9 bits for each character of an n-gram; above them is the n-gram's order, from 0.
_LAST = 511  # the bits of the last character
_ORDER_BIT = 9 * ORDER
_ORDERS = np.arange(ORDER)[:, None]
_Numbers = TypeVar("_Numbers", int, NDArray[np.int64])
MAX_CACHED = 4096
"""Contexts whose distributions are kept: at most 5 MB."""


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
    return np.array([hash_of(word) for word in words], np.uint32)


def hash_of(word: str) -> int:
    """Return the number that stands for a word in lower case in the files."""
    return zlib.crc32(word.encode())


def known_hashes(file: Path) -> set[int]:
    """Return the hashes of the words of a language. Raises OSError or ValueError for a damaged file."""
    # numpy does not close a damaged file that it opened itself.
    with file.open("rb") as stream, np.load(stream) as arrays:
        return _words(arrays)


def _words(arrays: Any) -> set[int]:
    return set(np.cumsum(arrays["words"], dtype=np.uint32).tolist())


class LanguageModel:
    """One language. Not for several threads at once."""

    def __init__(self, file: Path) -> None:
        # numpy does not close a damaged file that it opened itself.
        with file.open("rb") as stream, np.load(stream) as arrays:
            tables = [_table(arrays, order) for order in range(ORDER)]
            self._words = _words(arrays)
        # For each n-gram of all orders, sorted: its share of what follows its context, and the share that is
        # left to the lower orders.
        self._keys, self._shares, self._left = (
            np.concatenate(columns) for columns in zip(*tables, strict=True)
        )
        self._last = (self._keys & _LAST).astype(np.uint16)  # character of each n-gram
        self._uniform = np.full(len(ALPHABET) + 1, 1 / (len(ALPHABET) + 1), np.float32)
        self._cache: dict[int, NDArray[np.float32]] = {}

    def probabilities(self, history: int, order: int = ORDER - 1) -> NDArray[np.float32]:
        """Return each character's probability, by its number, after the last characters of a history.

        A history is the numbers of up to ``ORDER - 1`` characters, as `longer` makes it; `order` is how many
        of them count.
        """
        if order < 0:
            return self._uniform
        context = _context(history, order)
        cached = self._cache.get(context)
        if cached is None:
            cached = self.probabilities(history, order - 1)
            start, end = np.searchsorted(self._keys, [context, context | _LAST]).tolist()
            if start < end:
                cached = cached * self._left[start]
                cached[self._last[start:end]] += self._shares[start:end]
            if len(self._cache) >= MAX_CACHED:
                self._cache.clear()
            self._cache[context] = cached
        return cached

    def fit(self, text: str) -> float:
        """Return the mean log-probability of a character of a text in one line; 0 without characters.

        All characters are looked up at once. With the distribution of each of them it would take 40 times as
        long.
        """
        if not text:
            return 0.0
        numbers = encoded(f" {text}").astype(np.int64)
        contexts = _context(_histories(numbers)[:-1], _ORDERS)
        ngrams = contexts | numbers[1:]
        starts, places = np.searchsorted(self._keys, [contexts, ngrams]).clip(max=len(self._keys) - 1)
        left = np.where(self._keys[starts] & ~_LAST == contexts, self._left[starts], 1.0)
        shares = np.where(self._keys[places] == ngrams, self._shares[places], 0.0)
        mixed = np.full(len(text), self._uniform[0])
        for order in range(ORDER):
            mixed = mixed * left[order] + shares[order]
        return float(np.log(mixed).mean())

    def knows(self, word: str) -> bool:
        """Return whether the language has a word, whatever its case."""
        return hash_of(word.lower()) in self._words


def longer(history: int, character: int) -> int:
    """Return a history with one more character, without what is too long ago."""
    return ((history << 9) | character) & ((1 << (9 * (ORDER - 1))) - 1)


def _table(arrays: Any, order: int) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Return the n-grams with so many characters before the last one, with their shares and what is left.

    Those that begin with an unknown character are left out: they look like n-grams of a shorter history.
    """
    keys = np.cumsum(arrays[f"keys{order + 1}"], dtype=np.uint64).astype(np.int64)
    counts = np.exp(arrays[f"counts{order + 1}"] / 16)
    first = np.searchsorted(keys, (order > 0) << 9 * order)
    keys, counts = keys[first:], counts[first:]
    starts = np.flatnonzero(np.diff(keys >> 9, prepend=-1))
    kinds = np.diff(starts, append=len(keys))
    sums = kinds + np.add.reduceat(counts, starts)
    shares, left = counts / np.repeat(sums, kinds), np.repeat(kinds / sums, kinds)
    return keys | order << _ORDER_BIT, shares.astype(np.float32), left.astype(np.float32)


def _context(history: _Numbers, order: _Numbers) -> _Numbers:
    """Return the last characters of a history as the beginning of a key, for the n-grams of an order."""
    return (history & ((1 << 9 * order) - 1)) << 9 | order << _ORDER_BIT


def _histories(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the history after each character, as `longer` makes it."""
    histories = np.zeros_like(numbers)
    for age in range(ORDER - 1):
        histories[age:] |= numbers[: len(numbers) - age] << 9 * age
    return histories
