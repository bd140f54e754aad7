"""Which files penstock wrote, and whether they are as it left them."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from enum import Enum
from pathlib import Path, PurePath

from penstock.engine.journal.database import Database, writable
from penstock.engine.journal.neighbours import Neighbours
from penstock.engine.state_folder import SPOOL
from penstock.errors import OutputClash
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


OF_THIS_RUN = (
    "CREATE TEMP TABLE claims (path BLOB PRIMARY KEY, owner TEXT, document TEXT) WITHOUT ROWID",
    "CREATE TEMP TABLE inputs (path BLOB PRIMARY KEY) WITHOUT ROWID",
)


class JournalOutputs(WrittenFiles):
    """The outputs in the journal; what the sinks' files are written through."""

    def __init__(
        self, database: Database, folder: Path, *, rewrite: bool = False, neighbours: Iterable[Path] = ()
    ) -> None:
        super().__init__(database, folder, rewrite=rewrite, neighbours=neighbours)
        for statement in OF_THIS_RUN:
            database.write_now(statement)

    def remove_parts(self) -> None:
        """Remove the unfinished files of a run that was killed."""
        for (path,) in self._database.look_up("SELECT path FROM parts"):
            with suppress(OSError):
                Path(os.fsdecode(path)).unlink(missing_ok=True)
        self._database.write_now("DELETE FROM parts")

    def claim(self, path: Path, owner: str, document: str) -> None:
        """Keep a path for an owner; raises OutputClash if another one of this run has it."""
        key, document = self._key(path), writable(document)
        self._database.write_now("INSERT OR IGNORE INTO claims VALUES (?, ?, ?)", key, owner, document)
        ((has_it, whose),) = self._database.look_up("SELECT owner, document FROM claims WHERE path = ?", key)
        if has_it == owner:
            return
        # An owner is the document's index in the run and the sink's name.
        if document == whose and has_it.partition("/")[0] != owner.partition("/")[0]:
            why = f"was found twice in this run, and both times it would write {path}"
            raise OutputClash(f"{document}: {why}", "let the sources find the document only once")
        raise OutputClash(f"{document}: would write {path}, which is {whose}'s", _way_out(document, whose))

    def note_input(self, path: Path) -> None:
        """Remember, for this run, a file that is read."""
        self._database.write_now("INSERT OR IGNORE INTO inputs VALUES (?)", self._key(path))

    def is_input(self, path: Path) -> bool:
        """Whether this run reads the file."""
        return bool(self._database.look_up("SELECT 1 FROM inputs WHERE path = ?", self._key(path)))

    def adopt(self, path: Path) -> None:
        """Take a file as it is for one of ours: a correction was read from it, and nothing in it is lost."""
        status = path.stat()
        self._database.write_now(
            "UPDATE OR REPLACE outputs SET digest = ?, size = ?, modified_ns = ? WHERE path = ?",
            file_digest(path),
            status.st_size,
            status.st_mtime_ns,
            self._key(path),
        )

    def document_of(self, path: Path) -> int | None:
        """The document that a file was written for, by its number; None for no output."""
        rows = self._database.look_up(
            "SELECT document FROM outputs WHERE path = ? AND document IS NOT NULL", self._key(path)
        )
        return int(rows[0][0]) if rows else None

    def about_to_write(self, part: Path, place: Path, digest: str) -> None:
        """Remember an unfinished file's content before it is put in its place.

        Whatever happens in between, the file that is there afterwards, old or new, is known as ours.
        """
        status = part.stat()
        # Whoever's file it was: what stands there from now on is not what that delivery wrote.
        self._database.write_now(
            "DELETE FROM deliveries WHERE (document, sink) IN"
            " (SELECT document, sink FROM outputs WHERE path = ?)",
            self._key(place),
        )
        self._database.write_now(
            "INSERT OR REPLACE INTO outputs (path, digest, size, modified_ns) VALUES (?, ?, ?, ?)",
            self._key(place),
            digest,
            status.st_size,
            status.st_mtime_ns,
            lasting=True,
        )

    def written(self, place: Path, digest: str) -> None:
        """The file is in its place; what was there before is forgotten."""
        self._database.write_now(
            "DELETE FROM outputs WHERE path = ? AND digest != ?", self._key(place), digest
        )

    def note_part(self, part: Path, *, finished: bool) -> None:
        """Remember an unfinished file while it is one."""
        statement = (
            "DELETE FROM parts WHERE path = ?" if finished else "INSERT OR IGNORE INTO parts VALUES (?)"
        )
        self._database.write_now(statement, os.fsencode(part))

    def note_delivered(
        self, document: int, sink: bytes, fingerprint: bytes, outputs: tuple[Path, ...]
    ) -> None:
        """Say that a sink has written a document, with the next commit."""
        gather = self._database.gather
        gather("UPDATE outputs SET document = NULL WHERE document = ? AND sink = ?", document, sink)
        for path in outputs:
            key = self._key(path)
            gather("UPDATE outputs SET document = ?, sink = ? WHERE path = ?", document, sink, key)
        gather("INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?)", document, sink, fingerprint)

    def delivered_files(self, document: int, sink: bytes, fingerprint: bytes) -> list[Path] | None:
        """The files of a sink that has written this very reading of a document; None if it has not."""
        row = self._database.row(
            "SELECT fingerprint FROM deliveries WHERE document = ? AND sink = ?", document, sink
        )
        if row is None or row[0] != fingerprint:
            return None
        rows = self._database.rows("SELECT path FROM outputs WHERE document = ? AND sink = ?", document, sink)
        return [self._path(key) for (key,) in rows]


def _way_out(document: str, other: str) -> str:
    """What helps two documents, or two sinks, that would write one file."""
    if document == other:
        return "give one of the two sinks another output's name"
    here, there = PurePath(document), PurePath(other)
    rename = "rename one of the two"
    if unicodedata.normalize("NFC", document) == unicodedata.normalize("NFC", other):
        return f"{rename}: {there.name!a} and {here.name!a} look the same"
    if here.stem != there.stem:
        return f"put {{document}} into the output's name, or {rename}"
    if here.parent != there.parent:
        return (
            f"{rename}; or name the folder above both, and put {{folder}} into the output's name"
            " (where `penstock read` has --out, it stands there)"
        )
    return f"{rename}: an output's name does not tell their endings apart"


__all__ = ["JournalOutputs", "OutputState", "WrittenFiles"]
