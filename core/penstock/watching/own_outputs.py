"""What the journal knows about the files in a watched folder."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from penstock.engine.journal.database import FILE, Database
from penstock.engine.journal.outputs import OutputState, WrittenFiles
from penstock.errors import PenstockError


class OwnOutputs:
    """The files in the journal of a state folder, which runs go on writing. For one thread."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._database: Database | None = None
        self._written: WrittenFiles | None = None

    def has(self, path: Path) -> bool:
        """Return whether penstock wrote a file, also if it was edited since.

        False if the journal cannot be read: the run then passes its outputs over.
        """
        with suppress(PenstockError):
            written = self._opened()
            return written is not None and (
                written.is_no_scan(path) or written.state(path) is OutputState.CHANGED
            )
        return False

    def has_seen(self, path: Path) -> bool:
        """Return whether a run has looked at the content of a file as it is now.

        The document may be unfinished. False if the journal or the file cannot be read.
        """
        with suppress(PenstockError, OSError):
            if self._opened() is not None and self._database is not None:
                status = path.stat()
                return bool(
                    self._database.look_up(
                        "SELECT 1 FROM digests WHERE path = ? AND size = ? AND modified_ns = ?",
                        *(os.fsencode(path), status.st_size, status.st_mtime_ns),
                    )
                )
        return False

    def close(self) -> None:
        """Close the journal."""
        if self._database is not None:
            self._database.close()
            self._database = self._written = None

    def _opened(self) -> WrittenFiles | None:
        if self._written is None and (self._state / FILE).exists():
            self._database = Database(self._state, read_only=True)
            self._written = WrittenFiles(self._database, self._state)
        return self._written
