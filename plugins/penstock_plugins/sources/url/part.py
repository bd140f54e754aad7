"""The file that a download is gathered in: one process's at a time, found again by a later run."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from penstock.errors import NoSpace, OutputError, is_disk_full
from penstock.spool import Spool

try:
    import fcntl
except ImportError:  # Windows: two runs that share a state folder must not download the same at once
    _LOCKS = False
else:
    _LOCKS = True


class Part:
    """An unfinished download.

    Parameters
    ----------
    path
        Where.
    lasting
        Whether what is gathered may be found and gone on with later: not if somebody else is at it.
    """

    def __init__(self, path: Path, file: IO[bytes], *, lasting: bool) -> None:
        self.path = path
        self.lasting = lasting
        self.keep = False
        """Whether it stays when this run leaves it unfinished."""
        self._file = file

    @property
    def size(self) -> int:
        """Bytes gathered."""
        return self.path.stat().st_size

    def empty(self) -> None:
        """Begin anew."""
        self._file.truncate(0)

    def release(self) -> None:
        """Let the file be moved: without locks (Windows) only a closed one can be."""
        if not _LOCKS:
            self._file.close()

    def add(self, content: bytes) -> None:
        """Append what came. It is in the system's hands at once: a run that is killed loses nothing."""
        left = memoryview(content)
        with written(self.path):
            while left:
                left = left[self._file.write(left) :]


@contextmanager
def gathering(spool: Spool, name: str) -> Iterator[Part]:
    """The unfinished download of that name, which nobody else touches meanwhile.

    Somebody else who is downloading the same leaves us a file of our own, gone at the end.
    """
    path = spool.unfinished(name)
    file = _ours(path)
    lasting = file is not None
    if file is None:
        path = spool.unfinished(f"{name} {secrets.token_hex(8)}")
        file = _appending(path)
    with file:
        part = Part(path, file, lasting=lasting)
        try:
            yield part
        finally:
            # On Windows a file goes only when it is closed; the next run empties it.
            if not (part.keep and lasting):
                with suppress(OSError):
                    path.unlink(missing_ok=True)


def _appending(path: Path) -> IO[bytes]:
    with written(path):
        return path.open("ab", buffering=0)


def _ours(path: Path) -> IO[bytes] | None:
    """The file, locked for as long as it is open; None if it is somebody else's."""
    file = _appending(path)
    try:
        if _lock(file) and os.path.samestat(path.stat(), os.fstat(file.fileno())):
            return file
    except OSError:
        pass
    file.close()
    return None


def _lock(file: IO[bytes]) -> bool:
    if not _LOCKS:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Raise NoSpace if the disk is full, OutputError for whatever else the system says of the file."""
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise NoSpace(f"{path}: the disk is full", "make room and run the same command again") from error
        raise OutputError(
            f"{path}: cannot be written ({error.strerror or error})",
            "name another state folder under [engine] state",
        ) from error


__all__ = ["Part", "gathering", "written"]
