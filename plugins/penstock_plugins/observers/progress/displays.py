"""The ways of showing progress: plain lines, JSON lines, and a live bar on a terminal."""

from __future__ import annotations

import math
import sys
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from penstock.json_lines import json_line
from penstock.model import EventContext
from penstock.report import printable
from penstock_plugins.observers.progress.counts import Counts, pace

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

LINE_EVERY_SECONDS = 10.0
"""Time between two lines of counts, and the shortest wait that gets a line of its own."""


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

    def finished(self, document: str) -> None:
        """Show that a document is written."""

    def status(self, source: str, text: str) -> None:
        """Show what a source asks people for; an empty text removes it."""

    def wait(self, text: str, seconds: float) -> None:
        """Show that a call waits."""

    def outage(self, text: str, seconds: float) -> None:
        """Show that all calls wait for a service that is down."""

    def outage_over(self, text: str) -> None:
        """Show that a service answers again."""

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
    """One JSON object per line for each event."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def event(self, name: str, context: EventContext, **facts: Any) -> None:
        _print(json_line(name, context, **facts), self._stream)


class PlainLines(Display):
    """For logs: the counts every ten seconds, and one line for each failure and each written document."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._started = self._next = time.monotonic()
        self._waits_until = -math.inf

    def start(self, pipeline: str) -> None:  # noqa: ARG002
        self._started = time.monotonic()
        self._next = self._started + LINE_EVERY_SECONDS

    def update(self, counts: Counts) -> None:
        """Print the counts if the last line is ten seconds old."""
        if (now := time.monotonic()) >= self._next:
            self._next = now + LINE_EVERY_SECONDS
            rate = pace(counts, now - self._started)
            _print(f"{counts}, {rate}" if rate else str(counts), self._stream)

    def failed(self, text: str) -> None:
        _print(printable(text), self._stream)

    def finished(self, document: str) -> None:
        _print(printable(f"finished {document}"), self._stream)

    def status(self, source: str, text: str) -> None:
        if text:
            _print(printable(f"{source}: {text}"), self._stream)

    def wait(self, text: str, seconds: float) -> None:
        """Print a long wait, or any after ten seconds without a line, unless a printed one still goes on."""
        now = time.monotonic()
        is_long = seconds >= LINE_EVERY_SECONDS or now >= self._next
        if is_long and now >= self._waits_until:
            self._waits_until = now + seconds
            self._next = now + LINE_EVERY_SECONDS
            _print(printable(f"{text} in {seconds:.0f} s"), self._stream)

    def outage(self, text: str, seconds: float) -> None:
        _print(printable(f"{text} in {seconds:.0f} s"), self._stream)

    def outage_over(self, text: str) -> None:
        _print(printable(text), self._stream)


class LiveBar(Display):
    """For a terminal: a bar with rate and time left. Failures scroll above it."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._task: Any = None
        self._pipeline = ""
        self._wait = ("", -math.inf)

    def start(self, pipeline: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
        from rich.text import Text

        class PaceColumn(ProgressColumn):
            def render(self, task: Task) -> Text:
                text, until = task.fields["wait"]
                left = until - time.monotonic()
                if left > 0:
                    return Text(f"{text} in {left:.0f} s")
                return Text(pace(task.fields["counts"], task.elapsed or 0.0))

        self._pipeline = pipeline
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}", markup=False),
            PaceColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(pipeline, total=None, state="pages", counts=Counts(), wait=self._wait)
        self._bar.start()

    def update(self, counts: Counts) -> None:
        """Move the bar. Pages that already had a result are not part of its length."""
        if self._bar is not None:
            state = ", ".join(filter(None, ["pages recognized", counts.details]))
            total = (counts.found - counts.known) or None
            self._bar.update(self._task, total=total, completed=counts.recognized, state=state, counts=counts)

    def failed(self, text: str) -> None:
        """Print the failure above the bar."""
        if self._bar is not None:
            self._bar.console.print(printable(text), markup=False, highlight=False)

    def status(self, source: str, text: str) -> None:  # noqa: ARG002
        """Show the text in place of the pipeline's name."""
        if self._bar is not None:
            self._bar.update(self._task, description=printable(text) or self._pipeline, refresh=True)

    def wait(self, text: str, seconds: float) -> None:
        """Show the wait that ends last, with a countdown, in place of the rate."""
        until = time.monotonic() + seconds
        if self._bar is not None and until > self._wait[1]:
            self._wait = (printable(text), until)
            self._bar.update(self._task, wait=self._wait)

    def outage(self, text: str, seconds: float) -> None:
        """Show the wait with a countdown, whatever else waits."""
        if self._bar is not None:
            self._wait = (printable(text), time.monotonic() + seconds)
            self._bar.update(self._task, wait=self._wait)

    def outage_over(self, text: str) -> None:
        """Print the text above the bar, and show the rate again."""
        if self._bar is not None:
            self._wait = ("", -math.inf)
            self._bar.update(self._task, wait=self._wait, refresh=True)
            self.failed(text)

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
