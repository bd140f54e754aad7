"""JPEG and JPEG 2000 files as a PDF can hold them."""

from __future__ import annotations

import os
import struct
from typing import IO

from penstock.images.jpeg_file import end_of_first
from penstock.render.stored_image import COLOR_SPACES, StoredImage

START = b"\xff\xd8\xff"
JPEG_2000_START = b"\x00\x00\x00\x0cjP  \r\n\x87\n"

_PLAIN_FRAMES = (0xC0, 0xC1, 0xC2)
"""Baseline, extended and progressive: what the DCT filter takes (ISO 32000-1, 7.4.8)."""
_TABLES = (0xC4, 0xC8, 0xCC)
_START_OF_SCAN = 0xDA
_END = b"\xff\xd9"
_INVERTED = b"/Decode[1 0 1 0 1 0 1 0]"

_ENUMERATED = {16: 3, 17: 1, 12: 4}
"""JPEG 2000's enumerated colour spaces and how many components they have: sRGB, gray, CMYK."""
_BY_NUMBER = 1
_PROFILED = {b"RGB ": 3, b"GRAY": 1, b"CMYK": 4}
"""The same for the colour spaces of ICC profiles (ICC.1, 7.2.6)."""


def find_jpeg(file: IO[bytes]) -> StoredImage | None:
    """Read a JPEG's markers up to its frame header (ITU-T T.81, annex B); None if a PDF cannot hold it.

    Of a file with several pictures (MPO: two eyes, a phone's gain map), or with something behind the picture
    (a phone's short film), the first picture alone is taken.
    """
    file.seek(2)
    adobe = jfif = several = False
    while len(head := file.read(2)) == 2 and head[0] == 0xFF:
        marker = head[1]
        if marker == 0xFF:
            file.seek(-1, os.SEEK_CUR)
            continue
        body = _segment(file)
        adobe = adobe or (marker == 0xEE and body.startswith(b"Adobe"))
        jfif = jfif or (marker == 0xE0 and body.startswith(b"JFIF"))
        several = several or (marker == 0xE2 and body.startswith(b"MPF\0"))
        if marker in _PLAIN_FRAMES:
            length = _length(file, several=several)
            return _stored(body, length, adobe=adobe, jfif=jfif) if length else None
        if marker == _START_OF_SCAN or (0xC3 <= marker <= 0xCF and marker not in _TABLES):
            return None
    return None


def _length(file: IO[bytes], *, several: bool) -> int | None:
    """Up to the end of the first picture; None if it is cut off."""
    whole = file.seek(0, os.SEEK_END)
    file.seek(-2, os.SEEK_END)
    return whole if file.read(2) == _END and not several else end_of_first(file)


def _segment(file: IO[bytes]) -> bytes:
    size = file.read(2)
    return file.read(max(0, struct.unpack(">H", size)[0] - 2)) if len(size) == 2 else b""


def _stored(frame: bytes, length: int, *, adobe: bool, jfif: bool) -> StoredImage | None:
    if len(frame) < 6:
        return None
    precision, height, width, components = struct.unpack(">BHHB", frame[:6])
    if precision != 8 or not height or components not in COLOR_SPACES:
        return None
    entries = b"/Filter/DCTDecode"
    if components == 4 and adobe:
        entries += _INVERTED
    if frame[6::3] == b"RGB" and not adobe and not jfif:
        # Named so by its components; a PDF's reader takes three of them for YCbCr unless told.
        entries += b"/DecodeParms<</ColorTransform 0>>"
    return StoredImage(width, height, 8, COLOR_SPACES[components], entries, ((0, length),))


def find_jpeg_2000(file: IO[bytes]) -> StoredImage | None:
    """Read the header boxes of a JPEG 2000 file (ISO 15444-1, annex I); None if a PDF cannot hold it."""
    length = file.seek(0, os.SEEK_END)
    boxes = dict(_boxes(file, len(JPEG_2000_START), length))
    if b"jp2h" not in boxes or b"jp2c" not in boxes:
        return None
    inner = dict(_boxes(file, *boxes[b"jp2h"]))
    image, color = (_content(file, inner.get(kind)) for kind in (b"ihdr", b"colr"))
    if len(image) < 14 or len(color) < 7:
        return None
    height, width, components, bits = struct.unpack(">IIHB", image[:11])
    if _components(color) != components or bits > 15:
        return None
    return StoredImage(
        width, height, bits + 1, COLOR_SPACES[components], b"/Filter/JPXDecode", ((0, length),)
    )


def _components(color: bytes) -> int | None:
    """How many components the colour space has that a JPEG 2000 file names, or has a profile of."""
    if color[0] == _BY_NUMBER:
        return _ENUMERATED.get(struct.unpack(">I", color[3:7])[0])
    return _PROFILED.get(color[3:][16:20])


def _boxes(file: IO[bytes], start: int, end: int) -> list[tuple[bytes, tuple[int, int]]]:
    """Kind, and start and end of the content, of each box between two places."""
    boxes = []
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        content = start + 8
        if size == 1:
            size, content = struct.unpack(">Q", file.read(8))[0], start + 16
        size = size or end - start
        boxes.append((kind, (content, min(start + size, end))))
        start += max(size, 8)
    return boxes


def _content(file: IO[bytes], place: tuple[int, int] | None) -> bytes:
    if place is None:
        return b""
    file.seek(place[0])
    return file.read(place[1] - place[0])
