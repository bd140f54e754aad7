"""Translates errors of the operating system and of object storage into those of outputs."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock.errors import NoSpace, OutputError, StorageError, is_disk_full


@contextmanager
def storage_translated() -> Iterator[None]:
    """Raise OutputError for a StorageError."""
    try:
        yield
    except StorageError as error:
        raise OutputError(error.message, error.hint) from error


@contextmanager
def translated(place: Path | str, part: Path | None = None) -> Iterator[None]:
    """Raise OutputError for an OSError. With ``part``, errors about other files pass unchanged."""
    try:
        yield
    except OSError as error:
        if part is not None and (error.errno is None or error.filename not in (None, str(part))):
            raise
        if is_disk_full(error):
            raise NoSpace(f"{place}: the disk is full", "make room and run the same command again") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            why = f"no permission to write ({error.strerror})"
        elif error.errno in (errno.ENOTDIR, errno.EEXIST):
            why = "one of its folders is a file"
        else:
            why = f"cannot be written ({error.strerror or error})"
        raise OutputError(f"{place}: {why}", "choose another folder") from error
