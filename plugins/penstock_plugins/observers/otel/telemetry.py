"""The SDK of OpenTelemetry for one run, or all runs of a watch: its providers, and the end of deliveries."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.environment_variables import OTEL_BSP_MAX_QUEUE_SIZE
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from penstock.version import __version__
from penstock_plugins.observers.otel.settings import has_service_name, is_exported
from penstock_plugins.observers.otel.spans import Spans

QUEUED_SPANS = 20_000
"""Spans that may wait for the collector. The SDK's own 2,048 are those of a few hundred instant pages."""
FLUSH_SECONDS = 3.0
"""How long the end of a run waits for a collector to take what is left."""

ExporterType = TypeVar("ExporterType", bound="_Exporter")

_log = logging.getLogger(__name__)


class _Exporter(Protocol):
    def shutdown(self) -> Any: ...


class Complaints(logging.Handler):
    """Receives what the SDK logs: by itself it would repeat each failed delivery, and each lost span."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.exporters: list[_Exporter] = []
        self.has_failed = False
        """Whether something could not be delivered, or not at once."""
        self.is_closing = False
        """Whether an exporter that fails is not to try again."""
        self._sdk = logging.getLogger("opentelemetry")

    def attach(self) -> None:
        """Begin to receive the SDK's records. Other handlers no longer get them."""
        self._sdk.addHandler(self)
        self._sdk.propagate = False

    def detach(self) -> None:
        """Give the records to other handlers again, unless another `Complaints` receives them."""
        self._sdk.removeHandler(self)
        self._sdk.propagate = not any(isinstance(each, Complaints) for each in self._sdk.handlers)

    def emit(self, record: logging.LogRecord) -> None:
        """Note a failure. Its message may quote the endpoint, so it is logged for debugging only."""
        if not self.has_failed:
            self.has_failed = True
            _log.debug("%s", record.getMessage())
        if self.is_closing:
            for exporter in [each for each in self.exporters if type(each).__module__ == record.name]:
                self.exporters.remove(exporter)
                exporter.shutdown()


class Telemetry:
    """Providers of traces, metrics and logs. Those that the environment excludes send nothing."""

    def __init__(self) -> None:
        self._complaints = Complaints()
        self._complaints.attach()
        resource = _resource()
        self.traces = TracerProvider(resource=resource, shutdown_on_exit=False)
        self.logs = LoggerProvider(resource=resource, shutdown_on_exit=False)
        readers = []
        processor = None
        if is_exported("TRACES"):
            processor = BatchSpanProcessor(self._noted(OTLPSpanExporter()), max_queue_size=_queue_size())
            self.traces.add_span_processor(processor)
        self.spans = Spans(self.traces, processor)
        if is_exported("LOGS"):
            self.logs.add_log_record_processor(BatchLogRecordProcessor(self._noted(OTLPLogExporter())))
        if is_exported("METRICS"):
            readers.append(PeriodicExportingMetricReader(self._noted(OTLPMetricExporter())))
        self.metrics = MeterProvider(readers, resource, shutdown_on_exit=False)

    @property
    def has_failed(self) -> bool:
        """Whether something could not be delivered, or not at once."""
        return self._complaints.has_failed

    def _noted(self, exporter: ExporterType) -> ExporterType:
        self._complaints.exporters.append(exporter)
        return exporter

    def close(self) -> bool:
        """Deliver what is left, and return whether everything was delivered.

        This takes at most `FLUSH_SECONDS`, and much less if the collector refuses connections.
        """
        self._complaints.is_closing = True
        shutdowns: list[Callable[[], Any]] = [
            each.shutdown for each in (self.traces, self.metrics, self.logs)
        ]
        threads = [threading.Thread(target=each, name="penstock-otel-end", daemon=True) for each in shutdowns]
        for thread in threads:
            thread.start()
        until = time.monotonic() + FLUSH_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        is_late = any(thread.is_alive() for thread in threads)
        if not is_late:
            self._complaints.detach()  # else threads of the SDK have more to complain about
        for exporter in self._complaints.exporters if is_late else []:
            exporter.shutdown()  # it makes no further try
        return not (is_late or self._complaints.has_failed)


def _queue_size() -> int | None:
    """Return how many spans may wait; None for what the environment says."""
    return None if os.environ.get(OTEL_BSP_MAX_QUEUE_SIZE) else QUEUED_SPANS


def _resource() -> Resource:
    """Return what sends the telemetry: the attributes of the environment, or else the name ``penstock``."""
    named = {} if has_service_name() else {SERVICE_NAME: "penstock"}
    return Resource.create({SERVICE_VERSION: __version__, **named})
