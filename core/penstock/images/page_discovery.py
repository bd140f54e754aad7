"""Find the pages in a file and their sizes, without decoding any."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from PIL import Image

from penstock.errors import PictureError
from penstock.images.formats import ERRORS, NO_END_MARK, is_unread, opened, readable, refuse_bombs
from penstock.images.png_chunks import add_trailing_metadata
from penstock.images.tiff_directories import directory_count, first_truncated_directory
from penstock.images.tiff_layouts import NOT_A_PAGE, SUBFILE
from penstock.images.unread_kinds import unread_frames, unread_kind
from penstock.model import UPRIGHT, ExistingText, Page, Picture, Problem, StrPath
from penstock.pdf.kind import is_pdf

ORIENTATION_TAG = 0x0112
SIDEWAYS = frozenset({5, 6, 7, 8})
"""EXIF orientations that exchange width and height."""

BELIEVABLE_DPI = (50.0, 2400.0)
DEFAULT_DPI = frozenset({72.0, 96.0})
"""Resolutions that software writes by default, without a measurement."""
A3_INCHES = 17.0
WALL_MAP_INCHES = 80.0
DPI_MAX_RATIO = 2.5
"""Fax pages have 204 by 98 pixels per inch; a more uneven resolution is an error."""


def find_pages(path: StrPath, origin: str, first_number: int = 1) -> Iterator[Page]:
    """Yield a file's pages: the pages of a PDF, the frames of a TIFF, else the main picture.

    The main picture of an animation is its first, and the page's origin says so. Nothing is decoded.

    Parameters
    ----------
    path
        A picture or PDF of any supported format, whatever its name.
    origin
        Name of the file in messages and outputs; ", page 2" and the like are appended.
    first_number
        Number of the first page.

    Raises
    ------
    PictureError
        The file cannot be read, or a page is damaged. The pages before the damaged one are yielded first.
    """
    for item in look_into(Path(path), origin, first_number):
        if isinstance(item, Problem):
            raise PictureError(f"{item.what}: {item.why}", item.hint)
        yield item


def look_into(
    path: Path | str,
    origin: str,
    first_number: int = 1,
    *,
    existing_text: ExistingText = "auto",
    break_signatures: bool = False,
) -> Iterator[Page | Problem]:
    """Yield a file's pages like `find_pages`, with a Problem in place of each damaged page of a PDF.

    Parameters
    ----------
    existing_text
        What to do with a PDF's page that already has text.
    break_signatures
        Accept signed PDFs, although their signatures will not be valid for the PDF that is written.

    Raises
    ------
    PictureError
        The file cannot be read, or a frame of a TIFF is damaged.
    """
    path = Path(path)
    with readable(origin):
        status = path.stat()
        if status.st_size == 0:
            raise PictureError(f"{origin}: the file is empty", "copy it again from its source")
        if is_pdf(path):
            from penstock.pdf.pages import find_pdf_pages

            yield from find_pdf_pages(
                path, origin, first_number, existing_text=existing_text, break_signatures=break_signatures
            )
            return
        with opened(path, origin) as image:
            picture = Picture(path, 0, status.st_size, status.st_mtime_ns)
            if image.format == "PNG":
                add_trailing_metadata(image, path)
            if image.format == "TIFF":
                yield from _tiff_pages(image, picture, origin, first_number)
            else:
                page = _page(image, picture, origin + _which_of_several(image), first_number)
                note = _NOTE if page.origin != origin else ""
                yield replace(page, note=_NO_END_MARK if image.info.get(NO_END_MARK) else note)


_NO_END_MARK = "the file lacks its end mark, but none of its pixels"
_NOTE = "the file holds several pictures; only this one is recognized"


@dataclass(slots=True)
class _Frames:
    """The frames of a TIFF that are pages, and the error of the first frame that cannot be read.

    `refused` says what is not read of pages that are of a kind that is not read, `damaged` why other pages
    cannot be read.
    """

    pages: list[int] = field(default_factory=list)
    damaged: dict[int, Exception] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    error: Exception | None = None


def _tiff_pages(image: Image.Image, picture: Picture, origin: str, number: int) -> Iterator[Page | Problem]:
    frames = _frames(image, picture.path)
    is_single = len(frames.pages) == 1 and not frames.error
    for index, frame in enumerate(frames.pages):
        name = origin if is_single else f"{origin}, page {index + 1}"
        try:
            yield _tiff_page(image, replace(picture, page_index=frame), name, number + index, frames)
        except PictureError as error:
            if is_single:
                raise
            yield Problem(name, error.message.removeprefix(f"{name}: "), error.hint, picture.path)
    if frames.error:
        raise frames.error


def _tiff_page(image: Image.Image, picture: Picture, name: str, number: int, frames: _Frames) -> Page:
    """Return one page of a TIFF. Raises PictureError, which concerns this page alone."""
    frame = picture.page_index
    if frame in frames.refused:
        raise unread_kind(name, frames.refused[frame])
    with readable(name):
        if frame in frames.damaged:
            raise frames.damaged[frame]
        image.seek(frame)
        return _page(image, picture, name, number)


def _frames(image: Image.Image, path: Path) -> _Frames:
    """Return the frames of a TIFF before the truncated one.

    Thumbnails and masks are not pages, unless the file holds nothing else.
    """
    found, truncated, unread = _Frames(), first_truncated_directory(path), unread_frames(path)
    total = directory_count(path)
    try:
        for frame in count():
            if frame == truncated:
                raise ValueError("the remaining pages are missing")
            try:
                what = unread.get(frame) or _seek(image, frame)
                if not what and _subfile(image) & NOT_A_PAGE:
                    continue
                if what:
                    found.refused[frame] = what
            except EOFError:
                raise
            except ERRORS as error:
                if frame >= total:
                    raise
                found.damaged[frame] = error
            found.pages.append(frame)
    except EOFError:
        found.pages = found.pages or [0]
    except ERRORS as error:
        found.error = error
    return found


def _seek(image: Image.Image, frame: int) -> str | None:
    """Go to a frame. Return what is not read of it, if Pillow does not know its layout."""
    try:
        image.seek(frame)
    except SyntaxError as error:
        if not is_unread(error):
            raise
        return "TIFF with unusual channels"
    return None


def _subfile(image: Image.Image) -> int:
    value = image.getexif().get(SUBFILE, 0)
    return value if isinstance(value, int) else 0


def _which_of_several(image: Image.Image) -> str:
    """Return the addition to the origin that says which picture of an animation this is; else empty.

    MPO files are not counted: their further pictures are the other eye's view, or a gain map.
    """
    if image.format == "MPO":
        return ""
    try:
        pictures = getattr(image, "n_frames", 1)
        index = image.tell()
        image.seek(index)
    except ERRORS:
        return ", the first picture"
    if pictures <= 1:
        return ""
    return f", the {'main' if index else 'first'} of {pictures} pictures"


def _page(image: Image.Image, picture: Picture, origin: str, number: int) -> Page:
    width, height = image.size
    refuse_bombs(width, height, origin)
    orientation = orientation_of(image)
    dpi = believable_dpi(image.info.get("dpi"), width, height)
    # Pillow turns TIFFs upright by itself, so their size is the upright one; other sizes are as stored.
    if orientation in SIDEWAYS:
        if image.format != "TIFF":
            width, height = height, width
        dpi = (dpi[1], dpi[0]) if dpi else None
    return Page(number, origin, picture, width, height, dpi, orientation)


def orientation_of(image: Image.Image) -> int:
    """Return a picture's EXIF orientation, 1 to 8; invalid values count as 1 (upright)."""
    # PngImageFile.getexif would decode all pixels first.
    value = Image.Image.getexif(image).get(ORIENTATION_TAG, UPRIGHT)
    return int(value) if isinstance(value, int) and 1 <= value <= 8 else UPRIGHT


def believable_dpi(dpi: object, width: int, height: int) -> tuple[float, float] | None:
    """Return the resolution that a file claims, in pixels per inch (x, y); None if it cannot be true.

    Rejected are values outside 50 to 2,400, very uneven ones, pages larger than 80 inches, and the software
    defaults 72 and 96 if the page would be larger than A3. `width` and `height` are in pixels.
    """
    if not isinstance(dpi, tuple) or len(dpi) != 2:
        return None
    try:
        across, down = float(dpi[0]), float(dpi[1])
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    low, high = BELIEVABLE_DPI
    if not (math.isfinite(across) and math.isfinite(down) and low <= min(across, down)):
        return None
    if max(across, down) > high or max(across, down) > DPI_MAX_RATIO * min(across, down):
        return None
    inches = max(width / across, height / down)
    limit = A3_INCHES if {across, down} <= DEFAULT_DPI else WALL_MAP_INCHES
    return (across, down) if inches <= limit else None
