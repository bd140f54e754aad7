"""What a recognizer returned for one page."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from penstock.geometry import Homography, unit
from penstock.model.words import Line


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a recognizer returned for one page.

    Parameters
    ----------
    lines
        In reading order; empty for a page without text.
    angle
        Angle of the page's text in degrees, clockwise positive (hOCR's ``textangle`` is counter-clockwise);
        None if the recognizer gives none.
    recognizer
        Name and version or model: ``rapidocr 3.10.0``.
    language
        BCP 47 tag of the whole page; None if the service gives none.
    raw
        The service's response, unchanged. Stored only if the pipeline asks for it.
    note
        A remark about the result for the report of the run that received it, such as words that were left
        out. Not stored.
    """

    lines: tuple[Line, ...] = ()
    angle: float | None = None
    recognizer: str = ""
    language: str | None = None
    raw: bytes | None = field(default=None, repr=False, compare=False)
    note: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.lines, tuple) or not all(isinstance(line, Line) for line in self.lines):
            raise TypeError("lines must be a tuple of Lines")
        if self.angle is not None:
            if not math.isfinite(self.angle):
                raise ValueError(f"angle must be a finite number of degrees, got {self.angle}")
            object.__setattr__(self, "angle", float(self.angle))

    @property
    def text(self) -> str:
        """The text of all lines, joined by newlines."""
        return "\n".join(line.text for line in self.lines)

    def mapped(self, homography: Homography) -> Recognition:
        """Return the recognition with all coordinates mapped, and the angle turned accordingly."""
        if homography.is_identity:
            return self
        lines = tuple(
            replace(
                line,
                quad=line.quad.mapped(homography),
                words=tuple(replace(word, quad=word.quad.mapped(homography)) for word in line.words),
            )
            for line in self.lines
        )
        return replace(self, lines=lines, angle=_turned(self.angle, homography))


def _turned(angle: float | None, homography: Homography) -> float | None:
    """Return an angle after the mapping, measured at the origin."""
    if angle is None:
        return None
    start, end = homography.apply((0.0, 0.0)), homography.apply(unit(angle))
    return math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
