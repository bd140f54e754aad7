"""The ways in which the server can misbehave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

How = Literal[
    "throttle",
    "error",
    "reset",
    "hang",
    "half",
    "html",
    "redirect",
    "lose",
    "no-location",
    "foreign-location",
    "other-port",
    "relative-location",
    "garbled-location",
    "fail",
    "never-end",
    "forget",
    "two-pages",
]

LOCATION_FAULTS = frozenset(
    {"no-location", "foreign-location", "other-port", "relative-location", "garbled-location"}
)
"""The page is billed, and the header Operation-Location of the response is odd."""
SUBMIT_FAULTS = frozenset({"lose"}) | LOCATION_FAULTS
OPERATION_FAULTS = frozenset({"fail", "never-end", "forget", "two-pages"})
"""The submit is accepted as usual; the fault shows when its operation is polled."""


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """One way to misbehave.

    Parameters
    ----------
    how
        For submits and polls: ``throttle`` (429), ``error`` (``status``), ``reset`` (the connection is
        reset before the call is processed), ``hang`` (no response for ``seconds``), ``half`` (half a
        response), ``html`` (a web page with status 200), ``redirect``. For submits: ``lose`` (the page is
        billed, then the connection is reset), ``no-location``, ``foreign-location`` (an operation of another
        host), ``other-port``, ``relative-location``, ``garbled-location``. For the operation of a submit:
        ``fail``, ``never-end``, ``forget``, ``two-pages``.
    on
        Which calls misbehave.
    times
        How many calls misbehave; None for all.
    after
        How many calls of the kind succeed first.
    retry_after
        For ``throttle`` and ``error``: the value of the header; None for no header.
    status
        For ``error``.
    seconds
        For ``hang``.
    """

    how: How
    on: Literal["submit", "poll"] = "submit"
    times: int | None = 1
    after: int = 0
    retry_after: str | None = None
    status: int = 503
    seconds: float = 60.0

    def __post_init__(self) -> None:
        if self.on == "poll" and self.how in SUBMIT_FAULTS | OPERATION_FAULTS:
            raise ValueError(f"on must be 'submit' for {self.how!r}, got 'poll'")


Faults = Sequence[Misbehaviour] | Callable[[str, bytes], Misbehaviour | None]


class FaultPlan:
    """Chooses the misbehaviour of each call. Thread-safe, if the function is that it may be given."""

    def __init__(self, faults: Faults) -> None:
        self._choose = faults if callable(faults) else self._next_due
        self._misbehaviours = () if callable(faults) else tuple(faults)
        self._seen = {"submit": 0, "poll": 0}
        self._lock = threading.Lock()

    def next(self, kind: str, body: bytes) -> Misbehaviour | None:
        """Return the misbehaviour of the call that has just arrived; None if it succeeds."""
        return self._choose(kind, body)

    def _next_due(self, kind: str, _body: bytes) -> Misbehaviour | None:
        with self._lock:
            number = self._seen.get(kind, 0)
            self._seen[kind] = number + 1
        return next((each for each in self._misbehaviours if each.on == kind and _is_due(each, number)), None)


def _is_due(misbehaviour: Misbehaviour, number: int) -> bool:
    turn = number - misbehaviour.after
    return turn >= 0 and (misbehaviour.times is None or turn < misbehaviour.times)
