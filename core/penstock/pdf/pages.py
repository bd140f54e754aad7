"""Find the pages of a PDF and render them as pictures.

A page that is one scanned picture is rendered at exactly that picture's size, so that PDFium returns its
pixels unchanged. Other pages are rendered at a resolution that is enough for handwriting.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2
from pypdfium2 import raw

from penstock.errors import PictureError, PictureTooLarge
from penstock.model import ExistingText, Homography, Page, Picture, Problem, Recognition
from penstock.pdf.contents import Contents, contents_of
from penstock.pdf.cut_off_pictures import has_cut_off_picture
from penstock.pdf.drawing_cost import MAX_OPERATOR_BYTES, exceeds_operator_limit
from penstock.pdf.marks import has_marks, has_marks_beside_pictures
from penstock.pdf.missing_content import has_damaged_content, has_missing_content, was_damaged
from penstock.pdf.opening import (
    is_signed,
    missing_page_count,
    open_with_pdfium,
    open_with_qpdf,
    opened_page,
)
from penstock.pdf.page_box import POINTS_PER_INCH, PageBox, page_box_of
from penstock.pdf.undecodable import has_undecodable_picture
from penstock.pdf.words import PrintedWord, as_recognition, printed_words

if TYPE_CHECKING:
    import pikepdf
    from PIL import Image

_logger = logging.getLogger(__name__)

DEFAULT_DPI = 300.0
"""Resolution of pages that are not one scan: enough for small handwriting."""
MAX_DPI = 1200.0
DEFAULT_SIDE, MAX_SIDE = 400.0, 4000.0
"""Pixels of the longer side that tiny pages have instead. Some PDFs are not measured in points."""
MAX_PIXELS = 36_000_000
"""Pixels of a rendered page: A4 at 600 DPI."""
MAX_DECODED_BYTES = 1 << 30
"""Bytes that one picture on a page may take in memory."""
PRINT_AS_PICTURE = "print the page as a picture, and use that"
TOO_MANY_OPERATORS = (
    f"the page takes more than {MAX_OPERATOR_BYTES >> 20} MB of drawing operators",
    PRINT_AS_PICTURE,
)
COPY_AGAIN = "copy it again from its source"
CONTENT_MISSING = ("the content of the page is missing: the PDF is damaged or cut off", COPY_AGAIN)
PARTLY_DAMAGED = "the content of the page is damaged: only what can still be shown is recognized"
NOT_DECODED = "a picture on the page is damaged, or of a kind that is not read"
SAVE_AGAIN = "print the PDF into a new PDF with the program that shows it, or scan the page again"
BATCH_SIZE = 16
"""Pages that are processed while the file is open once."""
SMALLEST_UNIT, LARGEST_UNIT = 0.01, 10_000.0
"""Points. A /UserUnit that is not within these limits is a mistake."""
INSET = 1e-3
"""Pixels. Without it, a rounding error at a picture's edge makes PDFium paint one pixel more."""


def find_pdf_pages(
    path: Path,
    origin: str,
    first_number: int = 1,
    *,
    existing_text: ExistingText = "auto",
    break_signatures: bool = False,
) -> Iterator[Page | Problem]:
    """Yield the pages of a PDF, with a Problem in place of each damaged page.

    Pages without anything to recognize, and pages whose own text is enough by `existing_text`, have an
    ``existing_recognition``. Parameters are those of `penstock.images.look_into`.

    Raises
    ------
    PictureError
        The PDF is encrypted, signed, empty, or damaged beyond repair.
    """
    status = path.stat()
    state = _checked(path, origin, break_signatures=break_signatures)
    count = state.pages
    for start in range(0, count, BATCH_SIZE):
        found: list[Page | Problem] = []
        # The batch is complete before the first page is yielded: the caller may take its time, and other
        # threads need PDFium meanwhile.
        with open_with_qpdf(path, origin) as objects, open_with_pdfium(path, origin) as pdf:
            for index in range(start, min(count, start + BATCH_SIZE)):
                picture = Picture(path, index, status.st_size, status.st_mtime_ns)
                name = origin if count + state.missing == 1 else f"{origin}, page {index + 1}"
                place = _Place(objects, pdf, picture, name, first_number + index)
                found.append(_page_or_problem(place, existing_text, damaged=state.damaged))
        yield from found
    if state.missing:
        why = f"the PDF is damaged or cut off: {state.missing} of the pages that it lists are missing"
        yield Problem(f"{origin}, missing pages", why, COPY_AGAIN, path)


