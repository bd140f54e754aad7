"""A user's names and places, which are favoured in decoding.

The language model of a page is mixed with a second one, in which all entries have the same probability. A
word is an entry with the probability `SHARE`. What the mixture adds to the score grows with each letter that
only few entries begin with, and is lost if the word ends otherwise.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from penstock_plugins.recognizers.rapidocr.language_model import PLAIN

SHARE = 0.05
"""Probability that a word is an entry of the vocabulary."""
COMPLETE = 0.6
"""What a complete entry adds to the score, as a known word does."""
_DIGIT, _LETTER = re.compile(r"\d"), re.compile(r"[^\W\d_]")
_LAST = "\U0010ffff"
_MARKS = " \t\"'.,;:!?()[]-_*"  # around entries


class _Match(NamedTuple):
    """The beginning of an entry at the end of a text."""

    text: str  # as it is written
    key: str  # in lower case
    low: int  # entries that begin so: from here
    high: int  # to before here
    log_probability: float  # of the text in the language
    before: float  # score of what stands before it


class Favour(NamedTuple):
    """What a text gains by the entries in it."""

    settled: float = 0.0  # by complete entries
    score: float = 0.0  # by complete entries and the one that may have begun
    matches: tuple[_Match, ...] = ()
    is_inside: bool = False  # whether the text ends within a word


class Vocabulary:
    """Entries of one or more words, of which the beginnings can be looked up.

    Upper case counts where an entry has it, unless all of it is in upper case: "Stanford" favours "Stanford"
    and "STANFORD", "stanford" and "STANFORD" favour any case. Accents count. Apostrophes, quotation marks
    and dashes of all kinds are the same. Entries with digits and entries without letters are ignored:
    numbers, dates and codes are never decoded.

    Parameters
    ----------
    text
        One entry per line.
    language_weight
        Weight of the language model in the score.
    """

    def __init__(self, text: str, language_weight: float) -> None:
        self._entries = sorted(set(_entries(text)))
        self._weight = language_weight
        self._share = math.log(SHARE / max(1, len(self._entries)))

    def __len__(self) -> int:
        return len(self._entries)

    def after(self, favour: Favour, character: str, log_probability: float) -> Favour:
        """Return the gain of a text with one more character, of this probability in the language."""
        is_inside = character.isalnum()
        settled = favour.settled if is_inside else self.finished(favour)
        matches = favour.matches
        if is_inside and not favour.is_inside:
            matches += (_Match("", "", 0, len(self._entries), 0.0, settled),)
        matches = tuple(
            longer for match in matches if (longer := self._longer(match, character, log_probability))
        )
        gains = (match.before + self._gain(match.high - match.low, match) for match in matches)
        return Favour(settled, max(settled, *gains, 0.0), matches, is_inside)

    def finished(self, favour: Favour) -> float:
        """Return the gain of a text if its last word ends here."""
        gains = (
            match.before + self._gain(1, match) + COMPLETE
            for match in favour.matches
            if self._is_complete(match)
        )
        return max(favour.settled, *gains, 0.0)

    def gain(self, text: str) -> float:
        """Return what the entries in a text add to its score, whatever the language; 0 without entries."""
        return self.finished(self.read(text))

    def read(self, text: str) -> Favour:
        """Return the gain of a text whose characters are certain."""
        favour = Favour()
        for character in text:
            favour = self.after(favour, character, 0.0)
        return favour

    def _longer(self, match: _Match, character: str, log_probability: float) -> _Match | None:
        """Return a match with one more character; None if no entry begins so."""
        if character == " " and match.text.endswith(" "):
            return match
        text = match.text + character.translate(PLAIN)
        key = text.lower()
        low = bisect_left(self._entries, key, match.low, match.high)
        high = bisect_left(self._entries, key + _LAST, low, match.high)
        if low == high:
            return None
        return _Match(text, key, low, high, match.log_probability + log_probability, match.before)

    def _gain(self, count: int, match: _Match) -> float:
        """Return the weighted logarithm of the mixture's probability over the language's."""
        ratio = self._share + math.log(count) - match.log_probability
        return self._weight * (ratio if ratio > 30 else math.log1p(math.exp(ratio)))

    def _is_complete(self, match: _Match) -> bool:
        for entry in self._entries[match.low : match.high]:
            key, _, written = entry.partition("\t")
            if key != match.key:
                return False
            if not written or match.text in {written, written[0].upper() + written[1:], written.upper()}:
                return True
        return False


def _entries(text: str) -> Iterator[str]:
    """Yield each entry in lower case, and after a tab as it is written if its case counts."""
    normal = unicodedata.normalize("NFC", text)
    for other, plain in PLAIN.items():  # ten times as fast as `str.translate` for a million lines
        normal = normal.replace(chr(other), chr(plain))
    for line in normal.splitlines():
        entry = " ".join(line.split()).strip(_MARKS)
        if not entry or _DIGIT.search(entry) or not _LETTER.search(entry):
            continue
        lower = entry.lower()
        yield lower if entry == lower or (len(entry) > 1 and entry.isupper()) else f"{lower}\t{entry}"
