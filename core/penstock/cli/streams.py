"""The process's own streams: that they are there, and what happens when nobody reads them to their end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_streams() -> None:
    """Give a process that was started without a stream (``2>&-``) one that leads nowhere.

    Else the next file that is opened would take its number, and what goes to stderr would go into it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115


@contextmanager
def cut_short_is_well() -> Iterator[None]:
    """Print a listing; whoever reads it may have seen enough (``| head``), which is no failure."""
    try:
        yield
    except BrokenPipeError:
        _lead_nowhere()


def flush() -> None:
    """Let everything out that was printed. Raises OSError if it cannot be, unless nobody reads on.

    Python itself would do it at the process's end, with a traceback and an exit code of its own.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _lead_nowhere()
    except OSError:
        _lead_nowhere()
        raise


def _lead_nowhere() -> None:
    """What is left in the buffer goes nowhere, and says nothing at the process's end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


__all__ = ["cut_short_is_well", "flush", "open_streams"]
