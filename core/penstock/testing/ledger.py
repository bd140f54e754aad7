"""What the service on loopback remembers: every call, and what it billed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """One call that arrived.

    Parameters
    ----------
    kind
        ``submit``, ``poll``, ``delete``, or ``other`` for what the service does not know.
    at
        Seconds on `time.monotonic`.
    status
        What it was answered with; 0 if it was not answered.
    signed
        Whether it carried the right key or a token.
    """

    kind: str
    path: str
    at: float
    status: int
    signed: bool


class Ledger:
    """Counts, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._billed = 0

    def bill(self) -> None:
        """One page was taken."""
        with self._lock:
            self._billed += 1

    def note(self, kind: str, path: str, status: int, *, signed: bool) -> None:
        """One call was answered, or dropped."""
        with self._lock:
            self._calls.append(Call(kind, path, time.monotonic(), status, signed))

    @property
    def billed(self) -> int:
        """Pages that were taken, wanted or not."""
        with self._lock:
            return self._billed

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call so far, in the order of its answer."""
        with self._lock:
            return tuple(self._calls)
