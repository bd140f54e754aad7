"""A PDF's pages to read: found, and rendered as pictures.

A page that is one scanned picture is rendered in exactly that picture's pixels, which PDFium then hands out
unchanged; any other at a resolution that is enough for handwriting.
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
from penstock.pdf.box import POINTS_PER_INCH, ShownBox
from penstock.pdf.contents import Contents, contents_of
from penstock.pdf.losses import has_lost_something, pages_lost, was_repaired
from penstock.pdf.opening import is_signed, shown, structure
from penstock.pdf.weight import MOST_OPERATORS, is_too_heavy
from penstock.pdf.words import PrintedWord, as_recognition, printed_words

if TYPE_CHECKING:
    from PIL import Image

READING_DPI = 300.0
"""Enough for small handwriting."""
FINEST_DPI = 1200.0
MAX_PIXELS = 36_000_000
"""Of a rendered page: A4 at 600 DPI."""
MAX_DECODED_BYTES = 1 << 30
"""Of one picture on a page."""
TOO_HEAVY = (
    f"the page takes more than {MOST_OPERATORS >> 20} MB of drawing operators",
    "print it as a picture, and read that",
)
LOST = (
    "the page has lost what is drawn on it: the PDF is damaged or cut off",
    "copy it again from where it came from",
)
AT_ONCE = 16
"""Pages looked at while the file is open."""
INSET = 1e-3
"""Pixels: PDFium puts a picture into one pixel more where its edge passes a pixel's by a rounding error."""


def find_pdf_pages(
    path: Path,
    origin: str,
    first_number: int = 1,
    *,
    existing_text: ExistingText = "auto",
    break_signatures: bool = False,
) -> Iterator[Page | Problem]:
    """Look into a PDF and give its pages; one that cannot be had is a problem in its place.

    Pages without anything to read, or with text that `existing_text` says is enough, come with what is known
    of them. Raises PictureError with what to do.
    """
    status = path.stat()
    state = _checked(path, origin, break_signatures=break_signatures)
    count = state.pages
    for start in range(0, count, AT_ONCE):
        found: list[Page | Problem] = []
        with structure(path, origin) as objects, shown(path, origin) as pdf:
            for frame in range(start, min(count, start + AT_ONCE)):
                picture = Picture(path, frame, status.st_size, status.st_mtime_ns)
                name = origin if count + state.lost == 1 else f"{origin}, page {frame + 1}"
                if is_too_heavy(objects.pages[frame]):
                    found.append(Problem(name, *TOO_HEAVY, path))
                elif state.repaired and has_lost_something(objects.pages[frame]):
                    found.append(Problem(name, *LOST, path))
                else:
                    found.append(_page_or_problem(pdf, picture, name, first_number + frame, existing_text))
        yield from found
    if state.lost:
        lists = f"the PDF is damaged or cut off: it lists {state.lost} more than it holds"
        yield Problem(f"{origin}, missing pages", lists, LOST[1], path)


@dataclass(frozen=True, slots=True)
class _State:
    """How many pages a PDF has, whether it had to be repaired, and how many it only lists."""

    pages: int
    repaired: bool
    lost: int


def _checked(path: Path, origin: str, *, break_signatures: bool) -> _State:
    """Refuse what cannot be had; else say how much of it there is."""
    with structure(path, origin) as pdf:
        count = len(pdf.pages)
        warnings = pdf.get_warnings()
        if not count:
            raise PictureError(f"{origin}: the PDF has no pages", "copy it again from where it came from")
        if is_signed(pdf) and not break_signatures:
            raise PictureError(
                f"{origin}: the PDF is signed, and text added to it would break the signature",
                "say break_signatures = true to have it all the same; the original is never changed",
            )
    with shown(path, origin) as opened:
        if len(opened) != count:
            raise PictureError(
                f"{origin}: the PDF is damaged: some read {count} pages in it, some {len(opened)}",
                "print or save it anew, and read that",
            )
    return _State(count, was_repaired(warnings), pages_lost(warnings))


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
    box = shown_box(page)
    contents = contents_of(page, box)
    _refuse_bombs(contents, origin)
    width, height = box.size
    in_points = printed_words(page, box.to_page(width, height))
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
        existing_recognition=_known(words, contents, policy),
        existing_text=policy,
    )


def _known(words: list[PrintedWord], contents: Contents, policy: ExistingText) -> Recognition | None:
    """What a page is known to hold that no recognizer needs to see."""
    if not words and not contents.may_hold_writing:
        return Recognition()
    readable = contents.may_hold_writing or not any(word.visible for word in words)
    alone = {"auto": not contents.may_hold_writing, "redo": not readable, "skip": True, "add": False}
    return as_recognition(words) if words and alone[policy] else None


def shown_box(page: pypdfium2.PdfPage) -> ShownBox:
    """The part of a page that PDFium shows."""
    left, bottom, right, top = page.get_bbox()
    return ShownBox(left, bottom, right, top, page.get_rotation() // 90)


def _resolution(contents: Contents, box: ShownBox, *, mixed: bool) -> tuple[float, float]:
    """Pixels per inch to render a page at."""
    across, down = contents.scan_resolution or (READING_DPI, READING_DPI)
    if mixed:
        across, down = max(across, READING_DPI), max(down, READING_DPI)
    across, down = min(across, FINEST_DPI), min(down, FINEST_DPI)
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
    """A PDF's page as it is shown, in its frame's pixels, or smaller.

    Raises PictureError if it cannot be had.
    """
    scale = min(1.0, longest_side / max(page.width, page.height)) if longest_side else 1.0
    size = (max(1, round(page.width * scale)), max(1, round(page.height * scale)))
    with shown(page.picture.path, page.origin) as pdf:
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
        return _without_colour(bitmap.to_pil().copy())
    finally:
        bitmap.close()


def _without_colour(image: Image.Image) -> Image.Image:
    """The picture as "L" if it is gray."""
    from PIL import ImageChops

    red, green, blue = image.split()
    gray = (
        not ImageChops.difference(red, green).getbbox() and not ImageChops.difference(green, blue).getbbox()
    )
    return red if gray else image


__all__ = ["find_pdf_pages", "render_page", "shown_box"]
