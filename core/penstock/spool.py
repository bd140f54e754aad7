"""Storage for pictures that have no file of their own: downloads, camera pictures, results of transforms.

The files are in the state folder and named by the digest of their content. So each picture is stored once, a
stored file never changes, and every output can be made again from it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, TypeVar

from penstock.disk import put_in_place
from penstock.errors import NoSpace, OutputError, raise_if_disk_full
from penstock.model import StrPath

Result = TypeVar("Result")

PARTS = "parts"  # the folder of unfinished files

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Spool:
    """A folder of pictures named by their content. Several threads and processes may use it at once.

    Every method raises NoSpace if the disk is full, and OutputError if the folder cannot be used.

    Parameters
    ----------
    folder
        Absolute; created when it is first needed.
    wait_for_room
        Called, on any thread, if the disk is full; returns whether to try again. By default, it is not tried.
    """

    def __init__(
        self, folder: StrPath, wait_for_room: Callable[[NoSpace], bool] = lambda _error: False
    ) -> None:
        self.folder = Path(folder)
        self._wait_for_room = wait_for_room

    def with_room(self, write: Callable[[], Result]) -> Result:
        """Call a function that writes to the spool's disk, and again after each wait for room on a full disk.

        Raises NoSpace if the run does not wait any longer. The methods that store something do the same.
        """
        while True:
            try:
                return write()
            except NoSpace as error:
                if not self._wait_for_room(error):
                    raise

    def check_room(self) -> None:
        """Raise NoSpace if there is less than a megabyte of room."""
        with self._translated():
            self.folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=self.folder, buffering=0) as file:
                # Random bytes, because zeros take no space on a file system that compresses.
                content = memoryview(os.urandom(2**20))
                while content:
                    content = content[file.write(content) :]

    def keep(self, content: bytes, suffix: str) -> Path:
        """Store a picture's bytes and return the path of the file.

        Parameters
        ----------
        suffix
            Of the file name, with its dot: ``.jpg``. It is there for people; no code relies on it.
        """
        place = self._place(hashlib.sha256(content).hexdigest(), suffix)
        self.with_room(lambda: self._store(place, content))
        return place

    def adopt(self, file: Path, suffix: str) -> Path:
        """Move a whole file into the spool and return its new path. Same suffix as for `keep`."""
        return self.with_room(lambda: self._adopt(file, suffix))

    def _adopt(self, file: Path, suffix: str) -> Path:
        with self._translated():
            with file.open("rb+") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
                os.fsync(content.fileno())
            place = self._place(digest, suffix)
            if _holds(place, file.stat().st_size):
                file.unlink()
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                put_in_place(file, place)
        return place

    def unfinished(self, name: str) -> Path:
        """Return a path for a file that is collected until it can be adopted, the same one in every run.

        The caller makes sure that a name is used by one thread and process at a time.
        """
        folder = self.folder / "unfinished"
        self.with_room(lambda: self._make(folder))
        return folder / _digest(name)

    def _make(self, folder: Path) -> None:
        with self._translated():
            folder.mkdir(parents=True, exist_ok=True)

    def note(self, name: str, value: Any, *, needs: Iterable[Path] = ()) -> None:
        """Store a JSON-able value under a name, for later runs. It must not contain secrets.

        Parameters
        ----------
        needs
            Spooled files that no page of a run stands for yet. `penstock forget` keeps them as long as the
            note names them.
        """
        form = {"note": value, "needs": [path.name for path in needs]}
        self.with_room(lambda: self._store(self._note(name), json.dumps(form).encode(), replace=True))

    def recall(self, name: str) -> Any | None:
        """Return the value stored under a name; None if it does not exist or cannot be read."""
        try:
            return json.loads(self._note(name).read_text(encoding="utf-8"))["note"]
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def find(self, file: str, size: int) -> Path | None:
        """Return the stored file that a note names; None if it is missing or has another size.

        Parameters
        ----------
        file
            Path below the folder.
        size
            In bytes.
        """
        path = self.folder / file
        # A note that was tampered with must not make another file of this machine a document.
        is_inside = path.is_relative_to(self.folder) and ".." not in path.parts
        try:
            return path if is_inside and path.stat().st_size == size else None
        except OSError:
            return None

    def needed(self) -> set[str]:
        """Return the digests of the files that notes need."""
        with self._translated():
            notes = (note.read_text("utf-8", "replace") for note in self.folder.glob("notes/*.json"))
            return {digest for note in notes for digest in _needs(note)}

    def kept(self) -> Iterator[tuple[str, Path]]:
        """Iterate over the stored files: the digest of the content and the path."""
        for path in self.folder.glob("??/*"):
            digest = path.name[:64]
            if _DIGEST.fullmatch(digest) and digest.startswith(path.parent.name):
                yield digest, path

    def remove_parts(self) -> None:
        """Remove the unfinished files that dead processes left."""
        for part in self.folder.glob(f"{PARTS}/*"):
            with suppress(OSError), part.open("rb+") as file:
                # A process that is still writing the file holds a lock on it.
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink()

    def _store(self, place: Path, content: bytes, *, replace: bool = False) -> None:
        with self._translated():
            if replace or not _holds(place, len(content)):
                self._write(place, content)

    def _write(self, place: Path, content: bytes) -> None:
        """Write a file that gets its name when it is whole; on an error nothing is left."""
        for folder in (self.folder / PARTS, place.parent):
            folder.mkdir(parents=True, exist_ok=True)
        part, file = self._locked_part()
        try:
            with file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                # Renamed before the lock is released with the file: `remove_parts` never sees it unlocked.
                put_in_place(part, place)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _locked_part(self) -> tuple[Path, IO[bytes]]:
        """Create a file that `remove_parts` of another process leaves alone."""
        while True:
            part = self.folder / PARTS / f"{secrets.token_hex(8)}.part"
            file = part.open("wb")
            fcntl.flock(file, fcntl.LOCK_EX)
            # It may have been removed before it was locked.
            if os.fstat(file.fileno()).st_nlink:
                return part, file
            file.close()

    def _note(self, name: str) -> Path:
        return self.folder / "notes" / f"{_digest(name)}.json"

    def _place(self, digest: str, suffix: str) -> Path:
        return self.folder / digest[:2] / f"{digest}{suffix}"

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise_if_disk_full(error, f"the spool {self.folder}")
            raise OutputError(
                f"the spool {self.folder}: cannot be used ({error.strerror or error})",
                "fix this and run again: with another state folder every page is sent, and billed, again",
            ) from error


def digests_in(text: str) -> list[str]:
    """Return the digests that a text contains, for example in the names of spooled files."""
    return _DIGEST.findall(text)


def _needs(text: str) -> list[str]:
    """The digests that a note needs; for a damaged note, all that it contains."""
    try:
        return digests_in("\n".join(json.loads(text)["needs"]))
    except (ValueError, LookupError, TypeError):
        return digests_in(text)


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def _holds(place: Path, size: int) -> bool:
    """Whether the file is there and whole. Its name says what it contains."""
    try:
        return place.stat().st_size == size
    except FileNotFoundError:
        return False
