"""Finds changed files by looking at all of them, where the system gives no notices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from penstock.watching.groups import WatchedFiles
from penstock.watching.presence import version


class Snapshot:
    """What all files were like at the last look. It takes some 100 bytes a file."""

    def __init__(self, files: WatchedFiles) -> None:
        self._files = files
        self._seen: dict[int, int] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there was no look yet."""
        return self._seen is None

    def changed(self) -> Iterator[Path]:
        """Look at all files, and yield those that are new or changed since the last time."""
        before, seen = self._seen or {}, {}
        for path in self._files.walk():
            with suppress(OSError):
                key, value = hash(str(path)), hash(version(path.stat()))
                seen[key] = value
                if before.get(key) != value:
                    yield path
        self._seen = seen
