"""Errors of the conformance tests."""

from __future__ import annotations

from typing import NoReturn
from unittest import SkipTest

from penstock.errors import PenstockError, PluginError, raised_at

__tracebackhide__ = True  # pytest then shows the message and the plugin's own lines, without the kit's

PLUGIN_ERRORS = (Exception, SystemExit)
"""What a component may raise because of a bug. KeyboardInterrupt is not among them."""


class ConformanceError(AssertionError):
    """A component breaks a rule of its kind: what must hold, what it did instead, and how to fix it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}\n  → {hint}" if hint else message)
        self.message = message
        self.hint = hint


class NothingToTest(ConformanceError):
    """The component ignores what the test offers. pytest fails; `penstock plugins --check` skips the test."""


class NoDocumentFound(NothingToTest):
    """A source found none of the test's pictures, so its options probably point elsewhere."""

    def __init__(self) -> None:
        super().__init__(
            "the source must find the pictures in the test's folder, but found none",
            "set options that make it look there (paths are relative to the folder), or override lay_out",
        )


class WroteOutsideOutputs(ConformanceError):
    """A sink wrote a file past its outputs, or changed another file."""


def skip(reason: str) -> NoReturn:
    """Skip a test, with pytest or without it."""
    raise SkipTest(reason)


def describe(error: BaseException) -> str:
    """Return an exception with the line that raised it: ``ZeroDivisionError: broken (shout.py, line 12)``."""
    if isinstance(error, PluginError):
        return error.message  # it names the component, and was raised by the code that calls it
    message = error.message if isinstance(error, PenstockError) else str(error)
    return f"{type(error).__name__}: {message}{raised_at(error)}"
