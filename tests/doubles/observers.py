"""Observers that record, raise and wrap."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from penstock.hookspecs import hookimpl
from penstock.model import Document, EventContext, Page, Problem, Recognition, StageTiming
from penstock.report import RunReport


@dataclass(eq=False)
class Recorder:
    """Writes a line for every event."""

    log: Path

    def _write(self, line: str) -> None:
        with self.log.open("a") as file:
            file.write(line + "\n")

    @hookimpl
    def run_started(self, pipeline: str) -> None:
        self._write("run_started")

    @hookimpl
    def source_status(self, source: str, text: str) -> None:
        self._write(f"source_status {source}: {text}")

    @hookimpl
    def document_found(self, document: Document) -> None:
        self._write(f"document_found {document.name}")

    @hookimpl
    def page_found(self, document: Document, page: Page) -> None:
        self._write(f"page_found {document.name} {page.number}")

    @hookimpl
    def page_known(self, document: Document, page: Page) -> None:
        self._write(f"page_known {document.name} {page.number}")

    @hookimpl
    def page_submitted(self, document: Document, page: Page) -> None:
        self._write(f"page_submitted {document.name} {page.number}")

    @hookimpl
    def page_recognized(self, document: Document, page: Page, recognition: Recognition) -> None:
        self._write(f"page_recognized {document.name} {page.number}")

    @hookimpl
    def page_failed(self, document: Document, problem: Problem) -> None:
        self._write(f"page_failed {document.name}")

    @hookimpl
    def document_written(self, document: Document) -> None:
        self._write(f"document_written {document.name}")

    @hookimpl
    def document_failed(self, problem: Problem) -> None:
        self._write("document_failed")

    @hookimpl
    def run_finished(self, report: RunReport) -> None:
        self._write(f"run_finished {report.pages_read}")


@dataclass(eq=False)
class ContextRecorder:
    """Writes a JSON line for every event about a page or a recognizer, with its context."""

    log: Path

    def _write(self, event: str, context: EventContext, **more: Any) -> None:
        with self.log.open("a") as file:
            file.write(json.dumps({"event": event, **asdict(context), **more}) + "\n")

    @hookimpl
    def run_started(self, context: EventContext) -> None:
        self._write("run_started", context)

    @hookimpl
    def page_found(self, context: EventContext) -> None:
        self._write("page_found", context)

    @hookimpl
    def page_known(self, context: EventContext) -> None:
        self._write("page_known", context)

    @hookimpl
    def page_submitted(self, context: EventContext) -> None:
        self._write("page_submitted", context)

    @hookimpl
    def page_polled(self, page: Page, context: EventContext) -> None:
        self._write("page_polled", context, page=page.number)

    @hookimpl
    def page_retried(self, problem: Problem, wait: float, context: EventContext) -> None:
        self._write("page_retried", context, why=problem.why, wait=wait)

    @hookimpl
    def recognizer_throttled(self, wait: float, context: EventContext) -> None:
        self._write("recognizer_throttled", context, wait=wait)

    @hookimpl
    def recognizer_down(self, problem: Problem, since: float, wait: float, context: EventContext) -> None:
        self._write("recognizer_down", context, why=problem.why, since=since, wait=wait)

    @hookimpl
    def recognizer_up(self, seconds: float, context: EventContext) -> None:
        self._write("recognizer_up", context, seconds=seconds)

    @hookimpl
    def budget_warning(self, budget: str, spent: float, limit: float, context: EventContext) -> None:
        self._write("budget_warning", context, budget=budget, spent=spent, limit=limit)

    @hookimpl
    def disk_full(self, problem: Problem, since: float, wait: float, context: EventContext) -> None:
        self._write("disk_full", context, why=problem.why, since=since, wait=wait)

    @hookimpl
    def disk_freed(self, seconds: float, context: EventContext) -> None:
        self._write("disk_freed", context, seconds=seconds)

    @hookimpl
    def page_recognized(self, recognition: Recognition, context: EventContext) -> None:
        self._write("page_recognized", context, text=recognition.text)

    @hookimpl
    def recognizer_stopped(self, problem: Problem, context: EventContext) -> None:
        self._write("recognizer_stopped", context, why=problem.why)

    @hookimpl
    def page_provisional(self, recognition: Recognition, context: EventContext) -> None:
        self._write("page_provisional", context, text=recognition.text)

    @hookimpl
    def page_failed(self, problem: Problem, context: EventContext) -> None:
        self._write("page_failed", context, why=problem.why)

    @hookimpl
    def run_finished(self, context: EventContext) -> None:
        self._write("run_finished", context)


@dataclass(eq=False)
class Timings:
    """Writes a JSON line for every event about the work of components, with its context."""

    log: Path

    def _write(self, event: str, context: EventContext, **more: Any) -> None:
        with self.log.open("a") as file:
            file.write(json.dumps({"event": event, **asdict(context), **more}) + "\n")

    @hookimpl
    def workers_changed(self, slots: int, context: EventContext) -> None:
        self._write("workers_changed", context, slots=slots)

    @hookimpl
    def stage_ended(self, page: Page | None, timing: StageTiming, context: EventContext) -> None:
        self._write("stage_ended", context, has_page=page is not None, **asdict(timing))

    @hookimpl
    def document_ended(self, document: Document, state: str, context: EventContext) -> None:
        self._write("document_ended", context, document=document.name, state=state)


@dataclass(eq=False)
class Spanning:
    """Writes a line when it is entered and left, and for the end of each run."""

    spans_runs = True
    log: Path

    def _write(self, line: str) -> None:
        with self.log.open("a") as file:
            file.write(line + "\n")

    def __enter__(self) -> Spanning:
        self._write("enter")
        return self

    def __exit__(self, *_: object) -> None:
        self._write("exit")

    @hookimpl
    def run_finished(self) -> None:
        self._write("run")


@dataclass(eq=False)
class Raising:
    """Raises at the first page."""

    @hookimpl
    def page_found(self, document: Document, page: Page) -> None:
        raise ZeroDivisionError("the observer is broken")


@dataclass(eq=False)
class Late:
    """Raises at the end of the run."""

    @hookimpl
    def run_finished(self, report: RunReport) -> None:
        raise ZeroDivisionError("the observer is broken")


@dataclass(eq=False)
class Wrapping:
    """Logs polls by wrapping them, and tries to change their results."""

    log: Path

    @hookimpl(wrapper=True)
    def poll(self, operation):
        answer = yield
        with self.log.open("a") as file:
            file.write("polled\n")
        if isinstance(answer, Recognition):
            return Recognition(answer.lines, answer.angle, "amended")
        return answer


@dataclass(eq=False)
class FailingLate:
    """Wraps submits, and raises after the page was sent."""

    @hookimpl(wrapper=True)
    def submit(self, page):
        yield
        raise ZeroDivisionError("the observer is broken")


@dataclass(eq=False)
class Refusing:
    """Wraps submits, and raises before the page is sent."""

    @hookimpl(wrapper=True)
    def submit(self, page):
        raise ZeroDivisionError("the observer refuses")
        yield


@dataclass(eq=False)
class Meddling:
    """Tries to change what a recognizer says about itself."""

    @hookimpl(wrapper=True)
    def cache_key(self):
        yield
        return {"name": "another"}

    @hookimpl(wrapper=True)
    def limits(self):
        yield
        return None
