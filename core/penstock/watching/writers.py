"""Which files some process has open for writing, as far as the system tells."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROCESSES = Path("/proc")

FileId = tuple[int, int]
"""Device and inode."""


def open_for_writing() -> frozenset[FileId]:
    """Return the regular files that processes of this user have open for writing.

    As the superuser, those of all processes. Empty on systems without ``/proc``.
    """
    found: set[FileId] = set()
    for process in _listed(PROCESSES):
        if process.name.isdecimal():
            for each in _listed(Path(process.path) / "fd"):
                # The process may end, or close the file, at any moment.
                with suppress(OSError):
                    _add(each, found)
    return frozenset(found)


def _listed(folder: Path) -> Iterator[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as entries:
        yield from entries


def _add(descriptor: os.DirEntry[str], found: set[FileId]) -> None:
    # The link's own permissions tell how the file is open.
    if descriptor.stat(follow_symlinks=False).st_mode & stat.S_IWUSR:
        status = descriptor.stat()
        if stat.S_ISREG(status.st_mode):
            found.add((status.st_dev, status.st_ino))
