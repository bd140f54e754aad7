"""HEIF files box by box: whether the pictures that one lists are all within it.

libheif decodes a picture of many tiles also where tiles are missing, and leaves their places empty.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

_LONG, _TO_THE_END = 1, 0
"""Sizes of a box that stand for one in 64 bits behind its kind, and for all the rest (ISO 14496-12, 4.2)."""
_MOST_TABLE = 1 << 26
_NEWEST = 2
_IN_FILE = 0
"""Of the ways to say where an item lies: from the file's beginning, not within the table (8.11.3)."""


@dataclass(slots=True)
class _Numbers:
    """Reads big-endian numbers of any width one after the other; none is 0."""

    content: bytes
    place: int = 0

    def take(self, width: int) -> int:
        start, self.place = self.place, self.place + width
        if self.place > len(self.content):
            raise ValueError("the table of its pictures is cut off")
        return int.from_bytes(self.content[start : self.place], "big")


def refuse_cut_heif(file: IO[bytes]) -> None:
    """Raise ValueError if the file ends before what it lists; what lists nothing passes. Decodes nothing."""
    size = os.fstat(file.fileno()).st_size
    for start, end in _boxes(file, b"meta", 0, size):
        for inner_start, inner_end in _boxes(file, b"iloc", start + 4, end):
            file.seek(inner_start)
            listed = max(_ends(file.read(min(inner_end - inner_start, _MOST_TABLE))), default=0)
            if listed > size:
                raise ValueError(f"it has {size} bytes of at least {listed}")


def _boxes(file: IO[bytes], kind: bytes, place: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the contents of the boxes of a kind begin and end, among those between two places."""
    while place + 8 <= end:
        file.seek(place)
        head = file.read(16)
        length, start = int.from_bytes(head[:4], "big"), place + 8
        if length == _LONG:
            length, start = int.from_bytes(head[8:], "big"), place + 16
        elif length == _TO_THE_END:
            length = end - place
        if length < start - place:
            return
        if head[4:8] == kind:
            yield start, min(place + length, end)
        place += length


def _ends(table: bytes) -> Iterator[int]:
    """The end of each part of each item that lies in the file itself (ISO 14496-12, 8.11.3)."""
    numbers = _Numbers(table)
    version = numbers.take(4) >> 24
    if version > _NEWEST:
        return
    widths = numbers.take(2)
    of_offset, of_length, of_base = widths >> 12, widths >> 8 & 15, widths >> 4 & 15
    of_index = widths & 15 if version else 0
    for _ in range(numbers.take(4 if version == 2 else 2)):
        numbers.take(4 if version == 2 else 2)
        way = numbers.take(2) & 15 if version else _IN_FILE
        elsewhere = numbers.take(2)
        base = numbers.take(of_base)
        for _ in range(numbers.take(2)):
            numbers.take(of_index)
            offset, length = numbers.take(of_offset), numbers.take(of_length)
            if way == _IN_FILE and not elsewhere:
                yield base + offset + length


__all__ = ["refuse_cut_heif"]
