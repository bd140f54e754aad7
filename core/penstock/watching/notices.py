"""Notices of the system about changed files: inotify on Linux, the package watchfiles elsewhere.

On Linux watchfiles does not do: it wakes up twenty times a second, says nothing about files in a folder that
was just made, and does not tell that notices were lost.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from penstock.engine.threads import start_daemon
from penstock.errors import PenstockError, StateError

Notify = Callable[[Iterable[Path]], None]
"""Called on any thread with paths that changed. A folder stands for all of its files.

A watched folder itself is told if it was moved or removed, or if notices were lost."""


class Notices(Protocol):
    """The watches of one pipeline."""

    def close(self) -> None:
        """End the watches."""


def notices_of(folders: Iterable[Path], single: Iterable[Path], notify: Notify) -> Notices:
    """Watch folders with their subfolders, and ``single`` folders without.

    Raises PenstockError if the system cannot watch them.
    """
    if sys.platform == "linux":
        from penstock.watching.inotify import InotifyNotices

        return InotifyNotices(folders, single, notify)
    return WatchfilesNotices(folders, single, notify)


class WatchfilesNotices:
    """Notices by the package watchfiles."""

    def __init__(self, folders: Iterable[Path], single: Iterable[Path], notify: Notify) -> None:
        self._notify, self._ended = notify, threading.Event()
        for paths, is_recursive in ((list(folders), True), (list(single), False)):
            if paths:
                self._start(paths, is_recursive=is_recursive)

    def _start(self, paths: list[Path], *, is_recursive: bool) -> None:
        watch = _watch_function()

        def serve() -> None:
            changes = watch(
                *paths, watch_filter=None, stop_event=self._ended, recursive=is_recursive, step=200
            )
            for batch in changes:
                self._notify({Path(path) for _, path in batch})

        start_daemon("penstock-notices", serve)

    def close(self) -> None:
        """End the watches."""
        self._ended.set()


def _watch_function() -> Callable[..., Any]:
    try:
        from watchfiles import watch
    except ImportError:
        raise missing_extra() from None
    return watch


def missing_extra() -> PenstockError:
    """Return the error for a missing package."""
    return StateError(
        "notices of the system need the package watchfiles, which is not installed",
        "pip install 'penstock[watch]', or use --poll SECONDS",
    )
