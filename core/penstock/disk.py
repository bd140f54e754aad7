"""Files put in their places so that a power cut does not take them away again."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def put_in_place(part: Path, place: Path) -> None:
    """Give a file, whose content is on the disk, its name, in the place of what had it. Raises OSError."""
    part.replace(place)
    # Not every system lets a folder be opened; then it is the file system's word that counts.
    with suppress(OSError):
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


__all__ = ["put_in_place"]
