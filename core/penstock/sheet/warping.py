"""Pictures redrawn through a map of places."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from penstock.geometry import Homography

Colour = tuple[float, ...]

_TO_CENTERS = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
"""From places, where a pixel reaches from 0 to 1, to OpenCV's, where its middle is 0."""


def warped(
    image: Image.Image, places: Homography, size: tuple[int, int], ground: Colour | None
) -> Image.Image:
    """Redraw a picture.

    Parameters
    ----------
    places
        From places in the new picture to places in ``image``.
    size
        Of the new picture: width and height.
    ground
        What is seen beyond the image's edges; None stretches its edges outwards.
    """
    matrix = _TO_CENTERS @ np.array(places.rows) @ np.linalg.inv(_TO_CENTERS)
    pixels = cv2.warpPerspective(
        np.asarray(image),
        matrix,
        size,
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE if ground is None else cv2.BORDER_CONSTANT,
        borderValue=ground or (),
    )
    return Image.fromarray(pixels)


def map_between(here: NDArray[np.float64], there: NDArray[np.float64]) -> Homography:
    """The projective map that takes four points, 4 by 2, to four others."""
    matrix = cv2.getPerspectiveTransform(here.astype(np.float32), there.astype(np.float32))
    first, second, third = ((float(x), float(y), float(w)) for x, y, w in matrix)
    return Homography((first, second, third))
