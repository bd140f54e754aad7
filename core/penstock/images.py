"""Opening pictures: what a file holds, and its pixels turned upright.

Nothing here trusts a file's extension, and nothing decodes a picture before its size is known to be
bearable. What Pillow raises is translated here, in `_readable`, and nowhere else.
"""

from __future__ import annotations

import math
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from penstock.errors import PictureChanged, PictureError, PictureTooLarge
from penstock.model import UPRIGHT, Page, Picture, Problem
from penstock.pdf.kind import is_pdf

MAX_PIXELS = 178_956_970
"""Pixels of one picture that we decode: Pillow's own limit against decompression bombs."""

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF")
"""What is read, in Pillow's names; decided by content."""

EXTENSIONS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".bmp", ".dib", ".webp", ".gif", ".pdf"}
)
"""Names under which a folder's files are taken for pictures, or for documents of pictures."""

ORIENTATION_TAG = 0x0112
SIDEWAYS = frozenset({5, 6, 7, 8})
"""EXIF orientations whose stored picture lies on its side."""

BELIEVABLE_DPI = (50.0, 2400.0)
DEFAULT_DPI = frozenset({72.0, 96.0})
"""What software writes where nobody measured anything."""
A3_INCHES = 17.0
WALL_MAP_INCHES = 80.0
DPI_MAX_RATIO = 2.5
"""Fax pages are 204 by 98 pixels an inch; nothing honest is more uneven."""

# We refuse by MAX_PIXELS; Pillow's warning at half of it would reach users as noise.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

_ERRORS = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, IndexError, TypeError)


def find_pages(path: Path, origin: str, first_number: int = 1) -> Iterator[Page]:
    """Look into a file and give its pages: a PDF's pages, a TIFF's frames, else the first picture.

    Decodes nothing. Raises PictureError with what to do; after the pages before the broken one.
    """
    with _readable(origin):
        status = path.stat()
        if status.st_size == 0:
            raise PictureError(f"{origin}: the file is empty", "copy it again from where it came from")
        if is_pdf(path):
            yield from _pdf_pages(path, origin, first_number)
            return
        with Image.open(path, formats=FORMATS) as image:
            frames = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
            for frame in range(frames):
                image.seek(frame)
                picture = Picture(path, frame, status.st_size, status.st_mtime_ns)
                shown = origin if frames == 1 else f"{origin}, page {frame + 1}"
                yield _page(image, picture, shown, first_number + frame)


def _pdf_pages(path: Path, origin: str, first_number: int) -> Iterator[Page]:
    from penstock.pdf.pages import find_pdf_pages

    for item in find_pdf_pages(path, origin, first_number):
        if isinstance(item, Problem):
            raise PictureError(f"{item.what}: {item.why}", item.hint)
        yield item


def _page(image: Image.Image, picture: Picture, origin: str, number: int) -> Page:
    width, height = image.size
    _refuse_bombs(width, height, origin)
    orientation = _orientation(image)
    dpi = believable_dpi(image.info.get("dpi"), width, height)
    # Pillow turns a TIFF by itself and says its upright size at once; other formats lie as stored.
    if orientation in SIDEWAYS:
        if image.format != "TIFF":
            width, height = height, width
        dpi = (dpi[1], dpi[0]) if dpi else None
    return Page(number, origin, picture, width, height, dpi, orientation)


def _orientation(image: Image.Image) -> int:
    value = image.getexif().get(ORIENTATION_TAG, UPRIGHT)
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


def open_upright(page: Page, *, longest_side: int | None = None) -> Image.Image:
    """Decode a page's picture, upright, as gray ("L") or colour ("RGB") with 8 bits.

    Transparency is laid on white, or on black where what is drawn is light.

    Parameters
    ----------
    longest_side
        If given, the picture comes back no larger than this in pixels, in its own proportions; a JPEG is
        then not even decoded in full.

    Raises
    ------
    PictureError
        The picture is gone, cut off, too large, or not the one any more that was found.
    """
    with _readable(page.origin):
        check_unchanged(page.picture, page.origin)
        if is_pdf(page.picture.path):
            from penstock.pdf.pages import render_page

            return render_page(page, longest_side=longest_side)
        with Image.open(page.picture.path, formats=FORMATS) as image:
            image.seek(page.picture.frame)
            _refuse_bombs(*image.size, page.origin)
            if longest_side is not None and image.format in ("JPEG", "MPO"):
                image.draft(None, _fitted(image.size, longest_side))
            image.load()
            upright = flattened(ImageOps.exif_transpose(image))
    if longest_side is not None and max(upright.size) > longest_side:
        upright = upright.resize(_fitted(upright.size, longest_side), Image.Resampling.BOX, reducing_gap=2)
    return upright


