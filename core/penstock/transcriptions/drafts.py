"""Lines and words as a file gives them, perhaps with gaps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from penstock.geometry import CORNERS, Point, Quad, quad_around
from penstock.model import Alternative, TextDirection
from penstock.transcriptions.findings import Findings
from penstock.transcriptions.outlines import bounds, facing

Size = tuple[float, float]
"""Width and height of a page."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""

MOST_FAR, MOST_FAR_SHARE = 10, 0.02
"""More lines and words than these outside a page, in number and in share, show that its size is wrong."""


@dataclass(slots=True)
class WordDraft:
    """A word, perhaps without a place or with spaces in it."""

    text: str
    box: Box | None = None
    confidence: float | None = None
    polygon: tuple[Point, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    language: str | None = None
    direction: TextDirection | None = None
    corrected: bool = False


@dataclass(slots=True)
class LineDraft:
    """A line, perhaps without a place or without words.

    ``words`` is empty or covers the text. ``angle`` turns the boxes of line and words counter-clockwise, by
    quarter turns. ``region`` is an index in the page's regions.
    """

    text: str
    words: list[WordDraft] = field(default_factory=list)
    box: Box | None = None
    angle: float = 0.0
    baseline: tuple[Point, ...] = ()
    polygon: tuple[Point, ...] = ()
    confidence: float | None = None
    language: str | None = None
    direction: TextDirection | None = None
    region: int | None = None
    quad: Quad | None = None


def turned_box(box: Box, angle: float) -> Quad:
    """Return an upright rectangle whose text is turned counter-clockwise, by the nearest quarter turn."""
    quad = Quad.from_box(*box)
    turns = -round(angle / 90) % 4
    if not turns:
        return quad
    first, second, third, fourth = quad.corners[turns:] + quad.corners[:turns]
    return Quad((first, second, third, fourth))


def outlined_quad(polygon: Sequence[Point], baseline: Sequence[Point], angle: float) -> Quad:
    """Return the quad of an outline.

    Four corners are kept as they are. Other outlines have the rectangle along the baseline around them, or
    the upright one. The text is turned counter-clockwise by ``angle`` if there is no baseline.
    """
    if len(baseline) > 1:
        (x1, y1), (x2, y2) = baseline[0], baseline[-1]
        angle = -math.degrees(math.atan2(y2 - y1, x2 - x1))
    corners = polygon[:-1] if polygon[0] == polygon[-1] else polygon
    if len(corners) == CORNERS:
        first, second, third, fourth = corners
        area = _cross(first, third, second, fourth)
        if area:
            quad = Quad((first, second, third, fourth) if area > 0 else (fourth, third, second, first))
            return facing(quad, -angle)
    return quad_around(polygon, baseline) if len(baseline) > 1 else turned_box(bounds(polygon), angle)


def _cross(first: Point, third: Point, second: Point, fourth: Point) -> float:
    """Return twice the area between two diagonals, positive if the corners are clockwise on the page."""
    return (third[0] - first[0]) * (fourth[1] - second[1]) - (third[1] - first[1]) * (fourth[0] - second[0])


def without_far_places(drafts: Sequence[LineDraft], size: Size | None, findings: Findings) -> Size | None:
    """Remove places off the page, and return the page's size; None if it cannot be right.

    A place is off the page if no part of it is on the page, or if it is much larger. If that is true of many
    words, the size is wrong and the places are kept.
    """
    if size is None:
        return None
    far: list[LineDraft | WordDraft] = [line for line in drafts if line.box and _is_off(line.box, size)]
    far += [word for line in drafts for word in line.words if word.box and _is_off(word.box, size)]
    count = len(drafts) + sum(len(line.words) for line in drafts)
    if len(far) > max(MOST_FAR, MOST_FAR_SHARE * count):
        findings.add(
            f"the page is said to be {size[0]:g} x {size[1]:g} large, but {len(far)} lines and words "
            "are outside"
        )
        return None
    for member in far:
        member.box = None
        if isinstance(member, LineDraft):
            member.quad = None
        findings.add("a place is outside the page", repr(member.text[:30]))
    return size


def _is_off(box: Box, size: Size) -> bool:
    left, top, right, bottom = box
    width, height = size
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return False
    return (
        right <= 0 or bottom <= 0 or left >= width or top >= height
        or right - left > 2 * width or bottom - top > 2 * height
    )  # fmt: skip
