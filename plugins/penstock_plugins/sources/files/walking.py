"""Walking folders for pictures, on this machine or on object storage."""

from __future__ import annotations

import itertools
import logging
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Generic, TypeVar

from penstock.model import Problem
from penstock_plugins.sources.files.not_pictures import PassedOver, is_system_file, is_system_folder
from penstock_plugins.sources.files.patterns import Glob, Selection

log = logging.getLogger(__name__)

_DIGITS = re.compile(r"\d+")

AnyPath = TypeVar("AnyPath", bound=PurePath)


def natural_key(path: PurePath | str) -> str:
    """Return a sort key, unique to the path, that puts ``page2`` before ``page10`` and ignores case.

    It is a string because a folder can have millions of files: tuples take five times the memory.
    """
    folded = unicodedata.normalize("NFC", str(path)).casefold()
    return f"{_DIGITS.sub(_sortable, folded)}\0\0{path}"


def _sortable(digits: re.Match[str]) -> str:
    """Return a number so that numbers are sorted by their values, and before any letter."""
    number = str(int(digits.group()))
    return f"\0{chr(len(number))}{number}"


def twins_of(paths: Iterable[AnyPath]) -> set[AnyPath]:
    """Return the pictures that differ from another one only in their suffix, as phones export them.

    PDFs are left out: a PDF beside a picture of the same name may be the output that was made from it.
    """
    suffixes: dict[str, str] = {}
    twins = set()
    for path in paths:
        suffix = path.suffix
        if path.name and suffix.lower() != ".pdf":
            first = suffixes.setdefault(str(path).removesuffix(suffix), suffix)
            if first != suffix:
                twins |= {path, path.with_suffix(first)}
    return twins


@dataclass(frozen=True, slots=True)
class Found:
    """A file, the path that people see, and its folder relative to the folder that was given."""

    path: PurePath
    origin: str
    folder: str
    is_twin: bool  # whether another picture in its folder differs in the suffix only

    @property
    def beside(self) -> Path | None:
        """The folder for outputs beside the file; None if it is not a folder of this machine."""
        return self.path.parent if isinstance(self.path, Path) else None


def say_what_is_left_out(
    selection: Selection, passed_over: PassedOver, show_status: Callable[[str], None]
) -> None:
    """Show the exclude patterns that matched nothing, and what the walks passed over."""
    for pattern in selection.unused():
        show_status(f"exclude {pattern!r} matches nothing: patterns apply below the given folders")
    if text := passed_over.text():
        show_status(text)


def say_how_twins_are_named(names: Sequence[str], show_status: Callable[[str], None]) -> None:
    """Show how the outputs of files are named that differ in the suffix only."""
    if names:
        show_status(
            f"outputs are named {names[0]}.pdf and so on: {len(names)} files differ in the suffix only"
        )


class PicturesInFolder:
    """Matches the files of a folder that are not hidden."""

    def matches(self, names: tuple[str, ...]) -> bool:
        return self.may_match_in(names)

    def may_match_in(self, names: tuple[str, ...]) -> bool:
        return not names[-1].startswith(".")


@dataclass(slots=True)
class Walk(ABC, Generic[AnyPath]):
    """One walk over a path, folder or glob."""

    selection: Selection  # among the files of folders and globs
    passed_over: PassedOver = field(default_factory=PassedOver)
    twins: set[AnyPath] = field(default_factory=set)  # of the paths; those of folders and globs are added

    @abstractmethod
    def entries(self, folder: AnyPath) -> Iterable[tuple[AnyPath, bool]] | Problem:
        """Return the entries of a folder in natural order, and whether each is a folder.

        They are iterated several times. A folder is entered once: without entries if it was entered before.
        """

    @abstractmethod
    def is_picture(self, path: AnyPath) -> bool:
        """Return whether a file is a picture or PDF."""

    @abstractmethod
    def shown(self, path: AnyPath) -> str:
        """Return the path that people see."""

    def matches(
        self, folder: AnyPath, top: AnyPath, wanted: Glob | PicturesInFolder
    ) -> Iterator[AnyPath | Problem]:
        """Yield the wanted files below a folder, and a problem for each folder that cannot be listed."""
        entries = self.entries(folder)
        if isinstance(entries, Problem):
            yield entries
            return
        # The paths are not kept: a folder can have millions of files.
        selected = [not is_folder and self.selects(path, top, wanted) for path, is_folder in entries]
        self.twins |= twins_of(path for path, _ in itertools.compress(entries, selected))
        for (path, is_folder), is_selected in zip(entries, selected, strict=True):
            names = path.relative_to(top).parts
            if is_selected:
                yield path
            elif not is_folder:
                continue
            elif is_system_folder(path.name):
                self.passed_over.add_folder(self.shown(path))
            elif wanted.may_match_in(names) and not self.selection.excludes("/".join(names)):
                yield from self.matches(path, top, wanted)

    def selects(self, path: AnyPath, top: AnyPath, wanted: Glob | PicturesInFolder) -> bool:
        """Return whether a file below a folder is read, if its folders may be entered."""
        names = path.relative_to(top).parts
        is_selected = wanted.matches(names) and self.selection.selects("/".join(names))
        return is_selected and self._is_wanted(path, wanted)

    def _is_wanted(self, path: AnyPath, wanted: Glob | PicturesInFolder) -> bool:
        """Return whether a file is read; if not, note it.

        A glob with a suffix takes what it matches; other globs take pictures, as folders do.
        """
        if isinstance(wanted, Glob) and wanted.names_suffix and not is_system_file(path.name):
            return True
        if not is_system_file(path.name) and self.is_picture(path):
            return True
        shown = self.shown(path)
        log.info("%s: passed over", shown)
        self.passed_over.add_file(path, shown)
        return False
