"""What plugins raise, as data."""

from __future__ import annotations

import logging
from pathlib import Path

from penstock.errors import (
    InDoubt,
    NoSpace,
    OperationLost,
    PageRefused,
    PenstockError,
    RecognizerError,
    StateError,
    StopRun,
    TryAgain,
    is_disk_full,
    raised_at,
)
from penstock.model import Page, Problem


def problem_of(error: BaseException, what: str, path: Path | None = None, who: str = "the plugin") -> Problem:
    """An exception as data: ours with its hint, a foreign one with its name and who raised it."""
    logging.getLogger("penstock.plugins").debug("%s failed", what, exc_info=error)
    if isinstance(error, PenstockError):
        message = error.message.removeprefix(f"{what}: ")
        return Problem(what, message, error.hint, path)
    if ends_the_run(error):
        return Problem(what, "the disk is full", "make room and run the same command again", path)
    hint = f"this is a fault of {who}{raised_at(error)}; tell its author"
    return Problem(what, f"{type(error).__name__}: {error}", hint, path)


def ends_the_run(error: BaseException) -> bool:
    """Whether nothing more can be kept or written, which is no fault of a page, a document or a plugin."""
    return isinstance(error, NoSpace | StateError) or (isinstance(error, OSError) and is_disk_full(error))


def asked_wait(error: BaseException) -> float | None:
    """Seconds that a service asked everybody to wait, by what a call raised; None if it did not."""
    return error.retry_after if isinstance(error, RecognizerError) else None


def page_problem(page: Page, recognizer: str, error: BaseException, tried: int = 0) -> Problem:
    """Why a page is given up, from what a call of a recognizer raised, after so many tries."""
    who = f"the recognizer {recognizer!r}"
    problem = problem_of(error, page.origin, page.picture.path, who)
    code = f" [{error.code}]" if isinstance(error, RecognizerError) and error.code else ""
    times = f", {tried} times" if tried > 1 else ""
    known = isinstance(error, PageRefused | TryAgain | InDoubt | OperationLost)
    return Problem(problem.what, problem.why + code + (times if known else ""), problem.hint, problem.path)


def stop_problem(name: str, error: StopRun) -> Problem:
    """Why a recognizer ends the run."""
    code = f" [{error.code}]" if error.code else ""
    return Problem(f"the recognizer {name!r}", error.message + code, error.hint)


__all__ = ["asked_wait", "ends_the_run", "page_problem", "problem_of", "stop_problem"]
