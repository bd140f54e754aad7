"""The metrics of runs: their names, and how they follow from events. A `Meter` stores or sends them.

Names are those of OpenTelemetry: ``penstock.stage.duration``. In Prometheus, the same metric is called
``penstock_stage_duration_seconds``, whether it comes through a collector or from ``penstock watch``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from penstock.hookspecs import hookimpl
from penstock.model import EventContext, Page, Problem, StageTiming
from penstock.model.events import DocumentState
from penstock.report import RunReport

Labels = Mapping[str, str]

SECONDS = (0.005, 0.02, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
"""Upper bounds of the buckets of durations: from a sink of text to a page in a long queue."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. All of its values have the label ``pipeline``, besides ``labels``."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    about: str
    labels: tuple[str, ...] = ()
    unit: str = ""  # "s", or the thing that is counted in braces, as OpenTelemetry wants it

    @property
    def prometheus_name(self) -> str:
        """The name of the metric in Prometheus."""
        name = self.name.replace(".", "_") + ("_seconds" if self.unit == "s" else "")
        return f"{name}_total" if self.kind == "counter" else name


PAGES = Metric("penstock.pages", "counter", "Pages that ended, by state.", ("state", "recognizer"), "{page}")
DOCUMENTS = Metric(
    "penstock.documents", "counter", "Documents that ended, by state.", ("state",), "{document}"
)
RUNS = Metric("penstock.runs", "counter", "Runs that ended, by exit code.", ("exit_code",), "{run}")
QUEUED = Metric("penstock.pages.queued", "gauge", "Pages that wait for a recognizer.", (), "{page}")
IN_FLIGHT = Metric(
    "penstock.pages.in_flight", "gauge", "Pages that a recognizer has.", ("recognizer",), "{page}"
)
PAGE_DURATION = Metric(
    "penstock.page.duration", "histogram", "Time from finding a page to its result.", ("recognizer",), "s"
)
STAGE_DURATION = Metric(
    "penstock.stage.duration",
    "histogram",
    "Time of one call of a component, by stage; the error is empty if the call succeeded.",
    ("stage", "component", "error"),
    "s",
)
RETRIES = Metric("penstock.retries", "counter", "Calls that are repeated.", ("recognizer",), "{call}")
THROTTLES = Metric(
    "penstock.throttles", "counter", "Pauses that a service asked for.", ("recognizer",), "{pause}"
)
DOWN = Metric("penstock.recognizer.down", "gauge", "1 while a service is down.", ("recognizer",))
COST = Metric("penstock.cost", "counter", "Price of the pages that were sent.", ("recognizer",))
WORKERS = Metric(
    "penstock.workers", "gauge", "Pages that workers can read at once.", ("recognizer",), "{page}"
)

METRICS = (
    PAGES,
    DOCUMENTS,
    RUNS,
    QUEUED,
    IN_FLIGHT,
    PAGE_DURATION,
    STAGE_DURATION,
    RETRIES,
    THROTTLES,
    DOWN,
    COST,
    WORKERS,
)


class Meter(Protocol):
    """Stores metrics, or sends them. The labels of a call are all of the metric's labels."""

    def add(self, metric: Metric, amount: float, labels: Labels) -> None:
        """Add to a counter."""

    def set(self, metric: Metric, value: float, labels: Labels) -> None:
        """Set a gauge."""

    def observe(self, metric: Metric, seconds: float, labels: Labels) -> None:
        """Add a duration to a histogram."""


def short_name(component: str) -> str:
    """Return the name of a component without the file or module that it is from."""
    return component.rpartition(":")[2]


