"""Time, given from outside, and politeness: how many downloads of one host at once, and when again."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

from penstock_plugins.sources.url.failing import Stopped

TRIES = 4
"""Tries in a row that bring nothing new."""
FIRST_WAIT = 1.0


class Clock(Protocol):
    """What downloads know of time."""

    def now(self) -> float:
        """Seconds that only grow, from any start."""

    def date(self) -> datetime:
        """The date and time that people know, in UTC."""

    def wait(self, stopping: threading.Event, seconds: float) -> None:
        """Let so many seconds pass, or come back when it is time to stop."""


class SystemClock:
    """The machine's own."""

    def now(self) -> float:
        """Seconds since some moment before the start."""
        return time.monotonic()

    def date(self) -> datetime:
        """Now."""
        return datetime.now(UTC)

    def wait(self, stopping: threading.Event, seconds: float) -> None:
        """Wait for real."""
        stopping.wait(seconds)


def wait_before(attempt: int) -> float:
    """Seconds before the next try, after so many that brought nothing: 1, 2, 4."""
    return FIRST_WAIT * 2.0 ** max(0, attempt - 1)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After asks for (RFC 9110, 10.2.3: seconds, or a date); None if it says nothing."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        date = http_date(value)
        seconds = (date - now).total_seconds() if date else math.nan
    return max(0.0, seconds) if math.isfinite(seconds) else None


def http_date(value: str | None) -> datetime | None:
    """A header's date; None if it is none."""
    try:
        date = parsedate_to_datetime(value) if value else None
    except (ValueError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date and date.tzinfo is None else date


class Hosts:
    """Lets so many downloads of one host run at once, and none before the host wants any.

    Parameters
    ----------
    per_host
        At once, of one host.
    """

    def __init__(self, per_host: int, clock: Clock) -> None:
        self.stopping = threading.Event()
        self._per_host = per_host
        self._clock = clock
        self._running: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self._changed = threading.Condition()

    @contextmanager
    def slot(self, host: str) -> Iterator[None]:
        """Wait for a host's turn. Raises Stopped if there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_room(host) or self.stopping.is_set())
            self._refuse_if_stopping()
            self._running[host] = self._running.get(host, 0) + 1
        try:
            self._wait_out(host)
            yield
        finally:
            with self._changed:
                self._running[host] -= 1
                self._changed.notify_all()

    def pause(self, host: str, seconds: float) -> None:
        """Let nobody ask a host for so long: it said so."""
        with self._changed:
            until = self._clock.now() + seconds
            self._not_before[host] = max(until, self._not_before.get(host, until))

    def stop(self) -> None:
        """Let nobody through any more."""
        with self._changed:
            self.stopping.set()
            self._changed.notify_all()

    def _has_room(self, host: str) -> bool:
        return self._running.get(host, 0) < self._per_host

    def _wait_out(self, host: str) -> None:
        while (left := self._not_before.get(host, -math.inf) - self._clock.now()) > 0:
            self._clock.wait(self.stopping, left)
            self._refuse_if_stopping()

    def _refuse_if_stopping(self) -> None:
        if self.stopping.is_set():
            raise Stopped


__all__ = ["Clock", "Hosts", "SystemClock", "http_date", "retry_after", "wait_before"]
