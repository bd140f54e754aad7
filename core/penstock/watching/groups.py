"""The groups of files that a pipeline watches: each becomes one document."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from penstock.protocols import WatchedSource
from penstock.watching.names import is_unfinished
from penstock.watching.presence import is_folder, version, walk_folders
from penstock.watching.wholeness import Seen
from penstock.watching.writers import FileId


@dataclass(frozen=True, slots=True)
class Group:
    """The files that become one document."""

    source: int  # index of the source in the pipeline
    place: Path  # the file, or the folder of the files


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a group found: a fingerprint of its files, and which files they are."""

    fingerprint: bytes | None
    files: tuple[Path, ...] = ()
    ids: tuple[FileId, ...] = ()
    is_marked: bool = True

    def seen(self, open_files: Collection[FileId]) -> Seen:
        """Return what decides whether the group is whole."""
        is_open = any(each in open_files for each in self.ids)
        return Seen(self.fingerprint, is_open=is_open, is_marked=self.is_marked)


class WatchedFiles:
    """All groups of a pipeline's watched sources.

    Parameters
    ----------
    sources
        By their index in the pipeline.
    marker
        Name of the file that says that a group is complete; None if none is needed.
    left_out
        Returns the folders whose files are not read: where the pipelines of the watch move files to.
    is_output
        Whether penstock wrote a file. Such files are never read.
    is_known
        Whether a run has looked at a file as it is now.
    """

    def __init__(
        self,
        sources: dict[int, WatchedSource],
        *,
        marker: str | None,
        left_out: Callable[[], Iterable[Path]],
        is_output: Callable[[Path], bool],
        is_known: Callable[[Path], bool],
    ) -> None:
        self.sources, self._marker, self._is_output = sources, marker, is_output
        self._left_out, self._is_known = left_out, is_known
        places = [path for source in sources.values() for path in source.watched_paths()]
        self.places = tuple(dict.fromkeys(map(normal, places)))
        """The folders and files to watch."""

    def groups_of(self, path: Path) -> Iterator[Group]:
        """Yield the groups that a changed path belongs to: those of all files below it if it is a folder."""
        if path.name == self._marker:
            yield from self._groups_in(path.parent)
        elif is_folder(path):
            yield from self.all_groups(path)
        else:
            yield from self._groups_of_file(path)

    def all_groups(self, top: Path | None = None) -> Iterator[Group]:
        """Yield the groups of all files, or of those below a folder, each once in a row."""
        last: Group | None = None
        for path in self.walk([top] if top else None):
            for group in self._groups_of_file(path):
                if group != last:
                    yield group
                last = group

    def new_first(self) -> Iterator[Group | None]:
        """Yield the groups of new files, then those of known ones; None for a file that is passed over.

        After a restart, new files need not wait until thousands of known ones are looked at again.
        """
        taken: set[int] = set()  # hashes of groups, which take less memory
        has_known = False
        for path in self.walk():
            if self._is_known(path):
                has_known = True
                yield None
                continue
            for group in self._groups_of_file(path):
                taken.add(hash(group))
                yield group
        for path in self.walk() if has_known else ():
            for group in self._groups_of_file(path):
                yield None if hash(group) in taken else group

    def look(self, group: Group) -> Look:
        """Look at the files of a group."""
        files = [path for path in self._files_of(group) if not self._is_output(path)]
        digest, ids, newest = hashlib.blake2b(digest_size=16), [], 0
        for path in files:
            # A file that is gone by now gives another fingerprint.
            with suppress(OSError):
                status = path.stat()
                ids.append((status.st_dev, status.st_ino))
                newest = max(newest, status.st_ctime_ns)
                digest.update(os.fsencode(path) + repr(version(status)).encode())
        if not ids:
            return Look(None)
        is_marked = self._marker is None or self._is_marked({path.parent for path in files}, newest)
        return Look(digest.digest(), tuple(files), tuple(ids), is_marked)

    def _is_marked(self, folders: Iterable[Path], newest: int) -> bool:
        """Return whether one of the folders has a marker that is not older than the newest file."""
        for folder in folders:
            with suppress(OSError):
                if (folder / (self._marker or "")).stat().st_ctime_ns >= newest:
                    return True
        return False

    def _files_of(self, group: Group) -> Sequence[Path]:
        if not is_folder(group.place):
            return [group.place]
        source = self.sources[group.source]
        files = [path for path in self.walk([group.place]) if not self._is_left_out(path)]
        return [path for path in files if source.group_of(path) == group.place]

    def _groups_of_file(self, path: Path) -> Iterator[Group]:
        if self._is_left_out(path):
            return
        for index, source in self.sources.items():
            place = source.group_of(path)
            if place is not None:
                yield Group(index, place)

    def _groups_in(self, folder: Path) -> Iterator[Group]:
        yield from dict.fromkeys(
            group for path in _entries(folder) if not is_folder(path) for group in self._groups_of_file(path)
        )

    def _is_left_out(self, path: Path) -> bool:
        if path.name == self._marker or any(folder in path.parents for folder in self._left_out()):
            return True
        # A name that was given is read, whatever it is.
        return path not in self.places and is_unfinished(self.relative(path))

    def relative(self, path: Path) -> Path:
        """Return the path of a file below its watched folder; the name alone of a file that is watched."""
        top = next((place for place in self.places if place in path.parents), path.parent)
        return path.relative_to(top)

    def walk(self, tops: Iterable[Path] | None = None) -> Iterator[Path]:
        """Yield all files below some folders or all places, links followed. A folder is entered once."""
        entered: set[FileId] = set()
        for top in self.places if tops is None else tops:
            if not is_folder(top):
                yield top
                continue
            for folder, names in walk_folders(top, entered):
                for name in names:
                    yield Path(folder, name)


def normal(path: Path) -> Path:
    """Return an absolute path without "..", links not followed, as watched files have it."""
    return Path(os.path.abspath(path))  # noqa: PTH100  `Path` keeps ".." in the middle


def _entries(folder: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(folder.iterdir())
    return []
