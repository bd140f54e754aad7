"""What paths, folders and globs stand for: files that are there, and problems in the place of others."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from penstock.model import Problem
from penstock_plugins.sources.files.patterns import WILD, Glob, Selection

_DIGITS = re.compile(r"(\d+)")

FileKey = tuple[int, int] | str
"""What tells one file from another, however it was named."""


def natural_key(path: Path) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Sorts ``page2`` before ``page10``, capitals beside small letters, and is total: no two paths tie."""
    parts = _DIGITS.split(unicodedata.normalize("NFC", str(path)).casefold())
    key = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)
    return (key, str(path))


@dataclass(frozen=True, slots=True)
class Found:
    """A file, with its folder below the place that was named, and the name people gave it."""

    path: Path
    origin: str
    folder: str = ""


def file_key(path: Path) -> FileKey:
    """The entry in its folder, however it was come by: through links to the folder, or in other capitals.

    A link to a file is an entry of its own, and so is each of several names of one file (hard links).
    """
    try:
        status = path.lstat()
    except OSError:
        return str(path)
    return (status.st_dev, status.st_ino) if status.st_nlink == 1 else os.path.realpath(path)


@dataclass(slots=True)
class Walk:
    """One walk over what a path stands for; a folder that links lead to again is entered once.

    Parameters
    ----------
    selection
        Which files of folders and globs are wanted.
    """

    selection: Selection
    _entered: set[tuple[int, int]] = field(default_factory=set)

    def files_at(self, given: Path) -> Iterator[Found | Problem]:
        """What a path, folder or glob stands for, where what the system refuses is a problem."""
        try:
            yield from self._at(given)
        except OSError as error:
            why = f"cannot be looked up ({error.strerror or error})"
            yield Problem(shown_path(given), why, "check the path", given)
        except (RuntimeError, ValueError) as error:
            hint = "check the pattern; ** between slashes stands for any folders"
            yield Problem(shown_path(given), f"cannot be looked up ({error})", hint, given)

    def _at(self, given: Path) -> Iterator[Found | Problem]:
        if given.is_dir():
            yield from self._folder(given, given)
        elif given.exists() or not WILD.search(str(given)):
            yield found_file(given, given.parent)
        else:
            start = fixed_part(given)
            glob = Glob.of(given.relative_to(start).parts)
            for match in sorted(self._matches(start, start, glob), key=_place):
                yield match if isinstance(match, Problem) else found_file(match, start)

    def _folder(self, folder: Path, top: Path) -> Iterator[Found | Problem]:
        from penstock.images import EXTENSIONS

        entries = self._entries(folder)
        if isinstance(entries, Problem):
            yield entries
            return
        for path, is_folder in entries:
            if path.name.startswith("."):
                continue
            if not is_folder:
                if path.suffix.lower() in EXTENSIONS and self._wants(path, top):
                    yield found_file(path, top)
            elif not self.selection.leaves_out(path.relative_to(top).as_posix()):
                yield from self._folder(path, top)

    def _matches(self, folder: Path, start: Path, glob: Glob) -> Iterator[Path | Problem]:
        entries = self._entries(folder)
        if isinstance(entries, Problem):
            yield entries
            return
        for path, is_folder in entries:
            names = path.relative_to(start).parts
            if not is_folder:
                if glob.matches(names) and self._wants(path, start):
                    yield path
            elif glob.leads_to(names) and not self.selection.leaves_out("/".join(names)):
                yield from self._matches(path, start, glob)

    def _wants(self, path: Path, top: Path) -> bool:
        return self.selection.wants(path.relative_to(top).as_posix())

    def _entries(self, folder: Path) -> list[tuple[Path, bool]] | Problem:
        """What is in a folder in natural order, and whether each is a folder; nothing the second time."""
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in self._entered:
                return []
            self._entered.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                found = [(folder / entry.name, _is_folder(entry)) for entry in entries]
        except FileNotFoundError:
            return Problem(shown_path(folder), "there is no such folder", "check the path", folder)
        except OSError as error:
            why = f"the folder cannot be listed ({error.strerror})"
            return Problem(shown_path(folder), why, "check its rights", folder)
        return sorted(found, key=lambda each: natural_key(each[0]))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _place(match: Path | Problem) -> tuple[tuple[tuple[int, int, str], ...], str]:
    return natural_key(match.path or Path() if isinstance(match, Problem) else match)


def found_file(path: Path, top: Path) -> Found | Problem:
    """A file below the folder that was named; a problem if it cannot be opened."""
    shown = shown_path(path)
    if problem := _no_file(path, shown):
        return problem
    folder = path.parent.relative_to(top).as_posix()
    return Found(path.absolute(), shown, "" if folder == "." else folder)


def _no_file(path: Path, shown: str) -> Problem | None:
    """Why a path is no file that can be opened; to open a named pipe would be to wait for ever."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if path.is_symlink():
            return Problem(shown, "is a link to a file that is not there", "mend the link", path)
        return Problem(shown, "there is no such file or folder", "check the path", path)
    except OSError as error:
        return Problem(
            shown, f"cannot be looked up ({error.strerror})", "check the path and its rights", path
        )
    if not stat.S_ISREG(mode):
        return Problem(shown, "is no regular file", "copy what it gives into a file", path)
    return None


def fixed_part(given: Path) -> Path:
    """The part of a glob before its first wildcard: the folder that the walk starts in."""
    for index, part in enumerate(given.parts):
        if WILD.search(part) and not Path(*given.parts[: index + 1]).exists():
            return Path(*given.parts[:index])
    return given.parent


def shown_path(path: Path) -> str:
    """A path as people would write it from where they are."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


__all__ = ["Found", "Walk", "file_key", "fixed_part", "natural_key", "shown_path"]
