"""What a worker says about a page, in a form that every process can load."""

from __future__ import annotations

import pickle
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from penstock.errors import PenstockError, PluginError, RecognizerError, raised_at
from penstock.model import Page, Recognition


@dataclass(frozen=True, slots=True)
class Failure:
    """A recognizer raised; ``trace`` is the traceback as text, or empty."""

    error: BaseException
    trace: str = ""


Answer = Recognition | Failure | None
"""The result of a page in pixels of the given picture; None if the recognizer leaves it to the next one."""


@dataclass(frozen=True, slots=True)
class Timed:
    """An answer, and the seconds that the recognizer took for it."""

    answer: Answer
    seconds: float


def timed(read: Callable[[Page], Answer], page: Page) -> Timed:
    """Return what a recognizer says about a page, with the time that it takes."""
    began = time.monotonic()
    answer = read(page)
    return Timed(answer, time.monotonic() - began)


def with_seconds(reply: Answer | Timed) -> tuple[Answer, float]:
    """Return an answer, and the seconds that the recognizer took for it; 0 if it did not answer."""
    return (reply.answer, reply.seconds) if isinstance(reply, Timed) else (reply, 0.0)


def failure_of(error: BaseException, who: str) -> Failure:
    """Return an exception as an answer. One that another process may not be able to load is described."""
    trace = "".join(traceback.format_exception(error))
    if (portable := _portable(error)) is not None:
        return Failure(portable, trace)
    hint = f"this is a fault of {who}{raised_at(error)}; tell its author"
    return Failure(PluginError(f"{type(error).__name__}: {error}", hint), trace)


def _portable(error: BaseException) -> PenstockError | None:
    """Return an exception of penstock in a form that every process can load; None if there is none.

    A subclass that a plugin defines becomes the nearest class of penstock's own, so that it means the same.
    """
    with suppress(Exception):  # an exception of a plugin may lack attributes, or have some that raise
        if isinstance(error, RecognizerError):
            cls = next(each for each in type(error).__mro__ if each.__module__ == RecognizerError.__module__)
            made: PenstockError = cls(
                str(error.message), str(error.hint), code=str(error.code), retry_after=error.retry_after
            )
            return made
        if isinstance(error, PenstockError) and type(error).__module__.startswith("penstock."):
            pickle.loads(pickle.dumps(error))  # noqa: S301  made here; raises if that is impossible
            return error.with_traceback(None)
    return None
