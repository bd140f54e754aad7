"""Find what a PDF needs to embed a JPEG or JPEG 2000 file as it is stored."""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from typing import IO

from penstock.images.formats import MAX_PIXELS
from penstock.images.iso_boxes import walk_boxes
from penstock.images.jpeg_ends import lacks_only_its_end_mark
from penstock.images.jpeg_segments import MULTI_PICTURE, end_of_first_picture, walk_segments
from penstock.images.part import Part
from penstock.render.stored_image import COLOR_SPACES, Parts, StoredImage

START = b"\xff\xd8\xff"
CODESTREAM_START = b"\xff\x4f\xff\x51"
_SIZE_MARKER = 42
"""Bytes of a codestream before the first component's entry in the SIZ marker segment."""
JPEG_2000_START = b"\x00\x00\x00\x0cjP  \r\n\x87\n"

_SUPPORTED_FRAMES = (b"\xff\xc0", b"\xff\xc1", b"\xff\xc2")
"""Baseline, extended and progressive: what DCTDecode supports (ISO 32000-1, 7.4.8)."""
_OTHER_FRAMES = tuple(bytes((0xFF, code)) for code in range(0xC3, 0xD0) if code not in (0xC4, 0xC8, 0xCC))
_START_OF_IMAGE, _END_OF_IMAGE, _START_OF_SCAN = b"\xff\xd8", b"\xff\xd9", b"\xff\xda"
_APPLICATION_0, _APPLICATION_2, _APPLICATION_14 = b"\xff\xe0", b"\xff\xe2", b"\xff\xee"
_PROFILE = b"ICC_PROFILE\0"
"""Begins the APP2 segments that hold a colour profile (ICC.1, B.4)."""
_INVERTED = b"/Decode[1 0 1 0 1 0 1 0]"

_ENUMERATED = {16: 3, 17: 1, 12: 4}
"""Components of JPEG 2000's enumerated colour spaces (ISO 15444-1, table I.10): sRGB, gray, CMYK."""
_BY_NUMBER = 1
_PROFILED = {b"RGB ": 3, b"GRAY": 1, b"CMYK": 4}
"""Components of the colour spaces of ICC profiles (ICC.1, 7.2.6)."""


def find_jpeg(file: IO[bytes]) -> StoredImage | None:
    """Read a JPEG's segments up to its frame header (ITU-T T.81, annex B); None if a PDF cannot hold it.

    The span ends with the first picture. Further pictures (MPO) and other data behind it are left out.
    """
    adobe = jfif = several = profiled = False
    end = 2
    for segment in walk_segments(file):
        if segment.kind in (_START_OF_SCAN, _START_OF_IMAGE, _END_OF_IMAGE, *_OTHER_FRAMES):
            return None
        file.seek(end)
        if file.read(segment.start - 4 - end).strip(b"\xff"):
            return None  # Not every reader skips stray bytes between segments; all skip fill bytes.
        body, end = segment.read(file), segment.end
        adobe = adobe or (segment.kind == _APPLICATION_14 and body.startswith(b"Adobe"))
        jfif = jfif or (segment.kind == _APPLICATION_0 and body.startswith(b"JFIF"))
        profiled = profiled or (segment.kind == _APPLICATION_2 and body.startswith(_PROFILE))
        several = several or (segment.kind == _APPLICATION_2 and body.startswith(MULTI_PICTURE))
        if segment.kind in _SUPPORTED_FRAMES:
            parts = _parts(file, several=several)
            stored = _stored(body, parts, adobe=adobe, jfif=jfif) if parts else None
            return replace(stored, may_have_profile=profiled) if stored else None
    return None


def _parts(file: IO[bytes], *, several: bool) -> Parts:
    """Return the first picture, with its end mark; empty if pixels are missing."""
    whole = file.seek(0, os.SEEK_END)
    file.seek(-2, os.SEEK_END)
    last = file.read(2)
    # A single picture mostly ends with the file: then its compressed pixels need not be searched.
    length = whole if last == _END_OF_IMAGE and not several else end_of_first_picture(file)
    if length:
        return ((0, length),)
    if lacks_only_its_end_mark(file, MAX_PIXELS):
        return ((0, whole - last.endswith(_END_OF_IMAGE[:1])), _END_OF_IMAGE)
    return ()


