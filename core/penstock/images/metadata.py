"""Leave EXIF, XMP, comments and other metadata out of picture files, without decoding their pixels.

Such metadata can hold the place where a photo was taken, and the serial number of the camera. Colour profiles
and the resolution are kept.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import IO

from penstock.images.iso_boxes import walk_boxes
from penstock.images.jpeg_segments import walk_segments
from penstock.images.part import Part
from penstock.images.png_chunks import SIGNATURE, walk_chunks
from penstock.images.tiff_directories import tag_numbers, walk_directories

Span = tuple[int, int]
"""Offset and length in bytes of a part of a file."""

_APPLICATION, _COMMENT, _START_OF_IMAGE, _END_OF_IMAGE = range(0xE0, 0xF0), 0xFE, 0xD8, 0xD9
_KEPT_SEGMENTS = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
"""How application segments begin that decide about colours or the resolution."""
_PNG_METADATA = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME", b"caBX"})
_BOX_METADATA = frozenset({b"uuid", b"xml ", b"uinf", b"jp2i"})
_TIFF_PIXELS = frozenset(
    {
        *(254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284),
        *(290, 291, 292, 293, 296, 297, 301, 317, 318, 319, 320, 322, 323, 324, 325, 332, 338, 339, 340, 341),
        *(347, 529, 530, 531, 532, 34675),
    }
)
"""Tags that say how the pixels are stored and shown (TIFF 6.0; ICC.1, annex B.4)."""


def jpeg_without_metadata(file: IO[bytes]) -> tuple[Span, ...] | None:
    """Return the parts of a JPEG's first picture that are no metadata; None if the picture is truncated.

    Pictures, films and other bytes behind the first picture are left out.
    """
    metadata: list[tuple[int, int]] = []
    for segment in walk_segments(file):
        code = segment.kind[1]
        if code == _START_OF_IMAGE:
            return None
        if code == _END_OF_IMAGE:
            return _between(metadata, segment.end)
        kept = _KEPT_SEGMENTS.get(code)
        if code == _COMMENT or (code in _APPLICATION and not (kept and segment.read(file).startswith(kept))):
            metadata.append((segment.start - 4, segment.end))
    return None


def png_without_metadata(file: IO[bytes]) -> tuple[Span, ...] | None:
    """Return the parts of a PNG up to its end that are no metadata; None if it has no end."""
    metadata: list[tuple[int, int]] = []
    for chunk in walk_chunks(file):
        if chunk.kind == b"IEND":
            return _between(metadata, chunk.end + 4)
        if chunk.kind in _PNG_METADATA:
            metadata.append((chunk.start - 8, chunk.end + 4))
    return None


def jpeg_2000_without_metadata(file: IO[bytes]) -> tuple[Span, ...]:
    """Return the parts of a JPEG 2000 file that are no metadata."""
    end = file.seek(0, io.SEEK_END)
    boxes: list[Part] = list(walk_boxes(file, 0, end))
    starts = [0, *(box.end for box in boxes)]
    found = zip(starts, boxes, strict=False)
    return _between([(start, box.end) for start, box in found if box.kind in _BOX_METADATA], end)


def has_tiff_metadata(file: IO[bytes]) -> bool:
    """Return whether a TIFF has tags that do not say how its pixels are stored."""
    return any(tag_numbers(file, directory) - _TIFF_PIXELS for directory in walk_directories(file))


def without_metadata(content: bytes) -> bytes | None:
    """Return a JPEG or PNG without metadata; None if it is truncated."""
    file = io.BytesIO(content)
    spans = png_without_metadata(file) if content.startswith(SIGNATURE) else jpeg_without_metadata(file)
    return None if spans is None else b"".join(content[start : start + size] for start, size in spans)


def _between(left_out: Iterable[tuple[int, int]], end: int) -> tuple[Span, ...]:
    """Return the spans from the start of the file to `end` that are not between the given offsets."""
    place, spans = 0, []
    for start, stop in left_out:
        spans.append((place, start - place))
        place = stop
    return tuple(span for span in (*spans, (place, end - place)) if span[1] > 0)
