"""TIFF files: walk their directories, and detect a truncated list, which Pillow does not report."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal, NamedTuple

_BIG_TIFF = 43
"""The version in the header of BigTIFF, where TIFF has 42."""


class Directory(NamedTuple):
    """An image file directory (TIFF 6.0, section 2): the tags of one frame.

    Parameters
    ----------
    order
        Byte order of all numbers in the file.
    entries
        File offset of the first entry.
    entry_count
        Number of entries: of 12 bytes each in TIFF, of 20 in BigTIFF.
    end
        File offset behind the link to the next directory. It may lie behind the end of a truncated file.
    """

    order: Literal["little", "big"]
    entries: int
    entry_count: int
    end: int


def walk_directories(file: IO[bytes]) -> Iterator[Directory]:
    """Yield the directories of a TIFF or BigTIFF in the order of their links.

    The walk ends behind a truncated directory, and where a link leads back to a directory it has yielded.
    The caller may move the file's position.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(16)
    order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
    is_big = _BIG_TIFF in head[2:4]
    link_size, count_size, entry_size, link = (8, 8, 20, 8) if is_big else (4, 2, 12, 4)
    place, seen = int.from_bytes(head[link : link + link_size], order), set[int]()
    while place and place not in seen:
        seen.add(place)
        # A BigTIFF's link can be larger than the offsets that seek accepts.
        file.seek(min(place, size))
        count = int.from_bytes(file.read(count_size), order)
        link = place + count_size + entry_size * count
        yield Directory(order, place + count_size, count, link + link_size)
        if link + link_size > size:
            return
        file.seek(link)
        place = int.from_bytes(file.read(link_size), order)


def first_truncated_directory(path: Path) -> int | None:
    """Return the index of the first directory that the file ends before or within; None if all are whole."""
    with path.open("rb", buffering=0) as file:
        size = file.seek(0, io.SEEK_END)
        directories = enumerate(walk_directories(file))
        return next((index for index, directory in directories if directory.end > size), None)