class RunMetrics:
    """Turns the events of one run after the other into metrics. Its methods are hooks of an observer.

    Each takes all arguments that a derived observer needs.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._pipeline = ""
        self._found: dict[str, float] = {}  # when pages were found that have not ended, by their keys
        self._in_flight: dict[str, str] = {}  # the recognizers of pages in flight
        self._numbers: dict[tuple[Metric, str], int] = {}  # of pages, by gauge and recognizer

    @hookimpl
    def run_started(self, pipeline: str) -> None:
        self._pipeline = pipeline

    @hookimpl
    def page_found(self, page: Page, context: EventContext) -> None:
        self._found[context.page_key] = context.time
        self._count(QUEUED, "", 1)

    @hookimpl
    def workers_changed(self, slots: int, context: EventContext) -> None:
        self._meter.set(WORKERS, slots, self._labels(recognizer=short_name(context.recognizer)))

    @hookimpl
    def stage_ended(self, page: Page | None, timing: StageTiming, context: EventContext) -> None:
        component = short_name(timing.component)
        labels = self._labels(stage=timing.stage, component=component, error=timing.error)
        self._meter.observe(STAGE_DURATION, timing.seconds, labels)
        if timing.cost is not None:
            self._meter.add(COST, timing.cost, self._labels(recognizer=component))

    @hookimpl
    def page_submitted(self, context: EventContext) -> None:
        self._leave(context.page_key)
        self._in_flight[context.page_key] = recognizer = short_name(context.recognizer)
        self._count(IN_FLIGHT, recognizer, 1)

    @hookimpl
    def page_provisional(self, context: EventContext) -> None:
        if context.page_key in self._found:
            self._leave(context.page_key)
            self._count(QUEUED, "", 1)

    @hookimpl
    def page_known(self, context: EventContext) -> None:
        self._end("known", context)

    @hookimpl
    def page_recognized(self, context: EventContext) -> None:
        if (found := self._found.get(context.page_key)) is not None:
            labels = self._labels(recognizer=short_name(context.recognizer))
            self._meter.observe(PAGE_DURATION, max(0.0, context.time - found), labels)
        self._end("recognized", context)

    @hookimpl
    def page_failed(self, problem: Problem, context: EventContext) -> None:
        self._end("failed", context)

    @hookimpl
    def page_retried(self, problem: Problem, wait: float, context: EventContext) -> None:
        self._meter.add(RETRIES, 1, self._labels(recognizer=short_name(context.recognizer)))

    @hookimpl
    def recognizer_throttled(self, context: EventContext) -> None:
        self._meter.add(THROTTLES, 1, self._labels(recognizer=short_name(context.recognizer)))

    @hookimpl
    def recognizer_down(self, problem: Problem, context: EventContext) -> None:
        self._meter.set(DOWN, 1, self._labels(recognizer=short_name(context.recognizer)))

    @hookimpl
    def recognizer_up(self, context: EventContext) -> None:
        self._meter.set(DOWN, 0, self._labels(recognizer=short_name(context.recognizer)))

    @hookimpl
    def document_failed(self, context: EventContext) -> None:
        if not context.document_key:  # else `document_ended` follows
            self._meter.add(DOCUMENTS, 1, self._labels(state="failed"))

    @hookimpl
    def document_ended(self, state: DocumentState, context: EventContext) -> None:
        self._meter.add(DOCUMENTS, 1, self._labels(state=state))

    @hookimpl
    def run_finished(self, report: RunReport, context: EventContext) -> None:
        self._meter.add(RUNS, 1, self._labels(exit_code=str(int(report.exit_code))))
        # A stopped run leaves pages open, and an observer that is behind misses events.
        self._found.clear()
        self._in_flight.clear()
        for metric, recognizer in self._numbers:
            self._count(metric, recognizer, -self._numbers[metric, recognizer])

    def _end(self, state: str, context: EventContext) -> None:
        labels = self._labels(state=state, recognizer=short_name(context.recognizer))
        self._meter.add(PAGES, 1, labels)
        if context.page_key in self._found:  # else it could not be found, and failed
            self._leave(context.page_key)
            del self._found[context.page_key]

    def _leave(self, page: str) -> None:
        """Subtract a page from those in flight, or from those in the queue."""
        if (recognizer := self._in_flight.pop(page, None)) is not None:
            self._count(IN_FLIGHT, recognizer, -1)
        elif page in self._found:
            self._count(QUEUED, "", -1)

    def _count(self, metric: Metric, recognizer: str, change: int) -> None:
        key = (metric, recognizer)
        self._numbers[key] = number = self._numbers.get(key, 0) + change
        labels = self._labels(recognizer=recognizer) if metric.labels else self._labels()
        self._meter.set(metric, number, labels)

    def _labels(self, **labels: str) -> Labels:
        return {"pipeline": self._pipeline, **labels}
