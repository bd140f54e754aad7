"""The server's HTTP: calls, responses, and faults of the connection."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from penstock.testing.azure import responses
from penstock.testing.azure.jobs import JobQueue
from penstock.testing.azure.misbehaviour import (
    LOCATION_FAULTS,
    OPERATION_FAULTS,
    FaultPlan,
    Misbehaviour,
)
from penstock.testing.azure.responses import Response
from penstock.testing.azure.traffic import Call, RateLimit

NO_LINGER = struct.pack("ii", 1, 0)  # makes the system reset a connection when its socket is closed


@dataclass
class Service:
    """What all connections share."""

    key: str
    submit_seconds: float
    jobs: JobQueue
    faults: FaultPlan
    limits: Mapping[str, RateLimit]  # by the kind of call, and of ``all`` calls
    calls: list[Call] = field(default_factory=list)  # in the order of their responses
    closing: threading.Event = field(default_factory=threading.Event)  # set when the server stops


class HttpServer(ThreadingHTTPServer):
    """Listens on loopback, with one thread per connection."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, service: Service, port: int) -> None:
        self.service = service
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept a connection, and remember it: a kept-alive connection would outlive this server."""
        connection, address = super().get_request()
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: object) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)  # type: ignore[arg-type]

    def server_close(self) -> None:
        super().server_close()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore errors: clients that disconnect are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "penstock"
    disable_nagle_algorithm = True
    server: HttpServer

    def do_POST(self) -> None:
        self._serve("submit", self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def do_GET(self) -> None:
        self._serve("poll", b"")

    def do_DELETE(self) -> None:
        self._serve("delete", b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Print nothing."""

    def _serve(self, kind: str, body: bytes) -> None:
        service = self.server.service
        fault = service.faults.next(kind, body)
        response = self._response(kind, body, fault)
        status = response.status if response else 0
        # Recorded before the response is sent: a client that has it must find its call in the log.
        call = Call(kind, urlsplit(self.path).path, time.monotonic(), status, self._is_signed())
        service.calls.append(call)
        if response is None:
            self._reset()
        else:
            self._send(response, half=fault is not None and fault.how == "half")

    def _response(self, kind: str, body: bytes, fault: Misbehaviour | None) -> Response | None:
        """Return the response to send; None to reset the connection."""
        limits = self.server.service.limits
        if not self._is_signed():
            return responses.bad_key()
        if not all(limits[name].admits() for name in ("all", kind) if name in limits):
            return responses.throttled("1")
        if fault is not None and fault.how not in OPERATION_FAULTS:
            return self._misbehave(kind, body, fault)
        return self._process(kind, body, fault.how if fault else "")

    def _misbehave(self, kind: str, body: bytes, fault: Misbehaviour) -> Response | None:
        match fault.how:
            case "hang":
                self.server.service.closing.wait(fault.seconds)
                return None
            case "reset":
                return None
            case "lose":
                self._process(kind, body, "")
                return None
            case "half":
                return self._process(kind, body, "")
            case how if how in LOCATION_FAULTS:
                return responses.with_odd_location(self._process(kind, body, ""), how)
            case _:
                return responses.faulty(fault)

    def _process(self, kind: str, body: bytes, fault: str) -> Response:
        service, path = self.server.service, urlsplit(self.path).path
        if kind == "submit":
            service.closing.wait(service.submit_seconds)
            is_json = "json" in self.headers.get("Content-Type", "")
            return responses.submitted(service.jobs, self.server.endpoint, path, body, fault, is_json=is_json)
        if kind == "delete":
            service.jobs.delete(path.rsplit("/", 1)[-1])
            return Response(HTTPStatus.NO_CONTENT)
        return responses.polled(service.jobs, path)

    def _is_signed(self) -> bool:
        key = self.headers.get("Ocp-Apim-Subscription-Key", "")
        token = self.headers.get("Authorization", "")
        return key == self.server.service.key or token.startswith("Bearer ")

    def _send(self, response: Response, *, half: bool) -> None:
        head = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
        head += [f"{name}: {value}" for name, value in response.headers.items()]
        head += [f"Content-Length: {len(response.body)}", "", ""]
        content = "\r\n".join(head).encode("latin-1") + response.body
        if half:
            # Half of the body if there is one, else half of the head.
            kept = len(content) - len(response.body) // 2 if response.body else len(content) // 2
            content = content[:kept]
            self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.write(content)

    def _reset(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            self.connection.close()
