"""The files that penstock wrote, and whether they are still as it wrote them."""

from __future__ import annotations

import os
import shutil
import threading
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path, PurePath

from penstock.engine.journal.database import Database, storable
from penstock.engine.journal.runs import in_runs
from penstock.engine.keys import SinkKey
from penstock.engine.state_folder import SPOOL
from penstock.errors import OutputClash, StorageError
from penstock.outputs import CompleteFile, digest_at, file_digest
from penstock.storage import Address, ObjectStatuses, Place, is_address, remove_part

_SPOOLED = os.fsencode(SPOOL + os.sep)


def _remove(part: Path) -> None:
    """Remove an unfinished file, or a folder of them. Raises OSError."""
    if part.is_dir():
        shutil.rmtree(part)
    else:
        part.unlink(missing_ok=True)


class _LastKey(threading.local):
    """The path that a thread asked for last, and its key."""

    path: Path | None = None
    key: bytes = b""


class OutputState(Enum):
    """What became of an output since penstock wrote it."""

    AS_LEFT = "as left"
    CHANGED = "changed by hand"
    GONE = "gone"


class WrittenFiles:
    """The files that penstock wrote, read-only. Any thread.

    Paths are stored relative to the state folder, so that it can be moved together with the outputs, and
    addresses of object storage as they are. An object's `ObjectStatus.mark` takes the place of a file's time
    of change.

    ``rewrite`` if an output that was changed by hand may be replaced, too.
    """

    def __init__(self, database: Database, folder: Path, *, rewrite: bool = False) -> None:
        self._database = database
        self._start = os.path.realpath(folder)
        self._rewrite = rewrite
        self._last = _LastKey()
        self.objects = ObjectStatuses()
        """What is known about outputs on object storage."""

    def is_ours(self, path: Place) -> bool:
        """Return whether penstock wrote the file that is there, and may replace it. Raises StorageError."""
        state = self.state(path)
        return state is OutputState.AS_LEFT or (self._rewrite and state is OutputState.CHANGED)

    def is_no_scan(self, path: Place) -> bool:
        """Return whether a file in a folder of scans is an output or belongs to the state folder."""
        if isinstance(path, Address):
            return self.is_ours(path)
        return self._key(path).startswith(_SPOOLED) or self.is_ours(path) or self._is_moved_output(path)

    def _is_moved_output(self, path: Path) -> bool:
        """Return whether a file has the bytes of an output, and was never recognized under its path.

        A sink may copy a scan. The scan is known by its path, and stays one.
        """
        try:
            size = path.stat().st_size
            rows = self._database.look_up("SELECT digest FROM outputs WHERE size = ?", size)
            known = "SELECT 1 FROM digests WHERE path = ?"
            if not rows or self._database.look_up(known, os.fsencode(path)):
                return False
            return file_digest(path) in [digest for (digest,) in rows]
        except OSError:
            return False

    def state(self, path: Place) -> OutputState | None:
        """Return what became of a file; None for one that penstock did not write.

        A file of the stored size and time of change is taken as unchanged; else its digest decides. For an
        object, that means to read it. Raises StorageError.
        """
        rows = self._database.look_up(
            "SELECT digest, size, modified_ns FROM outputs WHERE path = ?", self._key(path)
        )
        if not rows:
            return None
        try:
            there = self._size_and_change(path)
            as_left = any(
                size == there[0] and (modified == there[1] or digest_at(path) == digest)
                for digest, size, modified in rows
            )
        except FileNotFoundError:
            return OutputState.GONE
        except OSError:
            return OutputState.CHANGED
        return OutputState.AS_LEFT if as_left else OutputState.CHANGED

    def of_unknown_sinks(self, document: int) -> list[Place]:
        """Return the files of a document that are there and whose sinks are not stored. See `Sinks`."""
        rows = self._database.look_up(
            "SELECT path FROM outputs WHERE document = ?1 AND sink NOT IN (SELECT sink FROM sinks"
            " WHERE pipeline = (SELECT pipeline FROM documents WHERE id = ?1))",
            document,
        )
        places = [self._path(key) for (key,) in rows]
        return [place for place in places if isinstance(place, Address) or place.exists()]

    def _size_and_change(self, path: Place) -> tuple[int, int]:
        """Return a file's size and time of change. Raises OSError or StorageError."""
        if not isinstance(path, Address):
            status = path.stat()
            return status.st_size, status.st_mtime_ns
        found = self.objects.known(path)
        if found is None:
            raise FileNotFoundError(str(path))
        return found.size, found.mark

    def _key(self, path: Place) -> bytes:
        """The path by which a file is stored: without links, relative, in whatever bytes its name has."""
        if isinstance(path, Address):
            # No path has two slashes in a row, so none begins like an address.
            return os.fsencode(str(path))
        # The same file is asked for several times in a row, and resolving links takes a while.
        last = self._last
        if path != last.path:
            last.key = os.fsencode(os.path.relpath(os.path.realpath(path), self._start))
            last.path = path
        return last.key

    def _path(self, key: bytes) -> Place:
        if is_address(os.fsdecode(key)):
            return Address.parse(os.fsdecode(key))
        return Path(os.path.normpath(Path(self._start) / os.fsdecode(key)))


