"""The HTTP of the service on loopback: calls in, answers out, and the wire's own faults."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from penstock.testing import replies
from penstock.testing.desk import Desk
from penstock.testing.misbehaviour import OF_OPERATIONS, Misbehaviour
from penstock.testing.replies import Reply

CUT = struct.pack("ii", 1, 0)
"""Lingering for no time: closing such a socket resets the connection."""


class Server(ThreadingHTTPServer):
    """Listens on loopback, one thread a connection."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, desk: Desk, port: int) -> None:
        self.desk = desk
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def get_request(self) -> tuple[socket.socket, object]:
        """Take a connection, and remember it: one that is kept alive would outlive this server."""
        connection, address = super().get_request()
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: object) -> None:
        """Forget a connection that is over."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)  # type: ignore[arg-type]

    def server_close(self) -> None:
        """Close the door and every connection."""
        super().server_close()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a caller that went away is what this server is for."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "penstock"
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:
        """A submit."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._serve("submit", body)

    def do_GET(self) -> None:
        """A poll."""
        self._serve("poll", b"")

    def do_DELETE(self) -> None:
        """The end of a result."""
        self._serve("delete", b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""

    def _serve(self, kind: str, body: bytes) -> None:
        fault = self.server.desk.mischief.next(kind)
        reply = self._reply(kind, body, fault)
        desk, path = self.server.desk, urlsplit(self.path).path
        desk.ledger.note(kind, path, reply.status if reply else 0, signed=self._is_signed())
        if reply is None:
            self._cut()
        else:
            self._send(reply, half=fault is not None and fault.how == "half")

    def _reply(self, kind: str, body: bytes, fault: Misbehaviour | None) -> Reply | None:
        """What to answer; None breaks the connection."""
        desk = self.server.desk
        if not self._is_signed():
            return replies.bad_key()
        if not (desk.throttles["all"].admits() and desk.throttles.get(kind, _OPEN).admits()):
            return replies.throttled("1")
        if fault is not None and fault.how not in OF_OPERATIONS:
            return self._misbehaved(kind, body, fault)
        fate = fault.how if fault else ""
        return self._well(kind, body, fate)

    def _misbehaved(self, kind: str, body: bytes, fault: Misbehaviour) -> Reply | None:
        desk = self.server.desk
        match fault.how:
            case "hang":
                desk.closing.wait(fault.seconds)
                return None
            case "reset":
                return None
            case "lose":
                self._well(kind, body, "")
                return None
            case "half":
                return self._well(kind, body, "")
            case "no-location" | "foreign-location":
                reply = self._well(kind, body, "")
                return replies.without_location(reply, foreign=fault.how == "foreign-location")
            case _:
                return replies.faulty(fault)

    def _well(self, kind: str, body: bytes, fate: str) -> Reply:
        desk, path = self.server.desk, urlsplit(self.path).path
        if kind == "submit":
            desk.closing.wait(desk.manners.submit_takes)
            by_address = "json" in self.headers.get("Content-Type", "")
            return replies.submitted(desk, self.server.endpoint, path, body, fate, by_address=by_address)
        if kind == "delete":
            desk.forget(path.rsplit("/", 1)[-1])
            return Reply(HTTPStatus.NO_CONTENT)
        return replies.polled(desk, path)

    def _is_signed(self) -> bool:
        key = self.headers.get("Ocp-Apim-Subscription-Key", "")
        return key == self.server.desk.manners.key or self.headers.get("Authorization", "").startswith(
            "Bearer "
        )

    def _send(self, reply: Reply, *, half: bool) -> None:
        head = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        head += [f"Content-Length: {len(reply.body)}", "", ""]
        whole = "\r\n".join(head).encode("latin-1") + reply.body
        if half:
            # Half of the body where there is one, else half of the head.
            kept = len(whole) - len(reply.body) // 2 if reply.body else len(whole) // 2
            whole = whole[:kept]
            self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.write(whole)

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CUT)
            self.connection.close()


class _Open:
    def admits(self) -> bool:
        return True


_OPEN = _Open()
