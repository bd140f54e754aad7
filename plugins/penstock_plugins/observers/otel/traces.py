"""One trace for each document that a run works on, with spans for its pages and the calls made for them.

Spans are made when they end, with their true times. A document on which nothing is done, such as one that is
up to date, has no trace.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from opentelemetry.sdk.trace import Event
from opentelemetry.trace import SpanContext, Status, StatusCode

from penstock.metrics import short_name
from penstock.model import EventContext, Problem, StageTiming
from penstock.model.events import DocumentState
from penstock_plugins.observers.otel.spans import Spans

SHORTEST_WAIT = 0.001
"""Seconds between two calls that get a span of their own."""

Attributes = Mapping[str, str | int | float]


@dataclass(slots=True)
class _Item:
    """A document, or one of its pages."""

    started: float
    name: str
    busy_until: float  # end of the last work on it
    run: str = ""  # of a document
    span: SpanContext | None = None  # None while there was no work on it
    events: list[Event] = field(default_factory=list)
    pages: dict[str, _Item] = field(default_factory=dict)


class Traces:
    """The documents and pages that a run works on. Called on the observer's thread only."""

    def __init__(self, spans: Spans, *, content: bool) -> None:
        self._spans, self._content = spans, content
        self._documents: dict[str, _Item] = {}
        self.pipeline = ""

    def find_document(self, origin: str, context: EventContext) -> None:
        """Note a document."""
        self._documents[context.document_key] = _Item(context.time, origin, context.time, context.run)

    def find_page(self, origin: str, context: EventContext) -> None:
        """Note a page."""
        if document := self._documents.get(context.document_key):
            document.pages[context.page_key] = _Item(context.time, origin, context.time)

    def add_work(self, timing: StageTiming, context: EventContext) -> None:
        """Add the span of a call, and of the time that a page or document has waited for it."""
        document = self._documents.get(context.document_key)
        if document is None:
            return
        item = document.pages.get(context.page_key) if context.page_key else document
        if item is None:
            return  # the call had been given up, and its page has ended
        parent = self._begun(document, item, timing.started)
        end = timing.started + timing.seconds
        if timing.stage != "prepare" and timing.started - item.busy_until >= SHORTEST_WAIT:
            waited_for = {"penstock.wait.for": timing.stage}
            self._spans.add("wait", parent, item.busy_until, timing.started, waited_for)
        attributes = _attributes(timing, context.attempt)
        status = Status(StatusCode.ERROR) if timing.error else None
        self._spans.add(timing.stage, parent, timing.started, end, attributes, status=status)
        if item is not document:  # several sinks may write a document at once
            item.busy_until = end

    def note_retry(self, problem: Problem, wait: float, context: EventContext) -> None:
        """Note on the span of a page that a call will be repeated."""
        document = self._documents.get(context.document_key)
        if document and (page := document.pages.get(context.page_key)):
            why = {"penstock.problem": problem.why} if self._content else {}
            page.events.append(Event("retry", {"penstock.wait": wait, **why}, int(context.time * 1e9)))

    def end_page(self, state: str, context: EventContext, problem: Problem | None = None) -> None:
        """Add the span of a page. One that was known has a span only if there was work on it."""
        document = self._documents.get(context.document_key)
        if document is None:
            return
        page = document.pages.pop(context.page_key, None)
        document.busy_until = context.time
        if page is None and problem is not None:  # its file could not be read
            page = _Item(context.time, problem.what, context.time)
        if page is None or (page.span is None and problem is None):
            return
        status = None
        if problem is not None:
            status = Status(StatusCode.ERROR, problem.why if self._content else None)
        self._end_page(document, page, state, context, status)

    def end_document(self, state: DocumentState, context: EventContext) -> None:
        """Add the root span of a document's trace."""
        document = self._documents.pop(context.document_key, None)
        if document is None or document.span is None:
            return
        for key, page in document.pages.items():
            if page.span is not None:
                left = EventContext(context.time, context.run, key, document_key=context.document_key)
                self._end_page(document, page, "unread", left)
        attributes = {
            "penstock.pipeline": self.pipeline,
            "penstock.run": context.run,
            "penstock.document.key": context.document_key,
            "penstock.document.state": state,
            **self._named("penstock.document.name", document),
        }
        status = Status(StatusCode.ERROR) if state == "failed" else None
        self._spans.end(document.span, "document", None, document.started, context.time, attributes, status)

    def end_all(self, context: EventContext) -> None:
        """End what a run left open because it stopped."""
        for key in [key for key, each in list(self._documents.items()) if each.run == context.run]:
            self.end_document("unread", EventContext(context.time, context.run, document_key=key))

    def _begun(self, document: _Item, item: _Item, started: float) -> SpanContext:
        """Return the span of a document or page, which had begun when this work was started."""
        if document.span is None:
            document.started = min(document.started, started)
            document.span = self._spans.begin(None)
        if item.span is None:
            item.started = min(item.started, started)
            item.span = self._spans.begin(document.span)
        return item.span

    def _end_page(
        self, document: _Item, page: _Item, state: str, context: EventContext, status: Status | None = None
    ) -> None:
        attributes = {
            "penstock.page.number": int(context.page_key.rpartition("/")[2] or 0),
            "penstock.page.state": state,
            **self._named("penstock.page.name", page),
        }
        if context.recognizer:
            attributes["penstock.recognizer"] = short_name(context.recognizer)
        span, end = self._begun(document, page, page.started), context.time
        self._spans.end(span, "page", document.span, page.started, end, attributes, status, page.events)

    def _named(self, attribute: str, item: _Item) -> dict[str, str | int]:
        return {attribute: item.name} if self._content else {}


def _attributes(timing: StageTiming, attempt: int) -> Attributes:
    attributes: dict[str, str | int | float] = {}
    if timing.component:
        attributes["penstock.component"] = short_name(timing.component)
    if timing.error:
        attributes["error.type"] = timing.error
    if timing.cost is not None:
        attributes["penstock.cost"] = timing.cost
    if attempt and timing.stage in ("submit", "poll", "read"):
        attributes["penstock.attempt"] = attempt
    return attributes
