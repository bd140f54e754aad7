"""Downloads of objects to the spool. An object that has not changed is not downloaded again."""

from __future__ import annotations

import hashlib
import logging
import math
from pathlib import Path

from penstock.errors import ObjectChanged, StorageUnreachable
from penstock.spool import Spool
from penstock.storage import Address, ObjectStatus, find, read
from penstock_plugins.sources.files.object_walk import FoundObject
from penstock_plugins.sources.incoming import IncomingFile

log = logging.getLogger(__name__)

FORMAT = 1  # of a note; notes of other formats are ignored
ATTEMPTS = 3  # at an object that is replaced, or whose connection breaks, while it is read


class ObjectDownloads:
    """Downloads objects. Any thread."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def path_of(self, found: FoundObject) -> Path:
        """Return the file of an object in the spool, downloaded if need be.

        Raises StorageError, NoSpace if the disk is full, and OutputError if the spool cannot be used.
        """
        if path := self._noted(found.address, found.status):
            return path
        status = found.status
        for _ in range(ATTEMPTS - 1):
            try:
                return self._downloaded(found, status)
            except ObjectChanged:
                # The folder may have been listed long ago.
                status = find(found.address) or status
            except StorageUnreachable:
                if found.address.scheme != "sftp":
                    raise  # its library has tried again by itself
        return self._downloaded(found, status)

    def _downloaded(self, found: FoundObject, status: ObjectStatus) -> Path:
        return self._spool.with_room(lambda: self._download(found, status))

    def _download(self, found: FoundObject, status: ObjectStatus) -> Path:
        from penstock.images import EXTENSIONS

        suffix = found.path.suffix.lower()
        with IncomingFile(self._spool, math.inf) as file:
            for piece in read(found.address, status):
                file.write(piece)
            with file.named() as path:
                stored = self._spool.adopt(path, suffix if suffix in EXTENSIONS else "")
        log.debug("%s: downloaded %d bytes", found.address, status.size)
        self._note(found.address, status, stored)
        return stored

    def _noted(self, address: Address, status: ObjectStatus) -> Path | None:
        """Return the file of an earlier download; None if there is none, or of another version."""
        note = self._spool.recall(_key(address))
        if not isinstance(note, dict) or note.get("format") != FORMAT or note.get("mark") != status.mark:
            return None
        file, size = note.get("file"), note.get("size")
        return self._spool.find(file, status.size) if isinstance(file, str) and size == status.size else None

    def _note(self, address: Address, status: ObjectStatus, path: Path) -> None:
        file = path.relative_to(self._spool.folder).as_posix()
        self._spool.note(
            _key(address), {"format": FORMAT, "file": file, "size": status.size, "mark": status.mark}
        )


def _key(address: Address) -> str:
    return f"object {hashlib.sha256(str(address).encode(errors='surrogatepass')).hexdigest()}"
