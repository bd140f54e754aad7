"""Where pictures are kept that have no file of their own: downloads, a camera's, what a transform made.

They lie in the state folder under the digest of their content, so that one picture is kept once, a file
here never changes, and every output can be made again from it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from penstock.disk import put_in_place
from penstock.errors import NoSpace, OutputError, is_disk_full
from penstock.model import StrPath

PARTS = "parts"
"""The folder of files that are being written: in one, so that what is left there is found at once."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Spool:
    """A folder of pictures named by their content. May be used by several threads and processes at once.

    Every method raises NoSpace if the disk is full, and OutputError if the folder cannot be used.

    Parameters
    ----------
    folder
        Absolute; made when it is first needed.
    """

    def __init__(self, folder: StrPath) -> None:
        self.folder = Path(folder)

    def keep(self, content: bytes, suffix: str) -> Path:
        """Keep a picture's bytes, and say where they are now.

        Parameters
        ----------
        suffix
            Of the file's name, with its dot: ``.jpg``. Nobody trusts it; people like to see it.
        """
        place = self._place(hashlib.sha256(content).hexdigest(), suffix)
        with self._translated():
            if not _holds(place, len(content)):
                self._write(place, content)
        return place

    def adopt(self, file: Path, suffix: str) -> Path:
        """Keep a whole file: it is moved here from where it was gathered. Same suffix as for `keep`."""
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
        """Where something is gathered until it can be adopted: the same place for the same name in every run.

        Whoever uses a name sees to it that nobody else does at the same time.
        """
        folder = self.folder / "unfinished"
        with self._translated():
            folder.mkdir(parents=True, exist_ok=True)
        return folder / _digest(name)

    def note(self, name: str, value: Any, *, needs: Iterable[Path] = ()) -> None:
        """Remember something JSON-able under a name, for later runs. A secret does not belong here.

        Parameters
        ----------
        needs
            Files that were kept here and that no page of a run stands for yet: `penstock forget` leaves them
            where they are as long as the note says so.
        """
        form = {"note": value, "needs": [path.name for path in needs]}
        with self._translated():
            self._write(self._note(name), json.dumps(form).encode())

    def recall(self, name: str) -> Any | None:
        """What was noted under a name; None if nothing was, or it cannot be read any more."""
        try:
            form = json.loads(self._note(name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return form["note"] if _is_note(form) else form

    def needed(self) -> set[str]:
        """The digests of the files that notes need."""
        with self._translated():
            notes = (note.read_text("utf-8", "replace") for note in self.folder.glob("notes/*.json"))
            return {digest for note in notes for digest in _needs(note)}

    def kept(self) -> Iterator[tuple[str, Path]]:
        """The files that are kept here, each behind the digest of its content."""
        for path in self.folder.glob("??/*"):
            digest = path.name[:64]
            if _DIGEST.fullmatch(digest) and digest.startswith(path.parent.name):
                yield digest, path

    def remove_parts(self) -> None:
        """Remove what processes that ended had begun to write; for who knows that no other one is at work."""
        for part in self.folder.glob(f"{PARTS}/*"):
            with suppress(OSError):
                part.unlink()

    def _write(self, place: Path, content: bytes) -> None:
        """Write a file that is in its place when it is whole; nothing stays of it otherwise."""
        part = self.folder / PARTS / f"{secrets.token_hex(8)}.part"
        for folder in (part.parent, place.parent):
            folder.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            put_in_place(part, place)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _note(self, name: str) -> Path:
        return self.folder / "notes" / f"{_digest(name)}.json"

    def _place(self, digest: str, suffix: str) -> Path:
        return self.folder / digest[:2] / f"{digest}{suffix}"

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if is_disk_full(error):
                raise NoSpace(
                    f"the spool {self.folder}: the disk is full", "make room and run the same command again"
                ) from error
            raise OutputError(
                f"the spool {self.folder}: cannot be used ({error})",
                "mend that, and run again: another state folder would know nothing of what was read",
            ) from error


def digests_in(text: str) -> list[str]:
    """The digests of contents that stand in a text, as in the names of kept files."""
    return _DIGEST.findall(text)


def _is_note(form: Any) -> bool:
    """Whether a note says what it needs; older ones are the bare value."""
    return isinstance(form, dict) and form.keys() == {"note", "needs"}


def _needs(text: str) -> list[str]:
    """The digests that a note needs: of one that does not say so, all that stand in it."""
    try:
        form = json.loads(text)
    except ValueError:
        form = None
    return digests_in("\n".join(form["needs"]) if _is_note(form) else text)


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def _holds(place: Path, size: int) -> bool:
    """Whether the whole content is there already; its name says which one it is."""
    try:
        return place.stat().st_size == size
    except FileNotFoundError:
        return False


__all__ = ["Spool", "digests_in"]
