"""TIFF files directory by directory: whether the list of their pages is whole, which Pillow does not say."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from typing import Literal

_BIG = 43
"""What BigTIFF has in its header where TIFF has 42."""


def first_cut_directory(path: Path) -> int | None:
    """Which of a TIFF's directories, counted from 0, the file ends before or within; None if it has all.

    A list that leads back into itself ends there (TIFF 6.0, section 2; BigTIFF has wider numbers).
    """
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(16)
        order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
        wide, of_count, of_entry, at = (8, 8, 20, 8) if _BIG in head[2:4] else (4, 2, 12, 4)
        place, seen = int.from_bytes(head[at : at + wide], order), set[int]()
        for index in count():
            if not place or place in seen:
                return None
            seen.add(place)
            file.seek(min(place, size))
            link = place + of_count + of_entry * int.from_bytes(file.read(of_count), order)
            if link + wide > size:
                return index
            file.seek(link)
            place = int.from_bytes(file.read(wide), order)
    return None


__all__ = ["first_cut_directory"]
