"""What outlives a run: so far, the files that penstock wrote and how it left them (SQLite)."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import AbstractContextManager, suppress
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
PRAGMA cache_size = -512;
PRAGMA user_version = {VERSION};
CREATE TABLE IF NOT EXISTS outputs (
    path BLOB NOT NULL,
    digest TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    PRIMARY KEY (path, digest)
) WITHOUT ROWID;
CREATE TEMP TABLE claims (path BLOB PRIMARY KEY, owner TEXT NOT NULL, document TEXT NOT NULL) WITHOUT ROWID;
CREATE TEMP TABLE inputs (path BLOB PRIMARY KEY) WITHOUT ROWID;
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
        self._parts: set[Path] = set()
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
            for part in self._parts:
                with suppress(OSError):
                    part.unlink(missing_ok=True)
            self._database.close()

    def _translated(self) -> AbstractContextManager[None]:
        return translated(self._what, "name another one under [engine] state")

    def claim(self, path: Path, owner: str, document: str) -> None:
        """Keep a path for an owner; raises OutputClash if another one of this run has it."""
        with self._lock, self._translated():
            key, document = _key(path), document.encode("utf-8", "backslashreplace").decode()
            self._database.execute("INSERT OR IGNORE INTO claims VALUES (?, ?, ?)", (key, owner, document))
            row = self._database.execute(
                "SELECT owner, document FROM claims WHERE path = ?", (key,)
            ).fetchone()
        if row[0] != owner:
            raise OutputClash(
                f"{document}: would write {path}, which is {row[1]}'s",
                "put {folder} into the output's name, or rename one of the two",
            )

    def note_input(self, path: Path) -> None:
        """Remember, for this run, a file that is read."""
        with self._lock, self._translated():
            self._database.execute("INSERT OR IGNORE INTO inputs VALUES (?)", (_key(path),))

    def is_input(self, path: Path) -> bool:
        """Whether this run reads the file."""
        with self._lock, self._translated():
            row = self._database.execute("SELECT 1 FROM inputs WHERE path = ?", (_key(path),)).fetchone()
        return row is not None

    def is_ours(self, path: Path) -> bool:
        """Whether the file there is as penstock wrote it: by size and time of change, else by its digest."""
        with self._lock, self._translated():
            rows = self._database.execute(
                "SELECT digest, size, modified_ns FROM outputs WHERE path = ?", (_key(path),)
            ).fetchall()
        try:
            status = path.stat() if rows else None
            return status is not None and any(
                size == status.st_size and (modified == status.st_mtime_ns or file_digest(path) == digest)
                for digest, size, modified in rows
            )
        except OSError:
            return False

    def about_to_write(self, part: Path, place: Path, digest: str) -> None:
        """Remember an unfinished file's content before it is put in its place.

        Whatever happens in between, the file that is there afterwards, old or new, is known as ours.
        """
        status = part.stat()
        with self._lock, self._translated():
            self._database.execute(
                "INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?)",
                (_key(place), digest, status.st_size, status.st_mtime_ns),
            )

    def written(self, place: Path, digest: str) -> None:
        """The file is in its place; what was there before is forgotten."""
        with self._lock, self._translated():
            self._database.execute(
                "DELETE FROM outputs WHERE path = ? AND digest != ?", (_key(place), digest)
            )

    def note_part(self, part: Path, *, finished: bool) -> None:
        """Remember an unfinished file while it is one; what is left of them at the end is removed."""
        with self._lock:
            (self._parts.discard if finished else self._parts.add)(part)


def _key(path: Path) -> bytes:
    """One file's name, whichever links lead there and whatever bytes are in it."""
    return os.fsencode(os.path.realpath(path))


__all__ = ["Journal"]
