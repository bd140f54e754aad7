"""The standard streams of the command: printing to stderr, and streams that are closed or full."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from penstock.json_lines import json_line
from penstock.report import printable


def open_streams() -> None:
    """Replace the streams that the process was started without (``2>&-``) by the null device.

    Otherwise the next file that is opened would get the stream's number, and everything that is printed
    would go into that file.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115


def print_lines(*lines: str) -> None:
    """Print lines on stderr, with control characters escaped."""
    _to_stderr("".join(printable(line) + "\n" for line in lines))


def print_event(event: str, *, run: str = "", **facts: Any) -> None:
    """Print an event of the command as a line of JSON on stderr, with the id of the run if there is one."""
    _to_stderr(json_line(event, run=run, **facts) + "\n")


def _to_stderr(text: str) -> None:
    # sys.stderr is looked up each time: while a live bar is shown, rich replaces it by a stream that
    # prints above the bar.
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except BrokenPipeError:
        # The reader is gone (`2>&1 | head`). The run continues.
        _discard(sys.stderr)


@contextmanager
def may_be_cut_short() -> Iterator[None]:
    """Let a listing end early if its reader stops reading (``| head``); that is no failure."""
    try:
        yield
    except BrokenPipeError:
        _discard(sys.stdout)


def flush() -> None:
    """Flush stdout. Raises OSError if that fails, unless the reader is gone.

    Python would do it when the process ends, with a traceback and an exit code of its own.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
    except OSError:
        _discard(sys.stdout)
        raise


def _discard(stream: IO[str]) -> None:
    """Send the rest of a stream, its buffer included, to the null device."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
