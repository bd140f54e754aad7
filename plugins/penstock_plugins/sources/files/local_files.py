"""Finding the files that local paths, folders and globs stand for."""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from penstock.model import Page, Problem
from penstock_plugins.sources.files.documents import Opened
from penstock_plugins.sources.files.not_pictures import PassedOver, is_picture
from penstock_plugins.sources.files.patterns import WILDCARD, Glob, Selection
from penstock_plugins.sources.files.walking import (
    Found,
    PicturesInFolder,
    Walk,
    natural_key,
    say_how_twins_are_named,
    say_what_is_left_out,
    twins_of,
)
from penstock_plugins.sources.pages import PageFinder

log = logging.getLogger(__name__)

_SCHEME = re.compile(r"(^|/)[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
_USE_ADDRESSES = "the source `url` reads http:// and https://; this one reads s3://, az://, gs:// and sftp://"

_FileKey = tuple[int, int] | str  # identifies a file, whatever path leads to it


@dataclass(frozen=True, slots=True)
class FoundFile(Found):
    """A file of this machine. Its path is absolute."""

    path: Path


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """The files of a source whose paths are on this machine."""

    paths: tuple[Path, ...]
    selection: Selection
    finder: PageFinder

    def files(
        self, show_status: Callable[[str], None], *, names_files: bool
    ) -> Iterator[FoundFile | Problem]:
        """Yield each file and each problem once, also if several paths lead there.

        ``names_files`` if the outputs are named after the files.
        """
        # A walk finds no file twice, so a single one needs no memory of what it found.
        seen: set[_FileKey | Problem] | None = set() if len(self.paths) > 1 else None
        passed_over, twins = PassedOver(), twins_of(self.paths)
        for given in self.paths:
            is_empty = True
            for item in LocalWalk(self.selection, passed_over, twins).files_at(given):
                is_empty = False
                if seen is None:
                    yield item
                    continue
                key = item if isinstance(item, Problem) else _file_key(item.path)
                if key in seen:
                    log.debug("%s: found before", item.path)
                else:
                    seen.add(key)
                    yield item
            if is_empty:
                yield _nothing_found(given, self.selection)
        say_what_is_left_out(self.selection, passed_over, show_status)
        if names_files:
            names = [path.name for path in sorted(twins) if path.is_file()]
            say_how_twins_are_named(names, show_status)

    def opened(self, items: Iterable[FoundFile | Problem]) -> Iterator[Opened | Problem]:
        """Yield the files with a function that yields their pages from a number on."""
        for item in items:
            yield item if isinstance(item, Problem) else (item, partial(self._pages, item))

    def _pages(self, found: FoundFile, first_number: int) -> Iterator[Page | Problem]:
        return self.finder.pages(found.path, found.origin, first_number, reported=found.path)

    def shown_folder(self, found: FoundFile) -> str:
        return shown_path(found.path.parent)


def first_folder(paths: Sequence[Path]) -> Path:
    """Return the folder of the first path, for outputs beside it."""
    first = paths[0]
    try:
        return first if first.is_dir() else fixed_part(first)
    except OSError:
        return first.parent


@dataclass(slots=True)
class LocalWalk(Walk[Path]):
    """One walk over a path, folder or glob. A folder is entered once, also if links lead back to it."""

    _entered: set[tuple[int, int]] = field(default_factory=set)

    def files_at(self, given: Path) -> Iterator[FoundFile | Problem]:
        """Yield the files, and a problem for each that cannot be accessed."""
        try:
            yield from self._at(given)
        except OSError as error:
            why = f"cannot be accessed ({error.strerror or error})"
            yield Problem(shown_path(given), why, "check the path", given)
        except (RuntimeError, ValueError) as error:
            hint = "check the pattern; ** between slashes matches any folders"
            yield Problem(shown_path(given), f"cannot be accessed ({error})", hint, given)

    def _at(self, given: Path) -> Iterator[FoundFile | Problem]:
        if given.is_dir():
            for match in self.matches(given, given, PicturesInFolder()):
                yield match if isinstance(match, Problem) else self._found(match, given)
        elif given.exists() or not WILDCARD.search(str(given)):
            yield self._found(given, given.parent)
        else:
            start = fixed_part(given)
            glob = Glob.of(given.relative_to(start).parts)
            for match in sorted(self.matches(start, start, glob), key=_sort_key):
                yield match if isinstance(match, Problem) else self._found(match, start)

    def _found(self, path: Path, top: Path) -> FoundFile | Problem:
        return found_file(path, top, is_twin=path in self.twins)

    def entries(self, folder: Path) -> Iterable[tuple[Path, bool]] | Problem:
        """Return the entries of a folder in natural order, and whether each is a folder."""
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in self._entered:
                return []
            self._entered.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                are_folders = {entry.name: _is_folder(entry) for entry in entries}
        except FileNotFoundError:
            return Problem(shown_path(folder), "there is no such folder", "check the path", folder)
        except OSError as error:
            why = f"the folder cannot be listed ({error.strerror})"
            return Problem(shown_path(folder), why, "check its permissions", folder)
        names = sorted(are_folders, key=natural_key)
        return _Entries(folder, names, {name for name, is_folder in are_folders.items() if is_folder})

    def is_picture(self, path: Path) -> bool:
        return is_picture(path)

    def shown(self, path: Path) -> str:
        return shown_path(path)


@dataclass(frozen=True, slots=True)
class _Entries:
    """The entries of a folder, kept by their names: paths take five times the memory."""

    folder: Path
    names: list[str]
    folders: set[str]

    def __iter__(self) -> Iterator[tuple[Path, bool]]:
        return ((self.folder / name, name in self.folders) for name in self.names)


def _nothing_found(given: Path, selection: Selection) -> Problem:
    shown = shown_path(given)
    if selection.include or selection.exclude:
        return Problem(shown, "include and exclude select nothing in it", "check these patterns", given)
    if given.is_dir():
        from penstock.images import EXTENSIONS

        known = ", ".join(sorted(suffix[1:] for suffix in EXTENSIONS))
        return Problem(shown, "there are no pictures in this folder", f"their suffix can be {known}", given)
    return Problem(shown, "matches no file", "check the pattern; ** matches any folders", given)


def _file_key(path: Path) -> _FileKey:
    """Return the identity of a directory entry, also if links or another case lead to its folder.

    A link to a file is an entry of its own, and so is each name of a file with several names (hard links).
    """
    try:
        status = path.lstat()
    except OSError:
        return str(path)
    return (status.st_dev, status.st_ino) if status.st_nlink == 1 else os.path.realpath(path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _sort_key(match: Path | Problem) -> str:
    return natural_key(match.path or Path() if isinstance(match, Problem) else match)


def found_file(path: Path, top: Path, *, is_twin: bool) -> FoundFile | Problem:
    """Return a file below a folder, or a problem if it cannot be opened."""
    shown = shown_path(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if path.is_symlink():
            return Problem(shown, "is a link to a missing file", "fix the link", path)
        # A path has lost the second slash of an address.
        hint = _USE_ADDRESSES if _SCHEME.search(shown) else "check the path"
        return Problem(shown, "there is no such file or folder", hint, path)
    except OSError as error:
        why = f"cannot be accessed ({error.strerror})"
        return Problem(shown, why, "check the path and its permissions", path)
    # Opening a named pipe would block until something is written to it.
    if not stat.S_ISREG(mode):
        return Problem(shown, "is not a regular file", "copy its content into a file", path)
    folder = path.parent.relative_to(top).as_posix()
    return FoundFile(path.absolute(), shown, "" if folder == "." else folder, is_twin)


def fixed_part(given: Path) -> Path:
    """Return the folder that a glob starts in: the part before its first wildcard."""
    for index, part in enumerate(given.parts):
        if WILDCARD.search(part) and not Path(*given.parts[: index + 1]).exists():
            return Path(*given.parts[:index])
    return given.parent


def shown_path(path: Path) -> str:
    """Return a path relative to the current folder if it is below that folder."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
