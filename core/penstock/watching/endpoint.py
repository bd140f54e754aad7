"""Serves ``/metrics`` and ``/healthz`` of a watch."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from penstock.errors import Complaint, ConfigurationError
from penstock.watching.watch import Watch

OPTION = "--metrics-port"
ANSWER_SECONDS = 5.0
"""How long the loop of a healthy watch may take to answer."""
LOOPBACK = "127.0.0.1"


def address_of(text: str) -> tuple[str, int]:
    """Return the address and the port of ``PORT`` or ``ADDRESS:PORT``. Raises ConfigurationError."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if (colon and not host) or not port.isdecimal() or int(port) > 65535:
        what = f"must be PORT or ADDRESS:PORT, got {text!r}"
        raise ConfigurationError([Complaint(OPTION, what, "for example 9464, or 0.0.0.0:9464")])
    return host or LOOPBACK, int(port)


def problems_of(watch: Watch, seconds: float = ANSWER_SECONDS) -> list[str]:
    """Return why a watch is not healthy; nothing if it is."""
    status = watch.status
    if status.is_stopping:
        return ["the watch is ending"]
    if not status.is_ready:
        return ["the watch has not begun"]
    if not watch.answers(seconds):
        return [f"the loop has not answered for {seconds:g} s"]
    pipelines = list(status.pipelines.items())
    gone = [f"{name}: {counters.gone} is gone" for name, counters in pipelines if counters.gone]
    return gone + [f"{name}: stopped: {counters.stopped}" for name, counters in pipelines if counters.stopped]


class Endpoint:
    """A web server on a thread of its own. A context manager.

    Raises ConfigurationError if prometheus-client is not installed, or the port cannot be used.
    """

    def __init__(self, address: tuple[str, int]) -> None:
        try:
            from penstock.watching.prometheus import PrometheusMeter, registry_with_process
        except ModuleNotFoundError as error:
            what = "needs prometheus-client, which is not installed"
            raise ConfigurationError([Complaint(OPTION, what, "pip install 'penstock[watch]'")]) from error
        self._registry = registry_with_process()
        self.meter = PrometheusMeter(self._registry)
        self.watch: Watch | None = None
        host, port = address
        server = type("_Server", (ThreadingHTTPServer,), {"address_family": _family(host)})
        try:
            self._server: ThreadingHTTPServer = server(address, _handler(self))
        except OSError as error:
            what = f"cannot use port {port} of {host} ({error.strerror or error})"
            raise ConfigurationError([Complaint(OPTION, what, "choose another port or address")]) from error
        shown = f"[{host}]" if ":" in host else host
        self._is_closed = False
        self._thread = threading.Thread(name="penstock-metrics", target=self._serve, daemon=True)
        self._wakes = (host, self._server.server_port)
        self.url = f"http://{shown}:{self._server.server_port}"

    def serve(self, watch: Watch) -> None:
        """Add the counters of the watch, which also tells whether it is healthy."""
        from penstock.watching.prometheus import WatchCollector

        self.watch = watch
        self._registry.register(WatchCollector(watch.status))

    def metrics(self) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        from prometheus_client import generate_latest

        return generate_latest(self._registry)

    def __enter__(self) -> Endpoint:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closed = True
        with suppress(OSError), socket.create_connection(self._wakes, 1.0):
            pass  # the thread takes the connection, and ends
        self._thread.join(2.0)
        self._server.server_close()

    def _serve(self) -> None:
        # `serve_forever` would wake up again and again to look whether it must end.
        while not self._is_closed:
            self._server.handle_request()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _handler(endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10.0  # seconds that a connection may be silent

        def do_GET(self) -> None:
            """Answer a request."""
            path = self.path.partition("?")[0]
            if path == "/metrics":
                self._say(200, "text/plain; version=1.0.0; charset=utf-8", endpoint.metrics())
            elif path == "/healthz":
                problems = problems_of(endpoint.watch) if endpoint.watch else ["the watch has not begun"]
                body = {"status": "unhealthy" if problems else "ok", "problems": problems}
                self._say(503 if problems else 200, "application/json", json.dumps(body).encode())
            else:
                self._say(404, "text/plain", b"penstock has /metrics and /healthz\n")

        do_HEAD = do_GET  # noqa: N815  as the library names it

        def _say(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
