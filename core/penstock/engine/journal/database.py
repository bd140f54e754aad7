"""The SQLite file of a journal: opened, checked, read and written.

A run writes in two ways:

- The scheduling thread collects statements with `gather` and writes them with `commit` as one transaction.
  They are on the disk when `commit` returns, so that a call which follows may rely on them.
- Other threads write at once with `write_now`. Such a write survives the end of the process but perhaps not
  a power cut; the next `commit` makes it durable, too.

Each way has a connection of its own, for a connection has one setting of ``synchronous``. A lock makes sure
that only one of them writes. Several processes may write one journal: SQLite makes them wait for each other.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from penstock.engine.journal.schema import OLDEST, VERSION, create_or_migrate
from penstock.engine.state_folder import FIX_AND_RETRY
from penstock.errors import JournalDamaged, NoSpace, StateError, raise_if_disk_full

FILE = "journal.sqlite"
RESERVE = "reserve"
RESERVE_BYTES = 2**20
"""Enough for the operations of some thousands of pages, and for a part of their results."""
BUSY_SECONDS = 30.0
"""How long a write waits for other processes."""
RESTORE = "restore a copy, or move the file away: its pages are then recognized, and billed, again"

_NOT_UTF_8 = "Could not decode to UTF-8"
"""How Python reports a damaged text; the exception has no error code."""

Row = Sequence[Any]
Result = TypeVar("Result")


def storable(text: str) -> str:
    """Return the text with what is no UTF-8 escaped: file names may hold any bytes, SQLite's texts not."""
    return text.encode("utf-8", "backslashreplace").decode()


