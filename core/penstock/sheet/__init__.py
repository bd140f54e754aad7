"""A sheet of paper in a photo: where it lies, and how it looks from straight above. A library of its own.

``find_sheet(image)`` gives its four corners, ``straighten(image, sheet)`` the sheet as a rectangle, with the
map back to the photo.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.geometry import Homography, Quad

if TYPE_CHECKING:
    from PIL import Image


def find_sheet(image: Image.Image) -> Quad | None:
    """Find the one sheet of paper that stands out in a photo.

    Takes some tenths of a second, whatever the photo's size.

    Parameters
    ----------
    image
        Upright, "L" or "RGB".

    Returns
    -------
    Its four corners in the image's pixels, clockwise from its own top left, where "top" is the side nearest
    to the picture's top: what is written on it is not read. None if no sheet stands out, or if it fills the
    picture, as a scan does: then there is nothing to crop.
    """
    from penstock.sheet.finding import find

    return find(image)


def straighten(image: Image.Image, sheet: Quad) -> tuple[Image.Image, Homography]:
    """Show a sheet as it looks from straight above, in its true proportions.

    Parameters
    ----------
    image
        "L" or "RGB".
    sheet
        Its four corners in the image's pixels, clockwise from its own top left.

    Returns
    -------
    The new picture, in the same mode and about as fine as the sheet was in the image, and the map from
    places in it to places in ``image``.

    Raises ValueError if the corners are those of no convex shape.
    """
    from penstock.sheet.straightening import straightened

    return straightened(image, sheet)


__all__ = ["find_sheet", "straighten"]
