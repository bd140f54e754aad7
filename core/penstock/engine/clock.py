"""Time, given to the engine from outside, so that tests need not wait for it."""

from __future__ import annotations

import queue
import time
from typing import Protocol, TypeVar

Message = TypeVar("Message")

LONGEST_WAIT = 1.0
"""Seconds: a signal that comes in the moment before a wait begins is heard no later than this."""


class Clock(Protocol):
    """What the engine knows of time."""

    def now(self) -> float:
        """Seconds that only grow, from any start."""

    def receive(
        self, inbox: queue.SimpleQueue[Message], timeout: float | None, *, calls_running: bool
    ) -> Message | None:
        """The next message, or None when the timeout (seconds; None: no end) has passed.

        ``calls_running`` says that a call of a plugin is under way: its answer will come by itself, and a
        clock that makes time up must not run ahead of it.
        """


class SystemClock:
    """The machine's own monotonic clock."""

    def now(self) -> float:
        """Seconds since some moment before the start."""
        return time.monotonic()

    def receive(
        self,
        inbox: queue.SimpleQueue[Message],
        timeout: float | None,
        *,
        calls_running: bool,  # noqa: ARG002  a real clock runs by itself
    ) -> Message | None:
        """Wait for a message as long as the timeout says."""
        try:
            return inbox.get(timeout=LONGEST_WAIT if timeout is None else min(timeout, LONGEST_WAIT))
        except queue.Empty:
            return None


__all__ = ["Clock", "SystemClock"]
