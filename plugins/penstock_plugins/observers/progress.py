"""The `progress` observer: what a run is doing, on stderr."""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Any, Literal, Protocol

from penstock.hookspecs import hookimpl
from penstock.model import Document, Page, Problem, Recognition
from penstock.report import RunReport, printable

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

LINE_EVERY_SECONDS = 10.0


PageKey = tuple[int, str]
"""A page of a document, while both are in the engine's hands."""


@dataclass(slots=True)
class Counts:
    """How far a run is.

    Parameters
    ----------
    found
        Pages taken in, and those that could not be had.
    waiting
        Pages taken in whose end is not known yet.
    submitted
        Those of them that a recognizer has.
    known
        Pages that had been read before.
    """

    found: int = 0
    read: int = 0
    known: int = 0
    failed: int = 0
    waiting: set[PageKey] = field(default_factory=set)
    submitted: set[PageKey] = field(default_factory=set)

    @property
    def in_flight(self) -> int:
        """How many pages a recognizer has."""
        return len(self.submitted)

    def take_in(self, page: PageKey) -> None:
        """A page was found."""
        self.found += 1
        self.waiting.add(page)

    def end(self, page: PageKey) -> None:
        """A page was read or failed; one that could not be had was never found before."""
        if page not in self.waiting:
            self.found += 1
        self.waiting.discard(page)
        self.submitted.discard(page)

    def __str__(self) -> str:
        parts = [f"{self.read} of {self.found - self.known} pages read"]
        if self.known:
            parts.append(f"{self.known} known already")
        if self.in_flight:
            parts.append(f"{self.in_flight} in flight")
        if self.failed:
            parts.append(f"{self.failed} failed")
        return ", ".join(parts)


class Display(Protocol):
    """One way of showing progress."""

    def start(self, pipeline: str) -> None:
        """Begin."""

    def update(self, counts: Counts) -> None:
        """Something was counted."""

    def say(self, event: str, text: str, **facts: Any) -> None:
        """Something happened that deserves a line."""

    def wait(self, source: str, text: str) -> None:
        """A source waits for people to do something; an empty text: it waits no more."""

    def stop(self, counts: Counts) -> None:
        """End."""


@dataclass(eq=False)
class Progress:
    """Shows how far the run is, and each failure as it happens.

    Parameters
    ----------
    style
        ``"auto"``: a bar on a terminal, plain lines elsewhere. ``"json"``: one object a line.
    """

    style: Literal["auto", "bar", "lines", "json"] = "auto"

    def __post_init__(self) -> None:
        self._counts = Counts()
        self._display: Display = _display(self.style)

    def __enter__(self) -> Progress:
        """Nothing yet: the run says when it starts."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Give the terminal back, also after a run that ended at once."""
        self._display.stop(self._counts)

    @hookimpl
    def run_started(self, pipeline: str) -> None:
        """Begin to show."""
        self._display.start(pipeline)

    @hookimpl
    def source_status(self, source: str, text: str) -> None:
        """Show what people are waited for."""
        self._display.wait(source, text)

    @hookimpl
    def page_found(self, document: Document, page: Page) -> None:
        """Count it."""
        self._counts.take_in((id(document), page.origin))
        self._display.update(self._counts)

    @hookimpl
    def page_known(self, document: Document, page: Page) -> None:
        """Count it."""
        self._counts.known += 1
        self._counts.end((id(document), page.origin))
        self._display.say("page_known", "", document=document.origin, page=page.number)
        self._display.update(self._counts)

    @hookimpl
    def page_submitted(self, document: Document, page: Page) -> None:
        """Count it."""
        self._counts.submitted.add((id(document), page.origin))
        self._display.update(self._counts)

    @hookimpl
    def page_recognized(self, document: Document, page: Page, recognition: Recognition) -> None:
        """Count it."""
        self._counts.read += 1
        self._counts.end((id(document), page.origin))
        words = sum(len(line.words) for line in recognition.lines)
        self._display.say("page_recognized", "", document=document.origin, page=page.number, words=words)
        self._display.update(self._counts)

    @hookimpl
    def page_failed(self, document: Document, problem: Problem) -> None:
        """Count it, and say why."""
        self._counts.failed += 1
        self._counts.end((id(document), problem.what))
        self._display.say("page_failed", _short(problem), document=document.origin, **_facts(problem))
        self._display.update(self._counts)

    @hookimpl
    def document_failed(self, problem: Problem) -> None:
        """Say why."""
        self._display.say("document_failed", _short(problem), **_facts(problem))

    @hookimpl
    def document_written(self, document: Document) -> None:
        """Say so."""
        self._display.say("document_written", f"written {document.origin}", document=document.origin)

    @hookimpl
    def run_finished(self, report: RunReport) -> None:
        """Stop showing."""
        self._display.stop(self._counts)
        self._display.say(
            "run_finished",
            "",
            exit_code=int(report.exit_code),
            pages_read=report.pages_read,
            failed=report.failed,
        )


