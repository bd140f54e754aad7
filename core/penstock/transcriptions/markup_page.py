"""What the readers of hOCR and ALTO share: inherited attributes, confidences, and a page's content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from penstock.model import Line, Recognition, Region, TextDirection
from penstock.transcriptions.drafts import LineDraft, Size, WordDraft
from penstock.transcriptions.findings import Findings
from penstock.transcriptions.numbers import confidence_of
from penstock.transcriptions.values import TranscribedPage


@dataclass(frozen=True, slots=True)
class Inherited:
    """What an element takes over from the elements around it.

    Parameters
    ----------
    language
        BCP 47 tag; None if it is not known.
    direction
        Direction of the text; None if it is not known.
    angle
        Angle of the text in degrees, counter-clockwise.
    """

    language: str | None = None
    direction: TextDirection | None = None
    angle: float = 0.0

    def within(self, language: str | None, direction: TextDirection | None, angle: float | None) -> Self:
        """Return what is inherited within an element with these values of its own; None if it has none."""
        if language is None and direction is None and angle is None:
            return self
        return replace(
            self,
            language=language or self.language,
            direction=direction or self.direction,
            angle=self.angle if angle is None else angle,
        )


@dataclass(frozen=True, slots=True)
class PageContent:
    """The content of a page.

    Parameters
    ----------
    lines, regions
        In reading order.
    size
        Width and height of the page in the unit of the file; None if they are not known, or if the page's
        words show that they are wrong.
    language
        The language that the page names; None if it names none.
    angle
        Angle of the page's text in degrees, counter-clockwise; None if it is not given.
    """

    lines: tuple[Line, ...]
    regions: tuple[Region, ...]
    size: Size | None
    language: str | None
    angle: float | None

    def transcribed(self, recognizer: str, findings: Findings) -> TranscribedPage:
        """Return the page with its content, and with what could not be read of it."""
        width, height = self.size or (None, None)
        recognition = Recognition(
            self.lines,
            angle=None if self.angle is None else -self.angle,
            recognizer=recognizer,
            language=self.language,
            regions=self.regions,
        )
        return TranscribedPage(recognition, width, height, problems=findings.clauses())


def scale_confidences(
    lines: Sequence[LineDraft], unit_of: Callable[[Sequence[float]], float], what: str, findings: Findings
) -> None:
    """Make the confidences of all lines and words numbers from 0 to 1.

    Parameters
    ----------
    lines
        The lines of a page, which are changed.
    unit_of
        Returns the value that means certainty, from all confidences of the page.
    what
        What is wrong with a confidence that is less than 0 or more than the unit. It becomes None.
    findings
        Receives these confidences.
    """
    drafts: list[LineDraft | WordDraft] = [*lines, *(word for line in lines for word in line.words)]
    unit = unit_of([draft.confidence for draft in drafts if draft.confidence is not None])
    for draft in drafts:
        if draft.confidence is not None:
            confidence = confidence_of(draft.confidence, unit)
            if confidence is None:
                findings.add(what, f"{draft.confidence:g}")
            draft.confidence = confidence
