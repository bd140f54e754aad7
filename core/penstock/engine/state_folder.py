"""The folder of what a pipeline remembers: held by one run at a time, and asked where it lies."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from penstock.errors import StateBusy, StateError
from penstock.model import Problem

LOCK = "lock"
SPOOL = "spool"
MEND = "mend that, and run again: another state folder would know nothing of what was read and paid for"
MOST_NEIGHBOURS = 16
"""State folders side by side, at most."""
LOOKED_AT = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16)
"""Seconds between tries to hold a folder: who only looks for its holder has its lock for a moment, too."""
_STEM = re.compile(r"-[0-9]+$")
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
    has_neighbours
        Whether what penstock wrote from the folders beside it is known here, too.
    waits
        Seconds between tries to hold it.
    wait
        Lets so many seconds pass.
    """

    def __init__(
        self,
        path: Path,
        *,
        has_neighbours: bool = False,
        waits: Sequence[float] = LOOKED_AT,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.path = path
        self._has_neighbours = has_neighbours
        self._waits, self._wait = waits, wait
        self._file: IO[bytes] | None = None

    @property
    def spool(self) -> Path:
        """Where pictures are kept that have no file of their own."""
        return self.path / SPOOL

    def __enter__(self) -> StateFolder:
        """Hold the folder. Raises StateBusy if another run does, StateError if it cannot be used."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._file = (self.path / LOCK).open("a+b", buffering=0)
        except OSError as error:
            is_none = isinstance(error, FileExistsError | NotADirectoryError)
            why = "is no folder" if is_none else f"cannot be used ({error.strerror})"
            hint = MEND if self.path.is_dir() else "name another one under [engine] state"
            raise StateError(f"the state folder {self.path}: {why}", hint) from error
        try:
            self._lock_in_the_end(self._file)
        except OSError as error:
            self._file.close()
            raise StateBusy(
                f"the state folder {self.path} is held by another run{_said(holder(self.path))}",
                "wait for it, or give this pipeline a state folder of its own under [engine] state",
            ) from error
        self._say_who()
        return self

    def _lock_in_the_end(self, file: IO[bytes]) -> None:
        for seconds in self._waits:
            with suppress(OSError):
                return _lock(file)
            self._wait(seconds)
        return _lock(file)

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
        # On a full disk nobody learns who it is, and the lock holds all the same.
        with contextlib.suppress(OSError):
            self._file.truncate(0)
            self._file.write(json.dumps(who).encode())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            # The file stays: to remove it would let two runs hold two files of one name.
            with contextlib.suppress(OSError):
                self._file.truncate(0)
            self._file.close()
            self._file = None

    def neighbours(self) -> list[Path]:
        """The state folders beside this one that `first_free` would choose from, as far as they are there."""
        if not self._has_neighbours:
            return []
        first = self.path.with_name(_STEM.sub("", self.path.name))
        numbered = (first.with_name(f"{first.name}-{number}") for number in range(2, MOST_NEIGHBOURS + 1))
        return [path for path in (first, *numbered) if path != self.path and path.is_dir()]

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


@contextmanager
def first_free(path: Path, *, elsewhere_if_busy: bool) -> Iterator[StateFolder]:
    """Hold a state folder; if another run does, the first free one of its neighbours, where that is allowed.

    A neighbour of ``read`` is ``read-2``: several commands can be at work at once, each with what it
    remembers itself. Raises StateBusy if none is free.
    """
    with ExitStack() as stack:
        if elsewhere_if_busy:
            yield _first_free(stack, path)
        else:
            yield stack.enter_context(StateFolder(path))


def _first_free(stack: ExitStack, first: Path) -> StateFolder:
    path = first
    for number in range(2, MOST_NEIGHBOURS + 1):
        with suppress(StateBusy):
            return stack.enter_context(StateFolder(path, has_neighbours=True))
        path = first.with_name(f"{first.name}-{number}")
    return stack.enter_context(StateFolder(path, has_neighbours=True))


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


def _lock(file: IO[Any]) -> None:
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


__all__ = ["StateFolder", "file_system", "first_free", "holder"]
