"""The service's own rate limit: a bucket that fills evenly and holds one second's calls."""

from __future__ import annotations

import threading
import time


class Throttle:
    """Lets calls through at a rate, in bursts of up to ``burst``, and turns the others away.

    Parameters
    ----------
    per_second
        None lets everything through.
    """

    def __init__(self, per_second: float | None, burst: float | None = None) -> None:
        self._per_second = per_second
        self._most = max(1.0, burst if burst is not None else per_second or 1.0)
        self._left = self._most
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def admits(self) -> bool:
        """Take one call out of the bucket, if it holds one."""
        if self._per_second is None:
            return True
        with self._lock:
            now = time.monotonic()
            self._left = min(self._most, self._left + (now - self._at) * self._per_second)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True
