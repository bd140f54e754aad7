"""Coverage of threads in CPython 3.11."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def retry_installing_trace_functions() -> None:
    """Try again if two threads install their trace functions at the same moment.

    CPython 3.11 raises RuntimeError in one of them, which then ends before it has done anything. This happens
    once a process has an audit hook, such as that of `penstock.testing`. Later versions have no such error.
    """
    if sys.version_info >= (3, 12) or sys.gettrace() is None:
        return
    install = sys.settrace

    def settrace(function: Callable[..., Any] | None) -> None:
        while True:
            try:
                return install(function)
            except RuntimeError:
                continue

    sys.settrace = settrace
