"""The files of a source that have changed, for `penstock watch`."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from penstock.model import Problem
from penstock_plugins.sources.files.local_files import (
    FoundFile,
    LocalFiles,
    LocalWalk,
    fixed_part,
    found_file,
)
from penstock_plugins.sources.files.not_pictures import is_system_folder
from penstock_plugins.sources.files.patterns import WILDCARD, Glob, Selection
from penstock_plugins.sources.files.walking import PicturesInFolder, natural_key, twins_of

Wanted = Glob | PicturesInFolder


@dataclass(frozen=True)
class FollowedPaths:
    """The paths of a source that is watched, and which files it reads."""

    paths: tuple[Path, ...]
    selection: Selection

    @cached_property
    def places(self) -> tuple[Path, ...]:
        """The folders and files to watch, absolute. A glob is watched from its first folder."""
        return tuple(dict.fromkeys(start for _, start, _ in self._given))

    @cached_property
    def _given(self) -> tuple[tuple[Path, Path, Wanted], ...]:
        """Each path, where it is watched from, and what is read below that."""
        # Without "..", so that a changed path can be compared with them.
        return tuple(self._split(Path(os.path.abspath(path))) for path in self.paths)  # noqa: PTH100

    @staticmethod
    def _split(path: Path) -> tuple[Path, Path, Wanted]:
        if WILDCARD.search(str(path)) and not path.exists():
            start = fixed_part(path)
            return path, start, Glob.of(path.relative_to(start).parts)
        return path, path, PicturesInFolder()

    def top_of(self, path: Path) -> Path | None:
        """Return the given folder that leads to a file, or the folder of a given file.

        None if the source does not read the file.
        """
        for given, start, wanted in self._given:
            if path == given:
                return path.parent
            if (
                start in path.parents
                and self._may_enter(path, start, wanted)
                and LocalWalk(self.selection).selects(path, start, wanted)
            ):
                return start
        return None

    def tops(self, files: Iterable[Path]) -> dict[Path, Path]:
        """Return the files that the source reads in the order of the given paths, each with its `top_of`."""
        found = {file: top for file in files if (top := self.top_of(file)) is not None}
        order = {place: index for index, place in enumerate(self.places)}
        return dict(
            sorted(
                found.items(),
                key=lambda each: (order.get(each[0], order.get(each[1], 0)), natural_key(each[0])),
            )
        )

    def _may_enter(self, path: Path, start: Path, wanted: Wanted) -> bool:
        """Return whether a walk enters all folders between a start and a file."""
        names = path.relative_to(start).parts
        return all(
            not is_system_folder(names[end - 1])
            and wanted.may_match_in(names[:end])
            and not self.selection.excludes("/".join(names[:end]))
            for end in range(1, len(names))
        )


@dataclass(frozen=True, slots=True)
class ChangedFiles(LocalFiles):
    """Some files of a source: each with the given folder that leads to it."""

    tops: Mapping[Path, Path]

    def files(
        self,
        show_status: Callable[[str], None],  # noqa: ARG002
        *,
        names_files: bool,  # noqa: ARG002
    ) -> Iterator[FoundFile | Problem]:
        """Yield each file, and a problem for each that cannot be accessed."""
        twins = _twins(self.tops)
        for path, top in self.tops.items():
            yield found_file(path, top, is_twin=path in twins)


def _twins(paths: Collection[Path]) -> set[Path]:
    """Return those of the paths beside which another picture lies that differs in the suffix only."""
    stems: dict[Path, set[str]] = {}
    for path in paths:
        stems.setdefault(path.parent, set()).add(path.stem)
    twins: set[Path] = set()
    for folder, names in stems.items():
        alike = [name for name in _names(folder) if name.rpartition(".")[0] in names]
        twins |= twins_of(folder / name for name in alike)
    return twins


def _names(folder: Path) -> list[str]:
    with suppress(OSError):
        # Names alone: to make 50,000 paths takes a fifth of a second.
        return os.listdir(folder)  # noqa: PTH208
    return []
