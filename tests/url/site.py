"""A site on loopback that answers as a test tells it, however badly; and time that a test makes up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[BaseHTTPRequestHandler], None]
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Site:
    """Answers every path by its own reply, and remembers who asked for what."""

    def __init__(self, replies: dict[str, Reply] | None = None) -> None:
        self.replies = replies or {}
        self.seen: list[tuple[str, Message]] = []
        self.over = threading.Event()
        """Set when the test is over: whoever hangs hangs until then."""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler) -> None:  # noqa: N805  the site is self here
                self.seen.append((handler.path, handler.headers))
                reply = self.replies.get(handler.path.split("?")[0], answer(b"", status=404))
                reply(handler)

            def do_CONNECT(handler) -> None:  # noqa: N805
                handler.do_GET()

            def log_message(self, *arguments: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *arguments: Any) -> None:
                """Somebody hung up on us: that is what half of these tests are about."""

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
        """One header of every request."""
        return [headers.get(header) for _, headers in self.seen]

    def hangs_after(self, body: bytes, size: int, **headers: str) -> Reply:
        """Send the first bytes, and nothing more for as long as the test runs."""

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


def breaks_off(body: bytes, after: int, **headers: str) -> Reply:
    """Say how long it is, send the first bytes, and hang up."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        head(handler, 200, {"Content-Length": str(len(body)), **named(headers)})
        handler.wfile.write(body[:after])

    return reply


def stored(body: bytes, **headers: str) -> Reply:
    """As a good server gives a file: conditions and ranges are understood (RFC 9110, 13 and 14)."""
    sent = named(headers)
    tags = {value for name, value in sent.items() if name in ("ETag", "Last-Modified")}

    def reply(handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers
        if {asked.get("If-None-Match"), asked.get("If-Modified-Since")} & tags:
            head(handler, 304, sent)
        elif "Range" in asked and asked.get("If-Range") in tags:
            start = int(asked["Range"].removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                return head(handler, 416, {"Content-Range": f"bytes */{len(body)}"})
            where = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
            head(handler, 206, {"Content-Length": str(len(body) - start), **where, **sent})
            handler.wfile.write(body[start:])
        else:
            answer(body, **headers)(handler)
        return None

    return reply


def in_turn(*replies: Reply) -> Reply:
    """One after the other; the last for ever."""
    left = list(replies)

    def reply(handler: BaseHTTPRequestHandler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return reply


class MadeUpTime:
    """Passes only when somebody waits, and then at once."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    def date(self) -> datetime:
        return NOON + timedelta(seconds=self.time - 1000.0)

    def wait(self, stopping: threading.Event, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds
