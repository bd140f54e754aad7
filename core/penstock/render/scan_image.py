"""A page's picture in a PDF: its own bytes where a PDF can hold them, else losslessly packed.

HEIC and AVIF, which a PDF cannot hold and which have lost what they leave out already, become a JPEG too
good to tell apart: packed without a loss, a phone's photo would be ten times its own size.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING

from penstock.errors import PictureChanged, PictureError
from penstock.images import check_unchanged, open_upright
from penstock.images.png_chunks import SIGNATURE
from penstock.model import UPRIGHT, Page
from penstock.render import jpeg, png, tiff
from penstock.render.colour_profiles import ColourProfiles
from penstock.render.pdf_writer import PdfWriter
from penstock.render.stored_image import CMYK, StoredImage

if TYPE_CHECKING:
    from PIL import Image


QUALITY = 95
"""Of the JPEG that HEIC and AVIF become."""


@dataclass(frozen=True, slots=True)
class WrittenPicture:
    """An image object in a PDF.

    Parameters
    ----------
    number
        Of the object.
    orientation
        EXIF orientation of what is stored there.
    untouched
        Whether its bytes are those of the file.
    cmyk
        Whether its colours are those of print.
    """

    number: int
    orientation: int
    untouched: bool = False
    cmyk: bool = False


def write_picture(page: Page, writer: PdfWriter, profiles: ColourProfiles) -> WrittenPicture:
    """Put a page's picture into a PDF.

    Parameters
    ----------
    profiles
        What the document's pictures share.

    Raises
    ------
    PictureError
        It is gone, cut off, or not the one any more that was read.
    """
    check_unchanged(page.picture, page.origin)
    written = _copied(page, writer, profiles) or _made(page, writer, profiles)
    # Changed while it was copied: half of it may be the old picture's, half the new one's.
    check_unchanged(page.picture, page.origin)
    return written


def _copied(page: Page, writer: PdfWriter, profiles: ColourProfiles) -> WrittenPicture | None:
    """The picture's own bytes, where a PDF can hold them."""
    try:
        with page.picture.path.open("rb") as file:
            stored = _stored(file, page)
            if stored is None:
                return None
            coloured = replace(stored, color_space=profiles.space_for(page, stored.color_space))
            number = writer.add_copy(coloured.entries, file, stored.spans, stored.before)
            cmyk = stored.color_space == CMYK
            return WrittenPicture(number, page.orientation, untouched=True, cmyk=cmyk)
    except EOFError as error:
        raise PictureChanged(
            f"{page.origin}: the file became shorter while it was copied", "run again to read it anew"
        ) from error
    except FileNotFoundError as error:
        raise PictureError(f"{page.origin}: there is no such file", "put it back and run again") from error
    except PermissionError as error:
        raise PictureError(f"{page.origin}: may not be read", "give yourself the right to read it") from error


def _made(page: Page, writer: PdfWriter, profiles: ColourProfiles) -> WrittenPicture:
    """The picture decoded, upright, and packed anew."""
    image = open_upright(page)
    stored, data = _as_jpeg(image) if _has_lost_already(page) else _packed(image)
    coloured = replace(stored, color_space=profiles.space_for(page, stored.color_space))
    number = writer.add_stream(coloured.entries, data, compress=False)
    return WrittenPicture(number, UPRIGHT)


def _has_lost_already(page: Page) -> bool:
    """Whether it is HEIC or AVIF, by the box that such files begin with."""
    with page.picture.path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"


def _stored(file: IO[bytes], page: Page) -> StoredImage | None:
    """What a PDF can hold as it is, told by the file's content; None otherwise."""
    start = file.read(12)
    if start.startswith(tiff.STARTS):
        stored = tiff.find_tiff(file, page.picture.page_index)
    elif page.picture.page_index:
        return None
    elif start.startswith(jpeg.START):
        stored = jpeg.find_jpeg(file)
    elif start.startswith(SIGNATURE):
        stored = png.find_png(file)
    elif start.startswith(jpeg.JPEG_2000_START):
        stored = jpeg.find_jpeg_2000(file)
    else:
        return None
    return stored if stored and _fits(stored, page) else None


def _fits(stored: StoredImage, page: Page) -> bool:
    """Whether it has the size that the page was found with; else a decoder has to say what is there."""
    return sorted((stored.width, stored.height)) == sorted((page.width, page.height))


def _packed(image: Image.Image) -> tuple[StoredImage, bytes]:
    """Black and white as a fax, anything else as PNG packs it."""
    levels = image.histogram() if image.mode == "L" else []
    if levels and sum(levels) == levels[0] + levels[255]:
        return _fax(image.convert("1"))
    packed = io.BytesIO()
    image.save(packed, "PNG")
    stored = png.find_png(packed)
    if stored is None:
        raise AssertionError("Pillow wrote a PNG that cannot be taken apart")
    return replace(stored, spans=()), _parts(packed, stored)


def _as_jpeg(image: Image.Image) -> tuple[StoredImage, bytes]:
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=QUALITY, subsampling=0)
    stored = jpeg.find_jpeg(packed)
    if stored is None:
        raise AssertionError("Pillow wrote a JPEG that a PDF cannot hold")
    return stored, packed.getvalue()


def _fax(image: Image.Image) -> tuple[StoredImage, bytes]:
    packed = io.BytesIO()
    rows_per_strip = 278
    image.save(packed, "TIFF", compression="group4", tiffinfo={rows_per_strip: image.height})
    stored = tiff.find_tiff(packed, 0)
    if stored is None:
        raise AssertionError("Pillow wrote a TIFF of more than one strip")
    return replace(stored, spans=()), _parts(packed, stored)


def _parts(file: IO[bytes], stored: StoredImage) -> bytes:
    parts = []
    for start, length in stored.spans:
        file.seek(start)
        parts.append(file.read(length))
    return b"".join(parts)
