"""Which words of a page are doubtful, and how many."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.model.recognition import Recognition
from penstock.model.words import Word

LOW_CONFIDENCE = 0.6
"""Words with less confidence are doubtful."""


def is_doubtful(word: Word) -> bool:
    """Return whether a word has a low confidence and was not corrected by hand."""
    is_low = word.low_confidence or (word.confidence is not None and word.confidence < LOW_CONFIDENCE)
    return is_low and not word.corrected


@dataclass(frozen=True, slots=True)
class WordCounts:
    """How many words a page has, and how many of them are doubtful or were corrected by hand."""

    words: int = 0
    doubtful: int = 0
    corrected: int = 0

    @classmethod
    def of(cls, recognition: Recognition) -> WordCounts:
        """Count the words of a page. Lines without words count by their text."""
        words = [word for line in recognition.lines for word in line.words]
        return cls(
            len(words) + sum(len(line.text.split()) for line in recognition.lines if not line.words),
            sum(map(is_doubtful, words)),
            sum(word.corrected for word in words),
        )
