"""How far a word is from the one that is looked for: an edit distance weighed by what recognizers confuse.

Letters that look alike in handwriting cost less than others, and so do pairs of letters that look like one
letter (``ru`` and ``m``). The costs were measured: `training/fit_confusions.py` compares lines that the
offline recognizer read with their transcriptions. The distance is computed for many words at once
(R. Wagner and M. Fischer, "The string-to-string correction problem", 1974).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from penstock.search.confusions import DELETED, INSERTED, PAIRS, SUBSTITUTED

Floats = npt.NDArray[np.float32]
Letters = npt.NDArray[np.uint16]  # a word's UTF-16 units; of many words of one length, a row each

_KNOWN = "abcdefghijklmnopqrstuvwxyz"
_OTHER = len(_KNOWN)
_ALLOWED = (0.0, 0.0, 0.0, 0.6, 1.0, 1.4, 2.0, 2.0, 2.0)


def allowed(length: int) -> float:
    """Return the largest distance at which a word of this length still counts as found.

    Short words have too many neighbours to be searched for with several errors.
    """
    if length >= len(_ALLOWED):
        return 2.6
    return _ALLOWED[length]


def letters_of(words: Sequence[str]) -> Letters:
    """Return words of one length as rows of UTF-16 units."""
    units = np.frombuffer("".join(words).encode("utf-16-le", "surrogatepass"), np.dtype("<u2"))
    return units.reshape(len(words), -1)


def words_of(letters: Letters) -> list[str]:
    """Return the words of rows of UTF-16 units."""
    width = letters.shape[1]
    text = letters.tobytes()
    return [
        text[start : start + 2 * width].decode("utf-16-le", "surrogatepass")
        for start in range(0, len(text), 2 * width)
    ]


def distances(word: str, others: Letters) -> Floats:
    """Return the distance of a word to each of many others, which are rows of one length."""
    wanted = letters_of([word])
    codes, width = _codes(others), others.shape[1]
    insertions, deletions, pairs = _singles("inserted")[codes], _singles("deleted"), _pairs()
    # The code of each two neighbours in the other words, as in the rows of `pairs`.
    neighbours = codes[:, :-1].astype(np.intp) * (_OTHER + 1) + codes[:, 1:]
    before: Floats | None = None  # the row of two letters ago, for pairs
    row = np.concatenate([np.zeros((len(others), 1), np.float32), np.cumsum(insertions, axis=1)], axis=1)
    last = 0
    for letter, code in zip(wanted[0].tolist(), _codes(wanted)[0].tolist(), strict=True):
        new = np.empty_like(row)
        new[:, 0] = row[:, 0] + deletions[code]
        substituted = np.where(others == letter, np.float32(0), _substitutions()[code][codes])
        best = np.minimum(row[:, 1:] + deletions[code], row[:, :-1] + substituted)
        if before is not None:
            best = np.minimum(best, before[:, :-1] + pairs[last * (_OTHER + 1) + code][codes])
        best[:, 1:] = np.minimum(best[:, 1:], row[:, :-2] + pairs[neighbours, code])
        for column in range(width):
            new[:, column + 1] = np.minimum(best[:, column], new[:, column] + insertions[:, column])
        before, row, last = row, new, code
    return row[:, -1]


def masks_of(letters: Letters) -> npt.NDArray[np.uint64]:
    """Return for each word the set of its letters as bits, to pass over words without comparing them."""
    bits = np.left_shift(np.uint64(1), (letters % 63).astype(np.uint64))
    masks: npt.NDArray[np.uint64] = np.bitwise_or.reduce(bits, axis=1)
    return masks


def _codes(letters: Letters) -> npt.NDArray[np.uint8]:
    code = letters.astype(np.int32) - ord("a")
    return np.where((code >= 0) & (code < _OTHER), code, _OTHER).astype(np.uint8)


@cache
def _substitutions() -> Floats:
    table = np.ones((_OTHER + 1, _OTHER + 1), np.float32)
    for pair, cost in SUBSTITUTED.items():
        first, second = (_KNOWN.index(letter) for letter in pair)
        table[first, second] = table[second, first] = cost
    return table


@cache
def _singles(kind: Literal["inserted", "deleted"]) -> Floats:
    """Return the cost of each letter that was read and is not there, or is there and was not read."""
    table = np.ones(_OTHER + 1, np.float32)
    for letter, cost in {"inserted": INSERTED, "deleted": DELETED}[kind].items():
        table[_KNOWN.index(letter)] = cost
    return table


@cache
def _pairs() -> Floats:
    """Return the cost of reading two letters (rows) as one (columns), or one as two."""
    size = _OTHER + 1
    table = np.full((size * size, size), np.inf, np.float32)
    for pair, cost in PAIRS.items():
        (first, second), single = (pair[0], pair[1]), pair[2]
        row = _KNOWN.index(first) * size + _KNOWN.index(second)
        table[row, _KNOWN.index(single)] = cost
    return table
