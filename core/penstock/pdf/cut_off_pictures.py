"""Find pictures of a PDF whose data are cut off: PDFium shows what is there of them without an error.

Only the usual filters, Flate and DCT, and data without a filter are looked into.
"""

from __future__ import annotations

import io
import zlib

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

from penstock.pdf.missing_content import drawn_objects

MAX_INFLATED = 256 << 20
"""Bytes of a picture that are unpacked. A larger one is taken for complete."""
COMPLETE = 0.99
"""Share of its rows that a picture has at least. Some programs write a height that is a few rows too high."""
_CHUNK = 1 << 20
_JPEG_END = b"\xff\xd9"
_TAIL = 1 << 10
"""Bytes at the end of a JPEG that its end mark is looked for in. Some programs write more behind the mark."""
_FILLERS = (bytes(range(1, 255)), bytes(range(254, 0, -1)))
_ZLIB_HEADER = 2
"""Bytes before the compressed data (RFC 1950, 2.2)."""
_FLUSHED = b"\0\0\xff\xff"
"""The end of data that were flushed but not ended. Some programs write them; nothing is missing."""


def has_cut_off_picture(page: pikepdf.Page) -> bool:
    """Return whether the data of a picture that a page draws end before its last pixels."""
    return any(
        isinstance(drawn, Stream) and drawn.get("/Subtype") == Name.Image and _is_cut_off(drawn)
        for drawn in drawn_objects(page)
    )


def _is_cut_off(picture: Stream) -> bool:
    filters = picture.get("/Filter", Array())
    names = list(filters) if isinstance(filters, Array) else [filters]
    data = picture.read_raw_bytes()
    if not names:
        return len(data) < _smallest_size(picture)
    if names == [Name.DCTDecode]:
        return _JPEG_END not in data[-_TAIL:] and _lacks_pixels(data)
    if names[0] != Name.FlateDecode:
        return False
    size = _unpacked_size(data)
    return size is None or (len(names) == 1 and size < min(MAX_INFLATED, _smallest_size(picture)))


def _smallest_size(picture: Stream) -> int:
    """Return the bytes that a picture's pixels take at least, but for a few rows that may be missing."""
    bits = 1 if picture.get("/ImageMask") else picture.get("/BitsPerComponent", 8)
    sides = (picture.get("/Width"), picture.get("/Height"))
    width, height, depth = (side if isinstance(side, int) else 0 for side in (*sides, bits))
    row = (width * depth * _components(picture.get("/ColorSpace")) + 7) // 8
    return int(row * height * COMPLETE)


def _components(space: object) -> int:
    """Return the number of color components; 1 if it is not known."""
    if isinstance(space, Array) and len(space) > 1 and space[0] == Name.ICCBased:
        profile = space[1]
        count = profile.get("/N", 1) if isinstance(profile, (Dictionary, Stream)) else 1
        return count if isinstance(count, int) else 1
    return 3 if space == Name.DeviceRGB else 4 if space == Name.DeviceCMYK else 1


def _lacks_pixels(jpeg: bytes) -> bool:
    """Return whether bytes behind a JPEG without its end mark change its pixels: then pixels are missing."""
    try:
        first, other = (
            Image.open(io.BytesIO(jpeg + filler + _JPEG_END), formats=["JPEG"]).tobytes()
            for filler in _FILLERS
        )
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return True
    return first != other


def _unpacked_size(packed: bytes) -> int | None:
    """Return the size of unpacked Flate data; None if they are cut off or cannot be decoded.

    The checksum at their end may be missing. At most about `MAX_INFLATED` bytes are unpacked.
    """
    unpacked, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    rest = packed[_ZLIB_HEADER:]
    try:
        while rest and not unpacked.eof and size < MAX_INFLATED:
            size += len(unpacked.decompress(rest, _CHUNK))
            rest = unpacked.unconsumed_tail
    except zlib.error:
        return None
    is_complete = unpacked.eof or size >= MAX_INFLATED or packed.rstrip(b"\r\n").endswith(_FLUSHED)
    return size if is_complete else None
