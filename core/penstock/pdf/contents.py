"""Find what is drawn on a PDF's page besides text: pictures and possible handwriting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from ctypes import c_float, c_int
from dataclasses import dataclass

import pikepdf
import pypdfium2
from pypdfium2 import raw

from penstock.model import Homography
from penstock.pdf.indirect_pictures import has_indirect_pictures
from penstock.pdf.page_box import POINTS_PER_INCH, PageBox
from penstock.pdf.painting import objects_of
from penstock.pdf.picture_masks import Size, mask_sizes

SMALLEST_PICTURE = 18.0
"""Points. A picture with a shorter side cannot hold legible writing."""
SMALLEST_STROKE = 6.0
"""Points. A stroke whose longer side is shorter is a bullet or a dot."""
FULL_PAGE = 0.9
"""Share of the page's area that the picture of a scanned page, or its strips, covers at least."""
NOTABLE_PICTURE = 0.05
"""Share of the page's area from which pictures of the same resolution count for the page's resolution."""
MAX_SLANT = 0.5
"""Points. A line that is less horizontal or vertical than this was not ruled."""

_DRAWN_ANNOTATIONS = frozenset({raw.FPDF_ANNOT_INK, raw.FPDF_ANNOT_STAMP, raw.FPDF_ANNOT_FREETEXT})
_TYPED_FIELDS = frozenset(
    {raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX}
)


