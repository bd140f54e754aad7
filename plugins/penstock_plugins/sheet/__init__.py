"""Find a sheet of paper in a photo and rectify it.

The transform ``crop`` and the camera source use this package; other plugins may use it, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.geometry import Homography, Quad

if TYPE_CHECKING:
    from PIL import Image


def find_sheet(image: Image.Image) -> Quad | None:
    """Find the single sheet of paper that stands out in a photo. Takes some tenths of a second.

    The image must be upright, mode "L" or "RGB". Returns the sheet's corners in pixels of the image,
    clockwise, starting with the corner nearest to the image's top left: the text is not looked at. Returns
    None if no sheet was found or if the sheet fills the image, as in a scan.
    """
    from penstock_plugins.sheet.detection import detect

    return detect(image)


def straighten(image: Image.Image, sheet: Quad) -> tuple[Image.Image, Homography]:
    """Return the sheet as seen from straight above, in its true proportions.

    The image must have mode "L" or "RGB"; the sheet's corners are in its pixels, clockwise from the top left.
    Returns the rectified picture, in the mode and about the resolution of ``image``, and the homography from
    its pixels to those of ``image``. Raises ValueError if the corners do not form a convex quad.
    """
    from penstock_plugins.sheet.rectification import rectified

    return rectified(image, sheet)


__all__ = ["find_sheet", "straighten"]
