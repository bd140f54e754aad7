"""TIFF files: walk their directories, and detect a truncated list, which Pillow does not report."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal, NamedTuple

_BIG_TIFF = 43
"""The version in the header of BigTIFF, where TIFF has 42."""
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1, 13: 4, 16: 8, 18: 8}
_FORMATS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
"""Bytes, and codes of the struct module, of field types (TIFF 6.0, section 2; BigTIFF)."""
_MAX_TAG_BYTES = 1 << 24
_MAX_OFFSET = (1 << 63) - 1
"""The largest offset that `seek` accepts."""

Tags = dict[int, tuple[int, ...] | bytes]
"""The numbers of each tag, or the bytes of a tag that holds no numbers."""


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
    is_big
        Whether the file is a BigTIFF.
    """

    order: Literal["little", "big"]
    entries: int
    entry_count: int
    end: int
    is_big: bool = False


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
        yield Directory(order, place + count_size, count, link + link_size, is_big)
        if link + link_size > size:
            return
        file.seek(link)
        place = int.from_bytes(file.read(link_size), order)


def directory_count(path: Path) -> int:
    """Return the number of directories of a TIFF, whatever is in them."""
    with path.open("rb", buffering=0) as file:
        return sum(1 for _ in walk_directories(file))


def first_truncated_directory(path: Path) -> int | None:
    """Return the index of the first directory that the file ends before or within; None if all are whole."""
    with path.open("rb", buffering=0) as file:
        size = file.seek(0, io.SEEK_END)
        directories = enumerate(walk_directories(file))
        return next((index for index, directory in directories if directory.end > size), None)


def read_tags(file: IO[bytes], directory: Directory) -> Tags:
    """Return the values of a directory's tags; entries of other types, or truncated, are left out."""
    order = "<" if directory.order == "little" else ">"
    head, length, room, link = ("HHQ", 20, 8, "Q") if directory.is_big else ("HHI", 12, 4, "I")
    file.seek(directory.entries)
    entries = file.read(length * directory.entry_count)
    tags: Tags = {}
    for start in range(0, len(entries) - length + 1, length):
        tag, kind, many = struct.unpack_from(order + head, entries, start)
        size = _SIZES.get(kind, 0) * many
        if not 0 < size < _MAX_TAG_BYTES:
            continue
        data = entries[start + length - room : start + length]
        if size > room:
            place = struct.unpack(order + link, data)[0]
            file.seek(min(place, _MAX_OFFSET))
            data = file.read(size)
        if len(data) >= size:
            value = data[:size]
            tags[tag] = struct.unpack(f"{order}{many}{_FORMATS[kind]}", value) if kind in _FORMATS else value
    return tags


def tag_numbers(file: IO[bytes], directory: Directory) -> set[int]:
    """Return the numbers of all tags of a directory."""
    length = 20 if directory.is_big else 12
    file.seek(directory.entries)
    entries = file.read(length * directory.entry_count)
    return {
        int.from_bytes(entries[start : start + 2], directory.order)
        for start in range(0, len(entries), length)
    }
