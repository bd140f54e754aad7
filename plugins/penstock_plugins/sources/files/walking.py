"""Finding the files that paths, folders and globs stand for."""

from __future__ import annotations

import logging
import os
import re
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from penstock.model import Problem
from penstock_plugins.sources.files.not_pictures import (
    PassedOver,
    is_picture,
    is_system_file,
    is_system_folder,
)
from penstock_plugins.sources.files.patterns import WILDCARD, Glob, Selection

log = logging.getLogger(__name__)

_DIGITS = re.compile(r"(\d+)")

FileKey = tuple[int, int] | str  # identifies a file, whatever path leads to it


def natural_key(path: Path) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Return a sort key, unique to the path, that puts ``page2`` before ``page10`` and ignores case."""
    parts = _DIGITS.split(unicodedata.normalize("NFC", str(path)).casefold())
    key = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)
    return (key, str(path))


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file, the path that people see, and its folder relative to the folder that was given."""

    path: Path
    origin: str
    folder: str = ""
    is_twin: bool = False  # whether another picture in its folder differs in the suffix only


def twins_of(paths: Iterable[Path]) -> set[Path]:
    """Return the pictures that differ from another one only in their suffix, as phones export them.

    PDFs are left out: a PDF beside a picture of the same name may be the output that was made from it.
    """
    same: defaultdict[Path, set[Path]] = defaultdict(set)
    for path in paths:
        if path.suffix.lower() != ".pdf":
            same[path.parent / path.stem].add(path)
    return {path for files in same.values() if len(files) > 1 for path in files}


def file_key(path: Path) -> FileKey:
    """Return the identity of a directory entry, also if links or another case lead to its folder.

    A link to a file is an entry of its own, and so is each name of a file with several names (hard links).
    """
    try:
        status = path.lstat()
    except OSError:
        return str(path)
    return (status.st_dev, status.st_ino) if status.st_nlink == 1 else os.path.realpath(path)


class _PicturesInFolder:
    """Matches the files of a folder that are not hidden."""

    def matches(self, names: tuple[str, ...]) -> bool:
        return self.may_match_in(names)

    def may_match_in(self, names: tuple[str, ...]) -> bool:
        return not names[-1].startswith(".")


@dataclass(slots=True)
class Walk:
    """One walk over a path, folder or glob. A folder is entered once, also if links lead back to it."""

    selection: Selection  # among the files of folders and globs
    passed_over: PassedOver = field(default_factory=PassedOver)
    twins: set[Path] = field(default_factory=set)  # of the paths; those of folders and globs are added
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
            for match in self._matches(given, given, _PicturesInFolder()):
                yield match if isinstance(match, Problem) else self._found(match, given)
        elif given.exists() or not WILDCARD.search(str(given)):
            yield self._found(given, given.parent)
        else:
            start = fixed_part(given)
            glob = Glob.of(given.relative_to(start).parts)
            for match in sorted(self._matches(start, start, glob), key=_sort_key):
                yield match if isinstance(match, Problem) else self._found(match, start)

    def _found(self, path: Path, top: Path) -> FoundFile | Problem:
        found = found_file(path, top)
        if isinstance(found, Problem) or path not in self.twins:
            return found
        return replace(found, is_twin=True)

    def _matches(self, folder: Path, top: Path, wanted: Glob | _PicturesInFolder) -> Iterator[Path | Problem]:
        entries = self._entries(folder)
        if isinstance(entries, Problem):
            yield entries
            return
        files = {path for path, is_folder in entries if not is_folder and self._selects(path, top, wanted)}
        self.twins |= twins_of(files)
        for path, is_folder in entries:
            names = path.relative_to(top).parts
            if path in files:
                yield path
            elif not is_folder:
                continue
            elif is_system_folder(path.name):
                self.passed_over.add_folder(shown_path(path))
            elif wanted.may_match_in(names) and not self.selection.excludes("/".join(names)):
                yield from self._matches(path, top, wanted)

    def _selects(self, path: Path, top: Path, wanted: Glob | _PicturesInFolder) -> bool:
        names = path.relative_to(top).parts
        is_selected = wanted.matches(names) and self.selection.selects("/".join(names))
        return is_selected and self._is_wanted(path, wanted)

    def _is_wanted(self, path: Path, wanted: Glob | _PicturesInFolder) -> bool:
        """Return whether a file is read; if not, note it. A glob takes what it matches."""
        if isinstance(wanted, Glob) and not is_system_file(path.name):
            return True
        if not is_system_file(path.name) and is_picture(path):
            return True
        log.info("%s: passed over", path)
        self.passed_over.add_file(path, shown_path(path))
        return False

    def _entries(self, folder: Path) -> list[tuple[Path, bool]] | Problem:
        """Return the entries of a folder in natural order, and whether each is a folder."""
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
            return Problem(shown_path(folder), why, "check its permissions", folder)
        return sorted(found, key=lambda each: natural_key(each[0]))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _sort_key(match: Path | Problem) -> tuple[tuple[tuple[int, int, str], ...], str]:
    return natural_key(match.path or Path() if isinstance(match, Problem) else match)


def found_file(path: Path, top: Path) -> FoundFile | Problem:
    """Return a file below a folder, or a problem if it cannot be opened."""
    shown = shown_path(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if path.is_symlink():
            return Problem(shown, "is a link to a missing file", "fix the link", path)
        return Problem(shown, "there is no such file or folder", "check the path", path)
    except OSError as error:
        why = f"cannot be accessed ({error.strerror})"
        return Problem(shown, why, "check the path and its permissions", path)
    # Opening a named pipe would block until something is written to it.
    if not stat.S_ISREG(mode):
        return Problem(shown, "is not a regular file", "copy its content into a file", path)
    folder = path.parent.relative_to(top).as_posix()
    return FoundFile(path.absolute(), shown, "" if folder == "." else folder)


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
