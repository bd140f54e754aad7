"""Which files a component opens: seen by an audit hook, which nobody gets past by importing differently."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from penstock.testing.conformance.places import place_of

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
LOOKS = frozenset({"os.listdir", "os.scandir"})
MOVES = frozenset({"os.rename", "os.link", "os.symlink"})


@dataclass(frozen=True, slots=True)
class Touch:
    """One thing that was done to a file or folder.

    Parameters
    ----------
    what
        ``read``, ``write`` or ``list``.
    where
        The line that did it.
    """

    what: str
    path: Path
    where: str


@dataclass(eq=False)
class FileWatch:
    """Everything that was opened, moved or listed while it was on watch, in any thread.

    Parameters
    ----------
    owner
        The file of the plugin's class, so that its own lines are named.
    """

    owner: str = ""
    touches: list[Touch] = field(default_factory=list)

    def within(self, folder: Path, *what: str) -> list[Touch]:
        """What was done of these kinds in a folder and below it."""
        return [each for each in self.touches if each.what in what and each.path.is_relative_to(folder)]

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Remember an audit event, if it is about a file."""
        if event == "open" and isinstance(arguments[2], int):
            self._add("write" if arguments[2] & WRITING else "read", arguments[0])
        elif event in LOOKS:
            self._add("list", "." if arguments[0] is None else arguments[0])
        elif event in MOVES:
            self._add("write", arguments[1])

    def _add(self, what: str, path: Any) -> None:
        if isinstance(path, (str, bytes, os.PathLike)):
            place = Path(os.path.abspath(os.fsdecode(path)))  # noqa: PTH100  a link is where it lies
            self.touches.append(Touch(what, place, place_of(sys._getframe(3), self.owner)))  # noqa: SLF001


@dataclass(eq=False)
class _Watchtower:
    """The one audit hook of this process, which can never be taken away, and who is on watch."""

    watches: list[FileWatch] = field(default_factory=list)
    busy: threading.local = field(default_factory=threading.local)

    def see(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.watches or self.busy.__dict__:
            return
        self.busy.noting = True
        try:
            for watch in self.watches:
                watch.note(event, arguments)
        finally:
            del self.busy.noting


@cache
def _watchtower() -> _Watchtower:
    tower = _Watchtower()
    sys.addaudithook(tower.see)
    return tower


@contextmanager
def watched_files(owner: str = "") -> Iterator[FileWatch]:
    """Watch what is opened until the block ends."""
    watch, tower = FileWatch(owner), _watchtower()
    tower.watches.append(watch)
    try:
        yield watch
    finally:
        tower.watches.remove(watch)


def snapshot(folder: Path) -> dict[Path, tuple[int, int]]:
    """Every file in a folder and below it, with its size and time, to see what changed.

    What is written past Python (by a library in C) leaves no other trace.
    """
    return {
        path: (status.st_size, status.st_mtime_ns)
        for path in folder.rglob("*")
        if not path.is_dir() and (status := path.lstat())
    }


__all__ = ["FileWatch", "Touch", "snapshot", "watched_files"]
