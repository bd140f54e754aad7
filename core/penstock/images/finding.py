"""What a file holds: its pages, with their sizes, without decoding any."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from PIL import Image

from penstock.errors import PictureError
from penstock.images.chunks import hear_out
from penstock.images.directories import first_cut_directory
from penstock.images.formats import ERRORS, opened, readable, refuse_bombs
from penstock.model import UPRIGHT, ExistingText, Page, Picture, Problem, StrPath
from penstock.pdf.kind import is_pdf

ORIENTATION_TAG = 0x0112
SIDEWAYS = frozenset({5, 6, 7, 8})
"""EXIF orientations whose stored picture lies on its side."""

SUBFILE_TAG = 0x00FE
NO_PAGE = 0b101
"""Of a TIFF frame's kind (TIFF 6.0, section 8): another one's thumbnail, or its mask of transparency."""

BELIEVABLE_DPI = (50.0, 2400.0)
DEFAULT_DPI = frozenset({72.0, 96.0})
"""What software writes where nobody measured anything."""
A3_INCHES = 17.0
WALL_MAP_INCHES = 80.0
DPI_MAX_RATIO = 2.5
"""Fax pages are 204 by 98 pixels an inch; nothing honest is more uneven."""


def find_pages(path: StrPath, origin: str, first_number: int = 1) -> Iterator[Page]:
    """Look into a file and give its pages: a PDF's pages, a TIFF's frames, else the main picture.

    Of an animation that is the first picture, and the page's origin says so. Decodes nothing. Raises
    PictureError with what to do; after the pages before the broken one.
    """
    for item in look_into(Path(path), origin, first_number):
        if isinstance(item, Problem):
            raise PictureError(f"{item.what}: {item.why}", item.hint)
        yield item


def look_into(
    path: Path,
    origin: str,
    first_number: int = 1,
    *,
    existing_text: ExistingText = "auto",
    break_signatures: bool = False,
) -> Iterator[Page | Problem]:
    """The same, where a page of a PDF that cannot be had is a problem in its place.

    Parameters
    ----------
    existing_text
        What becomes of a PDF's page that has text already.
    break_signatures
        Read PDFs that were signed, too.
    """
    with readable(origin):
        status = path.stat()
        if status.st_size == 0:
            raise PictureError(f"{origin}: the file is empty", "copy it again from where it came from")
        if is_pdf(path):
            from penstock.pdf.pages import find_pdf_pages

            yield from find_pdf_pages(
                path, origin, first_number, existing_text=existing_text, break_signatures=break_signatures
            )
            return
        with opened(path, origin) as image:
            picture = Picture(path, 0, status.st_size, status.st_mtime_ns)
            if image.format == "PNG":
                hear_out(image, path)
            if image.format == "TIFF":
                yield from _tiff_pages(image, picture, origin, first_number)
            else:
                page = _page(image, picture, origin + _of_how_many(image), first_number)
                yield replace(page, note=_NOTE) if page.origin != origin else page


_NOTE = "the file holds several pictures, and only this one is read"


@dataclass(slots=True)
class _Frames:
    """The frames of a TIFF that are pages, and what was wrong with the first one that cannot be had."""

    pages: list[int] = field(default_factory=list)
    fault: Exception | None = None


def _tiff_pages(image: Image.Image, picture: Picture, origin: str, number: int) -> Iterator[Page]:
    frames = _frames(image, first_cut_directory(picture.path))
    for place, frame in enumerate(frames.pages):
        image.seek(frame)
        shown = origin if len(frames.pages) == 1 and not frames.fault else f"{origin}, page {place + 1}"
        of_frame = Picture(picture.path, frame, picture.size, picture.modified_ns)
        yield _page(image, of_frame, shown, number + place)
    if frames.fault:
        raise frames.fault


def _frames(image: Image.Image, cut: int | None) -> _Frames:
    """Walk the directories of a TIFF, up to one that is cut off.

    Thumbnails and masks are no pages, unless there is nothing else.
    """
    found = _Frames()
    try:
        for frame in count():
            if frame == cut:
                raise ValueError("what follows is missing")
            image.seek(frame)
            if not _subfile(image) & NO_PAGE:
                found.pages.append(frame)
    except EOFError:
        found.pages = found.pages or [0]
    except ERRORS as error:
        found.fault = error
    return found


def _subfile(image: Image.Image) -> int:
    value = image.getexif().get(SUBFILE_TAG, 0)
    return value if isinstance(value, int) else 0


def _of_how_many(image: Image.Image) -> str:
    """What an animation's page is called besides. Nobody misses a photo's picture for the other eye."""
    if image.format == "MPO":
        return ""
    try:
        pictures = getattr(image, "n_frames", 1)
        place = image.tell()
        image.seek(place)
    except ERRORS:
        return ", the first picture"
    if pictures <= 1:
        return ""
    return f", the {'main' if place else 'first'} of {pictures} pictures"


def _page(image: Image.Image, picture: Picture, origin: str, number: int) -> Page:
    width, height = image.size
    refuse_bombs(width, height, origin)
    orientation = orientation_of(image)
    dpi = believable_dpi(image.info.get("dpi"), width, height)
    # Pillow turns a TIFF by itself and says its upright size at once; other formats lie as stored.
    if orientation in SIDEWAYS:
        if image.format != "TIFF":
            width, height = height, width
        dpi = (dpi[1], dpi[0]) if dpi else None
    return Page(number, origin, picture, width, height, dpi, orientation)


def orientation_of(image: Image.Image) -> int:
    """How a picture has to be turned to stand upright, in EXIF's numbers; what is no number of its is 1."""
    # Of the base class: a PNG's own decodes all its pixels first.
    value = Image.Image.getexif(image).get(ORIENTATION_TAG, UPRIGHT)
    return int(value) if isinstance(value, int) and 1 <= value <= 8 else UPRIGHT


def believable_dpi(dpi: object, width: int, height: int) -> tuple[float, float] | None:
    """The resolution that a file claims, or None where it cannot be true.

    Refused: values outside 50 to 2,400; very uneven ones; a page larger than a wall map; and 72 or 96,
    which software writes by default, if the page would be larger than A3.
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


__all__ = ["believable_dpi", "find_pages", "look_into"]
