"""The journal's file: opened, checked, and written by two hands that never meet.

The thread that schedules gathers what it has to say and writes it as one transaction, which is on the disk
when `commit` comes back. Everybody else writes at once, in transactions that survive the process but
perhaps not a power cut; the next `commit` makes them last, too.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from penstock.engine.journal.reserve import FILE as RESERVE
from penstock.engine.journal.schema import VERSION, bring_up_to_date
from penstock.engine.state_folder import MEND
from penstock.errors import JournalDamaged, NoSpace, StateError, is_disk_full

FILE = "journal.sqlite"
BUSY_SECONDS = 30.0
PUT_BACK = "put a copy back, or move it away: what was read is then read again, and billed again"

_NO_TEXT = "Could not decode to UTF-8"
"""What Python says of a text in the journal that is none; it has no number for that."""

Row = Sequence[Any]


def writable(text: str) -> str:
    """A text that SQLite takes: names may hold bytes that are none, and are written escaped."""
    return text.encode("utf-8", "backslashreplace").decode()


class Database:
    """The journal's SQLite file.

    Parameters
    ----------
    folder
        Made if it is not there.
    network
        Whether the folder is on another machine: then without the shared memory that WAL needs.
    look_only
        Whether nothing is to be written: the file is there, and another process may be writing it.
    """

    def __init__(self, folder: Path, *, network: bool = False, look_only: bool = False) -> None:
        self._what = f"the state folder {folder}"
        self._path = folder / FILE
        self._network = network
        self._gathered: list[tuple[str, Row]] = []
        self._writing = threading.Lock()
        with self.translated(), ExitStack() as opened:
            self._opened = opened
            self._refuse_emptied(folder)
            if look_only:
                self._main = self._other = self._looking()
                self.version = self._refuse_other_forms(oldest=1)
            else:
                folder.mkdir(parents=True, exist_ok=True)
                self._main = self._tuned("FULL")
                self.version = self._refuse_other_forms(oldest=None)
                if self.version < VERSION:
                    bring_up_to_date(self._main, self.version, folder)
                    self.version = VERSION
                self._other = self._tuned("NORMAL")
            # What was opened stays open, unless something was raised on the way.
            self._opened = opened.pop_all()

    @classmethod
    def to_look_at(cls, folder: Path) -> Database | None:
        """The journal of a folder, only to be looked at; None if there is none, or it is being made."""
        if not (folder / FILE).exists():
            return None
        made = cls(folder, look_only=True)
        if made.version:
            return made
        made.close()
        return None

    def _connected(self, how: str = "") -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path.absolute().as_uri() + how,
            uri=True,
            check_same_thread=False,
            isolation_level=None,
            timeout=BUSY_SECONDS,
        )
        return self._opened.enter_context(closing(connection))

    def _looking(self) -> sqlite3.Connection:
        """A connection that writes nothing; where nothing can be written, as if nobody did."""
        if os.access(self._path.parent, os.W_OK):
            connection = self._connected()
            connection.execute("PRAGMA query_only = ON")
            return connection
        try:
            connection = self._connected("?mode=ro")
            connection.execute("PRAGMA user_version")
        except sqlite3.OperationalError:
            # SQLite would write beside the file what says who reads it.
            connection = self._connected("?immutable=1")
        return connection

    def _tuned(self, synchronous: str) -> sqlite3.Connection:
        database = self._connected()
        mode = "TRUNCATE" if self._network else "WAL"
        database.execute(f"PRAGMA journal_mode = {mode}")
        database.execute(f"PRAGMA synchronous = {'FULL' if self._network else synchronous}")
        database.execute("PRAGMA cache_size = -2048")
        return database

    def _refuse_emptied(self, folder: Path) -> None:
        """Raise JournalDamaged for an empty file that was a journal once: SQLite would begin anew."""
        with suppress(FileNotFoundError):
            if self._path.stat().st_size == 0 and (folder / RESERVE).exists():
                raise JournalDamaged(f"{self._path} is damaged (it is empty)", PUT_BACK)

    def _refuse_other_forms(self, oldest: int | None) -> int:
        """The version of the form, 0 for one that is not made yet. Raises StateError for one of no use.

        An older one from ``oldest`` on is of no use to who only looks.
        """
        version = int(self._main.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise StateError(
                f"{self._what} was made by a newer penstock (version {version} of its form; this one "
                f"knows {VERSION})",
                "update penstock, or name another folder under [engine] state",
            )
        if oldest is not None and oldest <= version < VERSION:
            raise StateError(
                f"{self._what} was made by an older penstock",
                "run its pipeline once, which brings it up to date",
            )
        return version

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Raise JournalDamaged, NoSpace or StateError for what SQLite and the system say."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or _NO_TEXT in str(error):
                raise JournalDamaged(f"{self._path} is damaged ({error})", PUT_BACK) from error
            if code == sqlite3.SQLITE_FULL or (isinstance(error, OSError) and is_disk_full(error)):
                raise NoSpace(
                    f"{self._what}: the disk is full", "make room and run the same command again"
                ) from error
            raise StateError(f"{self._what}: cannot be used ({error})", MEND) from error

    def gather(self, statement: str, *values: Any) -> None:
        """Say something that is to be written with the next `commit`. On the scheduling thread only."""
        self._gathered.append((statement, values))

    def commit(self) -> None:
        """Write what was gathered: all of it, on the disk when this returns, or nothing.

        Raises as `translated` does; what was gathered is kept, and written by the next call that can.
        """
        if not self._gathered:
            return
        with self._writing, self.translated():
            try:
                self._main.execute("BEGIN IMMEDIATE")
                for statement, values in self._gathered:
                    self._main.execute(statement, values)
                self._main.execute("COMMIT")
            except BaseException:
                if self._main.in_transaction:
                    self._main.execute("ROLLBACK")
                raise
        self._gathered.clear()

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What is written so far; for the scheduling thread."""
        with self.translated():
            return self._main.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        """The first of `rows`."""
        with self.translated():
            found: tuple[Any, ...] | None = self._main.execute(statement, values).fetchone()
        return found

    def write_now(self, statement: str, *values: Any, lasting: bool = False) -> int:
        """Write at once, from any thread; gives the number of rows that were changed.

        ``lasting``: it survives a power cut, too.
        """
        with self._writing, self.translated():
            if not lasting or self._network:
                return self._other.execute(statement, values).rowcount
            self._other.execute("PRAGMA synchronous = FULL")
            try:
                return self._other.execute(statement, values).rowcount
            finally:
                self._other.execute("PRAGMA synchronous = NORMAL")

    def look_up(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What is written so far; from any thread."""
        with self._writing, self.translated():
            return self._other.execute(statement, values).fetchall()

    def close(self) -> None:
        """Close both connections."""
        with self._writing:
            self._opened.close()


__all__ = ["FILE", "PUT_BACK", "Database", "writable"]
