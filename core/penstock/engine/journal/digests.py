"""SHA-256 digests of files, stored with path, size and time of change so that no file is read twice."""

from __future__ import annotations

import os
from pathlib import Path

from penstock.engine.journal.database import Database
from penstock.model import Picture
from penstock.outputs import file_digest


class Digests:
    """The digests of pictures' files. Intake thread only.

    Parameters
    ----------
    read_only
        Whether new digests are not stored, for a dry run.
    """

    def __init__(self, database: Database, *, read_only: bool = False) -> None:
        self._database, self._read_only = database, read_only
        self._last: tuple[Path, int | None, int | None] | None = None
        self._digest = b""

    def of(self, picture: Picture) -> bytes:
        """Return the digest of a picture's file. Raises OSError if the file cannot be read.

        If the file has changed since it was found, this is the digest of its present content. The recognizer
        that opens it notices the change.
        """
        asked = (picture.path, picture.size, picture.modified_ns)
        # All pages of a PDF or TIFF have the same file.
        if asked != self._last:
            self._digest = self._stored(picture) or self._computed(picture)
            self._last = asked
        return self._digest

    def _stored(self, picture: Picture) -> bytes | None:
        if picture.size is None:
            return None
        rows = self._database.look_up(
            "SELECT digest FROM digests WHERE path = ? AND size = ? AND modified_ns = ?",
            *(os.fsencode(picture.path), picture.size, picture.modified_ns),
        )
        return bytes(rows[0][0]) if rows else None

    def _computed(self, picture: Picture) -> bytes:
        digest = bytes.fromhex(file_digest(picture.path))
        if picture.size is not None and not self._read_only:
            self._database.write_now(
                "INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?)",
                *(os.fsencode(picture.path), picture.size, picture.modified_ns, digest),
            )
        return digest


__all__ = ["Digests"]
