"""Digests of files, known by path, size and time of change: an unchanged file is not read to know it."""

from __future__ import annotations

import os
from pathlib import Path

from penstock.engine.journal.database import Database
from penstock.model import Picture
from penstock.outputs import file_digest


class Digests:
    """SHA-256 of files; for one thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last: tuple[Path, int | None, int | None] | None = None
        self._digest = b""

    def of(self, picture: Picture) -> bytes:
        """A picture's file's digest. Raises OSError if the file cannot be read.

        A file that has changed since it was found gets the digest of what is there now; whoever opens it
        to send it finds out.
        """
        asked = (picture.path, picture.size, picture.modified_ns)
        if asked != self._last:
            self._digest = self._known(picture) or self._computed(picture)
            self._last = asked
        return self._digest

    def looked_up(self, picture: Picture) -> bytes | None:
        """A picture's file's digest without a word to the journal; None if no file of its size was ever met.

        Nothing of such a file can have been read, so it need not be opened. Raises OSError as `of` does.
        """
        size = picture.size if picture.size is not None else picture.path.stat().st_size
        if not self._database.look_up("SELECT 1 FROM digests WHERE size = ? LIMIT 1", size):
            return None
        return self._known(picture) or _digest(picture.path)

    def _known(self, picture: Picture) -> bytes | None:
        if picture.size is None:
            return None
        rows = self._database.look_up(
            "SELECT digest FROM digests WHERE path = ? AND size = ? AND modified_ns = ?",
            *(os.fsencode(picture.path), picture.size, picture.modified_ns),
        )
        return bytes(rows[0][0]) if rows else None

    def _computed(self, picture: Picture) -> bytes:
        digest = _digest(picture.path)
        if picture.size is not None:
            self._database.write_now(
                "INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?)",
                *(os.fsencode(picture.path), picture.size, picture.modified_ns, digest),
            )
        return digest


def _digest(path: Path) -> bytes:
    return bytes.fromhex(file_digest(path))


__all__ = ["Digests"]
