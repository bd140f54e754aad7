"""A receiver of OTLP over HTTP: decodes what exporters send, as a collector does."""

from __future__ import annotations

import gzip
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

REQUESTS = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


class OtlpReceiver:
    """Listens on a port of the loopback interface. A context manager.

    Parameters
    ----------
    status
        The status of all answers. Requests that are refused are not kept.
    """

    def __init__(self, status: int = 200) -> None:
        self.requests: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.raw: list[bytes] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                receiver.headers.append({name.lower(): value for name, value in self.headers.items()})
                if status == 200:
                    receiver.requests.append(REQUESTS[self.path].FromString(body))
                    receiver.raw.append(body)
                self.send_response(status)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> OtlpReceiver:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def spans(self) -> list[Any]:
        """All spans, in the order of their starts."""
        found = [
            span
            for request in self.requests
            for resource in getattr(request, "resource_spans", ())
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        return sorted(found, key=lambda span: (span.start_time_unix_nano, -span.end_time_unix_nano))

    @property
    def resources(self) -> list[dict[str, Any]]:
        """The resources of all requests with spans."""
        found = [each for request in self.requests for each in getattr(request, "resource_spans", ())]
        return [attributes(each.resource) for each in found]

    @property
    def metrics(self) -> dict[str, dict[frozenset[tuple[str, str]], float]]:
        """The last value of each metric, by its labels; for a histogram, the number of its values."""
        found: dict[str, dict[frozenset[tuple[str, str]], float]] = defaultdict(dict)
        for request in self.requests:
            for resource in getattr(request, "resource_metrics", ()):
                for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                    for point in getattr(metric, metric.WhichOneof("data")).data_points:
                        value = point.count if hasattr(point, "count") else point.as_double or point.as_int
                        found[metric.name][frozenset(attributes(point).items())] = value
        return found

    @property
    def logs(self) -> list[Any]:
        """All log records."""
        return [
            record
            for request in self.requests
            for resource in getattr(request, "resource_logs", ())
            for scope in resource.scope_logs
            for record in scope.log_records
        ]


def attributes(item: Any) -> dict[str, Any]:
    """Return the attributes of a span, a point or a resource."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in item.attributes}
