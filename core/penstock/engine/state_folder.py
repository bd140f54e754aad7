"""The state folder of a pipeline: who may use it, and on which kind of disk it is."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from penstock.errors import StateBusy, StateError
from penstock.model import Problem

LOCK = "lock"
RUNS = "runs"
"""The folder of the lock files of single runs."""
SPOOL = "spool"
SEARCH_INDEX = "search.sqlite"
FIX_AND_RETRY = "fix this and run again: with another state folder every page is sent, and billed, again"
WAITS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16)
"""Seconds between attempts to lock a folder: `holder` locks it for a moment, too."""
NETWORK = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "fuse.sshfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4"}
    | {"smb2", "smb3", "smbfs", "fuse.rclone", "fuse.s3fs", "davfs", "fuse.davfs2", "fuse.gvfsd-fuse"}
)
"""File systems on other machines, as the kernel names them."""


class StateFolder:
    """A state folder, locked while the context manager is entered.

    The operating system holds the lock and releases it when the process ends, however it ends.

    Parameters
    ----------
    path
        Absolute; created if it does not exist.
    shared
        Whether other processes may use the folder at the same time, if they share it, too.
    wait
        Sleeps between attempts to lock the folder.
    """

    def __init__(
        self, path: Path, *, shared: bool = False, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self.path, self.spool = path, path / SPOOL
        self.is_shared, self._wait = shared, wait
        self._file: IO[bytes] | None = None

    def __enter__(self) -> StateFolder:
        """Lock the folder. Raises StateBusy if another run uses it, StateError if it cannot be used."""
        self._file = opened_lock(self.path, LOCK)
        try:
            self._lock(self._file)
        except OSError as error:
            self._file.close()
            raise StateBusy(
                f"the state folder {self.path} is used by another run{_described(holder(self.path))}",
                "wait for it, or give this pipeline a state folder of its own under [engine] state",
            ) from error
        if not self.is_shared:
            # The lock holds even if this cannot be written because the disk is full.
            with suppress(OSError):
                self._file.truncate(0)
                self._file.write(json.dumps(process_info()).encode())
        return self

    def _lock(self, file: IO[bytes]) -> None:
        mode = fcntl.LOCK_SH if self.is_shared else fcntl.LOCK_EX
        for seconds in WAITS:
            with suppress(OSError):
                return fcntl.flock(file, mode | fcntl.LOCK_NB)
            self._wait(seconds)
        return fcntl.flock(file, mode | fcntl.LOCK_NB)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            # The file is not removed: two runs could then lock two files of the same name.
            if not self.is_shared:
                with suppress(OSError):
                    self._file.truncate(0)
            self._file.close()
            self._file = None

    def network(self) -> Problem | None:
        """Return a warning if the folder is on another machine."""
        kind = file_system(self.path)
        if kind not in NETWORK:
            return None
        return Problem(
            f"the state folder {self.path}",
            f"is on a network share ({kind}), where locks are not reliable and writing is slow",
            "name a local folder under [engine] state; make sure that only one run uses this one",
            self.path,
        )


def opened_lock(path: Path, name: str) -> IO[bytes]:
    """Open a lock file of a state folder, which is made if it does not exist. Raises StateError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        return (path / name).open("a+b", buffering=0)
    except OSError as error:
        is_file = isinstance(error, FileExistsError | NotADirectoryError)
        why = "is not a folder" if is_file else f"cannot be used ({error.strerror})"
        hint = FIX_AND_RETRY if path.is_dir() else "name another one under [engine] state"
        raise StateError(f"the state folder {path}: {why}", hint) from error


def obstacle(path: Path) -> Problem | None:
    """Return why a state folder cannot be used, without creating it; None if nothing is known against it."""
    nearest = next(each for each in (path, *path.parents) if each.exists())
    if not nearest.is_dir():
        why = f"{nearest} is not a folder"
    elif not os.access(nearest, os.R_OK | os.W_OK | os.X_OK):
        why = f"no permission to write to {nearest}"
    else:
        return None
    hint = FIX_AND_RETRY if path.is_dir() else "name another one under [engine] state"
    return Problem(f"the state folder {path}", why, hint, path)


def process_info() -> dict[str, Any]:
    """Return what other processes are told about this one: ``pid``, ``host``, ``since`` and ``command``."""
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": " ".join([*(Path(file).name for file in sys.argv[:1]), *sys.argv[1:2]]),
    }


def holder(path: Path) -> dict[str, Any] | None:
    """Return the `process_info` of a process that uses a state folder; None if no process does."""
    if is_locked(path / LOCK):
        return _info_in(path / LOCK)
    live = next(filter(is_locked, sorted((path / RUNS).glob("*.lock"))), None)
    return _info_in(live) if live else None


def is_locked(path: Path) -> bool:
    """Return whether some process holds an exclusive lock on a file; False if there is no such file."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _info_in(path: Path) -> dict[str, Any]:
    try:
        info = json.loads(path.read_text(encoding="utf-8") or "{}")
    except (OSError, ValueError):
        return {}
    return info if isinstance(info, dict) else {}


def _described(info: dict[str, Any] | None) -> str:
    if not info:
        return ""
    process = f"process {info.get('pid')} on {info.get('host')}"
    return f" ({info.get('command')}, {process}, since {info.get('since')})"


def file_system(path: Path) -> str:
    """Return the kind of file system that a path is on, as the kernel names it; empty if unknown."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    real = os.path.realpath(path)
    kinds = {
        mounted.encode().decode("unicode_escape"): kind
        for _, mounted, kind, *_ in (line.split(" ") for line in mounts.splitlines())
    }
    return next((kinds[each] for each in (real, *map(str, Path(real).parents)) if each in kinds), "")
