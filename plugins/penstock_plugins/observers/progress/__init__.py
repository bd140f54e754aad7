"""The `progress` observer: shows on stderr what a run is doing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

from penstock.hookspecs import hookimpl
from penstock.json_lines import utc
from penstock.model import Document, EventContext, Page, Problem, Recognition
from penstock.report import BudgetUse, RunReport
from penstock.storage import Place
from penstock_plugins.observers.progress.counts import Counts, PageKey
from penstock_plugins.observers.progress.displays import display_of


@dataclass(eq=False)
class Progress:
    """Shows how far a run is, and each failure when it happens.

    Parameters
    ----------
    style
        ``"auto"``: a bar on a terminal, plain lines elsewhere. ``"bar"``, ``"lines"``: one of the two.
        ``"json"``: one JSON object per line for each event.
    """

    style: Literal["auto", "bar", "lines", "json"] = "auto"

    def __post_init__(self) -> None:
        self._counts = Counts()
        self._display = display_of(self.style)

    def __enter__(self) -> Progress:
        """Do nothing: the display starts with the run."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Remove the bar, also after a run that ended with an exception."""
        self._display.stop()

    @hookimpl
    def run_started(self, pipeline: str, context: EventContext) -> None:
        self._display.start(pipeline)
        self._display.event("run_started", context, pipeline=pipeline)

    @hookimpl
    def source_status(self, source: str, text: str, context: EventContext) -> None:
        self._display.status(source, text)
        self._display.event("source_status", context, source=source, text=text)

    @hookimpl
    def document_found(self, document: Document, context: EventContext) -> None:
        self._display.event("document_found", context, document=document.origin)

    @hookimpl
    def page_found(self, document: Document, page: Page, context: EventContext) -> None:
        self._counts.add(_key(document, page.origin, context))
        existing = page.existing_recognition
        facts = {} if existing is None else {"own_text": "born-digital" if existing.lines else "empty"}
        self._show("page_found", document, page, context, **facts)

    @hookimpl
    def page_known(self, document: Document, page: Page, context: EventContext) -> None:
        self._counts.known += 1
        self._counts.finish(_key(document, page.origin, context))
        self._show("page_known", document, page, context)

    @hookimpl
    def page_submitted(self, document: Document, page: Page, context: EventContext) -> None:
        self._counts.submitted.add(_key(document, page.origin, context))
        self._show("page_submitted", document, page, context)

    @hookimpl
    def page_polled(self, document: Document, page: Page, context: EventContext) -> None:
        self._show("page_polled", document, page, context)

    @hookimpl
    def page_retried(
        self, document: Document, page: Page, problem: Problem, wait: float, context: EventContext
    ) -> None:
        self._display.wait(f"{page.origin}: {problem.why}: next try", wait)
        self._show("page_retried", document, page, context, why=problem.why, hint=problem.hint, wait=wait)

    @hookimpl
    def recognizer_throttled(self, wait: float, context: EventContext) -> None:
        self._display.wait(f"{context.recognizer or 'the service'} asked for a pause: next call", wait)
        self._display.event("recognizer_throttled", context, wait=wait)

    @hookimpl
    def recognizer_down(self, problem: Problem, since: float, wait: float, context: EventContext) -> None:
        self._display.outage(_waiting(problem.what, problem, since), wait)
        self._display.event("recognizer_down", context, **_facts(problem), since=utc(since), wait=wait)

    @hookimpl
    def recognizer_up(self, seconds: float, context: EventContext) -> None:
        self._display.outage_over(
            f"{context.recognizer or 'the service'} answers again, after {seconds:.0f} s"
        )
        self._display.event("recognizer_up", context, seconds=seconds)

    @hookimpl
    def budget_warning(self, budget: str, spent: float, limit: float, context: EventContext) -> None:
        self._display.warn(str(BudgetUse(budget, spent, limit)))
        self._display.event("budget_warning", context, budget=budget, spent=spent, limit=limit)

    @hookimpl
    def recognizer_stopped(self, problem: Problem, context: EventContext) -> None:
        self._display.failed(f"{context.recognizer} gets no more pages: {problem.what}: {problem.why}")
        self._display.event("recognizer_stopped", context, **_facts(problem))

    @hookimpl
    def disk_full(self, problem: Problem, since: float, wait: float, context: EventContext) -> None:
        self._display.outage(_waiting("room", problem, since), wait)
        self._display.event("disk_full", context, **_facts(problem), since=utc(since), wait=wait)

    @hookimpl
    def disk_freed(self, seconds: float, context: EventContext) -> None:
        self._display.outage_over(f"there is room again, after {seconds:.0f} s")
        self._display.event("disk_freed", context, seconds=seconds)

    @hookimpl
    def page_recognized(
        self, document: Document, page: Page, recognition: Recognition, context: EventContext
    ) -> None:
        self._counts.recognized += 1
        self._counts.finish(_key(document, page.origin, context))
        self._show("page_recognized", document, page, context, words=_words(recognition))

    @hookimpl
    def page_provisional(
        self, document: Document, page: Page, recognition: Recognition, context: EventContext
    ) -> None:
        self._show("page_provisional", document, page, context, words=_words(recognition))

    @hookimpl
    def page_failed(self, document: Document, problem: Problem, context: EventContext) -> None:
        self._counts.failed += 1
        self._counts.finish(_key(document, problem.what, context))
        self._display.failed(_short(problem))
        self._display.event("page_failed", context, document=document.origin, **_facts(problem))
        self._display.update(self._counts)

    @hookimpl
    def document_failed(self, problem: Problem, context: EventContext) -> None:
        self._display.failed(_short(problem))
        self._display.event("document_failed", context, **_facts(problem))

    @hookimpl
    def document_written(self, document: Document, outputs: tuple[Place, ...], context: EventContext) -> None:
        self._display.written(outputs)
        names = [str(path) for path in outputs]
        self._display.event("document_written", context, document=document.origin, outputs=names)

    @hookimpl
    def run_finished(self, report: RunReport, context: EventContext) -> None:
        self._display.stop()
        self._display.event(
            "run_finished",
            context,
            exit_code=int(report.exit_code),
            pages_read=report.pages_read,
            failed=report.failed,
        )

    def _show(self, event: str, document: Document, page: Page, context: EventContext, **facts: Any) -> None:
        self._display.event(event, context, document=document.origin, page=page.number, **facts)
        self._display.update(self._counts)


def _key(document: Document, origin: str, context: EventContext) -> PageKey:
    # The engine identifies the page. Without a key, for example in a test, object and origin must do.
    return context.page_key or (id(document), origin)


def _words(recognition: Recognition) -> int:
    return sum(len(line.words) for line in recognition.lines)


def _short(problem: Problem) -> str:
    """Return a problem on one line; the report at the end has the hint."""
    return f"failed  {problem.what}: {problem.why}"


def _waiting(what: str, problem: Problem, since: float) -> str:
    clock = time.strftime("%H:%M:%S", time.localtime(since))
    return f"waiting since {clock} for {what} ({problem.why}): next try"


def _facts(problem: Problem) -> dict[str, str]:
    return {"what": problem.what, "why": problem.why, "hint": problem.hint}
