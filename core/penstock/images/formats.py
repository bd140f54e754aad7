"""Detect a picture's format by its content and open it with the right library.

`readable` is the only place that translates the exceptions of Pillow and pillow-heif.
"""

from __future__ import annotations

import os
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from PIL import Image, ImageFile, UnidentifiedImageError

from penstock.errors import PictureError, PictureTooLarge
from penstock.images.iso_boxes import refuse_truncated_heif
from penstock.images.jpeg_ends import lacks_only_its_end_mark, with_end_mark
from penstock.images.libtiff_messages import silence_libtiff
from penstock.images.netpbm import MAGIC, NetpbmFile
from penstock.images.tiff_layouts import STARTS
from penstock.images.unread_kinds import (
    JPEG_START,
    is_arithmetic,
    refuse_unread_kind,
    refused_tiff,
    unread_kind,
)

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF", "JPEG2000", "AVIF")
"""Formats that are opened with Pillow, by Pillow's names. pillow-heif opens HEIF, and `netpbm` PNM."""

READABLE = "PDF, JPEG, PNG, TIFF, BMP, WebP, GIF, HEIC, AVIF, JPEG 2000, PNM and PAM"
"""The supported formats, for messages."""

EXTENSIONS = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".tif", ".tiff", ".bmp", ".dib"),
        *(".webp", ".gif", ".heic", ".heif", ".hif", ".avif"),
        *(".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".pdf"),
        *(".pnm", ".pbm", ".pgm", ".ppm", ".pam"),
    }
)
"""File name extensions, lower case, by which pictures and PDFs are picked from a folder."""

MAX_PIXELS = 178_956_970
"""The most pixels that are decoded: Pillow's own limit against decompression bombs."""

MAX_BYTES_IN_MEMORY = 1 << 29
"""Largest file of a format whose library loads the whole file. `MAX_PIXELS` need less uncompressed."""

NO_END_MARK = "no end mark"
"""Key of a picture's ``info``: whether its file is a JPEG that lacks only its end mark."""

_UNREAD = re.compile(r"(?i)unsupported|not (yet )?supported|unknown pixel mode")
"""What decoders say about valid pictures that they cannot decode."""

_TOO_MANY = f"more than the {MAX_PIXELS // 10**6} million pixels that penstock decodes"
_MAKE_SMALLER = "scale the picture down, or cut it into pages"

_HEAD = 128
_MARKS = (
    *((0, b"\xff\xd8\xff"), (0, b"\x89PNG"), (0, b"II*\0"), (0, b"MM\0*"), (0, b"GIF8"), (8, b"WEBP")),
    *((4, b"ftypavif"), (4, b"ftypavis"), (4, b"jP  ")),
)
"""Offset and first bytes of supported formats: such a file that Pillow cannot identify is damaged."""
_MORE_MARKS = ((0, b"%PDF-"), (0, b"\xff\x4f\xff\x51"), (0, b"II+\0"), (0, b"MM\0+"))
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""What Git LFS writes in place of a file that was not pulled."""
_AVIF = frozenset({b"avif", b"avis"})
_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})

# Pictures are refused by MAX_PIXELS, so Pillow's warning from half of it is noise. So are its warnings about
# tags that it cannot parse in pictures that it can decode.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
silence_libtiff()

ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    zlib.error,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
)
"""Exceptions that decoders raise on damaged pictures."""


@contextmanager
def opened(path: Path, origin: str) -> Iterator[Image.Image]:
    """Open a picture of any supported format without decoding it.

    Raises PictureTooLarge for more than `MAX_PIXELS`, and any of `ERRORS` or UnidentifiedImageError.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(0)
        if head.startswith(_LFS_POINTER):
            raise PictureError(
                f"{origin}: is a pointer of Git LFS in place of the picture", "run `git lfs pull`"
            )
        if _is_loaded_whole(head) and os.fstat(file.fileno()).st_size > MAX_BYTES_IN_MEMORY:
            raise PictureTooLarge(
                f"{origin}: files of this format must not be larger than {MAX_BYTES_IN_MEMORY >> 20} MB",
                "save it as JPEG, PNG or TIFF",
            )
        refuse_unread_kind(file, head, origin)
        with _open(file, head) as image:
            refuse_bombs(*image.size, origin)
            yield image


