"""Which files penstock wrote, and whether they are as it left them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

from penstock.engine.journal.database import Database
from penstock.engine.journal.neighbours import Neighbours
from penstock.engine.state_folder import SPOOL
from penstock.outputs import file_digest

_AS_LEFT = "SELECT digest, size, modified_ns FROM outputs WHERE path = ?"
_KEPT = os.fsencode(SPOOL + os.sep)


class OutputState(Enum):
    """What became of an output since penstock wrote it."""

    AS_LEFT = "as left"
    CHANGED = "changed by hand"
    GONE = "gone"


class WrittenFiles:
    """What a journal knows of files that penstock wrote, to be asked only.

    Parameters
    ----------
    folder
        The state folder: files are remembered by where they lie from there, so that a folder that is
        moved with everything in it is still known.
    rewrite
        Whether a file that penstock wrote counts as its own, too, after somebody changed it.
    neighbours
        Other state folders, beside this one, whose outputs are ours, too.
    """

    def __init__(
        self, database: Database, folder: Path, *, rewrite: bool = False, neighbours: Iterable[Path] = ()
    ) -> None:
        self._database = database
        self.neighbours = Neighbours(neighbours)
        self._start = os.path.realpath(folder)
        self._rewrite = rewrite
        self._last: tuple[Path | None, bytes] = (None, b"")

    def close(self) -> None:
        """Close what is opened here alone."""
        self.neighbours.close()

    def is_ours(self, path: Path) -> bool:
        """Whether the file there is as penstock wrote it: by size and time of change, else by its digest."""
        found = self.state(path)
        return found is OutputState.AS_LEFT or (self._rewrite and found is OutputState.CHANGED)

    def is_no_scan(self, path: Path) -> bool:
        """Whether a file in a folder of scans is none: an output, or what the state folder keeps."""
        return self._key(path).startswith(_KEPT) or self.is_ours(path)

    def state(self, path: Path) -> OutputState | None:
        """What became of a file; None for one that penstock never wrote."""
        key = self._key(path)
        rows = self._database.look_up(_AS_LEFT, key) + self.neighbours.look_up(_AS_LEFT, key)
        if not rows:
            return None
        try:
            status = path.stat()
            as_left = any(
                size == status.st_size and (modified == status.st_mtime_ns or file_digest(path) == digest)
                for digest, size, modified in rows
            )
        except FileNotFoundError:
            return OutputState.GONE
        except OSError:
            return OutputState.CHANGED
        return OutputState.AS_LEFT if as_left else OutputState.CHANGED

    def _key(self, path: Path) -> bytes:
        """One file's name, whichever links lead there and whatever bytes are in it."""
        last, key = self._last
        if path != last:
            # Files are asked for several times in a row, and each look at the links takes a while.
            key = self._looked_up(path)
            self._last = (path, key)
        return key

    def _looked_up(self, path: Path) -> bytes:
        real = os.path.realpath(path)
        try:
            return os.fsencode(os.path.relpath(real, self._start))
        except ValueError:  # another drive
            return os.fsencode(real)

    def _path(self, key: bytes) -> Path:
        return Path(os.path.normpath(Path(self._start) / os.fsdecode(key)))


__all__ = ["OutputState", "WrittenFiles"]
