"""Paint PDF pages into small pictures, with or without some of their objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import cv2
import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2 import raw

from penstock.model import Homography
from penstock.pdf.drawing_cost import MAX_FORM_DEPTH
from penstock.pdf.page_box import page_box_of

SIDE = 1000.0
"""Pixels of a sketch's longer side."""
LARGEST_SIDE = 4000.0
"""Pixels of the longer side of a large page's sketch, which has up to one pixel for each point."""
WHITE = 0xFFFFFFFF

Sketch = NDArray[np.uint8]
"""A small picture of a page: height by width by three channels."""
Shades = NDArray[np.uint8]
"""Height by width."""


def sketch(page: pypdfium2.PdfPage, *, background: int = WHITE, annotations: bool = True) -> Sketch:
    """Return a small picture of a page as displayed.

    Parameters
    ----------
    background
        Colour of the paper, as 0xAARRGGBB.
    annotations
        Also paint annotations and the values of form fields.
    """
    width, height = sketch_size(page)
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, raw.FPDFBitmap_BGR)
    try:
        raw.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, background)
        flags = raw.FPDF_ANNOT if annotations else 0
        raw.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, flags)
        if annotations and page.formenv:
            raw.FPDF_FFLDraw(page.formenv, bitmap, page, 0, 0, width, height, 0, flags)
        return np.array(bitmap.to_numpy(), np.uint8)
    finally:
        bitmap.close()


def difference(first: Sketch, second: Sketch) -> Shades:
    """Return how much each pixel differs in the colour that differs most, 0 to 255."""
    blue, green, red = cv2.split(cv2.absdiff(first, second))
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def sketch_size(page: pypdfium2.PdfPage) -> tuple[int, int]:
    """Return the width and height of a page's sketch, in pixels."""
    width, height = page.get_size()
    longest = max(width, height)
    scale = max(SIDE / longest, min(1.0, LARGEST_SIDE / longest))
    return max(1, round(width * scale)), max(1, round(height * scale))


def to_sketch(page: pypdfium2.PdfPage) -> Homography:
    """Return the map from a page's points to pixels of its sketch."""
    return page_box_of(page).to_pixels(*sketch_size(page))


def objects_of(page: pypdfium2.PdfPage, kinds: Iterable[int]) -> Iterator[pypdfium2.PdfObject]:
    """Yield the objects of a page and of its forms that are of the given kinds (``FPDF_PAGEOBJ_…``)."""
    yield from page.get_objects(filter=list(kinds), max_depth=MAX_FORM_DEPTH)


@contextmanager
def inactive(objects: Sequence[pypdfium2.PdfObject]) -> Iterator[None]:
    """Leave objects out of the page's sketches until the context ends."""
    for drawn in objects:
        raw.FPDFPageObj_SetIsActive(drawn, 0)
    try:
        yield
    finally:
        for drawn in objects:
            raw.FPDFPageObj_SetIsActive(drawn, 1)
