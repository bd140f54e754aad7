"""An HTTP server on loopback whose replies a test defines, and a clock that does not wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """Answers each path with its own reply, and records the requests."""

    def __init__(self, replies: dict[str, Reply] | None = None) -> None:
        self.replies = replies or {}
        self.seen: list[tuple[str, Message]] = []
        self.over = threading.Event()
        """Set when the test is over; replies that hang wait for it."""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler) -> None:  # noqa: N805  self is the site
                self.seen.append((handler.path, handler.headers))
                reply = self.replies.get(handler.path.split("?")[0], answer(b"", status=404))
                reply(handler)

            def do_CONNECT(handler) -> None:  # noqa: N805
                handler.do_GET()

            def log_message(self, *arguments: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *arguments: Any) -> None:
                """Ignore clients that disconnect: many tests make them do so."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.address = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    def asked(self, header: str) -> list[str | None]:
        """Return one header of every request."""
        return [headers.get(header) for _, headers in self.seen]

    def hangs_after(self, body: bytes, size: int, **headers: str) -> Reply:
        """Return a reply that sends the first bytes and then hangs until the test is over."""

        def reply(handler: BaseHTTPRequestHandler) -> None:
            head(handler, 200, {"Content-Length": str(len(body)), **named(headers)})
            handler.wfile.write(body[:size])
            self.over.wait()

        return reply


def named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def head(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()


def answer(body: bytes, *, status: int = 200, **headers: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        head(handler, status, {"Content-Length": str(len(body)), **named(headers)})
        handler.wfile.write(body)

    return reply


def chunked(body: bytes, *, whole: bool = True, **headers: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.protocol_version = "HTTP/1.1"
        head(handler, 200, {"Transfer-Encoding": "chunked", "Connection": "close", **named(headers)})
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(body), body) + (b"0\r\n\r\n" if whole else b""))
        handler.close_connection = True

    return reply


def redirect(location: str, status: int = 302) -> Reply:
    return answer(b"", status=status, Location=location)


def disconnects(body: bytes, after: int, **headers: str) -> Reply:
    """Return a reply that announces the whole body, sends the first bytes, and disconnects."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        head(handler, 200, {"Content-Length": str(len(body)), **named(headers)})
        handler.wfile.write(body[:after])

    return reply


def stored(body: bytes, **headers: str) -> Reply:
    """Return a reply that honours If-None-Match and If-Modified-Since (RFC 9110, 13)."""
    sent = named(headers)
    tags = {value for name, value in sent.items() if name in ("ETag", "Last-Modified")}

    def reply(handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers
        if {asked.get("If-None-Match"), asked.get("If-Modified-Since")} & tags:
            head(handler, 304, sent)
        else:
            answer(body, **headers)(handler)

    return reply


def in_turn(*replies: Reply) -> Reply:
    """Return a reply that uses the given ones in turn, and then repeats the last."""
    left = list(replies)

    def reply(handler: BaseHTTPRequestHandler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return reply


class FakeClock:
    """Advances only when something waits, and then at once."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    def wait(self, stopping: threading.Event, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds
