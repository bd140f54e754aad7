"""Which pictures are read: told by content, opened with the library that knows them.

What Pillow and pillow-heif raise is translated here, in `readable`, and nowhere else.
"""

from __future__ import annotations

import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from PIL import Image, UnidentifiedImageError

from penstock.errors import PictureError, PictureTooLarge
from penstock.images.boxes import refuse_cut_heif

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF", "JPEG2000", "AVIF")
"""What Pillow reads for us, in its own names; HEIF comes by pillow-heif. Decided by content."""

READABLE = "PDF, JPEG, PNG, TIFF, BMP, WebP, GIF, HEIC, AVIF and JPEG 2000"
"""What is read, for people."""

EXTENSIONS = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".tif", ".tiff", ".bmp", ".dib"),
        *(".webp", ".gif", ".heic", ".heif", ".hif", ".avif"),
        *(".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".pdf"),
    }
)
"""Names under which a folder's files are taken for pictures, or for documents of pictures."""

MAX_PIXELS = 178_956_970
"""Pixels of one picture that we decode: Pillow's own limit against decompression bombs."""

MOST_BYTES = 1 << 29
"""Of a file that its library takes into memory whole; more than the most pixels have without packing."""

_HEAD = 128
_MARKS = (
    *((0, b"\xff\xd8\xff"), (0, b"\x89PNG"), (0, b"II*\0"), (0, b"MM\0*"), (0, b"GIF8"), (8, b"WEBP")),
    *((4, b"ftypavif"), (4, b"ftypavis"), (4, b"jP  ")),
)
"""Where and how pictures of a kind begin that are damaged if nothing more is understood."""
_AVIF = frozenset({b"avif", b"avis"})
_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})

# We refuse by MAX_PIXELS; Pillow's warning at half of it would reach users as noise. So would what it has to
# say of tags that it cannot read in pictures that it can.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

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
"""What decoders raise on pictures that are damaged."""


@contextmanager
def opened(path: Path, origin: str) -> Iterator[Image.Image]:
    """Open a picture of any kind that is read; nothing is decoded yet.

    Raises PictureTooLarge for one with more pixels than we decode, else whatever its library raises.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(0)
        if _is_taken_whole(head) and os.fstat(file.fileno()).st_size > MOST_BYTES:
            raise PictureTooLarge(
                f"{origin}: has more than the {MOST_BYTES >> 20} MB that penstock takes of such a picture",
                "save it as JPEG, PNG or TIFF",
            )
        with _heif(file) if is_heif(head) else _by_pillow(file, head) as image:
            refuse_bombs(*image.size, origin)
            yield image


def _by_pillow(file: IO[bytes], head: bytes) -> Image.Image:
    try:
        return Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        if any(head.startswith(mark, place) for place, mark in _MARKS):
            raise ValueError("its first bytes make no sense") from error
        raise


def _heif(file: IO[bytes]) -> Image.Image:
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        raise PictureError(
            "HEIC pictures need the package pillow-heif", "install it, or convert them to JPEG"
        ) from error
    refuse_cut_heif(file)
    file.seek(0)
    image: Image.Image = HeifImageFile(file)  # type: ignore[no-untyped-call]
    return image


def is_heif(head: bytes) -> bool:
    """Whether a file is HEIC or its kin, by its first bytes (ISO 14496-12, 4.3; ISO 23008-12, annex B).

    The kind of container alone (``mif1``) does not tell it from AVIF: the brands beside it do.
    """
    if head[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[start : start + 4] for start in range(16, end, 4))]
    coded = [brand for brand in brands if brand in _AVIF | _HEIF and brand not in (b"mif1", b"msf1")]
    return coded[0] in _HEIF if coded else brands[0] in _HEIF


def _is_taken_whole(head: bytes) -> bool:
    return head[4:8] == b"ftyp" or head[8:12] == b"WEBP"


def refuse_bombs(width: int, height: int, origin: str) -> None:
    """Raise PictureTooLarge for more pixels than we decode."""
    if width * height > MAX_PIXELS:
        raise PictureTooLarge(
            f"{origin}: {width} by {height} pixels are more than the {MAX_PIXELS // 10**6} million "
            "that penstock decodes",
            "scale the picture down, or cut it into pages",
        )


@contextmanager
def readable(origin: str) -> Iterator[None]:
    """Turn what decoders and the operating system raise into a PictureError that says what to do."""
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
            f"{origin}: is no picture that penstock reads", f"{READABLE} are; convert it to one of them"
        ) from error
    except MemoryError as error:
        raise PictureError(f"{origin}: does not fit into memory", "scale the picture down") from error
    except ERRORS as error:
        raise PictureError(
            f"{origin}: the picture is damaged or cut off ({error})",
            "copy it again from where it came from, or scan the page again",
        ) from error


__all__ = ["ERRORS", "EXTENSIONS", "FORMATS", "MAX_PIXELS", "READABLE", "is_heif", "opened", "readable"]
