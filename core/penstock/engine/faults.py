"""What plugins raise, as data."""

from __future__ import annotations

import traceback
from pathlib import Path

from penstock.errors import NoSpace, PenstockError, StateError, is_disk_full
from penstock.model import Problem


def problem_of(error: BaseException, what: str, path: Path | None = None, who: str = "the plugin") -> Problem:
    """An exception as data: ours with its hint, a foreign one with its name and who raised it."""
    if isinstance(error, PenstockError):
        message = error.message.removeprefix(f"{what}: ")
        return Problem(what, message, error.hint, path)
    if ends_the_run(error):
        return Problem(what, "the disk is full", "make room and run the same command again", path)
    hint = f"this is a fault of {who}{_line_of(error)}; tell its author"
    return Problem(what, f"{type(error).__name__}: {error}", hint, path)


def ends_the_run(error: BaseException) -> bool:
    """Whether nothing more can be kept or written, which is no fault of a page, a document or a plugin."""
    return isinstance(error, NoSpace | StateError) or (isinstance(error, OSError) and is_disk_full(error))


def _line_of(error: BaseException) -> str:
    """Where it was raised: `` (shout.py, line 7)``."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""


__all__ = ["ends_the_run", "problem_of"]
