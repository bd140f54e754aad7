"""An index over the results in all state folders of a user.

A page that one pipeline or `penstock read` has recognized need not be sent again by another one. The index
says which state folder has a result for a content key and a recognizer key; the result itself is read from
that folder's journal and copied into the own one. The index is a cache: a row whose result is gone is deleted
when it is met, and a lost index is filled again as the state folders are used. Whatever is wrong with it is
one warning and never stops a run.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

from penstock.engine.journal.database import Database
from penstock.engine.keys import KEY_SIZE, ContentKey, RecognizerKey
from penstock.errors import StateError
from penstock.model import Problem

VERSION = 1
BUSY_SECONDS = 10.0
OPEN_JOURNALS = 4
"""Journals of other state folders that are kept open."""
BATCH = 10_000
"""Rows that are copied into the index at once."""

_TABLES = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS folders (
    id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, last INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS results (
    content BLOB NOT NULL, recognizer BLOB NOT NULL, folder INTEGER NOT NULL,
    PRIMARY KEY (content, recognizer, folder)
) WITHOUT ROWID;
PRAGMA user_version = {VERSION};
COMMIT;
"""

# Corrections, and what a source knew of a page, have short keys. Refusals are not shared: they may depend on
# the service's tier, which is not part of the recognizer key.
_SHARED = f"kind IN ('read', 'declined') AND length(reading) = {KEY_SIZE}"
_RESULT = f"SELECT kind, digest, answer, raw, at FROM answers WHERE content = ? AND reading = ? AND {_SHARED}"  # noqa: S608

StoredResult = tuple[str, bytes | None, bytes, bytes | None, float]
"""Kind, digest, compressed result, compressed raw answer and time, as in the table ``answers``."""


class ResultIndex:
    """The index in one SQLite file, which is created if it does not exist. Any thread.

    An index without a path is always empty. ``folder`` is the own state folder.
    """

    def __init__(self, path: Path | None, folder: Path, *, read_only: bool = False) -> None:
        self._path, self._folder = path, os.fsencode(os.path.realpath(folder))
        self._read_only = read_only
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._journals: dict[Path, Database] = {}
        self._id = 0
        self._last: int | None = None
        self.problem: Problem | None = None
        """What is wrong with the index; it is not used any more then."""
        if path is not None:
            try:
                if path.exists() or not read_only:
                    self._open(path)
            except (sqlite3.Error, OSError) as error:
                self._give_up(error)

    def _open(self, path: Path) -> None:
        if not self._read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(
            path.absolute().as_uri() + ("?mode=ro" if self._read_only else ""),
            uri=True,
            check_same_thread=False,
            isolation_level=None,
            timeout=BUSY_SECONDS,
        )
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise sqlite3.DatabaseError(f"it was made by a newer penstock, version {version}")
        if not self._read_only:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            if not version:
                self._connection.executescript(_TABLES)

    def _give_up(self, error: Exception) -> None:
        """Use the index no more and keep the reason for a warning."""
        if self._connection:
            self._connection.close()
        self._connection = None
        self.problem = Problem(
            f"the index of results {self._path}",
            f"cannot be used ({error}): results of other state folders are not found",
            "delete the file; penstock makes it again",
            self._path,
        )

    def find(self, content_key: ContentKey, recognizer_key: RecognizerKey) -> StoredResult | None:
        """Return a result that another state folder has; None if no folder has it."""
        with self._lock:
            rows = self._execute(
                "SELECT folders.id, folders.path FROM results JOIN folders ON folders.id = results.folder"
                " WHERE content = ? AND recognizer = ? AND folders.path != ?",
                *(content_key, recognizer_key, self._folder),
            )
            for folder, path in rows:
                if result := self._result_in(Path(os.fsdecode(path)), content_key, recognizer_key):
                    return result
                if not self._read_only:
                    self._execute(
                        "DELETE FROM results WHERE content = ? AND recognizer = ? AND folder = ?",
                        *(content_key, recognizer_key, folder),
                    )
        return None

    def _result_in(
        self, folder: Path, content_key: ContentKey, recognizer_key: RecognizerKey
    ) -> StoredResult | None:
        """Look into another folder's journal. A journal that cannot be used has no results."""
        try:
            journal = self._journal_of(folder)
            rows = journal.look_up(_RESULT, content_key, recognizer_key) if journal else []
        except StateError:
            self._close_journal(folder)
            return None
        return rows[0] if rows else None

    def _journal_of(self, folder: Path) -> Database | None:
        if folder not in self._journals and (journal := Database.open_read_only(folder)):
            if len(self._journals) >= OPEN_JOURNALS:
                self._close_journal(next(iter(self._journals)))
            self._journals[folder] = journal
        return self._journals.get(folder)

    def _close_journal(self, folder: Path) -> None:
        if journal := self._journals.pop(folder, None):
            journal.close()

    def update(self, database: Database) -> None:
        """Add the results that are new in the own journal since the last update. Scheduling thread only.

        Called when the journal is opened and after each commit. The number of the last indexed row is in
        the index itself, so that an index that was deleted, and results that were stored before a crash or
        before there was an index, are caught up with.
        """
        if not self._connection:
            return
        if self._last is None:
            self._last = self._last_indexed(database)
        # Rows that are not shared are passed over, too: they must not be read again after each commit.
        ((highest,),) = database.rows("SELECT coalesce(max(rowid), 0) FROM answers")
        while rows := database.rows(
            f"SELECT content, reading, rowid FROM answers WHERE rowid > ? AND {_SHARED}"  # noqa: S608
            f" ORDER BY rowid LIMIT {BATCH}",
            self._last,
        ):
            with self._lock:
                self._add(rows)
            self._last = rows[-1][2]
        self._last = max(self._last, int(highest))

    def _last_indexed(self, database: Database) -> int:
        with self._lock:
            self._execute("INSERT OR IGNORE INTO folders (path) VALUES (?)", self._folder)
            rows = self._execute("SELECT last, id FROM folders WHERE path = ?", self._folder)
        # `penstock forget` renumbers rows. Those that it keeps are indexed already.
        ((highest,),) = database.rows("SELECT coalesce(max(rowid), 0) FROM answers")
        last, self._id = rows[0] if rows else (highest, 0)
        return min(int(highest), int(last))

    def _add(self, rows: list[tuple[Any, ...]]) -> None:
        """Add rows and store the last one's number, in one transaction. The caller holds the lock."""
        if self._connection is None:
            return
        results = [(content_key, recognizer_key, self._id) for content_key, recognizer_key, _ in rows]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT OR IGNORE INTO results VALUES (?, ?, ?)", results)
            self._connection.execute("UPDATE folders SET last = ? WHERE id = ?", (rows[-1][2], self._id))
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._give_up(error)

    def _execute(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Execute a statement if the index can be used. The caller holds the lock."""
        if self._connection is None:
            return []
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            self._give_up(error)
            return []

    def close(self) -> None:
        with self._lock:
            for folder in [*self._journals]:
                self._close_journal(folder)
            if self._connection:
                self._connection.close()
            self._connection = None
