"""Watches what a component does: the files that it opens, and whether it sleeps."""

from __future__ import annotations

import os
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import penstock

PENSTOCK = str(Path(penstock.__file__).parent)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
LIST_EVENTS = frozenset({"os.listdir", "os.scandir"})
MOVE_EVENTS = frozenset({"os.rename", "os.link", "os.symlink"})


@dataclass(frozen=True, slots=True)
class FileAccess:
    """One access to a file or folder."""

    what: str  # ``read``, ``write`` or ``list``
    path: Path
    line: str  # the line of code that did it


@dataclass(eq=False)
class FileWatch:
    """Records every open, move and listing, in any thread. ``owner`` is the file of the plugin's class."""

    owner: str = ""
    accesses: list[FileAccess] = field(default_factory=list)

    def within(self, folder: Path, *what: str) -> list[FileAccess]:
        """Return the accesses of these kinds in a folder and below."""
        return [each for each in self.accesses if each.what in what and each.path.is_relative_to(folder)]

    def record(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Record an audit event if it is about a file."""
        if event == "open" and isinstance(arguments[2], int):
            self._add("write" if arguments[2] & WRITING else "read", arguments[0])
        elif event in LIST_EVENTS:
            self._add("list", "." if arguments[0] is None else arguments[0])
        elif event in MOVE_EVENTS:
            self._add("write", arguments[1])

    def _add(self, what: str, path: Any) -> None:
        if isinstance(path, (str, bytes, os.PathLike)):
            absolute = Path(os.path.abspath(os.fsdecode(path)))  # noqa: PTH100  must not follow links
            self.accesses.append(FileAccess(what, absolute, line_of(sys._getframe(3), self.owner)))  # noqa: SLF001


@dataclass(eq=False)
class _AuditHook:
    """The only audit hook of this process, because Python cannot remove one. It serves all watches."""

    watches: list[FileWatch] = field(default_factory=list)
    recording: threading.local = field(default_factory=threading.local)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        # Recording an event may itself open files: the flag keeps that from recursing.
        if not self.watches or self.recording.__dict__:
            return
        self.recording.active = True
        try:
            for watch in self.watches:
                watch.record(event, arguments)
        finally:
            del self.recording.active


@cache
def _audit_hook() -> _AuditHook:
    hook = _AuditHook()
    sys.addaudithook(hook)
    return hook


@contextmanager
def watched_files(owner: str = "") -> Iterator[FileWatch]:
    """Record file accesses until the block ends."""
    watch, hook = FileWatch(owner), _audit_hook()
    hook.watches.append(watch)
    try:
        yield watch
    finally:
        hook.watches.remove(watch)


def snapshot(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return the size and time of every file in a folder and below.

    Two snapshots show what a C library wrote, which causes no audit events.
    """
    return {
        path: (status.st_size, status.st_mtime_ns)
        for path in folder.rglob("*")
        if not path.is_dir() and (status := path.lstat())
    }


class SleepWatch:
    """A profile function that records every sleep of its thread, whatever name the plugin calls it by.

    A sleep is a call of `time.sleep`, an `asyncio.sleep`, or a wait for an event or condition that timed
    out. Waiting for a socket or a process is not a sleep.
    """

    def __init__(self, owner: str = "") -> None:
        self.sleeps: list[str] = []
        self._owner = owner

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        """Called by the interpreter at every call and return."""
        if event == "c_call" and argument is time.sleep:
            self._add("time.sleep", frame)
        elif event == "return" and argument is False and frame.f_code is threading.Condition.wait.__code__:
            if (frame.f_locals.get("timeout") or 0) > 0:
                self._add("a wait that timed out", frame)
        elif event == "call" and frame.f_code.co_name == "sleep" and _is_asyncio(frame):
            self._add("asyncio.sleep", frame)

    def _add(self, what: str, frame: FrameType) -> None:
        self.sleeps.append(f"{what} at {line_of(frame, self._owner)}")


def _is_asyncio(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") == "asyncio.tasks" and (frame.f_locals.get("delay") or 0) > 0


@contextmanager
def watched_sleeps(owner: str = "") -> Iterator[SleepWatch]:
    """Record sleeps of this thread until the block ends."""
    watch, before = SleepWatch(owner), sys.getprofile()
    sys.setprofile(watch)
    try:
        yield watch
    finally:
        sys.setprofile(before)


def line_of(frame: FrameType | None, owner: str = "") -> str:
    """Return the nearest line outside Python and penstock: ``shout.py, line 12``.

    If it is in a library, the nearest line of ``owner``, the file of the plugin's class, is added.
    """
    nearest = own = ""
    while frame is not None and not own:
        path = frame.f_code.co_filename
        line = f"{Path(path).name}, line {frame.f_lineno}"
        if not nearest and _is_plugin_or_library(path):
            nearest = line
        if path == owner:
            own = line
        frame = frame.f_back
    if own and own != nearest:
        return f"{nearest}, called from {own}" if nearest else own
    return nearest or "an unknown line"


def _is_plugin_or_library(path: str) -> bool:
    if "site-packages" in path or "dist-packages" in path:
        return not path.startswith(PENSTOCK)
    return not path.startswith(("<frozen", PENSTOCK, *_standard_library()))


@cache
def _standard_library() -> tuple[str, ...]:
    folders = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    return tuple(folder for folder in folders if folder)
