"""JPEG files that hold more than a picture: another eye's, a phone's gain map, a short film."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import IO

_BEGIN, _END, _APPLICATION_2 = 0xD8, 0xD9, 0xE2
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""Within compressed pixels 0xFF stands before 0x00 or a restart's mark alone (ITU-T T.81, B.1.1.5)."""
_INDEX = b"MPF\0"
"""Of the pictures in a file (CIPA DC-007, 5.1)."""


def end_of_first(file: IO[bytes]) -> int | None:
    """Where the first picture ends; None if it is cut off."""
    file.seek(0)
    for kind, _, end in _segments(file.read()):
        if kind in (_END, _BEGIN):
            return end if kind == _END else None
    return None


def is_whole_jpeg(content: bytes) -> bool:
    """Whether the first picture reaches its end; what may be missing of others behind it does not matter."""
    return end_of_first(io.BytesIO(content)) is not None


def first_picture(file: IO[bytes]) -> bytes | None:
    """The first picture as a file of its own, its pixels and tags untouched; None if it is cut off.

    The index of the pictures behind it is left out with them.
    """
    file.seek(0)
    data, index = file.read(), (0, 0)
    for kind, start, end in _segments(data):
        if kind == _APPLICATION_2 and data.startswith(_INDEX, start + 4):
            index = (start, end)
        elif kind in (_END, _BEGIN):
            return data[: index[0]] + data[index[1] : end] if kind == _END else None
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment; compressed pixels stand between them."""
    place = 2
    while found := _NEXT_MARKER.search(data, place):
        start, place = found.span()
        kind = data[start + 1]
        if kind not in (_END, _BEGIN):
            place += int.from_bytes(data[place : place + 2], "big")
        yield kind, start, place


__all__ = ["end_of_first", "first_picture", "is_whole_jpeg"]