def _fitted(size: tuple[int, int], longest_side: int) -> tuple[int, int]:
    scale = min(1.0, longest_side / max(size))
    return (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))


def flattened(image: Image.Image) -> Image.Image:
    """The same picture as "L" or "RGB" with 8 bits a channel, nothing transparent."""
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image)
    if image.has_transparency_data:
        return _on_contrasting_ground(image.convert("RGBA"))
    if image.mode in ("1", "L"):
        return image.convert("L")
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Gray of more than eight bits: scaled by the range of its kind, or by what is in it."""
    low, high = (float(value) for value in image.convert("F").getextrema())  # type: ignore[arg-type]
    if image.mode.startswith("I;16"):
        low, high = 0.0, 65535.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    scale = 255 / (high - low) if high > low else 0.0
    return image.convert("F").point(lambda value: value * scale - low * scale).convert("L")


def _on_contrasting_ground(image: Image.Image) -> Image.Image:
    alpha = image.getchannel("A")
    drawn = image.convert("L").histogram(mask=alpha.point(lambda value: 255 if value > 127 else 0))
    total = sum(drawn)
    mean = sum(level * count for level, count in enumerate(drawn)) / total if total else 0
    ground = Image.new("RGB", image.size, "black" if mean > 192 else "white")
    ground.paste(image.convert("RGB"), mask=alpha)
    return ground


def check_unchanged(picture: Picture, origin: str) -> None:
    """Raise PictureChanged if the file is not what it was when it was found."""
    if picture.size is None:
        return
    try:
        status = picture.path.stat()
    except FileNotFoundError as error:
        raise PictureChanged(
            f"{origin}: the file is gone since it was found", "put it back, or run again without it"
        ) from error
    if (status.st_size, status.st_mtime_ns) != (picture.size, picture.modified_ns):
        raise PictureChanged(
            f"{origin}: the file has changed since it was found", "run again to read it anew"
        )


def _refuse_bombs(width: int, height: int, origin: str) -> None:
    if width * height > MAX_PIXELS:
        raise PictureTooLarge(
            f"{origin}: {width} by {height} pixels are more than the {MAX_PIXELS // 10**6} million "
            "that penstock decodes",
            "scale the picture down, or cut it into pages",
        )


@contextmanager
def _readable(origin: str) -> Iterator[None]:
    """Turn what Pillow and the operating system raise into a PictureError that says what to do."""
    try:
        yield
    except PictureError:
        raise
    except FileNotFoundError as error:
        raise PictureError(f"{origin}: there is no such file", "check the path") from error
    except PermissionError as error:
        raise PictureError(f"{origin}: may not be read", "give yourself the right to read it") from error
    except Image.DecompressionBombError as error:
        raise PictureTooLarge(
            f"{origin}: claims more than the {MAX_PIXELS // 10**6} million pixels that penstock decodes",
            "scale the picture down, or cut it into pages",
        ) from error
    except UnidentifiedImageError as error:
        raise PictureError(
            f"{origin}: is no picture that penstock reads",
            "PDF, JPEG, PNG, TIFF, BMP, WebP and GIF are; convert it to one of them",
        ) from error
    except MemoryError as error:
        raise PictureError(f"{origin}: does not fit into memory", "scale the picture down") from error
    except _ERRORS as error:
        raise PictureError(
            f"{origin}: the picture is damaged or cut off ({error})",
            "copy it again from where it came from, or scan the page again",
        ) from error


__all__ = [
    "EXTENSIONS",
    "MAX_PIXELS",
    "believable_dpi",
    "check_unchanged",
    "find_pages",
    "flattened",
    "open_upright",
]
