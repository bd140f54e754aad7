"""The ways of showing progress: plain lines, JSON lines, and a live bar on a terminal."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from penstock.model import EventContext
from penstock.report import counted, printable, relative, wrote
from penstock.storage import Place
from penstock_plugins.observers.progress.bar_line import BarLine
from penstock_plugins.observers.progress.counts import Counts
from penstock_plugins.observers.progress.json_events import JsonEvents

if TYPE_CHECKING:
    from rich.live import Live

LONGEST_STATUS = 40
"""Characters of a source's status up to which the line of the bar has room for it."""
LINE_EVERY_SECONDS = 10.0
"""Shortest time between two lines of counts, and the shortest wait that gets a line of its own."""
LONGEST_INTERVAL = 600.0
"""Longest time between two lines of counts."""
LINES_PER_AGE = 60
"""Lines that a run prints while its age doubles, about."""
NAMED_OUTPUTS = 1000
"""Files that are named when they are written; later ones are counted."""


class Display:
    """Shows nothing. Each display overrides the methods for what it shows."""

    def start(self, pipeline: str) -> None:
        """Begin a run."""

    def event(self, name: str, context: EventContext, **facts: Any) -> None:
        """Show an event to machines."""

    def update(self, counts: Counts) -> None:
        """Show the counts."""

    def failed(self, text: str) -> None:
        """Show a failure."""

    def written(self, outputs: Sequence[Place]) -> None:
        """Show that the outputs of a document are written."""

    def status(self, source: str, text: str) -> None:
        """Show what a source asks people for; an empty text removes it."""

    def wait(self, text: str, seconds: float) -> None:
        """Show that a call waits."""

    def outage(self, text: str, seconds: float) -> None:
        """Show that all calls wait for a service that is down."""

    def outage_over(self, text: str) -> None:
        """Show that a service answers again."""

    def warn(self, text: str) -> None:
        """Show a warning while the run goes on."""

    def stop(self) -> None:
        """End a run, or clean up after one that never started."""


def display_of(style: str) -> Display:
    """Return the display of a style; ``auto`` is a bar on a terminal and plain lines elsewhere."""
    # There is no stderr if the process was started without one (pythonw, 2>&-).
    if sys.stderr is None:
        return Display()
    if style == "json":
        return JsonLines(sys.stderr)
    if style == "bar" or (style == "auto" and sys.stderr.isatty()):
        return LiveBar()
    return PlainLines(sys.stderr)


def _print(line: str, stream: IO[str]) -> None:
    # The reader of a pipe may be gone (`| head`); the run continues.
    with suppress(OSError):
        # One write, unlike print: other threads also write lines (log records, Ctrl-C).
        stream.write(line + "\n")
        stream.flush()


