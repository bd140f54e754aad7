"""ISO base media files (HEIF, JPEG 2000): walk their boxes, and detect truncated HEIF files.

libheif decodes a picture of many tiles even if tiles are missing, and leaves their areas empty.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import IO

from penstock.images.part import Part

_SIZE_IN_64_BITS, _SIZE_TO_THE_END = 1, 0
"""Special values of a box's size field (ISO 14496-12, 4.2)."""
_MAX_TABLE = 1 << 26
"""Bytes of the item location box that are read."""
_NEWEST_VERSION = 2
_FILE_OFFSET = 0
"""The construction method of items at an offset in the file (ISO 14496-12, 8.11.3)."""


def walk_boxes(file: IO[bytes], start: int, end: int) -> Iterator[Part]:
    """Yield the boxes between two file offsets, not those inside them (ISO 14496-12, 4.2; ISO 15444-1, I.4).

    The caller may move the file's position. A box with an impossible size ends the walk.
    """
    while start + 8 <= end:
        file.seek(start)
        head = file.read(16)
        size, content = int.from_bytes(head[:4], "big"), start + 8
        if size == _SIZE_IN_64_BITS:
            size, content = int.from_bytes(head[8:], "big"), start + 16
        elif size == _SIZE_TO_THE_END:
            size = end - start
        if size < content - start:
            return
        yield Part(head[4:8], content, min(start + size, end))
        start += size


def refuse_truncated_heif(file: IO[bytes]) -> None:
    """Raise ValueError if the file ends before the last item that its item location box lists.

    A file without such a box passes. Nothing is decoded.
    """
    size = os.fstat(file.fileno()).st_size
    for meta in _boxes_of_kind(file, b"meta", 0, size):
        for locations in _boxes_of_kind(file, b"iloc", meta.start + 4, meta.end):
            file.seek(locations.start)
            table = file.read(min(locations.end - locations.start, _MAX_TABLE))
            needed = max(_item_ends(table), default=0)
            if needed > size:
                raise ValueError(f"the file has {size} bytes, but its pictures need at least {needed}")


def _boxes_of_kind(file: IO[bytes], kind: bytes, start: int, end: int) -> Iterator[Part]:
    return (box for box in walk_boxes(file, start, end) if box.kind == kind)


def _item_ends(table: bytes) -> Iterator[int]:
    """Yield the file offset where each extent of each item in this file ends (ISO 14496-12, 8.11.3)."""
    file = io.BytesIO(table)

    def take(width: int) -> int:
        data = file.read(width)
        if len(data) < width:
            raise ValueError("the table of its pictures is truncated")
        return int.from_bytes(data, "big")

    version = take(4) >> 24
    if version > _NEWEST_VERSION:
        return
    widths = take(2)
    offset_width, length_width, base_width = widths >> 12, widths >> 8 & 15, widths >> 4 & 15
    index_width = widths & 15 if version else 0
    for _ in range(take(4 if version == 2 else 2)):
        take(4 if version == 2 else 2)
        method = take(2) & 15 if version else _FILE_OFFSET
        other_file = take(2)
        base = take(base_width)
        for _ in range(take(2)):
            take(index_width)
            offset, length = take(offset_width), take(length_width)
            if method == _FILE_OFFSET and not other_file:
                yield base + offset + length
