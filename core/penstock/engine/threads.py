"""A few threads that make calls, started as they are needed, and never waited for at the end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

CALL_THREADS = 15
"""Calls of recognizers at once, at most. Each is short: nobody waits in a plugin."""


class Callers:
    """Daemon threads that make one call after the other.

    A pool of the standard library would be joined when the process ends, and one plugin that hangs would
    then hang the command.
    """

    def __init__(self, most: int = CALL_THREADS) -> None:
        self._most = most
        self._threads: list[threading.Thread] = []
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self.running = 0
        self.given_up = 0

    @property
    def free(self) -> int:
        """Calls that could be started now."""
        return self._most - self.running

    def start(self, call: Callable[[], None]) -> None:
        """Make a call on some thread; whoever gets its answer says `ended`."""
        self.running += 1
        if self.running + self.given_up > len(self._threads):
            self._threads.append(daemon(f"penstock-call-{len(self._threads) + 1}", self._serve))
        self._work.put(call)

    def ended(self) -> None:
        """A call's answer was taken."""
        self.running -= 1

    def give_up(self) -> None:
        """A call does not come back; its thread is left to it, and another takes its place."""
        self.running -= 1
        self.given_up += 1

    def came_back(self) -> None:
        """A call that was given up has come back after all."""
        self.given_up -= 1

    def close(self) -> None:
        """Let the threads go when they are free."""
        for _ in self._threads:
            self._work.put(None)

    def _serve(self) -> None:
        while (call := self._work.get()) is not None:
            call()


def daemon(name: str, target: Callable[[], None]) -> threading.Thread:
    """Start a thread that does not keep the process alive."""
    thread = threading.Thread(name=name, target=target, daemon=True)
    thread.start()
    return thread


__all__ = ["CALL_THREADS", "Callers", "daemon"]