class JsonLines(Display):
    """One JSON object per line for each event; pages that already had a result share one line."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._events = JsonEvents()

    def event(self, name: str, context: EventContext, **facts: Any) -> None:
        for line in self._events.lines(name, context, **facts):
            _print(line, self._stream)


class PlainLines(Display):
    """For logs: the counts from time to time, and the files that are written.

    The log of a run that goes on for a week stays small: the older a run is, the fewer lines it prints, and
    only the first thousand files are named. Failures are only counted here, because the report at the end
    gives their reasons.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._started = self._next = time.monotonic()
        self._waits_until = self._outage_until = -math.inf
        self._is_outage_shown = False
        self._written = self._unnamed = 0
        self._last: Place | None = None

    def start(self, pipeline: str) -> None:  # noqa: ARG002
        self._started = time.monotonic()
        self._next = self._started + LINE_EVERY_SECONDS

    def update(self, counts: Counts) -> None:
        """Print the counts if the last line is old enough."""
        if (now := time.monotonic()) >= self._next:
            self._next = now + self._interval(now)
            rate = counts.pace(now - self._started)
            _print(f"{counts}, {rate}" if rate else str(counts), self._stream)
            self._print_unnamed()

    def _interval(self, now: float) -> float:
        """Return the seconds between two lines: a sixtieth of the run's time, at least 10, at most 600."""
        return min(LONGEST_INTERVAL, max(LINE_EVERY_SECONDS, self._share(now)))

    def _share(self, now: float) -> float:
        return (now - self._started) / LINES_PER_AGE

    def written(self, outputs: Sequence[Place]) -> None:
        self._written += len(outputs)
        if self._written > NAMED_OUTPUTS:
            self._unnamed += len(outputs)
            self._last = outputs[-1] if outputs else self._last
            return
        for line in wrote(outputs, len(outputs)):
            _print(printable(line), self._stream)

    def _print_unnamed(self) -> None:
        """Print how many files were written that no line has named, and the last of them."""
        if self._unnamed and self._last is not None:
            files = counted(self._unnamed, "more file")
            _print(printable(f"wrote {files}, the last one {relative(self._last)}"), self._stream)
            self._unnamed = 0

    def status(self, source: str, text: str) -> None:
        if text:
            _print(printable(f"{source}: {text}"), self._stream)

    def wait(self, text: str, seconds: float) -> None:
        """Print a long wait, or any after a while without a line, unless a printed one still goes on."""
        now = time.monotonic()
        is_long = seconds >= LINE_EVERY_SECONDS or now >= self._next
        if is_long and now >= self._waits_until:
            self._waits_until = now + max(seconds, self._share(now))
            self._next = now + self._interval(now)
            _print(printable(f"{text} in {seconds:.0f} s"), self._stream)

    def outage(self, text: str, seconds: float) -> None:
        """Print a try of a service that is down; not each one in a run that is old."""
        now = time.monotonic()
        if now >= self._outage_until:
            self._outage_until = now + min(LONGEST_INTERVAL, self._share(now))
            self._is_outage_shown = True
            _print(printable(f"{text} in {seconds:.0f} s"), self._stream)

    def outage_over(self, text: str) -> None:
        """Print that an outage is over, if it was printed."""
        if self._is_outage_shown:
            self._is_outage_shown = False
            self.warn(text)

    def warn(self, text: str) -> None:
        _print(printable(text), self._stream)

    def stop(self) -> None:
        self._print_unnamed()


class LiveBar(Display):
    """For a terminal: a line with a bar, the counts, the rate and the time left. Failures scroll above it."""

    def __init__(self) -> None:
        self._live: Live | None = None
        self._line = BarLine("")

    def start(self, pipeline: str) -> None:
        from rich.console import Console
        from rich.live import Live

        self._line = BarLine(pipeline)
        self._live = Live(self._line, console=Console(stderr=True), transient=True)
        self._live.start(refresh=True)

    def update(self, counts: Counts) -> None:
        self._line.counts = counts

    def failed(self, text: str) -> None:
        """Print the failure above the bar."""
        if self._live is not None:
            self._live.console.print(printable(text), markup=False, highlight=False)

    def status(self, source: str, text: str) -> None:  # noqa: ARG002
        """Show the text in place of the pipeline's name; print a long one above the bar, where it stays."""
        if self._live is not None:
            is_long = len(text) > LONGEST_STATUS
            self._line.status = "" if is_long else printable(text)
            self._live.refresh()
            if is_long:
                self.failed(text)

    def wait(self, text: str, seconds: float) -> None:
        """Show the wait that ends last, with a countdown, in place of the rate."""
        self._line.wait_for(printable(text), seconds)

    def outage(self, text: str, seconds: float) -> None:
        """Show the wait with a countdown, whatever else waits."""
        self._line.wait_over()
        self._line.wait_for(printable(text), seconds)

    def outage_over(self, text: str) -> None:
        """Print the text above the bar, and show the rate again."""
        self._line.wait_over()
        self.failed(text)

    def warn(self, text: str) -> None:
        self.failed(text)

    def stop(self) -> None:
        if self._live is not None:
            self._live.refresh()
            self._live.stop()
            self._live = None
