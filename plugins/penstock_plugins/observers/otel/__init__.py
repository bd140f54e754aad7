"""The `otel` observer: sends traces, metrics and log records of a run to an OpenTelemetry collector."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.errors import OutputError
from penstock.hookspecs import hookimpl
from penstock.metrics import RunMetrics
from penstock.model import Document, EventContext, Page, Problem, StageTiming
from penstock.model.events import DocumentState
from penstock.report import RunReport
from penstock.version import __version__
from penstock_plugins.observers.otel.settings import check_environment, collector

if TYPE_CHECKING:
    from penstock_plugins.observers.otel.bridge import Bridge
    from penstock_plugins.observers.otel.telemetry import Telemetry
    from penstock_plugins.observers.otel.traces import Traces


_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Otel(RunMetrics):
    """Sends one trace for each document, metrics, and penstock's log records to an OpenTelemetry collector.

    The variables of OpenTelemetry say where to and how: ``OTEL_EXPORTER_OTLP_ENDPOINT`` and the others. A
    collector that does not answer neither slows nor ends the run. The report says so once. A watch logs it.

    Parameters
    ----------
    content
        Also send the names of documents and pages, the texts of problems, and complete log messages. Without
        it, no name of a file leaves the machine. Recognized text is never sent.
    """

    spans_runs = True  # so that counters go on in a watch, and no file waits for the collector

    content: bool = False

    def __post_init__(self) -> None:
        check_environment()
        try:
            import opentelemetry.exporter.otlp.proto.http  # noqa: F401
        except ImportError as error:
            raise ValueError("otel needs the OpenTelemetry SDK: pip install 'penstock[otel]'") from error
        self._telemetry: Telemetry | None = None
        self._has_told = False  # that the collector did not take something
        self._traces: Traces
        self._bridge: Bridge

    def __enter__(self) -> Otel:
        """Begin to collect."""
        from penstock_plugins.observers.otel.bridge import Bridge
        from penstock_plugins.observers.otel.meter import OtelMeter
        from penstock_plugins.observers.otel.telemetry import Telemetry
        from penstock_plugins.observers.otel.traces import Traces

        self._telemetry = telemetry = Telemetry()
        self._traces = Traces(telemetry.spans, content=self.content)
        RunMetrics.__init__(self, OtelMeter(telemetry.metrics.get_meter("penstock", __version__)))
        self._bridge = Bridge(telemetry.logs.get_logger("penstock", __version__), content=self.content)
        self._bridge.attach()
        return self

    def __exit__(self, *_error: object) -> None:
        """Deliver what is left. Raises OutputError if the collector did not take everything."""
        if self._telemetry is None:
            return
        self._bridge.detach()
        telemetry, self._telemetry = self._telemetry, None
        if not telemetry.close():
            raise OutputError(
                f"the collector at {collector()} did not take all telemetry of the run",
                "check that it runs, and OTEL_EXPORTER_OTLP_ENDPOINT; --debug shows the first failure",
            )

    @hookimpl
    def run_started(self, pipeline: str) -> None:
        super().run_started(pipeline)
        self._traces.pipeline = pipeline
        if self._telemetry and self._telemetry.has_failed and not self._has_told:  # in an earlier run
            self._has_told = True
            _log.warning("the collector at %s does not take all telemetry", collector())

    @hookimpl
    def document_found(self, document: Document, context: EventContext) -> None:
        self._traces.find_document(document.origin, context)

    @hookimpl
    def page_found(self, page: Page, context: EventContext) -> None:
        super().page_found(page, context)
        self._traces.find_page(page.origin, context)

    @hookimpl
    def stage_ended(self, page: Page | None, timing: StageTiming, context: EventContext) -> None:
        super().stage_ended(page, timing, context)
        self._traces.add_work(timing, context)

    @hookimpl
    def page_retried(self, problem: Problem, wait: float, context: EventContext) -> None:
        super().page_retried(problem, wait, context)
        self._traces.note_retry(problem, wait, context)

    @hookimpl
    def page_known(self, context: EventContext) -> None:
        super().page_known(context)
        self._traces.end_page("known", context)

    @hookimpl
    def page_recognized(self, context: EventContext) -> None:
        super().page_recognized(context)
        self._traces.end_page("recognized", context)

    @hookimpl
    def page_failed(self, problem: Problem, context: EventContext) -> None:
        super().page_failed(problem, context)
        self._traces.end_page("failed", context, problem)

    @hookimpl
    def document_ended(self, state: DocumentState, context: EventContext) -> None:
        super().document_ended(state, context)
        self._traces.end_document(state, context)

    @hookimpl
    def run_finished(self, report: RunReport, context: EventContext) -> None:
        super().run_finished(report, context)
        self._traces.end_all(context)
