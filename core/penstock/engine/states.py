"""The states of a page, and the ways between them: all of them, here.

::

    FOUND ──▶ INTENT ──▶ SUBMITTED ──▶ RECOGNIZED
      ▲         │            │
      └─────────┴────────────┘
      not sent, in doubt, lost      (any of them ──▶ FAILED)

A submit has four ends, and what follows from each is decided here, too.
"""

from __future__ import annotations

from enum import Enum

from penstock.errors import InDoubt, PenstockError, PluginError, TryAgain


class PageState(Enum):
    """Where a page is on its way."""

    FOUND = "found"
    """Taken in; never sent, or known not to have arrived."""
    INTENT = "intent"
    """About to be sent, or sent without an answer yet."""
    SUBMITTED = "submitted"
    """A recognizer took it and gave an operation."""
    RECOGNIZED = "recognized"
    """Read; the recognition is on the shelf, where its document waits to be complete."""
    FAILED = "failed"
    """Given up, with a reason."""


class SubmitEnd(Enum):
    """How a submit ends."""

    NOT_SENT = "not sent"
    """Nothing arrived, nothing was billed: it may be sent again."""
    ANSWERED = "answered"
    """An operation, a recognition or a refusal came back: never sent again while its operation lives."""
    IN_DOUBT = "in doubt"
    """It left, and its answer was lost: it may have been billed."""
    UNKNOWN = "unknown"
    """The plugin failed on the way, nobody knows how far it came: in doubt, and not tried in this run."""


def end_of_submit(error: BaseException | None) -> SubmitEnd:
    """The end that a submit came to, from what it raised."""
    if isinstance(error, TryAgain):
        return SubmitEnd.NOT_SENT
    if isinstance(error, InDoubt):
        return SubmitEnd.IN_DOUBT
    if isinstance(error, PluginError) or not isinstance(error, PenstockError | None):
        return SubmitEnd.UNKNOWN
    return SubmitEnd.ANSWERED


_WAYS = {
    PageState.FOUND: {PageState.INTENT, PageState.FAILED},
    PageState.INTENT: {PageState.FOUND, PageState.SUBMITTED, PageState.RECOGNIZED, PageState.FAILED},
    PageState.SUBMITTED: {PageState.FOUND, PageState.RECOGNIZED, PageState.FAILED},
    PageState.RECOGNIZED: {PageState.FAILED},
    PageState.FAILED: set(),
}


def checked_way(before: PageState, after: PageState) -> PageState:
    """The new state. Raises RuntimeError for a way that does not exist: a fault of the engine."""
    if after not in _WAYS[before]:
        raise RuntimeError(f"a page cannot go from {before.value} to {after.value}")
    return after


__all__ = ["PageState", "SubmitEnd", "checked_way", "end_of_submit"]
