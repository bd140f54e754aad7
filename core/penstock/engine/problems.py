"""Translates exceptions of plugins into problems and decisions."""

from __future__ import annotations

import logging
from enum import Enum
from pathlib import Path

from penstock.errors import (
    THROTTLED,
    InDoubt,
    NoSpace,
    NotAnswered,
    OperationLost,
    PageRefused,
    PenstockError,
    PluginError,
    RecognizerError,
    StateError,
    TryAgain,
    is_disk_full,
    raised_at,
)
from penstock.model import Page, Problem

_plugins = logging.getLogger("penstock.plugins")

HANGING_HINT = "this is a fault of the plugin; [engine] call_deadline sets how long a call may take"


class SubmitEnd(Enum):
    """The four ways in which a submit that raised can have ended."""

    NOT_SENT = "not sent"  # nothing arrived and nothing was billed: the page may be sent again
    ANSWERED = "answered"  # the service refused the page or the run
    IN_DOUBT = "in doubt"  # the page left and its answer was lost: it may have been billed
    UNKNOWN = "unknown"  # the plugin failed at an unknown point: in doubt, not tried again in this run


def end_of_submit(error: BaseException) -> SubmitEnd:
    if isinstance(error, TryAgain):
        return SubmitEnd.NOT_SENT
    if isinstance(error, InDoubt):
        return SubmitEnd.IN_DOUBT
    if isinstance(error, PluginError) or not isinstance(error, PenstockError):
        return SubmitEnd.UNKNOWN
    return SubmitEnd.ANSWERED


def is_expense(answer: object, error: BaseException | None) -> bool:
    """Return whether a submit counts as an expense: the page was accepted, or may have been."""
    if error is None:
        return answer is not None
    return end_of_submit(error) in (SubmitEnd.IN_DOUBT, SubmitEnd.UNKNOWN)


def problem_of(error: BaseException, what: str, path: Path | None = None, who: str = "the plugin") -> Problem:
    """Return an exception as a problem; ``who`` names the plugin that is at fault if it is a foreign one.

    The traceback goes to the logger ``penstock.plugins``.
    """
    # A PluginError that reports another exception has nothing to add to its traceback.
    raised = error.__cause__ if isinstance(error, PluginError) and error.__cause__ else error
    _plugins.debug("%s: %s raised %s", what, who, type(raised).__name__, exc_info=raised)
    if isinstance(error, PenstockError):
        return Problem(what, error.message.removeprefix(f"{what}: "), error.hint, path)
    if ends_the_run(error):
        return Problem(what, "the disk is full", "make room and run the same command again", path)
    hint = f"this is a fault of {who}{raised_at(error)}; tell its author"
    return Problem(what, f"{type(error).__name__}: {error}", hint, path)


def ends_the_run(error: BaseException) -> bool:
    """Return whether nothing more can be stored or written, which is no fault of a page or a plugin."""
    return isinstance(error, StateError) or has_no_space(error)


def has_no_space(error: BaseException) -> bool:
    """Return whether an error says that a disk is full."""
    return isinstance(error, NoSpace) or (isinstance(error, OSError) and is_disk_full(error))


def asked_wait(error: BaseException | None) -> float | None:
    """Return the seconds that a service asked every caller to wait; None if it did not ask."""
    return error.retry_after if isinstance(error, RecognizerError) else None


def page_problem(page: Page, recognizer: str, error: BaseException, tried: int = 0) -> Problem:
    """Return why a page failed, from the exception of a recognizer's call; ``tried`` counts the attempts."""
    problem = problem_of(error, page.origin, page.picture.path, f"the recognizer {recognizer!r}")
    code = f" [{error.code}]" if isinstance(error, RecognizerError) and error.code else ""
    is_expected = isinstance(error, PageRefused | TryAgain | InDoubt | OperationLost)
    times = f", {tried} times" if tried > 1 and is_expected else ""
    return Problem(problem.what, problem.why + code + times, problem.hint, problem.path)


def recognizer_problem(recognizer: str, error: RecognizerError) -> Problem:
    """Return a problem of a recognizer that is no page's."""
    code = f" [{error.code}]" if error.code else ""
    return Problem(f"the recognizer {recognizer!r}", error.message + code, error.hint)


def is_answer(answer: object, error: BaseException | None) -> bool:
    """Return whether a call shows that the service works. None as answer declines a page without a call."""
    if error is None or isinstance(error, NotAnswered):
        return answer is not None
    is_throttled = isinstance(error, TryAgain) and error.code == THROTTLED
    return is_throttled or (isinstance(error, RecognizerError) and not is_sign_of_outage(error))


def is_sign_of_outage(error: BaseException) -> bool:
    """Return whether a call failed as calls do when the service is down."""
    return isinstance(error, InDoubt) or (isinstance(error, TryAgain) and error.code != THROTTLED)
