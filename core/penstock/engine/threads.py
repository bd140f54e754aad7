"""The engine's threads and its time: daemon threads, deadlines of plugins, gates, and the clock."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

LONGEST_WAIT = 1.0
"""Seconds of a single wait. A signal that arrives just before a wait is handled after at most this time."""

Message = TypeVar("Message")


def start_daemon(name: str, target: Callable[[], None]) -> threading.Thread:
    """Start a thread that does not keep the process alive, because plugins run on it and may hang."""
    thread = threading.Thread(name=name, target=target, daemon=True)
    thread.start()
    return thread


class Deadline:
    """The time limit of a plugin's calls, one call at a time.

    The thread that calls the plugin starts and clears it; the main thread looks at it. The running call is
    one attribute, replaced as a whole, so both threads can do so without a lock.
    """

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self.seconds = seconds
        self._now = now
        self._running: tuple[float, str] | None = None

    def start(self, what: str = "") -> None:
        """Begin a call, or show that it is alive; ``what`` names it."""
        self._running = (self._now() + self.seconds, what)

    def clear(self) -> None:
        self._running = None

    def left(self) -> float | None:
        """Return the seconds until the call counts as hanging, 0 if it does, None without a call."""
        running = self._running
        return None if running is None else max(0.0, running[0] - self._now())

    def overdue(self) -> str | None:
        """Return what the hanging call was named; None if no call hangs."""
        running = self._running
        return running[1] if running and running[0] <= self._now() else None


def soonest(*waits: float | None) -> float | None:
    """Return the shortest of the waits that are given; None if none is."""
    return min((wait for wait in waits if wait is not None), default=None)


class Gate:
    """Limits how many items are in memory: the intake thread waits at it, the main thread makes room."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._is_closed = False
        self._changed = threading.Condition()

    def enter(self) -> bool:
        """Wait for room; False if the gate is closed and nothing more may enter."""
        with self._changed:
            self._changed.wait_for(lambda: self._room > 0 or self._is_closed)
            self._room -= not self._is_closed
            return not self._is_closed

    def widen(self, more: int) -> None:
        """Make room for more items."""
        with self._changed:
            self._room += more
            self._changed.notify()

    def reenter(self) -> None:
        """Count an item that left earlier and comes back; never waits."""
        with self._changed:
            self._room -= 1

    def leave(self) -> None:
        with self._changed:
            self._room += 1
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()


class Clock(Protocol):
    def now(self) -> float:
        """Return seconds since an arbitrary moment; they never decrease."""

    def receive(
        self, inbox: queue.SimpleQueue[Message], timeout: float | None, *, calls_running: bool
    ) -> Message | None:
        """Return the next message, or None after ``timeout`` seconds; None as timeout waits without limit.

        ``calls_running`` says that a plugin is at work and a message will follow. A simulated clock must
        not advance in the meantime.
        """


class SystemClock:
    """The system's monotonic clock."""

    def now(self) -> float:
        return time.monotonic()

    def receive(
        self,
        inbox: queue.SimpleQueue[Message],
        timeout: float | None,
        *,
        calls_running: bool,  # noqa: ARG002  real time passes anyway
    ) -> Message | None:
        try:
            return inbox.get(timeout=LONGEST_WAIT if timeout is None else min(timeout, LONGEST_WAIT))
        except queue.Empty:
            return None
