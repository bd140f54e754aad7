"""Words and lines of a recognition."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.geometry import Quad
from penstock.model.checks import check_probability, check_text


@dataclass(frozen=True, slots=True)
class Word:
    """A recognized word.

    Parameters
    ----------
    text
        Not empty.
    quad
        Four corners around the word's ink.
    confidence
        From 0 to 1; None if the service gives none.
    low_confidence
        Whether the service marks the word as uncertain without giving a number (Azure v2: ``Low``).
    corrected
        Whether the text was corrected by hand. Such a word has no confidence.
    """

    text: str
    quad: Quad
    confidence: float | None = None
    low_confidence: bool = False
    corrected: bool = False

    def __post_init__(self) -> None:
        check_text(self.text)
        check_probability(self, "confidence", self.confidence)


@dataclass(frozen=True, slots=True)
class Line:
    """A recognized line.

    Parameters
    ----------
    text
        The line's text. Not always the words joined by spaces (Chinese).
    quad
        Four corners around the line.
    words
        In reading order.
    handwritten_probability
        From 0 to 1; None if the service gives none.
    language
        A BCP 47 tag; None if the service gives none.
    """

    text: str
    quad: Quad
    words: tuple[Word, ...] = ()
    handwritten_probability: float | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        check_text(self.text)
        check_probability(self, "handwritten_probability", self.handwritten_probability)
