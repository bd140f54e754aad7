"""The metrics of a watch, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from penstock.metrics import METRICS, SECONDS, Labels
from penstock.metrics import Metric as RunMetric
from penstock.watching.status import PipelineCounters, WatchStatus

GAUGES: dict[str, tuple[str, Callable[[PipelineCounters], float]]] = {
    "penstock_watch_waiting": ("Documents that wait to be read.", lambda each: each.waiting),
    "penstock_watch_running": ("1 while a run goes on.", lambda each: each.running),
    "penstock_watch_stopped": ("1 if the last run stopped early.", lambda each: bool(each.stopped)),
    "penstock_watch_pipeline_file_wrong": (
        "1 while the pipeline file is wrong, and the old one is used.",
        lambda each: each.broken_file,
    ),
}
COUNTERS: dict[str, tuple[str, Callable[[PipelineCounters], float]]] = {
    "penstock_watch_files_read": (
        "Files of documents whose outputs are all written.",
        lambda each: each.files_read,
    ),
    "penstock_watch_files_failed": ("Files that failed.", lambda each: each.files_failed),
}
"""Metrics of each pipeline of a watch, without ``_total``."""


class PrometheusMeter:
    """The metrics of runs in a registry; see `penstock.metrics.Meter`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._metrics = {metric.name: _registered(metric, registry) for metric in METRICS}

    def add(self, metric: RunMetric, amount: float, labels: Labels) -> None:
        """Add to a counter."""
        self._metrics[metric.name].labels(**labels).inc(amount)

    def set(self, metric: RunMetric, value: float, labels: Labels) -> None:
        """Set a gauge."""
        self._metrics[metric.name].labels(**labels).set(value)

    def observe(self, metric: RunMetric, seconds: float, labels: Labels) -> None:
        """Add a duration to a histogram."""
        self._metrics[metric.name].labels(**labels).observe(seconds)


def _registered(metric: RunMetric, registry: CollectorRegistry) -> Any:
    named = (metric.prometheus_name, metric.about, ("pipeline", *metric.labels))
    if metric.kind == "counter":
        return Counter(*named, registry=registry)
    if metric.kind == "gauge":
        return Gauge(*named, registry=registry)
    return Histogram(*named, registry=registry, buckets=SECONDS)


class WatchCollector(Collector):
    """Reads the counters of a watch whenever they are asked for."""

    def __init__(self, status: WatchStatus) -> None:
        self._status = status

    def collect(self) -> Iterable[Metric]:
        """Return the metrics of all pipelines."""
        pipelines = list(self._status.pipelines.items())
        for family, table in ((GaugeMetricFamily, GAUGES), (CounterMetricFamily, COUNTERS)):
            for name, (about, value) in table.items():
                made = family(name, about, labels=["pipeline"])
                for pipeline, counters in pipelines:
                    made.add_metric([pipeline], float(value(counters)))
                yield made


def registry_with_process() -> CollectorRegistry:
    """Return a registry with the memory, CPU time and open files of this process."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry
