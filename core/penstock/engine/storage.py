"""What SQLite and the file system raise under the engine's own files, as errors of ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from penstock.errors import NoSpace, OutputError, is_disk_full


@contextmanager
def translated(what: str, hint: str = "") -> Iterator[None]:
    """Raise NoSpace if the disk is full, else OutputError.

    Parameters
    ----------
    what
        What cannot be used: ``the state folder /home/ada/.penstock``.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_FULL or (isinstance(error, OSError) and is_disk_full(error)):
            raise NoSpace(f"{what}: the disk is full", "make room and run the same command again") from error
        raise OutputError(f"{what}: cannot be used ({error})", hint) from error


__all__ = ["translated"]
