"""Limits per host: how many downloads at once, and when a host may be asked again."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from penstock_plugins.sources.url.errors import Stopped


class Clock:
    """The machine's clock; tests replace it."""

    def now(self) -> float:
        """Return seconds since any fixed moment."""
        return time.monotonic()

    def wait(self, stopping: threading.Event, seconds: float) -> None:
        """Wait, but not longer than until the event is set."""
        stopping.wait(seconds)


def retry_after(value: str | None) -> float | None:
    """Return the seconds that a Retry-After header asks for; None without a usable header."""
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    try:
        return float(Retry().parse_retry_after(value)) if value else None
    except (InvalidHeader, ValueError, OverflowError):
        return None


class HostLimiter:
    """Limits the downloads at once from one host, and delays requests to a host that asked for a pause."""

    def __init__(self, per_host: int, clock: Clock) -> None:
        self.stopping = threading.Event()
        self._per_host = per_host
        self._clock = clock
        self._running: Counter[str] = Counter()
        self._not_before: dict[str, float] = {}
        self._changed = threading.Condition()

    @contextmanager
    def slot(self, host: str) -> Iterator[None]:
        """Wait until the host may be asked, and count one download until the end. Raises Stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._running[host] < self._per_host or self.stopping.is_set())
            self._check_running()
            self._running[host] += 1
        try:
            while (left := self._not_before.get(host, -math.inf) - self._clock.now()) > 0:
                self._clock.wait(self.stopping, left)
                self._check_running()
            yield
        finally:
            with self._changed:
                self._running[host] -= 1
                self._changed.notify_all()

    def pause(self, host: str, seconds: float) -> None:
        """Send no request to a host for some seconds."""
        with self._changed:
            until = self._clock.now() + seconds
            self._not_before[host] = max(until, self._not_before.get(host, until))

    def stop(self) -> None:
        """Make every current and later `slot` raise Stopped."""
        with self._changed:
            self.stopping.set()
            self._changed.notify_all()

    def _check_running(self) -> None:
        if self.stopping.is_set():
            raise Stopped
