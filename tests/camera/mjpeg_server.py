"""A network camera on loopback whose behaviour a test defines."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BOUNDARY = "frame"


class Wire:
    """One response, written by the test."""

    def __init__(self, handler: BaseHTTPRequestHandler, leave: threading.Event) -> None:
        self._handler, self._leave = handler, leave
        self.headers = handler.headers
        self.path = handler.path

    def head(self, kind: str = f"multipart/x-mixed-replace; boundary={BOUNDARY}", **headers: str) -> None:
        self.status(200, **{"Content-Type": kind} | headers)

    def status(self, status: int, **headers: str) -> None:
        self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.end_headers()

    def raw(self, content: bytes) -> None:
        self._handler.wfile.write(content)
        self._handler.wfile.flush()

    def part(self, jpeg: bytes, *, length: int | None = None, lead: str = "--") -> None:
        stated = len(jpeg) if length is None else length
        self.raw(f"{lead}{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {stated}\r\n\r\n".encode())
        self.raw(jpeg + b"\r\n")

    @property
    def is_over(self) -> bool:
        return self._leave.is_set()

    def stall(self) -> None:
        """Send nothing more until the test is over."""
        self._leave.wait(60)

    def pause(self, seconds: float) -> bool:
        """Wait between pictures of an endless stream. Returns False when the test is over."""
        return not self._leave.wait(seconds)


class Steps:
    """A clock that advances with each examined picture, and lets the server wait until one is examined."""

    def __init__(self, fps: float) -> None:
        self._fps, self._count = fps, 0
        self._examined = threading.Semaphore(0)

    def __call__(self) -> float:
        self._count += 1
        self._examined.release()
        return self._count / self._fps

    def send(self, wire: Wire, content: bytes, **more: Any) -> None:
        wire.part(content, **more)
        self.wait(wire)

    def wait(self, wire: Wire) -> None:
        """Wait until one more picture is examined. End the response when the test is over."""
        while not self._examined.acquire(timeout=0.05):
            if wire.is_over:
                raise ConnectionAbortedError


class CameraServer:
    """Serves ``answer(wire)`` at every path. A context manager."""

    def __init__(self, answer: Callable[[Wire], Any]) -> None:
        leave = self._leave = threading.Event()
        self.authorizations: list[str] = []
        authorizations = self.authorizations

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_GET(self) -> None:
                authorizations.append(self.headers.get("Authorization", ""))
                try:
                    answer(Wire(self, leave))
                except OSError:
                    # The client has disconnected.
                    return

            def log_message(self, *_: Any) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/video"

    def __enter__(self) -> CameraServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
