"""Renaming files so that the new name survives a power cut."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def put_in_place(part: Path, place: Path) -> None:
    """Rename a file, whose content must be on the disk, over what has the new name. Raises OSError."""
    part.replace(place)
    # The name is an entry of the folder, so the folder has to be synced, too. Some file systems do not
    # allow it; they then order these writes themselves.
    with suppress(OSError):
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
