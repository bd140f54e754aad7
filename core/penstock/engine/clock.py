"""Time as the engine sees it. Tests replace the clock so that they need not wait."""

from __future__ import annotations

import queue
import time
from typing import Protocol, TypeVar

Message = TypeVar("Message")

LONGEST_WAIT = 1.0
"""Seconds of a single wait. A signal that arrives just before a wait is handled after at most this time."""


class Clock(Protocol):
    """The clock of a run."""

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
        """Return monotonic seconds."""
        return time.monotonic()

    def receive(
        self,
        inbox: queue.SimpleQueue[Message],
        timeout: float | None,
        *,
        calls_running: bool,  # noqa: ARG002  real time passes anyway
    ) -> Message | None:
        """Wait for a message, at most ``LONGEST_WAIT`` seconds."""
        try:
            return inbox.get(timeout=LONGEST_WAIT if timeout is None else min(timeout, LONGEST_WAIT))
        except queue.Empty:
            return None


__all__ = ["Clock", "SystemClock"]