def _open(file: IO[bytes], head: bytes) -> Image.Image:
    if is_heif(head):
        return _open_heif(file)
    if MAGIC.match(head):
        return NetpbmFile(file)
    if head.startswith(JPEG_START):
        return _open_jpeg(file)
    return _open_with_pillow(file, head)


def _open_jpeg(file: IO[bytes]) -> Image.Image:
    lacks_end = lacks_only_its_end_mark(file, MAX_PIXELS)
    is_whole_needed = is_arithmetic(file)
    file.seek(0)
    image = _open_with_pillow(with_end_mark(file) if lacks_end else file, JPEG_START)
    image.info[NO_END_MARK] = lacks_end
    if is_whole_needed and isinstance(image, ImageFile.ImageFile):
        # libjpeg's arithmetic decoder needs the whole file at once: it cannot wait for more bytes.
        image.decodermaxblock = os.fstat(file.fileno()).st_size
    return image


def _open_with_pillow(file: IO[bytes], head: bytes) -> Image.Image:
    try:
        return Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        if head.startswith(STARTS) and (what := refused_tiff(file)):
            raise ValueError(f"unsupported {what}") from error
        if any(head.startswith(mark, place) for place, mark in _MARKS):
            raise ValueError("its header is invalid") from error
        raise


def _open_heif(file: IO[bytes]) -> Image.Image:
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        raise PictureError(
            "HEIC pictures need the package pillow-heif", "install pillow-heif, or convert them to JPEG"
        ) from error
    refuse_truncated_heif(file)
    file.seek(0)
    image: Image.Image = HeifImageFile(file)  # type: ignore[no-untyped-call]
    return image


def is_heif(head: bytes) -> bool:
    """Return whether a file's first bytes are those of HEIF (ISO 14496-12, 4.3; ISO 23008-12, annex B).

    The major brand ``mif1`` can also be that of an AVIF file; the compatible brands tell which.
    """
    if head[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[start : start + 4] for start in range(16, end, 4))]
    coded = [brand for brand in brands if brand in _AVIF | _HEIF and brand not in (b"mif1", b"msf1")]
    return coded[0] in _HEIF if coded else brands[0] in _HEIF


def starts_like_picture(path: Path) -> bool:
    """Return whether a file begins like a supported picture or a PDF. Raises OSError if it cannot be read."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    known = any(head.startswith(mark, place) for place, mark in (*_MARKS, *_MORE_MARKS))
    is_bmp = head.startswith(b"BM") and head[6:10] == bytes(4) and head[15:18] == bytes(3)
    return known or is_bmp or is_heif(head) or MAGIC.match(head) is not None


def is_unread(error: Exception) -> bool:
    """Return whether a decoder says that it cannot decode a valid picture."""
    return _UNREAD.search(str(error)) is not None


def _is_loaded_whole(head: bytes) -> bool:
    return head[4:8] == b"ftyp" or head[8:12] == b"WEBP" or MAGIC.match(head) is not None


def refuse_bombs(width: int, height: int, origin: str) -> None:
    """Raise PictureTooLarge for more than `MAX_PIXELS` pixels."""
    if width * height > MAX_PIXELS:
        raise PictureTooLarge(f"{origin}: {width} by {height} is {_TOO_MANY}", _MAKE_SMALLER)


@contextmanager
def readable(origin: str) -> Iterator[None]:
    """Translate exceptions of decoders and the operating system into a PictureError with a hint."""
    try:
        yield
    except PictureError:
        raise
    except FileNotFoundError as error:
        raise PictureError(f"{origin}: there is no such file", "check the path") from error
    except PermissionError as error:
        raise PictureError(f"{origin}: permission denied", "give yourself read permission") from error
    except Image.DecompressionBombError as error:
        raise PictureTooLarge(f"{origin}: has {_TOO_MANY}", _MAKE_SMALLER) from error
    except UnidentifiedImageError as error:
        raise PictureError(
            f"{origin}: is not a picture that penstock can read", f"convert it to one of {READABLE}"
        ) from error
    except MemoryError as error:
        raise PictureError(f"{origin}: does not fit into memory", "scale the picture down") from error
    except ERRORS as error:
        if is_unread(error):
            raise unread_kind(origin, str(error).removeprefix("unsupported ")) from error
        raise PictureError(
            f"{origin}: the picture is damaged or cut off ({error})",
            "copy it again from its source, or scan the page again",
        ) from error
