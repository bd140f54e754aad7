"""Coverage of threads in CPython 3.11."""

from __future__ import annotations

import os
import sys
import threading
from types import FrameType
from typing import Any


def trace_one_new_thread_at_a_time() -> None:
    """Let threads that coverage traces begin one after the other.

    If two threads install a trace function at the same moment, CPython 3.11 raises RuntimeError in one of
    them, which then ends before it has done anything. This happens once a process has an audit hook, such as
    that of `penstock.testing`. Later versions have no such error.
    """
    hook = threading._trace_hook  # type: ignore[attr-defined]
    if sys.version_info >= (3, 12) or hook is None:
        return
    lock = threading.Lock()
    os.register_at_fork(after_in_child=lock._at_fork_reinit)  # type: ignore[attr-defined]

    class Sys:
        """The module sys for `threading`, which installs the trace function of a new thread."""

        def __getattr__(self, name: str) -> Any:
            return getattr(sys, name)

        @staticmethod
        def settrace(function: Any) -> None:
            lock.acquire()
            sys.settrace(function)

    def first_call(frame: FrameType, event: str, argument: Any) -> Any:
        """Let coverage replace this function by its own, with the first call of the thread."""
        try:
            return hook(frame, event, argument)
        finally:
            lock.release()

    threading._sys = Sys()  # type: ignore[attr-defined]
    threading.settrace(first_call)
