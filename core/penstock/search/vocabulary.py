"""The distinct words of all pages, and which of them a misread word can be.

Millions of words are compared with one by arrays: words of one length are stored together, as UTF-16 units.
A word that lacks too many letters of the other one is passed over first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from itertools import groupby

import numpy as np
import numpy.typing as npt

from penstock.search.distance import allowed, distances, letters_of, masks_of, words_of
from penstock.search.query import Term

TABLES = """
CREATE TABLE words (word TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE blocks (
    id INTEGER PRIMARY KEY, length INTEGER NOT NULL, count INTEGER NOT NULL,
    masks BLOB NOT NULL, letters BLOB NOT NULL
);
CREATE INDEX blocks_by_length ON blocks (length);
"""
BLOCK = 65536  # words in one row of ``blocks``
MAX_LETTERS = 40  # of words that misread ones are compared with
MAX_CANDIDATES = 200
MAX_EDITS = 2  # letters of one word that may be missing in the other
LENGTHS = 2  # by which the words may differ in length


class Vocabulary:
    """The words of an index. The caller commits what is added."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def add(self, words: Iterable[str]) -> None:
        """Add folded words that may be known already."""
        # In order, so that each page of a large table is read and written once.
        new = [word for word in sorted(words) if self._is_new(word) and _length(word) <= MAX_LETTERS]
        for length, group in groupby(sorted(new, key=_length), _length):
            self._extend(length, sorted(group))

    def _is_new(self, word: str) -> bool:
        return self._database.execute("INSERT OR IGNORE INTO words VALUES (?)", (word,)).rowcount > 0

    def _extend(self, length: int, words: list[str]) -> None:
        """Add words of one length to the last block, or begin a block."""
        letters = letters_of(words)
        last = self._database.execute(
            "SELECT id, masks, letters FROM blocks WHERE length = ? AND count < ? LIMIT 1", (length, BLOCK)
        ).fetchone()
        number, old_masks, old_letters = last or (None, b"", b"")
        masks = old_masks + masks_of(letters).tobytes()
        self._database.execute(
            "INSERT OR REPLACE INTO blocks (id, length, count, masks, letters) VALUES (?, ?, ?, ?, ?)",
            (number, length, len(masks) // 8, masks, old_letters + letters.tobytes()),
        )

    def candidates(self, term: Term) -> dict[str, float]:
        """Return the words that a term can have been read as, with their distances, the nearest first."""
        length = _length(term.text)
        found: dict[str, float] = {}
        if term.is_fuzzy and (limit := allowed(length)) and length <= MAX_LETTERS:
            rows = self._database.execute(
                "SELECT length, masks, letters FROM blocks WHERE length BETWEEN ? AND ?",
                (length - LENGTHS, length + LENGTHS),
            )
            for width, masks, letters in rows:
                may_match = _may_match(term.text, np.frombuffer(masks, np.uint64))
                found |= _near(
                    term.text, np.frombuffer(letters, np.uint16).reshape(-1, width)[may_match], limit
                )
        found[term.text] = 0.0
        return dict(sorted(found.items(), key=lambda item: item[1])[:MAX_CANDIDATES])


def _may_match(word: str, masks: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    wanted = masks_of(letters_of([word]))[0]
    missing, surplus = np.bitwise_count(wanted & ~masks), np.bitwise_count(masks & ~wanted)
    may_match: npt.NDArray[np.bool_] = (missing <= MAX_EDITS) & (surplus <= MAX_EDITS)
    return may_match


def _near(word: str, letters: npt.NDArray[np.uint16], limit: float) -> dict[str, float]:
    if not len(letters):
        return {}
    costs = distances(word, letters)
    near = costs <= limit
    return dict(zip(words_of(letters[near]), costs[near].tolist(), strict=True))


def _length(word: str) -> int:
    """Return the number of UTF-16 units of a word."""
    return len(word) if word.isascii() else len(word.encode("utf-16-le")) // 2
