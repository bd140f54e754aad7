"""Fit the page of a file with text to its picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from penstock.errors import InvalidTranscription
from penstock.geometry import Homography, Point, Quad
from penstock.model import Line, Recognition, Word
from penstock.transcriptions.values import TranscribedPage

SHAPE_TOLERANCE = 0.01
"""Largest relative difference between the ratios of width to height of a file's page and of its picture."""
SMALLEST = 1.0
"""Pixels that a box has at least after it was moved into the page."""

Placed = TypeVar("Placed", Line, Word)


def has_shape(page: TranscribedPage, width: float, height: float) -> bool:
    """Return whether a page has the shape of a picture; a page without a size has any shape."""
    if not page.width or not page.height:
        return True
    return abs(page.width / page.height * height / width - 1) <= SHAPE_TOLERANCE


def fitted(page: TranscribedPage, width: int, height: int) -> Recognition:
    """Return the recognition of a page in pixels of its picture, with all boxes inside the picture.

    Coordinates of another size of the picture, and shares of its size, are scaled. Without a size in the
    file, they are taken as pixels of the picture.

    Parameters
    ----------
    width, height
        Size of the upright picture in pixels.

    Raises
    ------
    InvalidTranscription
        The page has another shape than the picture. The exception's ``file`` is the picture that the file
        names.
    """
    if not has_shape(page, width, height):
        raise InvalidTranscription(
            page.picture or "the page",
            f"is {page.width:g} x {page.height:g} in the file, and the picture has {width} x {height} pixels",
            "give the picture that was transcribed, uncropped and turned as it was",
        )
    recognition = page.recognition
    if page.is_relative:
        recognition = recognition.mapped(Homography.scaling(width, height))
    elif page.width and page.height and (page.width, page.height) != (width, height):
        recognition = recognition.mapped(Homography.scaling(width / page.width, height / page.height))
    return _inside(recognition, width, height)


def _inside(recognition: Recognition, width: float, height: float) -> Recognition:
    """Return a recognition with the boxes that leave the page moved or cut to the page."""
    lines = tuple(
        _placed(
            replace(line, words=tuple(_placed(word, width, height) for word in line.words)), width, height
        )
        for line in recognition.lines
    )
    regions = tuple(
        replace(region, polygon=_points_inside(region.polygon, width, height))
        for region in recognition.regions
    )
    return replace(recognition, lines=lines, regions=regions)


def _placed(part: Placed, width: float, height: float) -> Placed:
    left, top, right, bottom = part.quad.bounds
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return part
    placed = replace(part, quad=_quad_inside(part.quad, width, height))
    return replace(placed, polygon=_points_inside(part.polygon, width, height))


def _quad_inside(quad: Quad, width: float, height: float) -> Quad:
    """Return a quad cut to the page. A quad that lies outside is moved to the page's edge before."""
    left, top, right, bottom = quad.bounds
    across = _shift(left, right, width)
    down = _shift(top, bottom, height)
    moved = ((x + across, y + down) for x, y in quad.corners)
    return Quad.from_points(_points_inside(tuple(moved), width, height))


def _shift(start: float, end: float, size: float) -> float:
    """Return by how much a range must be moved so that at least a pixel of it lies on the page."""
    return max(0.0, SMALLEST - end) + min(0.0, size - SMALLEST - start)


def _points_inside(points: tuple[Point, ...], width: float, height: float) -> tuple[Point, ...]:
    return tuple((min(max(x, 0.0), width), min(max(y, 0.0), height)) for x, y in points)
