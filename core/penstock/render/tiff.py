"""Find what a PDF needs to embed a TIFF frame that is CCITT group 4 in one strip, or JPEG in strips."""

from __future__ import annotations

import itertools
from typing import IO

from penstock.images.tiff_directories import read_tags, walk_directories
from penstock.render.jpeg_strips import joined_strips
from penstock.render.stored_image import COLOR_SPACES, GRAY, Parts, StoredImage

STARTS = (b"II*\0", b"MM\0*")
"""First bytes of TIFF files, little and big endian. BigTIFF files are not embedded as they are."""

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER = 256, 257, 258, 259, 262, 266
_STRIPS, _COMPONENTS, _LENGTHS, _PLANES, _JPEG_TABLES = 273, 277, 279, 284, 347
_GROUP_4, _JPEG = 4, 7
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _AS_RGB, _AS_YCBCR = 0, 1, 2, 6


def find_tiff(file: IO[bytes], frame: int) -> StoredImage | None:
    """Read the directory of one frame (TIFF 6.0, section 2); None if a PDF cannot hold the frame as it is."""
    directory = next(itertools.islice(walk_directories(file), frame, None), None)
    tags = read_tags(file, directory) if directory else {}
    first = {tag: value[0] for tag, value in tags.items() if value}
    strips, lengths = tags.get(_STRIPS, ()), tags.get(_LENGTHS, ())
    if len(strips) != len(lengths) or not strips or _WIDTH not in first or _HEIGHT not in first:
        return None
    spans = [(int(start), int(length)) for start, length in zip(strips, lengths, strict=True)]
    if first.get(_COMPRESSION) == _GROUP_4 and len(spans) == 1:
        return _fax(first, spans[0])
    if first.get(_COMPRESSION) == _JPEG and first.get(_PLANES, 1) == 1:
        return _jpeg(file, first, bytes(tags.get(_JPEG_TABLES, b"")), spans)
    return None


def _fax(first: dict[int, int], span: tuple[int, int]) -> StoredImage | None:
    """Describe a strip of CCITT group 4 (TIFF 6.0, section 11; ISO 32000-1, 7.4.6)."""
    plain = first.get(_FILL_ORDER, 1) == 1 and first.get(_COMPONENTS, 1) == first.get(_BITS, 1) == 1
    if not plain or first.get(_PHOTOMETRIC) not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO):
        return None
    width, height = first[_WIDTH], first[_HEIGHT]
    inverted = b"/BlackIs1 true" if first[_PHOTOMETRIC] == _BLACK_IS_ZERO else b""
    parameters = b"/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns %d/Rows %d%b>>"
    return StoredImage(width, height, 1, GRAY, parameters % (width, height, inverted), (span,))


def _jpeg(
    file: IO[bytes], first: dict[int, int], tables: bytes, spans: list[tuple[int, int]]
) -> StoredImage | None:
    """Describe strips that are JPEGs without their tables (TIFF technical note 2)."""
    components, photometric = first.get(_COMPONENTS, 1), first.get(_PHOTOMETRIC)
    kinds = {_BLACK_IS_ZERO: 1, _AS_RGB: 3, _AS_YCBCR: 3}
    if first.get(_BITS) != 8 or photometric is None or kinds.get(photometric) != components:
        return None
    size = (first[_WIDTH], first[_HEIGHT])
    parts = _one_strip(tables, spans[0]) if len(spans) == 1 else joined_strips(file, tables, spans, *size)
    if not parts:
        return None
    entries = b"/Filter/DCTDecode"
    if photometric == _AS_RGB:
        entries += b"/DecodeParms<</ColorTransform 0>>"
    return StoredImage(*size, 8, COLOR_SPACES[components], entries, parts)


def _one_strip(tables: bytes, span: tuple[int, int]) -> Parts:
    if not tables:
        return (span,)
    # The tables are a JPEG of their own: drop their end of image and the strip's start of image.
    return (tables.removesuffix(b"\xff\xd9"), (span[0] + 2, span[1] - 2))