def _short(problem: Problem) -> str:
    """A line as it happens; the report at the end gathers these by their reason, with what to do."""
    return f"failed  {problem.what}: {problem.why}"


def _facts(problem: Problem) -> dict[str, str]:
    return {"what": problem.what, "why": problem.why, "hint": problem.hint}


def _display(style: str) -> Display:
    if style == "json":
        return JsonLines(sys.stderr)
    # Without a console (pythonw, 2>&-) there is no stderr.
    if sys.stderr is not None and (style == "bar" or (style == "auto" and sys.stderr.isatty())):
        return LiveBar()
    return PlainLines(sys.stderr)


class PlainLines:
    """For logs: a line now and then, and one for each thing that went wrong or was written."""

    def __init__(self, stream: IO[str] | None) -> None:
        self._stream = stream
        self._started = self._next = 0.0

    def start(self, pipeline: str) -> None:  # noqa: ARG002
        """Nothing to say yet."""
        self._started = time.monotonic()
        self._next = self._started + LINE_EVERY_SECONDS

    def update(self, counts: Counts) -> None:
        """A line every ten seconds."""
        if (now := time.monotonic()) >= self._next:
            self._next = now + LINE_EVERY_SECONDS
            rate = counts.read / (now - self._started)
            _print(f"{counts}, {rate:.1f} a second", self._stream)

    def say(self, event: str, text: str, **facts: Any) -> None:  # noqa: ARG002
        """The line itself."""
        if text:
            _print(printable(text), self._stream)

    def wait(self, source: str, text: str) -> None:
        """A line for each thing that is waited for."""
        if text:
            _print(printable(f"{source}: {text}"), self._stream)

    def stop(self, counts: Counts) -> None:
        """Nothing more: the command reports."""


class JsonLines:
    """For machines: one object a line, with what happened under ``event``."""

    def __init__(self, stream: IO[str] | None) -> None:
        self._stream = stream

    def start(self, pipeline: str) -> None:
        """The first line."""
        self.say("run_started", "", pipeline=pipeline)

    def update(self, counts: Counts) -> None:
        """Machines count for themselves."""

    def say(self, event: str, text: str, **facts: Any) -> None:  # noqa: ARG002
        """One object."""
        _print(json.dumps({"event": event, **facts}, ensure_ascii=False), self._stream)

    def wait(self, source: str, text: str) -> None:
        """One object, also when nothing is waited for any more."""
        _print(
            json.dumps({"event": "source_status", "source": source, "text": text}, ensure_ascii=False),
            self._stream,
        )

    def stop(self, counts: Counts) -> None:
        """Nothing more."""


def _print(line: str, stream: IO[str] | None) -> None:
    # Whoever listened may have gone (a pipe to head); the run goes on.
    with suppress(OSError):
        if stream is not None:
            print(line, file=stream, flush=True)


def pace(counts: Counts, seconds: float) -> str:
    """Pages read a second since the start, and the time that the rest takes; empty while nobody knows."""
    if not (counts.read and seconds):
        return ""
    rate = counts.read / seconds
    left = counts.found - counts.known - counts.read - counts.failed
    return f"{rate:.1f}/s" + (f", {timedelta(seconds=int(left / rate))} left" if left > 0 else "")


class LiveBar:
    """For a terminal: a bar with rate and time left; failures scroll above it."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._task: Any = None
        self._pipeline = ""

    def start(self, pipeline: str) -> None:
        """Draw the bar."""
        self._pipeline = pipeline
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            ProgressColumn,
            Task,
            TextColumn,
        )
        from rich.text import Text

        class PaceColumn(ProgressColumn):
            def render(self, task: Task) -> Text:
                return Text(pace(task.fields["counts"], task.elapsed or 0.0))

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}", markup=False),
            PaceColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(pipeline, total=None, state="pages", counts=Counts())
        self._bar.start()

    def update(self, counts: Counts) -> None:
        """Move it."""
        if self._bar is None:
            return
        state = "pages" + (f", {counts.in_flight} in flight" if counts.in_flight else "")
        state += f", {counts.failed} failed" if counts.failed else ""
        state += f", {counts.known} known already" if counts.known else ""
        total = counts.found - counts.known
        self._bar.update(self._task, total=total or None, completed=counts.read, state=state, counts=counts)

    def say(self, event: str, text: str, **facts: Any) -> None:  # noqa: ARG002
        """Failures stay on the screen; what was written is in the report at the end."""
        if text and self._bar is not None and event != "document_written":
            self._bar.console.print(printable(text), markup=False, highlight=False)

    def wait(self, source: str, text: str) -> None:  # noqa: ARG002
        """In the pipeline's place: whoever lays pages looks there."""
        if self._bar is not None:
            self._bar.update(self._task, description=printable(text) or self._pipeline, refresh=True)

    def stop(self, counts: Counts) -> None:  # noqa: ARG002
        """Take it away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