@dataclass(frozen=True, slots=True)
class _State:
    """How many pages a PDF holds, whether it was damaged, and how many more it lists."""

    pages: int
    damaged: bool
    missing: int


def _checked(path: Path, origin: str, *, break_signatures: bool) -> _State:
    """Return a PDF's state. Raises PictureError if it cannot be opened, has no pages, or is signed."""
    with open_with_qpdf(path, origin) as pdf:
        count = len(pdf.pages)
        warnings = pdf.get_warnings()
        if not count:
            raise PictureError(f"{origin}: the PDF has no pages", COPY_AGAIN)
        if is_signed(pdf) and not break_signatures:
            raise PictureError(
                f"{origin}: the PDF is signed, and adding text would break the signature",
                "set break_signatures = true to accept that; the original is never changed",
            )
    return _State(count, was_damaged(warnings), missing_page_count(path, origin))


@dataclass(frozen=True, slots=True)
class _Place:
    """A page of a PDF that both libraries have opened: its picture, origin and number in the document."""

    objects: pikepdf.Pdf
    pdf: pypdfium2.PdfDocument
    picture: Picture
    origin: str
    number: int


def _page_or_problem(place: _Place, policy: ExistingText, *, damaged: bool) -> Page | Problem:
    """Return a page, or why it cannot be read. No exception costs the other pages anything."""
    path = place.picture.path
    try:
        objects = place.objects.pages[place.picture.page_index]
        if exceeds_operator_limit(objects):
            return Problem(place.origin, *TOO_MANY_OPERATORS, path)
        if damaged and has_missing_content(objects):
            return Problem(place.origin, *CONTENT_MISSING, path)
        with opened_page(place.pdf, place.picture.page_index) as page:
            return _checked_page(_page(page, objects, place, policy), objects)
    except PictureError as error:
        return Problem(place.origin, error.message.removeprefix(f"{place.origin}: "), error.hint, path)
    except MemoryError:
        return Problem(place.origin, "the page does not fit into memory", PRINT_AS_PICTURE, path)
    except Exception as error:  # both libraries raise many types for damaged objects
        _logger.debug("%s: the page cannot be looked into", place.origin, exc_info=error)
        return Problem(place.origin, "the page is damaged", PRINT_AS_PICTURE, path)


def _checked_page(page: Page, objects: pikepdf.Page) -> Page | Problem:
    """Return a page with a note if its content is damaged; a Problem if nothing of it is left."""
    is_damaged = has_damaged_content(objects)
    is_empty = page.existing_recognition is not None and not page.existing_recognition.lines
    if is_empty and (is_damaged or has_missing_content(objects)):
        return Problem(page.origin, *CONTENT_MISSING, page.picture.path)
    if is_damaged or has_cut_off_picture(objects):
        return replace(page, note=PARTLY_DAMAGED)
    return page


def _page(page: pypdfium2.PdfPage, objects: pikepdf.Page, place: _Place, policy: ExistingText) -> Page:
    box = page_box_of(page, user_unit(objects))
    contents = contents_of(page, objects, box)
    _refuse_bombs(contents, place.origin)
    width, height = box.size
    in_points = printed_words(page, place.picture.page_index, box.to_pixels(width, height))
    mixed = (
        contents.ink
        or contents.indirect
        or any(word.visible for word in in_points)
        or (contents.scan_resolution is not None and has_marks_beside_pictures(page, box))
    )
    across, down = _resolution(contents, box, mixed=mixed)
    pixels = (_pixels(width, across), _pixels(height, down))
    to_pixels = Homography.scaling(pixels[0] / width, pixels[1] / height)
    words = [word._replace(quad=word.quad.mapped(to_pixels)) for word in in_points]
    return Page(
        number=place.number,
        origin=place.origin,
        picture=place.picture,
        width=pixels[0],
        height=pixels[1],
        dpi=(pixels[0] * POINTS_PER_INCH / width, pixels[1] * POINTS_PER_INCH / height),
        existing_recognition=_existing_recognition(page, box, contents, words, policy),
        existing_text=policy,
    )


