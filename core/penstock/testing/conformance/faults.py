"""How a conformance test says what is wrong: one sentence that names the fault, and one what to do."""

from __future__ import annotations

from typing import NoReturn

from penstock.errors import PenstockError, PluginError, raised_at

__tracebackhide__ = True  # pytest then shows the message, and the plugin's own lines, without the kit's


ITS_FAULTS = (Exception, SystemExit)
"""What a component may raise by a fault of its own; Ctrl-C is nobody's."""


class NotConforming(AssertionError):
    """A component that does not do what its kind promises.

    Parameters
    ----------
    what
        The fault, with the place in the plugin where that is known.
    instead
        What its author does about it.
    """

    def __init__(self, what: str, instead: str = "") -> None:
        super().__init__(f"{what}\n  → {instead}" if instead else what)
        self.what = what
        self.instead = instead


class NothingFound(NotConforming):
    """A source that finds nothing of what was laid out for it: it looks elsewhere, or at nothing."""

    def __init__(self) -> None:
        super().__init__(
            "it finds none of the pictures in the test's folder",
            "give options that make it look there (paths are relative to it), or override lay_out",
        )


class PastOutputs(NotConforming):
    """A sink whose files did not come through its outputs, or that changed other files."""


def not_applicable(why: str) -> NoReturn:
    """Leave a test out, in pytest or without it."""
    from unittest import SkipTest

    raise SkipTest(why)


def said_by(error: BaseException) -> str:
    """An exception with the line that raised it: ``ZeroDivisionError: broken (shout.py, line 12)``."""
    if isinstance(error, PluginError):
        return error.message  # names the component, and was raised by what calls it
    shown = error.message if isinstance(error, PenstockError) else str(error)
    return f"{type(error).__name__}: {shown}{raised_at(error)}"


__all__ = ["ITS_FAULTS", "NotConforming", "NothingFound", "PastOutputs", "not_applicable", "said_by"]
