"""Find the pages of a PDF and render them as pictures.

A page that is one scanned picture is rendered at exactly that picture's size, so that PDFium returns its
pixels unchanged. Other pages are rendered at a resolution that is enough for handwriting.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2
from pypdfium2 import raw

from penstock.errors import PictureError, PictureTooLarge
from penstock.model import ExistingText, Homography, Page, Picture, Problem, Recognition
from penstock.pdf.contents import Contents, contents_of
from penstock.pdf.drawing_cost import MAX_OPERATOR_BYTES, exceeds_operator_limit
from penstock.pdf.missing_content import has_missing_content, missing_page_count, was_damaged
from penstock.pdf.opening import is_signed, open_with_pdfium, open_with_qpdf
from penstock.pdf.page_box import POINTS_PER_INCH, PageBox
from penstock.pdf.words import PrintedWord, as_recognition, printed_words

if TYPE_CHECKING:
    from PIL import Image

DEFAULT_DPI = 300.0
"""Resolution of pages that are not one scan: enough for small handwriting."""
MAX_DPI = 1200.0
MAX_PIXELS = 36_000_000
"""Pixels of a rendered page: A4 at 600 DPI."""
MAX_DECODED_BYTES = 1 << 30
"""Bytes that one picture on a page may take in memory."""
TOO_MANY_OPERATORS = (
    f"the page takes more than {MAX_OPERATOR_BYTES >> 20} MB of drawing operators",
    "print the page as a picture, and use that",
)
COPY_AGAIN = "copy it again from its source"
CONTENT_MISSING = ("the content of the page is missing: the PDF is damaged or cut off", COPY_AGAIN)
BATCH_SIZE = 16
"""Pages that are processed while the file is open once."""
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
                if exceeds_operator_limit(objects.pages[index]):
                    found.append(Problem(name, *TOO_MANY_OPERATORS, path))
                elif state.damaged and has_missing_content(objects.pages[index]):
                    found.append(Problem(name, *CONTENT_MISSING, path))
                else:
                    found.append(_page_or_problem(pdf, picture, name, first_number + index, existing_text))
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
    with open_with_pdfium(path, origin) as opened:
        if len(opened) != count:
            raise PictureError(
                f"{origin}: the PDF is damaged: qpdf finds {count} pages in it, PDFium {len(opened)}",
                "print or save it as a new PDF, and use that",
            )
    return _State(count, was_damaged(warnings), missing_page_count(warnings))


def _page_or_problem(
    pdf: pypdfium2.PdfDocument, picture: Picture, origin: str, number: int, policy: ExistingText
) -> Page | Problem:
    try:
        page = pdf[picture.page_index]
    except pypdfium2.PdfiumError:
        return Problem(
            origin, "the page is damaged", "copy the PDF again, or scan the page again", picture.path
        )
    try:
        return _page(page, picture, origin, number, policy)
    except PictureError as error:
        return Problem(origin, error.message.removeprefix(f"{origin}: "), error.hint, picture.path)
    finally:
        page.close()


def _page(page: pypdfium2.PdfPage, picture: Picture, origin: str, number: int, policy: ExistingText) -> Page:
    box = page_box_of(page)
    contents = contents_of(page, box)
    _refuse_bombs(contents, origin)
    width, height = box.size
    in_points = printed_words(page, box.to_pixels(width, height))
    mixed = contents.ink or any(word.visible for word in in_points)
    across, down = _resolution(contents, box, mixed=mixed)
    pixels = (_pixels(width, across), _pixels(height, down))
    to_pixels = Homography.scaling(pixels[0] / width, pixels[1] / height)
    words = [word._replace(quad=word.quad.mapped(to_pixels)) for word in in_points]
    return Page(
        number=number,
        origin=origin,
        picture=picture,
        width=pixels[0],
        height=pixels[1],
        dpi=(pixels[0] * POINTS_PER_INCH / width, pixels[1] * POINTS_PER_INCH / height),
        existing_recognition=_existing_recognition(words, contents, policy),
        existing_text=policy,
    )


def _existing_recognition(
    words: list[PrintedWord], contents: Contents, policy: ExistingText
) -> Recognition | None:
    """Return the recognition of a page that no recognizer needs to see; None for other pages."""
    if not words and not contents.may_hold_writing:
        return Recognition()
    worth_recognizing = contents.may_hold_writing or not any(word.visible for word in words)
    enough = {
        "auto": not contents.may_hold_writing,
        "redo": not worth_recognizing,
        "skip": True,
        "add": False,
    }
    return as_recognition(words) if words and enough[policy] else None


def page_box_of(page: pypdfium2.PdfPage) -> PageBox:
    """Return the area of a page that PDFium displays."""
    left, bottom, right, top = page.get_bbox()
    return PageBox(left, bottom, right, top, page.get_rotation() // 90)


def _resolution(contents: Contents, box: PageBox, *, mixed: bool) -> tuple[float, float]:
    """Return the pixels per inch, across and down, to render a page at."""
    across, down = contents.scan_resolution or (DEFAULT_DPI, DEFAULT_DPI)
    if mixed:
        across, down = max(across, DEFAULT_DPI), max(down, DEFAULT_DPI)
    across, down = min(across, MAX_DPI), min(down, MAX_DPI)
    width, height = box.size
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
    be opened.
    """
    scale = min(1.0, longest_side / max(page.width, page.height)) if longest_side else 1.0
    size = (max(1, round(page.width * scale)), max(1, round(page.height * scale)))
    with open_with_pdfium(page.picture.path, page.origin) as pdf:
        opened = pdf[page.picture.page_index]
        try:
            return _painted(opened, *size)
        finally:
            opened.close()


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
