"""Where pictures are kept that have no file of their own: downloads, a camera's, what a transform made.

They lie in the state folder under the digest of their content, so that one picture is kept once, a file
here never changes, and every output can be made again from it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from penstock.errors import NoSpace, OutputError, is_disk_full


class Spool:
    """A folder of pictures named by their content. May be used by several threads and processes at once.

    Every method raises NoSpace if the disk is full, and OutputError if the folder cannot be used.

    Parameters
    ----------
    folder
        Absolute; made when it is first needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

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
                place.parent.mkdir(parents=True, exist_ok=True)
                part = place.with_name(f".{secrets.token_hex(4)}.part")
                try:
                    with part.open("wb") as file:
                        file.write(content)
                        file.flush()
                        os.fsync(file.fileno())
                    part.replace(place)
                finally:
                    with suppress(OSError):
                        part.unlink(missing_ok=True)
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
                file.replace(place)
        return place

    def unfinished(self, name: str) -> Path:
        """Where something is gathered until it can be adopted: the same place for the same name in every run.

        Whoever uses a name sees to it that nobody else does at the same time.
        """
        folder = self.folder / "unfinished"
        with self._translated():
            folder.mkdir(parents=True, exist_ok=True)
        return folder / _digest(name)

    def note(self, name: str, value: Any) -> None:
        """Remember something JSON-able under a name, for later runs. A secret does not belong here."""
        place = self._note(name)
        with self._translated():
            place.parent.mkdir(parents=True, exist_ok=True)
            part = place.with_name(f".{secrets.token_hex(4)}.part")
            try:
                part.write_text(json.dumps(value), encoding="utf-8")
                part.replace(place)
            finally:
                with suppress(OSError):
                    part.unlink(missing_ok=True)

    def recall(self, name: str) -> Any | None:
        """What was noted under a name; None if nothing was, or it cannot be read any more."""
        try:
            return json.loads(self._note(name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

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
                "name another state folder under [engine] state",
            ) from error


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def _holds(place: Path, size: int) -> bool:
    """Whether the whole content is there already; its name says which one it is."""
    try:
        return place.stat().st_size == size
    except FileNotFoundError:
        return False


__all__ = ["Spool"]
