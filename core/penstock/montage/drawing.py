"""Draw the picture of a sheet."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from penstock.geometry import Homography
from penstock.montage.packing import Layout
from penstock.montage.strips import Strip

if TYPE_CHECKING:
    from PIL.Image import Image

QUALITIES = (92, 85, 75)
"""JPEG qualities of a sheet, tried in this order until its file is small enough."""


def draw_sheet(layout: Layout, cuts: Iterable[tuple[Image, Iterable[int]]]) -> Image:
    """Return the picture of a sheet: white where no strip is.

    Parameters
    ----------
    cuts
        The pictures that strips are cut out of, upright and in mode "L" or "RGB", each with the indexes of
        its strips in the layout. They are iterated once, so that one picture after the other can be opened.
    """
    from PIL import Image

    # A sheet of gray pages stays gray.
    sheet = Image.new("L", (layout.width, layout.height), "white")
    for picture, indexes in cuts:
        if picture.mode != sheet.mode and sheet.mode == "L":
            sheet = sheet.convert("RGB")
        pixels = np.asarray(picture)
        for index in indexes:
            sheet.paste(_cut(pixels, layout.strips[index]).convert(sheet.mode), layout.corners[index])
    return sheet


def _cut(picture: NDArray[Any], strip: Strip) -> Image:
    """Return the pixels of a strip."""
    import cv2
    from PIL import Image

    (a, b, _), (d, e, _), _ = strip.to_picture.rows
    # Sampled finer and averaged down if the strip has fewer pixels than the picture has there.
    finer = max(1, math.ceil(math.sqrt(abs(a * e - b * d)) - 1e-6))
    # OpenCV counts from the centers of pixels, not from their corners.
    to_fine = Homography.moving(0.5, 0.5).then(Homography.scaling(1 / finer, 1 / finer))
    indexes = to_fine.then(strip.to_picture).then(Homography.moving(-0.5, -0.5))
    pixels = cv2.warpAffine(
        picture,
        np.array(indexes.rows[:2]),
        (strip.width * finer, strip.height * finer),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(255, 255, 255),
    )
    if finer > 1:
        pixels = cv2.resize(pixels, (strip.width, strip.height), interpolation=cv2.INTER_AREA)
    return Image.fromarray(pixels)


def encoded(sheet: Image, most_bytes: int) -> bytes:
    """Return a sheet as a JPEG file of the best quality that is small enough, else of the lowest quality."""
    content = b""
    for quality in QUALITIES:
        buffer = io.BytesIO()
        sheet.save(buffer, "JPEG", quality=quality, subsampling=0)
        content = buffer.getvalue()
        if len(content) <= most_bytes:
            break
    return content
