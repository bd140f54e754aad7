"""Words and lines of a recognition."""

from __future__ import annotations

import copyreg
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Literal

from penstock.geometry import Homography, Point, Quad
from penstock.model.checks import (
    check_direction,
    check_members,
    check_points,
    check_probability,
    check_text,
)

TextDirection = Literal["ltr", "rtl", "ttb", "btt"]
"""The direction in which characters follow each other in upright text.

"ltr" and "rtl" are horizontal (Latin, Hebrew), "ttb" and "btt" are vertical: each character stands upright
below or above the one before it (Japanese). The direction belongs to the text, not to the page. A page that
is turned turns the quads, polygons and baselines; the direction of its text stays the same.
"""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another possible text of a word or line.

    Parameters
    ----------
    text
        The whole text of the word or line.
    confidence
        From 0 to 1; None if the service gives none.
    """

    text: str
    confidence: float | None = None

    def __post_init__(self) -> None:
        check_text(self.text)
        check_probability(self, "confidence", self.confidence)


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
    polygon
        The word's outline in more detail than `quad`: at least three points, or empty.
    alternatives
        Other texts the word may have, the most likely first.
    language
        A BCP 47 tag; None means the language of the line.
    direction
        None means the direction of the line.
    """

    text: str
    quad: Quad
    confidence: float | None = None
    low_confidence: bool = False
    corrected: bool = False
    polygon: tuple[Point, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    language: str | None = None
    direction: TextDirection | None = None

    def __post_init__(self) -> None:
        check_text(self.text)
        check_probability(self, "confidence", self.confidence)
        # A page has thousands of words, and most have none of these fields.
        if self.polygon != ():
            check_points(self, "polygon", self.polygon, least=3)
        if self.alternatives != ():
            check_members("alternatives", self.alternatives, Alternative)
        if self.direction is not None:
            check_direction(self.direction)

    def mapped(self, homography: Homography) -> Word:
        """Return the word with mapped coordinates."""
        # Takes half the time of `replace`: a page has thousands of words.
        return Word(
            self.text,
            self.quad.mapped(homography),
            self.confidence,
            self.low_confidence,
            self.corrected,
            homography.apply_all(self.polygon),
            self.alternatives,
            self.language,
            self.direction,
        )


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
        A BCP 47 tag; None means the language of the region or page.
    baseline
        The line on which the characters stand, from left to right of the upright text, also where the text is
        read from right to left: at least two points, or empty. In vertical text, the points run from the
        first character to the last.
    polygon
        The line's outline in more detail than `quad`: at least three points, or empty.
    confidence
        Confidence of the whole line, from 0 to 1; None if the service gives none.
    alternatives
        Other texts the line may have, the most likely first.
    direction
        None means the direction of the region or page.
    region
        Index of the line's region in the recognition's `regions`; None if its region is not known.
    """

    text: str
    quad: Quad
    words: tuple[Word, ...] = ()
    handwritten_probability: float | None = None
    language: str | None = None
    baseline: tuple[Point, ...] = ()
    polygon: tuple[Point, ...] = ()
    confidence: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    direction: TextDirection | None = None
    region: int | None = None

    def __post_init__(self) -> None:
        check_text(self.text)
        check_probability(self, "handwritten_probability", self.handwritten_probability)
        check_points(self, "baseline", self.baseline, least=2)
        check_points(self, "polygon", self.polygon, least=3)
        check_probability(self, "confidence", self.confidence)
        check_members("alternatives", self.alternatives, Alternative)
        check_direction(self.direction)

    def mapped(self, homography: Homography) -> Line:
        """Return the line and its words with mapped coordinates."""
        return replace(
            self,
            quad=self.quad.mapped(homography),
            words=tuple(word.mapped(homography) for word in self.words),
            baseline=homography.apply_all(self.baseline),
            polygon=homography.apply_all(self.polygon),
        )


_of_word = attrgetter(*[field.name for field in fields(Word)])
_of_line = attrgetter(*[field.name for field in fields(Line)])

# A worker sends hundreds of these with every page. The way of dataclasses with slots asks for the fields of
# each object again, which takes three times as long. Subclasses are pickled in their own way.
copyreg.pickle(Quad, lambda quad: (Quad, (quad.corners,)))
copyreg.pickle(Word, lambda word: (Word, _of_word(word)))
copyreg.pickle(Line, lambda line: (Line, _of_line(line)))
