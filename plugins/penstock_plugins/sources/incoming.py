"""A picture that arrives from outside, in a temporary file on the spool's disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile
from typing import Self

from penstock.errors import NoSpace, OutputError, is_disk_full
from penstock.spool import Spool

MB = 1_000_000


class TooLarge(Exception):
    """More bytes arrived than are allowed."""


class IncomingFile:
    """A file that grows as bytes arrive, and is gone at the end. A context manager.

    Every method raises NoSpace if the disk is full, and OutputError if the file cannot be written.
    """

    def __init__(self, spool: Spool, max_megabytes: float) -> None:
        self.size = 0
        self._spool = spool
        self._max_size = max_megabytes * MB

    def __enter__(self) -> Self:
        folder = self._spool.unfinished("").parent
        with _disk_errors(folder):
            # The file has no name, so that a process that is killed leaves nothing behind.
            self._file = TemporaryFile(dir=folder)
        return self

    def __exit__(self, *raised: object) -> None:
        # Closing writes what is still buffered, which fails again on a full disk.
        with suppress(OSError):
            self._file.close()

    def check_size(self, size: int) -> None:
        """Raise TooLarge for more bytes than are allowed."""
        if size > self._max_size:
            raise TooLarge

    def write(self, content: bytes) -> None:
        """Append bytes. Raises TooLarge before it writes too many."""
        self.size += len(content)
        self.check_size(self.size)
        with _disk_errors(self._spool.folder):
            self._file.write(content)

    @contextmanager
    def named(self) -> Iterator[Path]:
        """Copy the content to a path that the spool can adopt. The path is removed at the end."""
        path = self._spool.unfinished(token_hex(8))
        try:
            with _disk_errors(path):
                self._file.seek(0)
                with path.open("wb") as copy:
                    shutil.copyfileobj(self._file, copy)
            yield path
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise NoSpace(f"{path}: the disk is full", "make room and run the same command again") from error
        hint = "name another state folder under [engine] state"
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})", hint) from error
