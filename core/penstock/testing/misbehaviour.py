"""What the service does wrong on request, as data, and which call it happens to."""

from __future__ import annotations

import threading
from collections.abc import Sequence
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
    "fail",
    "never-end",
    "forget",
    "two-pages",
]

OF_SUBMITS = frozenset({"lose", "no-location", "foreign-location"})
OF_OPERATIONS = frozenset({"fail", "never-end", "forget", "two-pages"})
"""What an operation does that is taken as if nothing were wrong."""


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """One way to misbehave.

    Parameters
    ----------
    how
        ``throttle`` (429), ``error`` (``status``), ``reset`` (the connection breaks before the page is
        taken), ``hang`` (no answer for ``seconds``), ``half`` (half an answer), ``html`` (a web page with
        status 200), ``redirect``; for submits alone ``lose`` (billed, then the connection breaks),
        ``no-location``, ``foreign-location``; and what becomes of the operation: ``fail``, ``never-end``,
        ``forget``, ``two-pages``.
    on
        Which calls it happens to.
    times
        How often; None is always.
    after
        How many calls of that kind go well first.
    retry_after
        Of a ``throttle`` or ``error``: the header's value. None leaves the header out.
    status
        Of an ``error``.
    seconds
        Of a ``hang``.
    """

    how: How
    on: Literal["submit", "poll"] = "submit"
    times: int | None = 1
    after: int = 0
    retry_after: str | None = None
    status: int = 503
    seconds: float = 60.0

    def __post_init__(self) -> None:
        if self.on == "poll" and self.how in OF_SUBMITS | OF_OPERATIONS:
            raise ValueError(f"{self.how!r} happens to a submit")


class Mischief:
    """Says for every call what goes wrong with it."""

    def __init__(self, misbehaviours: Sequence[Misbehaviour]) -> None:
        self._misbehaviours = tuple(misbehaviours)
        self._seen = dict.fromkeys(("submit", "poll"), 0)
        self._lock = threading.Lock()

    def next(self, kind: str) -> Misbehaviour | None:
        """What happens to the call that has just arrived."""
        with self._lock:
            number = self._seen.get(kind, 0)
            self._seen[kind] = number + 1
        return next((one for one in self._misbehaviours if one.on == kind and _is_due(one, number)), None)


def _is_due(misbehaviour: Misbehaviour, number: int) -> bool:
    turn = number - misbehaviour.after
    return turn >= 0 and (misbehaviour.times is None or turn < misbehaviour.times)