def _stored(frame: bytes, parts: Parts, *, adobe: bool, jfif: bool) -> StoredImage | None:
    """Describe a JPEG by the content of its frame header (ITU-T T.81, B.2.2)."""
    if len(frame) < 6:
        return None
    precision, height, width, components = struct.unpack(">BHHB", frame[:6])
    if precision != 8 or not height or components not in COLOR_SPACES:
        return None
    entries = b"/Filter/DCTDecode"
    if components == 4 and adobe:
        entries += _INVERTED
    if frame[6::3] == b"RGB" and not adobe and not jfif:
        # The component names say RGB; a PDF reader takes three components for YCbCr unless told.
        entries += b"/DecodeParms<</ColorTransform 0>>"
    return StoredImage(width, height, 8, COLOR_SPACES[components], entries, parts)


def find_jpeg_2000(file: IO[bytes]) -> StoredImage | None:
    """Read the header boxes of a JPEG 2000 file (ISO 15444-1, annex I); None if a PDF cannot hold it."""
    length = file.seek(0, os.SEEK_END)
    boxes = _boxes(file, len(JPEG_2000_START), length)
    if b"jp2h" not in boxes or b"jp2c" not in boxes:
        return None
    header = _boxes(file, boxes[b"jp2h"].start, boxes[b"jp2h"].end)
    if b"ihdr" not in header or b"colr" not in header:
        return None
    image, color = header[b"ihdr"].read(file), header[b"colr"].read(file)
    if len(image) < 14 or len(color) < 7:
        return None
    height, width, components, bits = struct.unpack(">IIHB", image[:11])
    if _components(color) != components or bits > 15:
        return None
    return StoredImage(
        width, height, bits + 1, COLOR_SPACES[components], b"/Filter/JPXDecode", ((0, length),)
    )


def find_codestream(file: IO[bytes]) -> StoredImage | None:
    """Read the header of a JPEG 2000 codestream (ISO 15444-1, A.5.1); None if a PDF cannot hold it.

    The boxes that a PDF needs are put before it (ISO 32000-1, 7.4.9).
    """
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(_SIZE_MARKER + 3 * 4)
    if len(head) < _SIZE_MARKER + 3:
        return None
    right, bottom, left, top = struct.unpack(">4I", head[8:24])
    count = int.from_bytes(head[40:42], "big")
    components = {head[start : start + 3] for start in range(_SIZE_MARKER, _SIZE_MARKER + 3 * count, 3)}
    (depth, *steps), *others = components
    if others or steps != [1, 1] or depth > 15 or count not in (1, 3):
        return None
    width, height = right - left, bottom - top
    image = struct.pack(">IIHBBBB", height, width, count, depth, 7, 0, 0)
    color = struct.pack(">BBBI", _BY_NUMBER, 0, 0, 16 if count == 3 else 17)
    before = JPEG_2000_START + _box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    before += _box(b"jp2h", _box(b"ihdr", image) + _box(b"colr", color))
    before += struct.pack(">I4s", length + 8, b"jp2c")
    parts = (before, (0, length))
    return StoredImage(width, height, depth + 1, COLOR_SPACES[count], b"/Filter/JPXDecode", parts)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def _boxes(file: IO[bytes], start: int, end: int) -> dict[bytes, Part]:
    return {box.kind: box for box in walk_boxes(file, start, end)}


def _components(color: bytes) -> int | None:
    """Return the number of components of a colour specification box; None for an unsupported space."""
    if color[0] == _BY_NUMBER:
        return _ENUMERATED.get(struct.unpack(">I", color[3:7])[0])
    return _PROFILED.get(color[3:][16:20])
