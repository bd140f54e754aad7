"""A toy of a service that reads pages, to try quill.py against: ``python quill_server.py``.

::

    POST /pages            a picture                        202 {"ticket": "7"}
    GET  /pages/7                                           200 {"state": "reading", "ask_again_in": 0.2}
                                                            200 {"state": "read", "lines": [...]}
                                                            200 {"state": "refused", "why": "..."}

It cannot read. It finds the rows of ink on a page, and calls them "row 1", "row 2": enough to see that
places are right. Every call carries ``Authorization: Bearer TOKEN``.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image, ImageOps

LARGEST = 4000
"""Pixels along a side."""

INK = 100
"""How dark ink is, at least, in levels of gray."""


@dataclass(frozen=True)
class Ticket:
    """A page that was taken in."""

    ready_at: float
    picture: bytes


class QuillServer(ThreadingHTTPServer):
    """Serves on this machine alone.

    Parameters
    ----------
    work
        Seconds that a page takes.
    busy
        How many calls are answered with 429 before the first one is served.
    """

    daemon_threads = True

    def __init__(self, port: int, *, token: str, work: float = 0.2, busy: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.token, self.work, self.busy = token, work, busy
        self.tickets: dict[str, Ticket] = {}
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def turns_away(self) -> bool:
        with self.lock:
            self.busy -= 1
            return self.busy >= 0

    def take(self, picture: bytes) -> str:
        with self.lock:
            number = str(len(self.tickets) + 1)
            self.tickets[number] = Ticket(time.monotonic() + self.work, picture)
        return number


class Handler(BaseHTTPRequestHandler):
    server: QuillServer

    def do_POST(self) -> None:
        picture = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._is_welcome():
            self._send(202, {"ticket": self.server.take(picture)})

    def do_GET(self) -> None:
        if not self._is_welcome():
            return
        ticket = self.server.tickets.get(self.path.rpartition("/")[2])
        if ticket is None:
            self._send(404, {"why": "no such ticket"})
        elif (left := ticket.ready_at - time.monotonic()) > 0:
            self._send(200, {"state": "reading", "ask_again_in": round(left, 3)})
        else:
            self._send(200, read(ticket.picture))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""

    def _is_welcome(self) -> bool:
        if self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self._send(401, {"why": "the token is not known"})
            return False
        if self.server.turns_away():
            self._send(429, {"why": "too many calls"}, {"Retry-After": "0"})
            return False
        return True

    def _send(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def read(picture: bytes) -> dict[str, Any]:
    """What is answered for a page: each row of ink with its box, left, top, right, bottom."""
    try:
        with Image.open(io.BytesIO(picture)) as opened:
            gray = ImageOps.invert(opened.convert("L"))
    except (OSError, SyntaxError, ValueError) as error:
        return {"state": "refused", "why": f"this is no picture: {error}"}
    if max(gray.size) > LARGEST:
        return {"state": "refused", "why": f"more than {LARGEST} pixels along a side"}
    ink = gray.point(lambda level: 255 if level > INK else 0)
    rows = _rows([ink.crop((0, y, ink.width, y + 1)).getbbox() is not None for y in range(ink.height)])
    lines = []
    for number, (top, bottom) in enumerate(rows, start=1):
        left, _, right, _ = ink.crop((0, top, ink.width, bottom)).getbbox() or (0, 0, ink.width, 0)
        lines.append({"text": f"row {number}", "box": [left, top, right, bottom], "sure": 0.5})
    return {"state": "read", "lines": lines}


def _rows(has_ink: Sequence[bool]) -> list[tuple[int, int]]:
    """Where runs of rows with ink begin and end."""
    edges = [y for y in range(1, len(has_ink)) if has_ink[y] != has_ink[y - 1]]
    bounds = ([0] if has_ink[0] else []) + edges + ([len(has_ink)] if has_ink[-1] else [])
    return list(zip(bounds[::2], bounds[1::2], strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description="A toy of a service that reads pages.")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--token", default="toy")
    given = parser.parse_args()
    with QuillServer(given.port, token=given.token) as server:
        print(f"serving at {server.url}; Ctrl-C ends it", flush=True)  # noqa: T201
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
