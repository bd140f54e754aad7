"""Makes the spans of traces.

A tracer of the SDK would ask the sampler and copy the attributes for every span, which takes three times as
long. Only the root of a trace is sampled here: the usual samplers decide alike for all spans of a trace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags

from penstock.version import __version__

_SAMPLED, _NOT_SAMPLED = TraceFlags(TraceFlags.SAMPLED), TraceFlags(TraceFlags.DEFAULT)
_SCOPE = InstrumentationScope("penstock", __version__)
_UNSET = Status(StatusCode.UNSET)


class Spans:
    """Gives finished spans to a processor; None if traces are not exported."""

    def __init__(self, provider: TracerProvider, processor: SpanProcessor | None) -> None:
        self._resource, self._sampler = provider.resource, provider.sampler
        self._ids = provider.id_generator
        self._processor = processor

    def begin(self, parent: SpanContext | None) -> SpanContext:
        """Return the identity of a span; without a parent, of a root, for which the sampler is asked."""
        span = self._ids.generate_span_id()
        if parent is not None:
            return SpanContext(parent.trace_id, span, is_remote=False, trace_flags=parent.trace_flags)
        trace = self._ids.generate_trace_id()
        decision = self._sampler.should_sample(None, trace, "document").decision
        flags = _SAMPLED if decision is Decision.RECORD_AND_SAMPLE else _NOT_SAMPLED
        return SpanContext(trace, span, is_remote=False, trace_flags=flags)

    def add(
        self,
        name: str,
        parent: SpanContext,
        started: float,
        end: float,
        attributes: Mapping[str, str | int | float],
        *,
        status: Status | None = None,
    ) -> None:
        """Add a span without children. Times are in seconds since the epoch."""
        if parent.trace_flags.sampled:
            self.end(self.begin(parent), name, parent, started, end, attributes, status)

    def end(
        self,
        span: SpanContext,
        name: str,
        parent: SpanContext | None,
        started: float,
        end: float,
        attributes: Mapping[str, str | int | float],
        status: Status | None = None,
        events: Sequence[Event] = (),
    ) -> None:
        """Add a span that was begun."""
        if self._processor is None or not span.trace_flags.sampled:
            return
        self._processor.on_end(
            ReadableSpan(
                name,
                span,
                parent,
                self._resource,
                attributes,
                events,
                status=status or _UNSET,
                start_time=int(started * 1e9),
                end_time=int(max(started, end) * 1e9),
                instrumentation_scope=_SCOPE,
            )
        )