@dataclass(frozen=True, slots=True)
class PlacedPicture:
    """A picture on a page.

    Parameters
    ----------
    share
        Share of the displayed page's area that it covers, 0 to 1.
    size
        Width and height on the displayed page, in points.
    resolution
        Pixels per inch across and down the displayed page, of the picture or of its mask if that has more.
    decoded_bytes
        Size of its pixels in memory.
    """

    share: float
    size: tuple[float, float]
    resolution: tuple[float, float]
    decoded_bytes: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What is drawn on a page besides text.

    Parameters
    ----------
    pictures
        In drawing order.
    ink
        Whether there are curved or slanted strokes: handwriting, a signature, a sketch.
    indirect
        Whether there may be pictures in patterns or masks.
    """

    pictures: tuple[PlacedPicture, ...]
    ink: bool
    indirect: bool

    @property
    def show_writing(self) -> bool:
        """Whether a recognizer could find writing; if not, `has_marks` looks at the page as painted."""
        return (
            self.ink
            or self.indirect
            or any(min(picture.size) >= SMALLEST_PICTURE for picture in self.pictures)
        )

    @property
    def scan_resolution(self) -> tuple[float, float] | None:
        """Pixels per inch of the picture, or its strips, that fills the page; else None."""
        if sum(picture.share for picture in self.pictures) < FULL_PAGE:
            return None
        shares: dict[tuple[int, int], float] = defaultdict(float)
        for picture in self.pictures:
            shares[_rounded(picture.resolution)] += picture.share
        notable = [
            picture.resolution
            for picture in self.pictures
            if shares[_rounded(picture.resolution)] >= NOTABLE_PICTURE
        ]
        if not notable:
            return None
        return (max(across for across, _ in notable), max(down for _, down in notable))


def _rounded(resolution: tuple[float, float]) -> tuple[int, int]:
    across, down = resolution
    return (round(across), round(down))


def contents_of(page: pypdfium2.PdfPage, objects: pikepdf.Page, box: PageBox) -> Contents:
    """Return what is drawn on a page besides text. No picture is decoded.

    `page` and `objects` are the same page as PDFium and qpdf have opened it.
    """
    pictures: list[PlacedPicture] = []
    masks = mask_sizes(objects)
    ink = _annotated(page)
    for drawn in objects_of(page, (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE)):
        to_page = map_to_page(drawn)
        if drawn.type == raw.FPDF_PAGEOBJ_IMAGE:
            pictures.append(_picture(drawn, to_page, box, masks))
        elif not ink:
            ink = _is_ink(drawn, to_page, box.unit)
    return Contents(tuple(pictures), ink, has_indirect_pictures(objects))


def map_to_page(drawn: pypdfium2.PdfObject) -> Homography:
    """Return the map from the form that the object is in, perhaps within other forms, to the page."""
    to_page = Homography()
    container = drawn.container
    while container is not None:
        to_page = to_page.then(matrix_of(container))
        container = container.container
    return to_page


def matrix_of(drawn: pypdfium2.PdfObject) -> Homography:
    a, b, c, d, e, f = drawn.get_matrix().get()
    return Homography(((a, c, e), (b, d, f), (0.0, 0.0, 1.0)))


def _picture(
    drawn: pypdfium2.PdfImage, to_page: Homography, box: PageBox, masks: dict[Size, Size]
) -> PlacedPicture:
    across, down = box.size
    displayed = matrix_of(drawn).then(to_page).then(box.to_pixels(across, down))
    origin, right, up = (displayed.apply(corner) for corner in ((0, 0), (1, 0), (0, 1)))
    own = drawn.get_px_size()
    width, height = map(max, own, masks.get(own, own))
    (rx, ry), (ux, uy) = ((end[0] - origin[0], end[1] - origin[1]) for end in (right, up))
    if abs(rx) >= abs(ry):
        size, pixels = (abs(rx) + abs(ux), abs(uy) + abs(ry)), (width, height)
    else:
        size, pixels = (abs(ux) + abs(rx), abs(ry) + abs(uy)), (height, width)
    size = (max(size[0], 0.01), max(size[1], 0.01))
    corners = [origin, right, up, (right[0] + ux, right[1] + uy)]
    return PlacedPicture(
        _overlap(corners, across, down) / (across * down),
        size,
        (pixels[0] * POINTS_PER_INCH / size[0], pixels[1] * POINTS_PER_INCH / size[1]),
        width * height * max(1, drawn.get_metadata().bits_per_pixel) // 8,
    )


def _overlap(corners: Iterable[tuple[float, float]], across: float, down: float) -> float:
    xs, ys = zip(*corners, strict=True)
    wide = min(max(xs), across) - max(min(xs), 0.0)
    high = min(max(ys), down) - max(min(ys), 0.0)
    return float(max(0.0, wide) * max(0.0, high))


def _annotated(page: pypdfium2.PdfPage) -> bool:
    """Return whether anything was drawn, stamped or typed on the page in a viewer."""
    for index in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        try:
            if raw.FPDFAnnot_GetSubtype(annotation) in _DRAWN_ANNOTATIONS or _is_filled(page, annotation):
                return True
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return False


def _is_filled(page: pypdfium2.PdfPage, annotation: raw.FPDF_ANNOTATION) -> bool:
    """Return whether an annotation is a form field that holds a text."""
    if not page.formenv or raw.FPDFAnnot_GetFormFieldType(page.formenv, annotation) not in _TYPED_FIELDS:
        return False
    size = raw.FPDFAnnot_GetFormFieldValue(page.formenv, annotation, None, 0)
    return bool(size > len("\0".encode("utf-16-le")))


def _is_ink(path: pypdfium2.PdfObject, to_page: Homography, unit: float) -> bool:
    fill, stroke = c_int(), c_int()
    raw.FPDFPath_GetDrawMode(path, fill, stroke)
    if not fill.value and not stroke.value:
        return False  # a clipping path
    left, bottom, right, top = path.get_bounds()
    corners = [to_page.apply(corner) for corner in ((left, bottom), (right, top), (left, top))]
    wide, high = (max(values) - min(values) for values in zip(*corners, strict=True))
    return max(wide, high) * unit >= SMALLEST_STROKE and any(_bends(path))


def _bends(path: pypdfium2.PdfObject) -> Iterator[bool]:
    """Yield for each segment whether it is a curve, or a line neither horizontal nor vertical."""
    last = (0.0, 0.0)
    x, y = c_float(), c_float()
    for index in range(raw.FPDFPath_CountSegments(path)):
        segment = raw.FPDFPath_GetPathSegment(path, index)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        kind, here = raw.FPDFPathSegment_GetType(segment), (x.value, y.value)
        slanted = min(abs(here[0] - last[0]), abs(here[1] - last[1])) > MAX_SLANT
        yield kind == raw.FPDF_SEGMENT_BEZIERTO or (kind == raw.FPDF_SEGMENT_LINETO and slanted)
        last = here