class Database:
    """The SQLite file of a journal, in a state folder which is created if it does not exist.

    On a ``network`` share the rollback journal is used: WAL needs memory that is shared by all processes.
    With ``read_only`` the journal must exist, and other processes may be writing it.
    """

    def __init__(self, folder: Path, *, network: bool = False, read_only: bool = False) -> None:
        self._name = f"the state folder {folder}"
        self._path = folder / FILE
        self._network = network
        self.wait_for_room: Callable[[NoSpace], bool] = lambda _error: False
        """Called by `look_up` and `write_now` if the disk is full; returns whether to try again."""
        self._gathered: list[tuple[str, Row]] = []
        self._writing = threading.Lock()
        with self.translated(), ExitStack() as opened:
            self._opened = opened
            self._refuse_emptied()
            if read_only:
                self._main = self._other = self._connect_read_only()
                self.version = self._checked_version(oldest=VERSION)
            else:
                folder.mkdir(parents=True, exist_ok=True)
                self._main = self._connect_tuned("FULL")
                if self._checked_version(oldest=OLDEST) < VERSION:
                    create_or_migrate(self._main)
                self.version = VERSION
                self._other = self._connect_tuned("NORMAL")
            # Keep the connections open, unless an exception has been raised before this line.
            self._opened = opened.pop_all()

    @classmethod
    def open_read_only(cls, folder: Path) -> Database | None:
        """Open the journal of a state folder for reading; None if it does not exist or has no tables."""
        try:
            if not (folder / FILE).exists():
                return None
        except OSError as error:
            raise StateError(f"{folder / FILE}: {error.strerror or error}", FIX_AND_RETRY) from error
        database = cls(folder, read_only=True)
        if database.version:
            return database
        database.close()
        return None

    def _connect(self, query: str = "") -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path.absolute().as_uri() + query,
            uri=True,
            check_same_thread=False,
            isolation_level=None,
            timeout=BUSY_SECONDS,
        )
        return self._opened.enter_context(closing(connection))

    def _connect_read_only(self) -> sqlite3.Connection:
        if os.access(self._path.parent, os.W_OK):
            connection = self._connect()
            connection.execute("PRAGMA query_only = ON")
            return connection
        try:
            connection = self._connect("?mode=ro")
            connection.execute("PRAGMA user_version")
        except sqlite3.OperationalError:
            # SQLite wants to create the shared-memory file of the WAL beside the journal, and cannot. Where
            # nothing can be written, no other process writes either, so no such file is needed.
            connection = self._connect("?immutable=1")
        return connection

    def _connect_tuned(self, synchronous: str) -> sqlite3.Connection:
        connection = self._connect()
        self._set_journal_mode(connection)
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._network else synchronous}")
        connection.execute("PRAGMA cache_size = -2048")
        return connection

    def _set_journal_mode(self, connection: sqlite3.Connection) -> None:
        """Set the mode. SQLite does not always wait here for other processes that open a new journal."""
        until = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                connection.execute(f"PRAGMA journal_mode = {'TRUNCATE' if self._network else 'WAL'}")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.01)
            else:
                return

    def _refuse_emptied(self) -> None:
        """Raise JournalDamaged for an empty file that was a journal once: SQLite would start a new one."""
        with suppress(FileNotFoundError):
            if self._path.stat().st_size == 0 and self._path.with_name(RESERVE).exists():
                raise JournalDamaged(f"{self._path} is damaged (it is empty)", RESTORE)

    def _checked_version(self, *, oldest: int) -> int:
        """Return the journal's version, 0 for a new one. Raises StateError for one that cannot be used."""
        version = int(self._main.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise StateError(
                f"{self._name} was made by a newer penstock (its journal has version {version}, this penstock"
                f" supports {VERSION})",
                "update penstock, or name another folder under [engine] state",
            )
        if 0 < version < OLDEST:
            raise StateError(
                f"{self._name} was made by an older penstock (its journal has version {version}, the oldest"
                f" that can be migrated is {OLDEST})",
                "name another folder under [engine] state",
            )
        if 0 < version < oldest:
            raise StateError(
                f"{self._name} was made by an older penstock",
                "run its pipeline once, which migrates the journal",
            )
        return version

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn errors of SQLite and of the operating system into JournalDamaged, NoSpace or StateError."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or _NOT_UTF_8 in str(error):
                raise JournalDamaged(f"{self._path} is damaged ({error})", RESTORE) from error
            raise_if_disk_full(error, self._name)
            raise StateError(f"{self._name}: cannot be used ({error})", FIX_AND_RETRY) from error

    def gather(self, statement: str, *values: Any) -> None:
        """Collect a statement for the next `commit`. Scheduling thread only."""
        self._gathered.append((statement, values))

    def commit(self) -> None:
        """Write the collected statements: all of them, durably, or none.

        Raises as `translated` does. The statements are then kept for the next call.
        """
        if not self._gathered:
            return
        with self._writing, self.translated():
            _transact(self._main, self._gathered)
        self._gathered.clear()

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query. Scheduling thread only."""
        with self.translated():
            return self._main.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        """Return the first row of a query. Scheduling thread only."""
        with self.translated():
            row: tuple[Any, ...] | None = self._main.execute(statement, values).fetchone()
        return row

    def look_up(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement. Any thread."""
        return self._with_room(lambda: self._other.execute(statement, values).fetchall())

    def write_now(self, statement: str, *values: Any, durable: bool = False) -> int:
        """Write at once and return the number of changed rows. Any thread.

        ``durable`` makes the write survive a power cut.
        """

        def write() -> int:
            with self._synced(durable=durable):
                return self._other.execute(statement, values).rowcount

        return self._with_room(write)

    def write_together(self, *statements: tuple[str, Row], durable: bool = False) -> None:
        """Write several statements at once: all of them or none. Any thread."""

        def write() -> None:
            with self._synced(durable=durable):
                _transact(self._other, statements)

        self._with_room(write)

    def transact(self, work: Callable[[sqlite3.Connection], Result], *, durable: bool = False) -> Result:
        """Read and write in one transaction, and return what ``work`` returns. Any thread.

        No other process writes in the meantime. If ``work`` raises, nothing is written.
        """

        def write() -> Result:
            with self._synced(durable=durable), _transaction(self._other):
                return work(self._other)

        return self._with_room(write)

    def _with_room(self, execute: Callable[[], Result]) -> Result:
        while True:
            try:
                with self._writing, self.translated():
                    return execute()
            except NoSpace as error:
                if not self.wait_for_room(error):
                    raise

    @contextmanager
    def _synced(self, *, durable: bool) -> Iterator[None]:
        """Have what is written now survive a power cut, too. The caller holds the lock."""
        with self.translated():
            if not durable or self._network:
                yield
                return
            self._other.execute("PRAGMA synchronous = FULL")
            try:
                yield
            finally:
                self._other.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        with self._writing:
            self._opened.close()


def _transact(connection: sqlite3.Connection, statements: Sequence[tuple[str, Row]]) -> None:
    """Execute statements as one transaction."""
    with _transaction(connection):
        for statement, values in statements:
            connection.execute(statement, values)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        # IMMEDIATE takes the write lock first. A transaction that becomes a writer halfway fails at once,
        # without waiting, if another process has written in between.
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


class Reserve:
    """A file whose space is freed when the disk is full, so that results already billed can be stored."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / RESERVE

    def hold(self) -> None:
        """Take the space. Raises OSError if there is too little."""
        with suppress(FileNotFoundError):
            if self._path.stat().st_size == RESERVE_BYTES:
                return
        try:
            # Random bytes, for zeros take no space on a file system that compresses.
            self._path.write_bytes(os.urandom(RESERVE_BYTES))
        except OSError:
            self.release()
            raise

    def release(self) -> bool:
        """Free the space; False if there was nothing to free."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
