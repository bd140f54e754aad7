"""Notices of Linux about changed files (inotify(7)), with all subfolders. Sleeps until something changes."""

from __future__ import annotations

import ctypes
import errno
import os
import select
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from penstock.engine.threads import start_daemon
from penstock.errors import StateError
from penstock.watching.notices import Notify
from penstock.watching.presence import walk_folders

ATTRIB, CLOSE_WRITE, MOVED_FROM, MOVED_TO, CREATE, DELETE = 0x4, 0x8, 0x40, 0x80, 0x100, 0x200
MOVE_SELF, OVERFLOW, IGNORED, IS_FOLDER, ONLY_FOLDERS = 0x800, 0x4000, 0x8000, 0x40000000, 0x1000000
MASK = ATTRIB | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE | MOVE_SELF | ONLY_FOLDERS

_HEADER = struct.Struct("iIII")  # watch, mask, cookie, length of the name
_READ = 2**18


class InotifyNotices:
    """Watches folders; see `penstock.watching.notices.notices_of`.

    The thread ``penstock-notices`` owns the table of watches after the constructor.
    """

    def __init__(self, folders: Iterable[Path], single: Iterable[Path], notify: Notify) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._notify = notify
        self._folders: dict[int, Path] = {}  # by watch
        self._single: set[int] = set()
        self._tops = [*folders]
        self._descriptor = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise _refused(ctypes.get_errno(), Path())
        self._wake, self._end = os.pipe()
        try:
            for folder in single:
                self._single.add(self._add(folder))
            for folder in self._tops:
                self._add_tree(folder)
        except BaseException:
            self._close_all()
            raise
        start_daemon("penstock-notices", self._serve)

    def close(self) -> None:
        """End the watches. The thread closes their descriptors."""
        os.close(self._end)

    def _serve(self) -> None:
        while self._wake not in select.select([self._descriptor, self._wake], [], [])[0]:
            paths: dict[Path, None] = {}
            # The buffer may be empty again: EAGAIN.
            with suppress(BlockingIOError):
                for watch, mask, name in _events(os.read(self._descriptor, _READ)):
                    paths.update(dict.fromkeys(self._changed(watch, mask, name)))
            if paths:
                self._notify(paths)
        os.close(self._descriptor)
        os.close(self._wake)

    def _close_all(self) -> None:
        for descriptor in (self._descriptor, self._wake, self._end):
            os.close(descriptor)

    def _changed(self, watch: int, mask: int, name: str) -> Iterable[Path]:
        """Return the paths that an event is about, after taking it into the table of watches."""
        if mask & OVERFLOW:
            return self._tops
        folder = self._folders.pop(watch, None) if mask & IGNORED else self._folders.get(watch)
        if folder is None:
            return ()
        if mask & (IGNORED | MOVE_SELF):
            return [folder] if folder in self._tops else ()  # it may be gone
        path = folder / name
        if mask & IS_FOLDER and watch not in self._single:
            return self._folder_changed(path, mask)
        return [path] if name else ()

    def _folder_changed(self, path: Path, mask: int) -> Iterable[Path]:
        if mask & MOVED_FROM:
            self._remove_tree(path)
        is_accessible_now = mask & ATTRIB and path not in self._folders.values()
        if not (mask & (CREATE | MOVED_TO) or is_accessible_now):
            return ()
        # The folder may be gone again, or the limit of watches reached: its files are found by the next walk.
        with suppress(OSError, StateError):
            self._add_tree(path)
        return [path]  # files that were put into it before it was watched

    def _add_tree(self, top: Path) -> None:
        """Watch a folder and all folders below it, except hidden ones, in which no file is read."""
        # Each is watched before it is listed, so that a folder which comes meanwhile gives a notice.
        for _ in walk_folders(top, set(), self._enter):
            pass

    def _enter(self, folder: str) -> None:
        with suppress(FileNotFoundError, PermissionError, NotADirectoryError):
            self._single.discard(self._add(Path(folder)))

    def _remove_tree(self, top: Path) -> None:
        for watch in [
            each for each, folder in self._folders.items() if folder == top or top in folder.parents
        ]:
            self._libc.inotify_rm_watch(self._descriptor, watch)
            del self._folders[watch]

    def _add(self, folder: Path) -> int:
        watch: int = self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), MASK)
        if watch < 0:
            raise _refused(ctypes.get_errno(), folder)
        self._folders[watch] = folder
        return watch


def _events(data: bytes) -> Iterator[tuple[int, int, str]]:
    place = 0
    while place < len(data):
        watch, mask, _, length = _HEADER.unpack_from(data, place)
        place += _HEADER.size
        yield watch, mask, os.fsdecode(data[place : place + length].rstrip(b"\0"))
        place += length


def _refused(code: int, folder: Path) -> Exception:
    if code in (errno.ENOSPC, errno.EMFILE):
        limit = "max_user_watches" if code == errno.ENOSPC else "max_user_instances"
        return StateError(
            f"{folder}: the system allows no more watches",
            f"raise the limit: sysctl fs.inotify.{limit}=1048576, or use --poll SECONDS",
        )
    return OSError(code, os.strerror(code), str(folder))
