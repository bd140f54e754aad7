"""The visible area of a PDF page, and the maps between its points and a picture's pixels."""

from __future__ import annotations

from dataclasses import dataclass

import pypdfium2

from penstock.model import Homography

POINTS_PER_INCH = 72.0


@dataclass(frozen=True, slots=True)
class PageBox:
    """The visible area of a page: its CropBox within its MediaBox, turned by /Rotate (ISO 32000-1, 7.7.3.3).

    Parameters
    ----------
    left, bottom, right, top
        In units of the page's coordinate system before it is turned, y up. A unit is a point unless the page
        says otherwise.
    quarter_turns
        Clockwise turns by 90 degrees for display.
    unit
        Points in a unit of the page's coordinate system: /UserUnit (ISO 32000-1, table 30).
    """

    left: float
    bottom: float
    right: float
    top: float
    quarter_turns: int = 0
    unit: float = 1.0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as displayed, in points."""
        across, down = self._units
        return (across * self.unit, down * self.unit)

    @property
    def _units(self) -> tuple[float, float]:
        """Width and height as displayed, in units of the page's coordinate system."""
        across, down = self.right - self.left, self.top - self.bottom
        return (across, down) if self.quarter_turns % 2 == 0 else (down, across)

    def to_pixels(self, width: float, height: float) -> Homography:
        """Return the map from the page's units to pixels of a displayed picture of that size, y down."""
        across, down = self._units
        return self._to_corner().then(Homography.scaling(width / across, height / down))

    def from_pixels(self, width: float, height: float) -> Homography:
        """Return the map from pixels of a displayed picture of that size to the page's units."""
        across, down = self._units
        return Homography.scaling(across / width, down / height).then(self._from_corner())

    def meets(self, area: tuple[float, float, float, float]) -> bool:
        """Return whether any part of an area (left, bottom, right, top) is visible."""
        left, bottom, right, top = area
        return left < self.right and right > self.left and bottom < self.top and top > self.bottom

    def _to_corner(self) -> Homography:
        """Return the map from the page's points to points from the top left as displayed, y down."""
        left, bottom, right, top = self.left, self.bottom, self.right, self.top
        rows = (
            ((1.0, 0.0, -left), (0.0, -1.0, top)),
            ((0.0, 1.0, -bottom), (1.0, 0.0, -left)),
            ((-1.0, 0.0, right), (0.0, 1.0, -bottom)),
            ((0.0, -1.0, top), (-1.0, 0.0, right)),
        )[self.quarter_turns % 4]
        return Homography((*rows, (0.0, 0.0, 1.0)))

    def _from_corner(self) -> Homography:
        left, bottom, right, top = self.left, self.bottom, self.right, self.top
        rows = (
            ((1.0, 0.0, left), (0.0, -1.0, top)),
            ((0.0, 1.0, left), (1.0, 0.0, bottom)),
            ((-1.0, 0.0, right), (0.0, 1.0, bottom)),
            ((0.0, -1.0, right), (-1.0, 0.0, top)),
        )[self.quarter_turns % 4]
        return Homography((*rows, (0.0, 0.0, 1.0)))


def page_box_of(page: pypdfium2.PdfPage, unit: float = 1.0) -> PageBox:
    """Return the area of a page that PDFium displays."""
    left, bottom, right, top = page.get_bbox()
    return PageBox(left, bottom, right, top, page.get_rotation() // 90, unit)
