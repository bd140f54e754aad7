"""Gives metrics to the SDK of OpenTelemetry."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from opentelemetry.metrics import CallbackOptions, Histogram, Observation
from opentelemetry.metrics import Meter as SdkMeter

from penstock.metrics import METRICS, SECONDS, Labels, Metric

_Values = dict[tuple[str, ...], float]  # by the values of the labels


class OtelMeter:
    """The instruments of all metrics; see `penstock.metrics.Meter`.

    Counters and gauges are numbers here, which the SDK asks for when it exports: to give it each change would
    cost more than the rest of an event.
    """

    def __init__(self, meter: SdkMeter) -> None:
        self._values: dict[str, _Values] = {}
        self._histograms: dict[str, Histogram] = {}
        for metric in METRICS:
            if metric.kind == "histogram":
                self._histograms[metric.name] = meter.create_histogram(
                    metric.name, metric.unit, metric.about, explicit_bucket_boundaries_advisory=SECONDS
                )
                continue
            values: _Values = {}
            self._values[metric.name] = values
            is_counter = metric.kind == "counter"
            create = meter.create_observable_counter if is_counter else meter.create_observable_gauge
            create(metric.name, [_callback(metric, values)], metric.unit, metric.about)

    def add(self, metric: Metric, amount: float, labels: Labels) -> None:
        """Add to a counter."""
        values, key = self._values[metric.name], tuple(labels.values())
        values[key] = values.get(key, 0) + amount

    def set(self, metric: Metric, value: float, labels: Labels) -> None:
        """Set a gauge."""
        self._values[metric.name][tuple(labels.values())] = value

    def observe(self, metric: Metric, seconds: float, labels: Labels) -> None:
        """Add a duration to a histogram."""
        self._histograms[metric.name].record(seconds, labels)


def _callback(metric: Metric, values: _Values) -> Callable[[CallbackOptions], Iterable[Observation]]:
    names = ("pipeline", *metric.labels)

    def observed(_options: CallbackOptions) -> list[Observation]:
        # Called on a thread of the SDK; the copy is made at once.
        return [Observation(value, dict(zip(names, key, strict=True))) for key, value in list(values.items())]

    return observed
