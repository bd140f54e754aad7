"""The server's traffic: a log of its calls, and rate limits."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """One call that the server received.

    Parameters
    ----------
    kind
        ``submit``, ``poll``, ``delete`` or ``other``.
    at
        Time of the response, on `time.monotonic`.
    status
        HTTP status of the response; 0 if the connection was reset instead.
    signed
        Whether the call carried the right key or a bearer token.
    """

    kind: str
    path: str
    at: float
    status: int
    signed: bool


class RateLimit:
    """A token bucket that holds the calls of one second; without a rate it has no limit. Thread-safe."""

    def __init__(self, per_second: float | None) -> None:
        self._per_second = per_second
        self._capacity = max(1.0, per_second or 1.0)
        self._tokens = self._capacity
        self._updated = time.monotonic()
        self._lock = threading.Lock()

    def admits(self) -> bool:
        """Take one token, and return whether there was one."""
        if self._per_second is None:
            return True
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self._capacity, self._tokens + (now - self._updated) * self._per_second)
            self._updated = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