def user_unit(page: pikepdf.Page) -> float:
    """Return the size of a page's unit in points (ISO 32000-1, table 30); 1 if it is missing or invalid."""
    try:
        unit = float(page.obj.get("/UserUnit", 1))
    except (TypeError, ValueError):
        return 1.0
    return unit if SMALLEST_UNIT <= unit <= LARGEST_UNIT else 1.0


def _existing_recognition(
    page: pypdfium2.PdfPage,
    box: PageBox,
    contents: Contents,
    words: list[PrintedWord],
    policy: ExistingText,
) -> Recognition | None:
    """Return the recognition of a page that no recognizer needs to see; None for other pages."""
    if words and policy in ("skip", "add"):
        return as_recognition(words) if policy == "skip" else None
    has_text = any(word.visible for word in words)
    if contents.show_writing or has_marks(page, box, beside_text=has_text):
        return None
    if not words:
        return Recognition()
    return as_recognition(words) if has_text or policy == "auto" else None


def _resolution(contents: Contents, box: PageBox, *, mixed: bool) -> tuple[float, float]:
    """Return the pixels per inch, across and down, to render a page at."""
    width, height = box.size
    usual, highest = (
        max(dpi, side * POINTS_PER_INCH / max(width, height))
        for dpi, side in ((DEFAULT_DPI, DEFAULT_SIDE), (MAX_DPI, MAX_SIDE))
    )
    across, down = contents.scan_resolution or (usual, usual)
    if mixed:
        across, down = max(across, usual), max(down, usual)
    across, down = min(across, highest), min(down, highest)
    pixels = width * across * height * down / POINTS_PER_INCH**2
    scale = min(1.0, math.sqrt(MAX_PIXELS / pixels)) if pixels else 1.0
    return (across * scale, down * scale)


def _pixels(points: float, dpi: float) -> int:
    return max(1, round(points * dpi / POINTS_PER_INCH))


def _refuse_bombs(contents: Contents, origin: str) -> None:
    largest = max((picture.decoded_bytes for picture in contents.pictures), default=0)
    if largest > MAX_DECODED_BYTES:
        raise PictureTooLarge(
            f"{origin}: a picture on it unpacks to {largest >> 20} MB, more than penstock decodes",
            "scale the picture down, or cut it into pages",
        )


def render_page(page: Page, *, longest_side: int | None = None) -> Image.Image:
    """Return a PDF's page as displayed, ``page.width`` by ``page.height`` pixels, in mode "RGB" or "L".

    `longest_side` scales it down so that neither side has more pixels. Raises PictureError if the PDF cannot
    be opened, or if a picture on the page cannot be decoded.
    """
    scale = min(1.0, longest_side / max(page.width, page.height)) if longest_side else 1.0
    size = (max(1, round(page.width * scale)), max(1, round(page.height * scale)))
    picture = page.picture
    with open_with_pdfium(picture.path, page.origin) as pdf, opened_page(pdf, picture.page_index) as opened:
        painted = _painted(opened, *size)
        if has_undecodable_picture(opened, painted):
            raise PictureError(f"{page.origin}: {NOT_DECODED}", SAVE_AGAIN)
        return painted


def _painted(page: pypdfium2.PdfPage, width: int, height: int) -> Image.Image:
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, raw.FPDFBitmap_BGR)
    try:
        raw.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        points_wide, points_high = page.get_size()
        matrix = raw.FS_MATRIX(
            (width - 2 * INSET) / points_wide, 0, 0, (height - 2 * INSET) / points_high, INSET, INSET
        )
        everything = raw.FS_RECTF(0, 0, width, height)
        raw.FPDF_RenderPageBitmapWithMatrix(bitmap, page, matrix, everything, raw.FPDF_ANNOT)
        if page.formenv:
            raw.FPDF_FFLDraw(page.formenv, bitmap, page, 0, 0, width, height, 0, raw.FPDF_ANNOT)
        return _as_gray_if_possible(bitmap.to_pil().copy())
    finally:
        bitmap.close()


def _as_gray_if_possible(image: Image.Image) -> Image.Image:
    from PIL import ImageChops

    red, green, blue = image.split()
    gray = (
        not ImageChops.difference(red, green).getbbox() and not ImageChops.difference(green, blue).getbbox()
    )
    return red if gray else image
