"""A page's picture in a PDF: its own bytes where a PDF can hold them, else losslessly packed."""

from __future__ import annotations

import io
import os
import struct
from dataclasses import dataclass
from typing import IO

from penstock.images import check_unchanged, open_upright
from penstock.model import UPRIGHT, Page
from penstock.render.pdf_writer import PdfWriter

_COLOR_SPACES = {1: b"/DeviceGray", 3: b"/DeviceRGB", 4: b"/DeviceCMYK"}


@dataclass(frozen=True, slots=True)
class WrittenPicture:
    """An image object in a PDF.

    Parameters
    ----------
    number
        Of the object.
    orientation
        EXIF orientation of what is stored there.
    components
        1 gray, 3 colour, 4 CMYK.
    """

    number: int
    orientation: int
    components: int


def write_picture(page: Page, writer: PdfWriter) -> WrittenPicture:
    """Put a page's picture into a PDF.

    Raises
    ------
    PictureError
        It is gone, cut off, or not the one any more that was read.
    """
    check_unchanged(page.picture, page.origin)
    with page.picture.path.open("rb") as file:
        if page.picture.frame == 0 and file.read(3) == b"\xff\xd8\xff":
            written = _write_jpeg(page, file, writer)
            if written is not None:
                return written
    return _write_pixels(page, writer)


@dataclass(frozen=True, slots=True)
class _JpegFrame:
    width: int
    height: int
    components: int
    adobe: bool


def _write_jpeg(page: Page, file: IO[bytes], writer: PdfWriter) -> WrittenPicture | None:
    frame = _jpeg_frame(file)
    if frame is None or frame.components not in _COLOR_SPACES:
        return None
    entries = _image(frame.width, frame.height, _COLOR_SPACES[frame.components], 8) + b"/Filter/DCTDecode"
    if frame.components == 4 and frame.adobe:
        entries += b"/Decode[1 0 1 0 1 0 1 0]"
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    number = writer.add_copy(entries, file, length)
    return WrittenPicture(number, page.orientation, frame.components)


def _jpeg_frame(file: IO[bytes]) -> _JpegFrame | None:
    """Read a JPEG's markers up to its frame header (ITU-T T.81, annex B); None if a PDF cannot hold it."""
    file.seek(2)
    adobe = False
    while True:
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF:
            return None
        marker, length = head[1], struct.unpack(">H", head[2:])[0]
        if marker == 0xFF:
            file.seek(-3, os.SEEK_CUR)
            continue
        body = file.read(length - 2)
        if marker == 0xEE and body.startswith(b"Adobe"):
            adobe = True
        if marker in (0xC0, 0xC1, 0xC2):
            precision, height, width, components = struct.unpack(">BHHB", body[:6])
            return _JpegFrame(width, height, components, adobe) if precision == 8 and height else None
        if marker == 0xDA or (0xC3 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            return None


def _write_pixels(page: Page, writer: PdfWriter) -> WrittenPicture:
    """Decode the picture and pack it as PNG does, which is what Flate with predictor 15 holds."""
    image = open_upright(page)
    packed = io.BytesIO()
    image.save(packed, "PNG")
    components = len(image.getbands())
    parameters = b"/DecodeParms<</Predictor 15/Colors %d/Columns %d>>" % (components, image.width)
    entries = _image(*image.size, _COLOR_SPACES[components], 8) + b"/Filter/FlateDecode" + parameters
    number = writer.add_stream(entries, _idat(packed.getvalue()), compress=False)
    return WrittenPicture(number, UPRIGHT, components)


def _idat(png: bytes) -> bytes:
    data, place = [], 8
    while place < len(png):
        length, kind = struct.unpack_from(">I4s", png, place)
        if kind == b"IDAT":
            data.append(png[place + 8 : place + 8 + length])
        place += length + 12
    return b"".join(data)


def _image(width: int, height: int, color_space: bytes, bits: int) -> bytes:
    return b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace%b/BitsPerComponent %d" % (
        width,
        height,
        color_space if color_space.startswith(b"/") else b" " + color_space,
        bits,
    )