class JournalOutputs(WrittenFiles):
    """The outputs of one run. Implements `penstock.outputs.OutputRegistry`. Any thread."""

    def __init__(self, database: Database, folder: Path, *, run: int, rewrite: bool = False) -> None:
        super().__init__(database, folder, rewrite=rewrite)
        self._run = run
        # The paths that this run's documents will write, and the files that it recognizes.
        database.write_now(
            "CREATE TEMP TABLE claims (path BLOB PRIMARY KEY, owner TEXT, document TEXT) WITHOUT ROWID"
        )
        database.write_now("CREATE TEMP TABLE inputs (path BLOB PRIMARY KEY) WITHOUT ROWID")

    def remove_parts(self, dead_runs: Sequence[int]) -> None:
        """Remove the unfinished files of dead runs."""
        dead, value = in_runs(dead_runs)
        for (path,) in self._database.look_up(f"SELECT path FROM parts WHERE {dead}", value):  # noqa: S608
            with suppress(OSError, StorageError):
                if is_address(name := os.fsdecode(path)):
                    remove_part(Address.parse(name))
                else:
                    _remove(Path(name))
        # The rows go last: after a crash in between, the next run tries again.
        self._database.write_now(f"DELETE FROM parts WHERE {dead}", value)  # noqa: S608

    def claim(self, path: Place, owner: str, document: str) -> None:
        """Reserve a path for an owner. Raises OutputClash if another one of this run has reserved it."""
        key, document = self._key(path), storable(document)
        claimed = "SELECT owner, document FROM claims WHERE path = ?"
        if not (rows := self._database.look_up(claimed, key)):
            self._database.write_now("INSERT OR IGNORE INTO claims VALUES (?, ?, ?)", key, owner, document)
            rows = self._database.look_up(claimed, key)
        ((first, whose),) = rows
        if first == owner:
            return
        # An owner is the document's index in the run and the sink's name.
        if document == whose and first.partition("/")[0] != owner.partition("/")[0]:
            raise OutputClash(
                f"{document}: was found twice in this run, and both times it would write {path}",
                "let the sources find the document only once",
            )
        raise OutputClash(
            f"{document}: would write {path}, which {whose} writes, too", _clash_hint(document, whose)
        )

    def note_input(self, path: Place) -> None:
        """Note, for this run, a file that is recognized."""
        self._database.write_now("INSERT OR IGNORE INTO inputs VALUES (?)", self._key(path))

    def is_input(self, path: Place) -> bool:
        return bool(self._database.look_up("SELECT 1 FROM inputs WHERE path = ?", self._key(path)))

    def adopt(self, path: Path) -> None:
        """Note that an output, as it is now, may be replaced: its correction has been stored."""
        status = path.stat()
        self._database.write_now(
            "UPDATE OR REPLACE outputs SET digest = ?, size = ?, modified_ns = ? WHERE path = ?",
            *(file_digest(path), status.st_size, status.st_mtime_ns, self._key(path)),
        )

    def document_of(self, path: Path) -> int | None:
        """Return the number of the document that a file was written for; None if it is not an output."""
        rows = self._database.look_up(
            "SELECT document FROM outputs WHERE path = ? AND document IS NOT NULL", self._key(path)
        )
        return int(rows[0][0]) if rows else None

    def note_part(self, part: Place, *, finished: bool) -> None:
        """Note an unfinished file before it is created, and that it is gone after it was renamed or removed.

        Hence after a crash each unfinished file has a row, by which the next run finds and removes it.
        """
        name = os.fsencode(str(part))
        if finished:
            self._database.write_now("DELETE FROM parts WHERE path = ?", name)
        else:
            self._database.write_now("INSERT OR REPLACE INTO parts VALUES (?, ?)", name, self._run)

    def about_to_write(self, file: CompleteFile, place: Place) -> None:
        """Note the content of a complete file, durably, before it gets its final name.

        The row of the file that it replaces stays until `written`. Hence after a crash in between, the file
        that is there, old or new, is known to be penstock's own. An object is then known by its digest.
        """
        key = self._key(place)
        # Whichever document the replaced file belonged to: that sink's output will not be there any more.
        old = "SELECT document, sink FROM outputs WHERE path = ?"
        new = "INSERT OR REPLACE INTO outputs (path, digest, size, modified_ns) VALUES (?, ?, ?, ?)"
        self._database.write_together(
            (f"DELETE FROM deliveries WHERE (document, sink) IN ({old})", (key,)),  # noqa: S608
            (new, (key, file.digest, file.size, file.modified_ns)),
            durable=True,
        )

    def written(self, place: Place, digest: str) -> None:
        """Note that a file has its final name, and forget the file that it replaced.

        Another run may be writing the same path. Its row must not get lost, and neither must this one's:
        what is there now is the last renamed file of the two.
        """
        key = self._key(place)
        with suppress(FileNotFoundError):
            there = self._size_and_change(place)
            noted = "SELECT digest, size, modified_ns FROM outputs WHERE path = ?"
            if self._database.look_up(noted, key) == [(digest, *there)]:
                return  # as `about_to_write` has noted it
            others = "path = ? AND digest != ? AND (size, modified_ns) IS NOT (?, ?)"
            new = "INSERT OR IGNORE INTO outputs (path, digest, size, modified_ns) VALUES (?, ?, ?, ?)"
            self._database.write_together(
                (f"DELETE FROM outputs WHERE {others}", (key, digest, *there)),  # noqa: S608
                (new, (key, digest, *there)),
            )
            if isinstance(place, Address):
                # The mark was not known before the upload.
                self._database.write_now(
                    "UPDATE outputs SET modified_ns = ? WHERE path = ? AND digest = ?", there[1], key, digest
                )

    def note_delivered(
        self, document: int, sink_key: SinkKey, fingerprint: bytes, outputs: tuple[Place, ...]
    ) -> None:
        """Note with the next commit that a sink has written a document."""
        gather = self._database.gather
        gather("UPDATE outputs SET document = NULL WHERE document = ? AND sink = ?", document, sink_key)
        for path in outputs:
            key = self._key(path)
            gather("UPDATE outputs SET document = ?, sink = ? WHERE path = ?", document, sink_key, key)
        gather("INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?)", document, sink_key, fingerprint)

    def delivered_files(self, document: int, sink_key: SinkKey, fingerprint: bytes) -> list[Place] | None:
        """Return the files of a sink that has written this version of a document; None if it has not."""
        row = self._database.row(
            "SELECT fingerprint FROM deliveries WHERE document = ? AND sink = ?", document, sink_key
        )
        if row is None or row[0] != fingerprint:
            return None
        rows = self._database.rows(
            "SELECT path FROM outputs WHERE document = ? AND sink = ?", document, sink_key
        )
        return [self._path(key) for (key,) in rows]


def _clash_hint(document: str, other: str) -> str:
    """What to do if two documents, or two sinks, would write one file."""
    if document == other:
        return "give one of the two sinks another output name"
    here, there = PurePath(document), PurePath(other)
    rename = "rename one of the two"
    if unicodedata.normalize("NFC", document) == unicodedata.normalize("NFC", other):
        return f"{rename}: {there.name!a} and {here.name!a} look the same"
    if here.stem != there.stem:
        return f"put {{document}} into the output name, or {rename}"
    if here.parent != there.parent:
        return (
            f"{rename}, or name the folder above both as the only input; the output name must contain"
            " {folder}, as that of `penstock read --out FOLDER` does"
        )
    return f"{rename}: the output name does not contain their suffixes"
