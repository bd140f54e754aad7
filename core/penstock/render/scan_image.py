"""Embed a page's picture in a PDF: as stored if a PDF can hold it, else re-encoded without loss.

HEIC, AVIF and lossy WebP are re-encoded as JPEG of high quality instead. They are lossy formats, and without
loss they would be up to thirteen times as large.
"""

from __future__ import annotations

import functools
import io
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any

from penstock.errors import PictureChanged, PictureError
from penstock.images import check_unchanged, open_upright
from penstock.images.metadata import jpeg_2000_without_metadata, jpeg_without_metadata
from penstock.images.png_chunks import SIGNATURE
from penstock.model import UPRIGHT, Page
from penstock.render import jpeg, png, tiff
from penstock.render.colour_profiles import ColourProfiles
from penstock.render.pdf_writer import PdfWriter
from penstock.render.stored_image import Parts, StoredImage

if TYPE_CHECKING:
    from PIL import Image

_logger = logging.getLogger(__name__)

QUALITY, SUBSAMPLING = 90, "4:2:0"
"""Of the JPEG that replaces HEIC, AVIF and lossy WebP, which mostly have the same subsampling of colours."""
ROWS_PER_STRIP = 278


@dataclass(frozen=True, slots=True)
class WrittenPicture:
    """An image object in a PDF.

    Parameters
    ----------
    number
        Its object number.
    orientation
        EXIF orientation of the embedded picture.
    stored
        Its image dictionary and the parts of the file that it was made of.
    """

    number: int
    orientation: int
    stored: StoredImage


def write_picture(
    page: Page, writer: PdfWriter, profiles: ColourProfiles, *, strip_metadata: bool = False
) -> WrittenPicture:
    """Write a page's picture as an image object.

    Parameters
    ----------
    profiles
        The colour profiles of the document.
    strip_metadata
        Leave EXIF, XMP and comments out of a file that is embedded as it is stored.

    Raises
    ------
    PictureError
        The picture is missing or truncated, or has changed since it was found.
    """
    check_unchanged(page.picture, page.origin)
    written = _embedded(page, writer, profiles, strip_metadata) or _reencoded(page, writer, profiles)
    # If the file changed while it was copied, the bytes may be a mix of both pictures.
    check_unchanged(page.picture, page.origin)
    return written


def _embedded(
    page: Page,
    writer: PdfWriter,
    profiles: ColourProfiles,
    strip_metadata: bool,  # noqa: FBT001 - private, one caller
) -> WrittenPicture | None:
    """Write the picture's bytes as they are stored; None if a PDF cannot hold them."""
    try:
        with page.picture.path.open("rb") as file:
            stored = _stored(file, page)
            if stored and strip_metadata:
                stored = _without_metadata(file, stored)
            if stored is None:
                return None
            coloured = stored
            if stored.may_have_profile:
                coloured = replace(stored, color_space=profiles.space_for(page, stored.color_space))
            number = writer.add_copy(coloured.entries, file, stored.parts)
            _logger.debug("%s: picture embedded as stored", page.origin)
            return WrittenPicture(number, page.orientation, coloured)
    except EOFError as error:
        raise PictureChanged(
            f"{page.origin}: the file became shorter while it was copied",
            "run again to recognize the new file",
        ) from error
    except FileNotFoundError as error:
        raise PictureError(f"{page.origin}: there is no such file", "put it back and run again") from error
    except PermissionError as error:
        raise PictureError(f"{page.origin}: permission denied", "give yourself read permission") from error


def _without_metadata(file: IO[bytes], stored: StoredImage) -> StoredImage | None:
    """Leave metadata out of a JPEG or JPEG 2000 file; None if that needs its pixels to be encoded again."""
    file.seek(0)
    start = file.read(12)
    if start.startswith(jpeg.START):
        parts: Parts | None = jpeg_without_metadata(file)
    elif start == jpeg.JPEG_2000_START:
        parts = jpeg_2000_without_metadata(file)
    else:
        return stored  # Of other formats, only the pixels are embedded.
    return replace(stored, parts=parts) if parts else None


def _reencoded(page: Page, writer: PdfWriter, profiles: ColourProfiles) -> WrittenPicture:
    """Decode the picture upright and write it re-encoded."""
    image = open_upright(page)
    if _is_lossy(page):
        options: dict[str, Any] = {"quality": QUALITY, "subsampling": SUBSAMPLING, "optimize": True}
        stored, data = _encoded(image, "JPEG", jpeg.find_jpeg, **options)
    else:
        stored, data = _lossless(image)
    coloured = replace(stored, color_space=profiles.space_for(page, stored.color_space))
    number = writer.add_stream(coloured.entries, data, compress=False)
    return WrittenPicture(number, UPRIGHT, coloured)


def _is_lossy(page: Page) -> bool:
    """Return whether the file is a HEIC, an AVIF or a lossy WebP."""
    with page.picture.path.open("rb") as file:
        head = file.read(1 << 16)
    if head[8:12] == b"WEBP":
        # A lossless WebP holds a VP8L chunk in place of VP8. A large colour profile may stand before either.
        return b"VP8L" not in head[:16] and (b"VP8 " in head or b"VP8L" not in head)
    return head[4:8] == b"ftyp"


def _stored(file: IO[bytes], page: Page) -> StoredImage | None:
    """Return how a PDF can hold the picture as it is stored, by the file's content; None if it cannot."""
    start = file.read(12)
    if start.startswith(tiff.STARTS):
        stored = tiff.find_tiff(file, page.picture.page_index)
    elif page.picture.page_index:
        stored = None
    elif start.startswith(jpeg.START):
        stored = jpeg.find_jpeg(file)
    elif start.startswith(SIGNATURE):
        stored = png.find_png(file)
    elif start.startswith(jpeg.JPEG_2000_START):
        stored = jpeg.find_jpeg_2000(file)
    elif start.startswith(jpeg.CODESTREAM_START):
        stored = jpeg.find_codestream(file)
    else:
        stored = None
    if stored is None:
        _logger.debug("%s: picture re-encoded, because a PDF cannot hold it as stored", page.origin)
    elif sorted((stored.width, stored.height)) != sorted((page.width, page.height)):
        # A decoder read another size, so the header cannot be trusted.
        _logger.debug(
            "%s: picture re-encoded, because its header says %d by %d pixels instead of %d by %d",
            *(page.origin, stored.width, stored.height, page.width, page.height),
        )
        return None
    return stored


def _lossless(image: Image.Image) -> tuple[StoredImage, bytes]:
    """Encode black and white as CCITT group 4, and anything else as the compressed rows of a PNG."""
    levels = image.histogram() if image.mode == "L" else []
    if levels and sum(levels) == levels[0] + levels[255]:
        one_strip = {ROWS_PER_STRIP: image.height}
        find = functools.partial(tiff.find_tiff, frame=0)
        return _encoded(image.convert("1"), "TIFF", find, compression="group4", tiffinfo=one_strip)
    return _encoded(image, "PNG", png.find_png)


def _encoded(
    image: Image.Image, kind: str, find: Callable[[IO[bytes]], StoredImage | None], **options: Any
) -> tuple[StoredImage, bytes]:
    """Return a picture encoded by Pillow, taken apart with the function that does so for files."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    stored = find(file)
    if stored is None:
        raise AssertionError(f"Pillow wrote a {kind} that a PDF cannot hold")
    return stored, b"".join(
        part if isinstance(part, bytes) else file.getbuffer()[part[0] : sum(part)] for part in stored.parts
    )
