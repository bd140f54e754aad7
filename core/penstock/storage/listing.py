"""Remembers what a run has learned about objects, so that few requests are made for many outputs."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from penstock.errors import StorageUnreachable
from penstock.storage.address import Address
from penstock.storage.objects import ObjectStatus, status, statuses_in

ASKED_SINGLY = 16
"""Objects of one folder that are asked for one by one. Then the whole folder is listed, once."""
PAUSE_SECONDS = 60.0
"""A service that could not be reached is left alone for this long; each use fails at once."""

Result = TypeVar("Result")

_TABLES = """
CREATE TABLE objects (address TEXT PRIMARY KEY, size INTEGER, mark INTEGER, tag TEXT) WITHOUT ROWID;
CREATE TABLE folders (folder TEXT PRIMARY KEY, asked INTEGER, listed INTEGER) WITHOUT ROWID;
"""


class ObjectStatuses:
    """What is known about the objects of a run. Any thread.

    It is kept in a temporary database on disk, so that memory does not grow with the number of objects.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        # Guards the attributes and the database. A folder is listed under it, so that it is listed once.
        self._lock = threading.RLock()
        self._opened: sqlite3.Connection | None = None
        # For a bucket or host: when a request failed, its address, and the error.
        self._unreachable: dict[tuple[str, str], tuple[float, Address, StorageUnreachable]] = {}

    def known(self, address: Address) -> ObjectStatus | None:
        """Return an object's status, which may be as old as the run; None if it does not exist.

        Raises StorageError.
        """
        with self._lock:
            rows = self._look_up("SELECT size, mark, tag FROM objects WHERE address = ?", str(address))
            if rows:
                return ObjectStatus(*rows[0]) if rows[0][0] is not None else None
            folder = str(address.parent)
            asked = self._look_up("SELECT asked, listed FROM folders WHERE folder = ?", folder)
            times, is_listed = asked[0] if asked else (0, 0)
            if is_listed:
                return None
            self._write("INSERT OR REPLACE INTO folders VALUES (?, ?, 0)", folder, times + 1)
            if times >= ASKED_SINGLY:
                return self._listed(address.parent).get(address)
        return self.current(address)

    def current(self, address: Address) -> ObjectStatus | None:
        """Ask the service for an object's status now; None if it does not exist. Raises StorageError."""
        found = self.watched(address, lambda: status(address))
        self.note(address, found)
        return found

    def note(self, address: Address, found: ObjectStatus | None) -> None:
        """Note an object's status: that of one which was just written, for example."""
        values = (found.size, found.mark, found.tag) if found else (None, None, None)
        with self._lock:
            self._write("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", str(address), *values)

    def watched(self, address: Address, request: Callable[[], Result]) -> Result:
        """Make a request, unless the service could not be reached a moment ago. Raises StorageError."""
        service = (address.scheme, address.root)
        with self._lock:
            failed = self._unreachable.get(service)
        if failed and self._now() - failed[0] < PAUSE_SECONDS:
            _, other, error = failed
            raise StorageUnreachable(f"{address}: {error.message.removeprefix(f'{other}: ')}", error.hint)
        try:
            return request()
        except StorageUnreachable as caught:
            with self._lock:
                self._unreachable[service] = (self._now(), address, caught)
            raise

    def close(self) -> None:
        """Remove the database. It is made anew if it is needed again."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
            self._opened = None

    def _listed(self, folder: Address) -> dict[Address, ObjectStatus]:
        found = self.watched(folder, lambda: statuses_in(folder))
        with self._lock:
            self._database().executemany(
                # What was noted before may be newer than the list.
                "INSERT OR IGNORE INTO objects VALUES (?, ?, ?, ?)",
                ((str(address), each.size, each.mark, each.tag) for address, each in found.items()),
            )
            self._write("INSERT OR REPLACE INTO folders VALUES (?, 0, 1)", str(folder))
        return found

    def _look_up(self, statement: str, *values: object) -> list[Any]:
        return self._database().execute(statement, values).fetchall()

    def _write(self, statement: str, *values: object) -> None:
        self._database().execute(statement, values)

    def _database(self) -> sqlite3.Connection:
        if self._opened is None:
            # Without a name: a file of its own, which SQLite removes.
            self._opened = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._opened.executescript(_TABLES)
        return self._opened
