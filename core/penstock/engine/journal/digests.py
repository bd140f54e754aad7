"""Digests of files, known by path, size and time of change: an unchanged file is not read to know it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from penstock.engine.journal.database import Database
from penstock.model import Picture


class Digests:
    """SHA-256 of files; from one thread, the intake's."""

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

    def is_unheard_of(self, picture: Picture) -> bool:
        """Whether no file of this size was ever met: then nothing of it can have been read."""
        size = picture.size if picture.size is not None else picture.path.stat().st_size
        return not self._database.look_up("SELECT 1 FROM digests WHERE size = ? LIMIT 1", size)

    def _known(self, picture: Picture) -> bytes | None:
        if picture.size is None:
            return None
        rows = self._database.look_up(
            "SELECT digest FROM digests WHERE path = ? AND size = ? AND modified_ns = ?",
            *(os.fsencode(picture.path), picture.size, picture.modified_ns),
        )
        return bytes(rows[0][0]) if rows else None

    def _computed(self, picture: Picture) -> bytes:
        with picture.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
        if picture.size is not None:
            self._database.write_now(
                "INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?)",
                *(os.fsencode(picture.path), picture.size, picture.modified_ns, digest),
            )
        return digest


__all__ = ["Digests"]
