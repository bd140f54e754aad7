"""The folder of what a pipeline remembers: held by one run at a time, and asked where it lies."""

from __future__ import annotations

import json
import os
import socket
import sys
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from penstock.errors import StateBusy, StateError
from penstock.model import Problem

LOCK = "lock"
SPOOL = "spool"
NETWORK = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "fuse.sshfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4"}
    | {"smb2", "smb3", "smbfs", "fuse.rclone", "fuse.s3fs", "davfs", "fuse.davfs2", "fuse.gvfsd-fuse"}
)
"""File systems of other machines, in the kernel's names."""


class StateFolder:
    """A state folder, held while it is entered.

    The lock is the operating system's, and goes with the process that holds it, however that ends.

    Parameters
    ----------
    path
        Absolute; made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    @property
    def spool(self) -> Path:
        """Where pictures are kept that have no file of their own."""
        return self.path / SPOOL

    def __enter__(self) -> StateFolder:
        """Hold the folder. Raises StateBusy if another run does, StateError if it cannot be used."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._file = (self.path / LOCK).open("a+", encoding="utf-8")
        except OSError as error:
            raise StateError(
                f"the state folder {self.path}: cannot be used ({error})",
                "name another one under [engine] state",
            ) from error
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise StateBusy(
                f"the state folder {self.path} is held by another run{_said(holder(self.path))}",
                "wait for it, or give this pipeline a state folder of its own under [engine] state",
            ) from error
        self._say_who()
        return self

    def _say_who(self) -> None:
        if self._file is None:
            return
        who = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now().astimezone().isoformat(timespec="seconds"),
            "command": " ".join(
                Path(word).name if place == 0 else word for place, word in enumerate(sys.argv[:2])
            ),
        }
        self._file.truncate(0)
        self._file.write(json.dumps(who))
        self._file.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            # The file stays: to remove it would let two runs hold two files of one name.
            self._file.truncate(0)
            self._file.close()
            self._file = None

    def network(self) -> Problem | None:
        """What to tell about a folder on another machine; None for one that is here."""
        kind = file_system(self.path)
        if kind not in NETWORK:
            return None
        return Problem(
            f"the state folder {self.path}",
            f"lies on a network share ({kind}), where locks cannot be trusted and writing is slow",
            "name a local folder under [engine] state; see to it that only one run uses this one",
            self.path,
        )


def holder(path: Path) -> dict[str, Any] | None:
    """Who holds a state folder: ``pid``, ``host``, ``since``, ``command``; None if nobody does."""
    try:
        with (path / LOCK).open("r+", encoding="utf-8") as file:
            try:
                _lock(file)
            except OSError:
                said = json.loads(file.read() or "{}")
                return said if isinstance(said, dict) else {}
    except (OSError, ValueError):
        return None
    return None


def _said(who: dict[str, Any] | None) -> str:
    if not who:
        return ""
    return f" ({who.get('command')}, process {who.get('pid')} on {who.get('host')}, since {who.get('since')})"


def _lock(file: IO[str]) -> None:
    """Take the lock of an open file, or raise OSError at once."""
    if sys.platform == "win32":
        import msvcrt

        # A byte far behind the text, so that others can read who holds it.
        file.seek(2**30)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def file_system(path: Path) -> str:
    """The kind of the file system that a path lies on, in the kernel's name; empty where nobody says."""
    if str(path).startswith("\\\\"):
        return "smbfs"
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    real = os.path.realpath(path)
    kinds = {
        place.encode().decode("unicode_escape"): kind
        for _, place, kind, *_ in (line.split(" ") for line in mounts.splitlines())
    }
    for place in (real, *map(str, Path(real).parents)):
        if place in kinds:
            return kinds[place]
    return ""


__all__ = ["StateFolder", "file_system", "holder"]
