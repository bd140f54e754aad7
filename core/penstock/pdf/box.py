"""The part of a PDF page that is shown, and where its points are in a frame of pixels."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.model import Homography

POINTS_PER_INCH = 72.0


@dataclass(frozen=True, slots=True)
class ShownBox:
    """What is seen of a page: its CropBox inside its MediaBox, turned by /Rotate.

    Parameters
    ----------
    left, bottom, right, top
        In points of the page's own space, y up.
    quarter_turns
        How often it is turned clockwise by 90 degrees to be shown.
    """

    left: float
    bottom: float
    right: float
    top: float
    quarter_turns: int = 0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as shown, in points."""
        across, down = self.right - self.left, self.top - self.bottom
        return (across, down) if self.quarter_turns % 2 == 0 else (down, across)

    def to_page(self, width: float, height: float) -> Homography:
        """From points of the page to pixels of a frame of that size, y down."""
        across, down = self.size
        return self._to_corner().then(Homography.scaling(width / across, height / down))

    def from_frame(self, width: float, height: float) -> Homography:
        """From pixels of a frame of that size to points of the page."""
        across, down = self.size
        return Homography.scaling(across / width, down / height).then(self._from_corner())

    def _to_corner(self) -> Homography:
        """From the page to points as shown, from the top left, y down."""
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


__all__ = ["POINTS_PER_INCH", "ShownBox"]
