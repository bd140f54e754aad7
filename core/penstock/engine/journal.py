"""What outlives a run: so far, the files that penstock wrote and how it left them (SQLite)."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from penstock.engine.storage import translated
from penstock.errors import OutputClash, OutputError
from penstock.outputs import file_digest

FILE = "journal.sqlite"
VERSION = 1
"""Of the schema; a journal of a newer one is never touched."""
SCHEMA = f"""
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA user_version = {VERSION};
CREATE TABLE IF NOT EXISTS outputs (
    path TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TEMP TABLE claims (path TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
CREATE TEMP TABLE inputs (path TEXT PRIMARY KEY) WITHOUT ROWID;
"""
BUSY_SECONDS = 30.0


class Journal:
    """The journal in a state folder; several runs of other pipelines may share it.

    Parameters
    ----------
    folder
        Made if it is not there. None: nothing outlives the run.
    """

    def __init__(self, folder: Path | None) -> None:
        self._lock = threading.Lock()
        self._what = f"the state folder {folder}"
        with self._translated():
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                folder / FILE if folder else ":memory:",
                check_same_thread=False,
                isolation_level=None,
                timeout=BUSY_SECONDS,
            )
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise OutputError(
                    f"{self._what} was made by a newer penstock (version {version} of its form; this one "
                    f"knows {VERSION})",
                    "update penstock, or name another folder under [engine] state",
                )
            self._database.executescript(SCHEMA)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._database.close()

    def _translated(self) -> AbstractContextManager[None]:
        return translated(self._what, "name another one under [engine] state")

    def claim(self, path: Path, document: str) -> None:
        """Keep a path for a document of this run; raises OutputClash if another one has it."""
        with self._lock, self._translated():
            self._database.execute("INSERT OR IGNORE INTO claims VALUES (?, ?)", (str(path), document))
            row = self._database.execute(
                "SELECT document FROM claims WHERE path = ?", (str(path),)
            ).fetchone()
        if row[0] != document:
            raise OutputClash(
                f"{document}: would write {path}, which is {row[0]}'s",
                "put {folder} into the output's name, or rename one of the two",
            )

    def note_input(self, path: Path) -> None:
        """Remember, for this run, a file that is read."""
        with self._lock, self._translated():
            self._database.execute("INSERT OR IGNORE INTO inputs VALUES (?)", (str(path),))

    def is_input(self, path: Path) -> bool:
        """Whether this run reads the file."""
        with self._lock:
            row = self._database.execute("SELECT 1 FROM inputs WHERE path = ?", (str(path),)).fetchone()
        return row is not None

    def is_ours(self, path: Path) -> bool:
        """Whether the file there is as penstock wrote it: by size and time of change, else by its digest."""
        with self._lock:
            row = self._database.execute(
                "SELECT digest, size, modified_ns FROM outputs WHERE path = ?", (str(path),)
            ).fetchone()
        if row is None:
            return False
        try:
            status = path.stat()
            if status.st_size != row[1]:
                return False
            return bool(status.st_mtime_ns == row[2] or file_digest(path) == row[0])
        except OSError:
            return False

    def written(self, path: Path, digest: str) -> None:
        """A whole file is in its place."""
        status = path.stat()
        with self._lock, self._translated():
            self._database.execute(
                "INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?)",
                (str(path), digest, status.st_size, status.st_mtime_ns),
            )


__all__ = ["Journal"]
