"""What a recognizer returned for one page."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from penstock.geometry import Homography, Point, unit
from penstock.model.checks import check_direction, check_members, check_points
from penstock.model.words import Line, TextDirection


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a page, such as a paragraph or a picture.

    Parameters
    ----------
    kind
        A term of PAGE XML: "paragraph", "heading", "marginalia", "table", "image", "separator", and so on;
        "text" if the kind of a text is not known.
    polygon
        The region's outline: at least three points, or empty.
    language
        A BCP 47 tag; None means the language of the page.
    direction
        None means the direction of the page.
    """

    kind: str
    polygon: tuple[Point, ...]
    language: str | None = None
    direction: TextDirection | None = None

    def __post_init__(self) -> None:
        if not self.kind:
            raise ValueError('kind must not be empty; use "text" if the kind is not known')
        check_points(self, "polygon", self.polygon, least=3)
        check_direction(self.direction)

    def mapped(self, homography: Homography) -> Region:
        """Return the region with mapped coordinates."""
        return replace(self, polygon=homography.apply_all(self.polygon))


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
    regions
        In reading order; empty if the recognizer gives none. `Line.region` is an index in it.
    direction
        Direction of the page's text; None if the recognizer gives none.
    unread_lines
        Number of lines that the recognizer found and could not read. They are not among `lines`.
    """

    lines: tuple[Line, ...] = ()
    angle: float | None = None
    recognizer: str = ""
    language: str | None = None
    raw: bytes | None = field(default=None, repr=False, compare=False)
    note: str = field(default="", compare=False)
    regions: tuple[Region, ...] = ()
    direction: TextDirection | None = None
    unread_lines: int = 0

    def __post_init__(self) -> None:
        check_members("lines", self.lines, Line)
        check_members("regions", self.regions, Region)
        check_direction(self.direction)
        for line in self.lines:
            if line.region is not None and line.region not in range(len(self.regions)):
                raise ValueError(
                    f"region of a line must be an index of the {len(self.regions)} regions, got {line.region}"
                )
        if self.unread_lines < 0:
            raise ValueError(f"unread_lines must be at least 0, got {self.unread_lines}")
        if self.angle is not None:
            if not math.isfinite(self.angle):
                raise ValueError(f"angle must be a finite number of degrees, got {self.angle}")
            object.__setattr__(self, "angle", float(self.angle))

    @property
    def text(self) -> str:
        """The text of all lines, joined by newlines."""
        return "\n".join(line.text for line in self.lines)

    def mapped(self, homography: Homography) -> Recognition:
        """Return the recognition with all coordinates mapped, and the angle turned accordingly.

        Directions stay as they are: they say how characters follow each other in upright text.
        """
        if homography.is_identity:
            return self
        return replace(
            self,
            lines=tuple(line.mapped(homography) for line in self.lines),
            angle=_turned(self.angle, homography),
            regions=tuple(region.mapped(homography) for region in self.regions),
        )


def _turned(angle: float | None, homography: Homography) -> float | None:
    """Return an angle after the mapping, measured at the origin."""
    if angle is None:
        return None
    start, end = homography.apply((0.0, 0.0)), homography.apply(unit(angle))
    return math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
