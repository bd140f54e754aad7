"""What is done with files after they were read, or could not be read."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

from penstock.config import Configuration
from penstock.model import Problem
from penstock.watching.groups import normal
from penstock.watching.presence import is_there


class Actions:
    """Moves and deletes files, as the table ``[watch]`` says.

    Parameters
    ----------
    relative
        Returns the path of a file below its watched folder. Moved files keep these folders.
    warn
        Called with what could not be done. The file then stays.
    """

    def __init__(
        self, configuration: Configuration, relative: Callable[[Path], Path], warn: Callable[[Problem], None]
    ) -> None:
        watch, folder = configuration.watch, configuration.folder
        self._read = _below(folder, watch.move_read_to)
        self._failed = _below(folder, watch.move_failed_to)
        self._deletes, self._relative, self._warn = watch.delete_read, relative, warn

    @property
    def has_any(self) -> bool:
        """Whether files are moved or deleted."""
        return self._deletes or bool(self.folders)

    @property
    def folders(self) -> list[Path]:
        """The folders that files are moved to."""
        return [folder for folder in (self._read, self._failed) if folder is not None]

    def after_success(self, paths: Iterable[Path]) -> None:
        """Move or delete files whose documents are written."""
        for path in paths:
            if self._deletes:
                self._try(path, "deleted", partial(path.unlink, missing_ok=True))
            elif (folder := self._read) is not None:
                self._try(path, "moved", partial(self._move, path, folder))

    def after_failure(self, path: Path, reasons: Iterable[str]) -> None:
        """Move a file that could not be read, and write the reasons beside it."""
        folder = self._failed
        if folder is None or not is_there(path):
            return

        def move() -> None:
            moved = self._move(path, folder)
            text = "".join(f"{reason}\n" for reason in reasons)
            moved.with_name(f"{moved.name}.txt").write_text(text, encoding="utf-8", errors="backslashreplace")

        self._try(path, "moved", move)

    def _try(self, path: Path, what: str, act: Callable[[], object]) -> None:
        try:
            act()
        except OSError as error:
            why = f"could not be {what} ({error.strerror or error})"
            self._warn(Problem(str(path), why, "check the permissions of its folder and of the target", path))

    def _move(self, path: Path, folder: Path) -> Path:
        wanted = folder / self._relative(path)
        wanted.parent.mkdir(parents=True, exist_ok=True)
        target = _free(wanted)
        try:
            path.rename(target)
        except OSError:
            _move_to_other_disk(path, target)
        return target


def _below(folder: Path, path: Path | None) -> Path | None:
    return None if path is None else normal(folder / path)


def _free(path: Path) -> Path:
    """Return the path, or one with a number if there is a file already."""
    target, number = path, 1
    while target.exists() or target.with_name(f"{target.name}.txt").exists():
        number += 1
        target = path.with_stem(f"{path.stem}-{number}")
    return target


def _move_to_other_disk(path: Path, target: Path) -> None:
    """Copy a file under a hidden name, then rename the copy and remove the file."""
    part = target.with_name(f".{target.name}.part")
    try:
        shutil.copy2(path, part)
        part.rename(target)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    path.unlink()
