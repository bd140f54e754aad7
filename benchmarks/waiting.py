"""A recognizer that never finishes a page, to measure the cost of waiting."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from penstock import Limits, Operation, Page, Pending, Recognition, hookimpl

AN_HOUR = 3600.0


@dataclass(eq=False)
class Waiting:
    """Accepts every page, and asks to be polled in an hour."""

    def __post_init__(self) -> None:
        self.taken = 0
        self._lock = threading.Lock()

    @hookimpl
    def limits(self) -> Limits:
        return Limits()

    @hookimpl
    def submit(self, page: Page) -> Operation:  # noqa: ARG002 - every page is the same
        with self._lock:
            self.taken += 1
        return Operation({"number": self.taken}, poll_after=AN_HOUR)

    @hookimpl
    def poll(self, operation: Operation) -> Recognition | Pending | Operation:  # noqa: ARG002
        return Pending(AN_HOUR)
