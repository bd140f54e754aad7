"""Whether a call sleeps: seen by a profile function, whatever name the plugin knows `time.sleep` by."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from penstock.testing.conformance.places import place_of


class SleepWatch:
    """Notes every sleep of the thread that it is on: how, and on which line.

    A sleep is a call of `time.sleep`, an `asyncio.sleep`, or a wait for an event or condition that ran out:
    nothing had come, so it was a pause. Waiting for an answer (of a socket, a process) is none.
    """

    def __init__(self, owner: str = "") -> None:
        self.found: list[str] = []
        self._owner = owner

    def __call__(self, frame: FrameType, event: str, what: Any) -> None:
        """What the interpreter calls at every call and return."""
        if event == "c_call" and what is time.sleep:
            self._add("time.sleep", frame)
        elif event == "return" and what is False and frame.f_code is threading.Condition.wait.__code__:
            if (frame.f_locals.get("timeout") or 0) > 0:
                self._add("a timed wait that ran out", frame)
        elif event == "call" and frame.f_code.co_name == "sleep" and _is_asyncio(frame):
            self._add("asyncio.sleep", frame)

    def _add(self, how: str, frame: FrameType) -> None:
        self.found.append(f"{how} at {place_of(frame, self._owner)}")


def _is_asyncio(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") == "asyncio.tasks" and (frame.f_locals.get("delay") or 0) > 0


@contextmanager
def watched_sleeps(owner: str = "") -> Iterator[SleepWatch]:
    """Watch this thread until the block ends."""
    watch, before = SleepWatch(owner), sys.getprofile()
    sys.setprofile(watch)
    try:
        yield watch
    finally:
        sys.setprofile(before)


__all__ = ["SleepWatch", "watched_sleeps"]
