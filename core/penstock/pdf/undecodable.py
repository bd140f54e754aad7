"""Find pictures that PDFium cannot decode: it leaves them out of the page without an error."""

from __future__ import annotations

import pypdfium2
from PIL import Image
from pypdfium2 import raw

from penstock.geometry import Homography
from penstock.pdf.contents import SMALLEST_PICTURE, map_to_page, matrix_of
from penstock.pdf.page_box import page_box_of
from penstock.pdf.painting import objects_of

PLAIN = 0.9
"""Share of the pixels in a picture's place that have one shade if the picture may be missing."""


def has_undecodable_picture(page: pypdfium2.PdfPage, painted: Image.Image) -> bool:
    """Return whether a page has a picture that PDFium cannot decode.

    `painted` is the whole page as displayed. Only pictures whose place on it is mostly of one shade
    are decoded again.
    """
    to_pixels = page_box_of(page).to_pixels(*painted.size)
    for picture in objects_of(page, [raw.FPDF_PAGEOBJ_IMAGE]):
        if _is_large(picture) and _is_plain(
            painted, matrix_of(picture).then(map_to_page(picture)).then(to_pixels)
        ):
            bitmap = raw.FPDFImageObj_GetBitmap(picture)
            if not bitmap:
                return True
            raw.FPDFBitmap_Destroy(bitmap)
    return False


def _is_large(picture: pypdfium2.PdfObject) -> bool:
    left, bottom, right, top = picture.get_bounds()
    return bool(min(right - left, top - bottom) >= SMALLEST_PICTURE)


def _is_plain(painted: Image.Image, from_unit: Homography) -> bool:
    """Return whether the place of a picture, which is the unit square, has mostly one shade on the page."""
    xs, ys = zip(*(from_unit.apply(corner) for corner in ((0, 0), (1, 0), (0, 1), (1, 1))), strict=True)
    left, top = max(0, int(min(xs))), max(0, int(min(ys)))
    right, bottom = min(painted.width, int(max(xs))), min(painted.height, int(max(ys)))
    if left >= right or top >= bottom:
        return False
    place = painted.crop((left, top, right, bottom)).convert("L")
    return max(place.histogram()) >= PLAIN * place.width * place.height
