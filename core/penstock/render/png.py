"""PNG files as a PDF can hold them: their compressed rows are what Flate with a PNG predictor is."""

from __future__ import annotations

import struct
import zlib
from typing import IO

from penstock.render.stored_image import GRAY, RGB, StoredImage

START = b"\x89PNG\r\n\x1a\n"
_GRAY, _RGB, _PALETTE = 0, 2, 3
"""Colour types (PNG specification, 11.2.2) without transparency."""


def find_png(file: IO[bytes]) -> StoredImage | None:
    """Walk a PNG's chunks; None if it is interlaced, transparent, damaged or cut off."""
    header, palette, spans = b"", b"", []
    file.seek(len(START))
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        start = file.tell()
        body = file.read(length)
        if file.read(4) != zlib.crc32(kind + body).to_bytes(4, "big") or kind == b"tRNS":
            return None
        if kind == b"IHDR":
            header = body
        elif kind == b"PLTE":
            palette = body
        elif kind == b"IDAT":
            spans.append((start, length))
        elif kind == b"IEND":
            return _stored(header, palette, tuple(spans))
    return None


def _stored(header: bytes, palette: bytes, spans: tuple[tuple[int, int], ...]) -> StoredImage | None:
    width, height, bits, color, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if interlaced or color not in (_GRAY, _RGB, _PALETTE):
        return None
    if color == _PALETTE:
        color_space = b"[/Indexed%b %d<%b>]" % (RGB, len(palette) // 3 - 1, palette.hex().encode())
    else:
        color_space = RGB if color == _RGB else GRAY
    return StoredImage(
        width, height, bits, color_space, flate_filter(3 if color == _RGB else 1, bits, width), spans
    )


def flate_filter(components: int, bits: int, width: int) -> bytes:
    """The filter under which PNG's rows are read."""
    return b"/Filter/FlateDecode/DecodeParms<</Predictor 15/Colors %d/BitsPerComponent %d/Columns %d>>" % (
        components,
        bits,
        width,
    )
