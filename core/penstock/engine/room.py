"""Where threads wait that take pages in while the disk of the state folder is full."""

from __future__ import annotations

import queue
import threading

from penstock.engine.jobs import DiskFull, Message
from penstock.engine.problems import problem_of
from penstock.errors import NoSpace


class Room:
    """Blocks the threads whose writes failed, until the main thread lets them try again or the run ends."""

    def __init__(self, inbox: queue.SimpleQueue[Message]) -> None:
        self._inbox = inbox
        self._changed = threading.Condition()
        self._turn = 0
        self._is_closed = False
        self._intake: int | None = None

    def enter_intake(self) -> None:
        """Let the calling thread wait in `wait_on_intake`, too."""
        self._intake = threading.get_ident()

    def wait_on_intake(self, error: NoSpace) -> bool:
        """Wait as `wait` does if this is the intake's thread; others, such as sinks, have their own ways."""
        return threading.get_ident() == self._intake and self.wait(error)

    def wait(self, error: NoSpace) -> bool:
        """Wait until there may be room; return whether to try again."""
        with self._changed:
            turn = self._turn
            if not self._is_closed:
                self._inbox.put(DiskFull(problem_of(error, "taking pages in")))
            self._changed.wait_for(lambda: self._is_closed or self._turn != turn)
            return not self._is_closed

    def let_try(self) -> None:
        """Let all waiting threads try again."""
        with self._changed:
            self._turn += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let nothing wait any more. The writes fail, which ends the intake."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
