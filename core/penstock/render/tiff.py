"""TIFF frames as a PDF can hold them: fax pages of one strip, and JPEGs of one strip."""

from __future__ import annotations

import struct
from typing import IO

from penstock.render.stored_image import COLOR_SPACES, GRAY, StoredImage

STARTS = (b"II*\0", b"MM\0*")

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER = 256, 257, 258, 259, 262, 266
_STRIPS, _COMPONENTS, _LENGTHS, _JPEG_TABLES = 273, 277, 279, 347
_GROUP_4, _JPEG = 4, 7
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _AS_RGB, _AS_YCBCR = 0, 1, 2, 6
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1}
_FORMATS = {1: "B", 3: "H", 4: "I"}
_MANY = 1 << 24

Tags = dict[int, tuple[int, ...] | bytes]


def find_tiff(file: IO[bytes], frame: int) -> StoredImage | None:
    """Read the directory of one frame (TIFF 6.0, section 2); None if a PDF cannot hold what it names."""
    tags = _directory(file, frame)
    first = {tag: value[0] for tag, value in tags.items() if value}
    strips, lengths = tags.get(_STRIPS, ()), tags.get(_LENGTHS, ())
    if len(strips) != 1 or len(lengths) != 1 or _WIDTH not in first or _HEIGHT not in first:
        return None
    span = (strips[0], lengths[0])
    if first.get(_COMPRESSION) == _GROUP_4:
        return _fax(first, span)
    if first.get(_COMPRESSION) == _JPEG:
        return _jpeg(first, bytes(tags.get(_JPEG_TABLES, b"")), span)
    return None


def _fax(first: dict[int, int], span: tuple[int, int]) -> StoredImage | None:
    plain = first.get(_FILL_ORDER, 1) == 1 and first.get(_COMPONENTS, 1) == first.get(_BITS, 1) == 1
    if not plain or first.get(_PHOTOMETRIC) not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO):
        return None
    width, height = first[_WIDTH], first[_HEIGHT]
    inverted = first[_PHOTOMETRIC] == _BLACK_IS_ZERO
    return StoredImage(width, height, 1, GRAY, fax_filter(width, height, inverted=inverted), (span,))


def fax_filter(width: int, height: int, *, inverted: bool = False) -> bytes:
    """The filter for CCITT group 4 (ISO 32000-1, 7.4.6)."""
    return b"/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns %d/Rows %d%b>>" % (
        width,
        height,
        b"/BlackIs1 true" if inverted else b"",
    )


def _jpeg(first: dict[int, int], tables: bytes, span: tuple[int, int]) -> StoredImage | None:
    """A strip is a JPEG without its tables (TIFF technical note 2): they go before its frame."""
    components, photometric = first.get(_COMPONENTS, 1), first.get(_PHOTOMETRIC)
    kinds = {_BLACK_IS_ZERO: 1, _AS_RGB: 3, _AS_YCBCR: 3}
    if first.get(_BITS) != 8 or photometric is None or kinds.get(photometric) != components:
        return None
    before = b""
    if tables:
        # The strip's own start of image is left out: the tables' stands before both.
        before, span = tables.removesuffix(b"\xff\xd9"), (span[0] + 2, span[1] - 2)
    transform = b"/DecodeParms<</ColorTransform 0>>" if photometric == _AS_RGB else b""
    return StoredImage(
        first[_WIDTH],
        first[_HEIGHT],
        8,
        COLOR_SPACES[components],
        b"/Filter/DCTDecode" + transform,
        (span,),
        before,
    )


def _directory(file: IO[bytes], frame: int) -> Tags:
    """The tags of one frame; empty if there is none."""
    file.seek(0)
    order = "<" if file.read(4) == STARTS[0] else ">"
    place = _number(file, order)
    for _ in range(frame):
        if not place:
            break
        file.seek(place)
        count = struct.unpack(order + "H", file.read(2))[0]
        file.seek(place + 2 + 12 * count)
        place = _number(file, order)
    return _tags(file, place, order) if place else {}


def _number(file: IO[bytes], order: str) -> int:
    data = file.read(4)
    return int(struct.unpack(order + "I", data)[0]) if len(data) == 4 else 0


def _tags(file: IO[bytes], place: int, order: str) -> Tags:
    file.seek(place)
    count = struct.unpack(order + "H", file.read(2))[0]
    entries = file.read(12 * count)
    tags: Tags = {}
    for start in range(0, len(entries) - 11, 12):
        tag, kind, many = struct.unpack_from(order + "HHI", entries, start)
        size = _SIZES.get(kind, 0) * many
        if not 0 < size < _MANY:
            continue
        data = entries[start + 8 : start + 12]
        if size > 4:
            file.seek(struct.unpack(order + "I", data)[0])
            data = file.read(size)
        if len(data) >= size:
            values = (
                struct.unpack(f"{order}{many}{_FORMATS[kind]}", data[:size])
                if kind in _FORMATS
                else data[:size]
            )
            tags[tag] = values
    return tags
