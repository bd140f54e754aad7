"""An observer that records every event, and an amender."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from penstock.hookspecs import hookimpl
from penstock.model import Document, EventContext, Page, Problem, Recognition
from penstock.report import RunReport


@dataclass(eq=False)
class EveryEvent:
    """Records the name and the context of every event."""

    events: list[tuple[str, EventContext]] = field(init=False, default_factory=list)

    @hookimpl
    def run_started(self, pipeline: str, context: EventContext) -> None:
        self.events.append(("run_started", context))

    @hookimpl
    def source_status(self, source: str, text: str, context: EventContext) -> None:
        self.events.append(("source_status", context))

    @hookimpl
    def document_found(self, document: Document, context: EventContext) -> None:
        self.events.append(("document_found", context))

    @hookimpl
    def page_found(self, document: Document, page: Page, context: EventContext) -> None:
        self.events.append(("page_found", context))

    @hookimpl
    def page_known(self, document: Document, page: Page, context: EventContext) -> None:
        self.events.append(("page_known", context))

    @hookimpl
    def page_submitted(self, document: Document, page: Page, context: EventContext) -> None:
        self.events.append(("page_submitted", context))

    @hookimpl
    def page_polled(self, document: Document, page: Page, context: EventContext) -> None:
        self.events.append(("page_polled", context))

    @hookimpl
    def page_retried(
        self, document: Document, page: Page, problem: Problem, wait: float, context: EventContext
    ) -> None:
        self.events.append(("page_retried", context))

    @hookimpl
    def recognizer_throttled(self, wait: float, context: EventContext) -> None:
        self.events.append(("recognizer_throttled", context))

    @hookimpl
    def page_recognized(
        self, document: Document, page: Page, recognition: Recognition, context: EventContext
    ) -> None:
        self.events.append(("page_recognized", context))

    @hookimpl
    def page_failed(self, document: Document, problem: Problem, context: EventContext) -> None:
        self.events.append(("page_failed", context))

    @hookimpl
    def document_written(self, document: Document, context: EventContext) -> None:
        self.events.append(("document_written", context))

    @hookimpl
    def document_failed(self, problem: Problem, context: EventContext) -> None:
        self.events.append(("document_failed", context))

    @hookimpl
    def run_finished(self, report: RunReport, context: EventContext) -> None:
        self.events.append(("run_finished", context))


@dataclass(eq=False)
class UpperCase:
    """Makes the text of all lines upper case."""

    @hookimpl
    def amend(self, page: Page, recognition: Recognition) -> Recognition:
        lines = tuple(replace(line, text=line.text.upper()) for line in recognition.lines)
        return replace(recognition, lines=lines)
