"""Find what a PDF needs to embed a PNG: its compressed rows are Flate data with a PNG predictor."""

from __future__ import annotations

import struct
from typing import IO

from penstock.images.png_chunks import has_valid_checksum, walk_chunks
from penstock.render.stored_image import GRAY, RGB, Parts, StoredImage

_GRAY, _RGB, _PALETTE = 0, 2, 3
"""Colour types without transparency (PNG specification, 11.2.2)."""
_HEADER_SIZE = 13


def find_png(file: IO[bytes]) -> StoredImage | None:
    """Walk a PNG's chunks; None if it is interlaced, transparent, damaged or truncated."""
    header, palette, parts = b"", b"", []
    for chunk in walk_chunks(file):
        if chunk.kind == b"tRNS" or not has_valid_checksum(file, chunk):
            return None
        if chunk.kind == b"IHDR":
            header = chunk.read(file)
        elif chunk.kind == b"PLTE":
            palette = chunk.read(file)
        elif chunk.kind == b"IDAT":
            parts.append((chunk.start, chunk.end - chunk.start))
        elif chunk.kind == b"IEND":
            return _stored(header, palette, tuple(parts)) if len(header) == _HEADER_SIZE else None
    return None


def _stored(header: bytes, palette: bytes, parts: Parts) -> StoredImage | None:
    width, height, bits, color, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if interlaced or color not in (_GRAY, _RGB, _PALETTE):
        return None
    if color == _PALETTE and not 3 <= len(palette) <= 3 * 256:
        return None
    if color == _PALETTE:
        color_space = b"[/Indexed%b %d<%b>]" % (RGB, len(palette) // 3 - 1, palette.hex().encode())
    else:
        color_space = RGB if color == _RGB else GRAY
    components = 3 if color == _RGB else 1
    # Predictor 15: each row names its PNG filter (ISO 32000-1, 7.4.4.4).
    parameters = b"/Filter/FlateDecode/DecodeParms<</Predictor 15/Colors %d/BitsPerComponent %d/Columns %d>>"
    return StoredImage(width, height, bits, color_space, parameters % (components, bits, width), parts)
