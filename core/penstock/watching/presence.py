"""Looks at paths that may not be accessible.

`Path.exists` and `Path.is_dir` raise OSError if a folder may not be entered or a share does not answer, which
must not end a watch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR

from penstock.watching.writers import FileId


def is_there(path: Path) -> bool:
    """Return whether a file or folder can be found, links followed."""
    return _status(path) is not None


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder that can be found, links followed."""
    status = _status(path)
    return status is not None and S_ISDIR(status.st_mode)


def version(status: os.stat_result) -> tuple[int, int, int, int]:
    """Return what changes when a file is written or replaced: inode, size and times."""
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def walk_folders(
    top: Path, entered: set[FileId], enter: Callable[[str], None] = lambda _folder: None
) -> Iterator[tuple[str, list[str]]]:
    """Yield a folder and all folders below it, each with the names of its files, sorted. Links are followed.

    Hidden folders are passed over, and those that cannot be accessed.

    Parameters
    ----------
    entered
        The folders that were entered so far. None is entered twice.
    enter
        Called with each folder before it is listed.
    """
    waiting = [os.fspath(top)]
    while waiting:
        folder = waiting.pop()
        status = _status(folder)
        if status is None or (status.st_dev, status.st_ino) in entered:
            continue
        entered.add((status.st_dev, status.st_ino))
        enter(folder)
        folders, names = _listed(folder)
        yield folder, names
        waiting += reversed(folders)


def _listed(folder: str) -> tuple[list[str], list[str]]:
    """Return the paths of the folders in a folder that are not hidden, and the names of its files, sorted."""
    folders, names = [], []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not _is_folder_entry(entry):
                names.append(entry.name)
            elif not entry.name.startswith("."):
                folders.append(entry.path)
    return sorted(folders), sorted(names)


def _is_folder_entry(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return entry.is_dir()
    return False


def _status(path: Path | str) -> os.stat_result | None:
    with suppress(OSError):
        return os.stat(path)  # noqa: PTH116
    return None
