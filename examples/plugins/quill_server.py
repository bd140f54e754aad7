"""A fake recognition service for quill.py: ``python quill_server.py``.

::

    POST /pages            a picture                        202 {"job": "7"}
    GET  /pages/7                                           200 {"state": "running", "poll_after": 0.2}
                                                            200 {"state": "done", "lines": [...]}
                                                            200 {"state": "refused", "why": "..."}

It finds the rows of ink on a page, and returns "row 1", "row 2" and so on as their text: enough to see that
positions are right. Every call must carry ``Authorization: Bearer TOKEN``.
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
"""The longest accepted side, in pixels."""

INK = 100
"""How dark ink is at least, as a gray level."""


@dataclass(frozen=True)
class Job:
    """An accepted page."""

    ready_at: float
    picture: bytes


class QuillServer(ThreadingHTTPServer):
    """Listens on loopback.

    Parameters
    ----------
    work
        Seconds until a result is ready.
    busy
        How many calls get 429 before the first one is accepted.
    """

    daemon_threads = True

    def __init__(self, port: int, *, token: str, work: float = 0.2, busy: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.token, self.work, self.busy = token, work, busy
        self.jobs: dict[str, Job] = {}
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def is_busy(self) -> bool:
        with self.lock:
            self.busy -= 1
            return self.busy >= 0

    def accept(self, picture: bytes) -> str:
        with self.lock:
            number = str(len(self.jobs) + 1)
            self.jobs[number] = Job(time.monotonic() + self.work, picture)
        return number


class Handler(BaseHTTPRequestHandler):
    server: QuillServer

    def do_POST(self) -> None:
        picture = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._is_accepted():
            self._send(202, {"job": self.server.accept(picture)})

    def do_GET(self) -> None:
        if not self._is_accepted():
            return
        job = self.server.jobs.get(self.path.rpartition("/")[2])
        if job is None:
            self._send(404, {"why": "no such job"})
        elif (left := job.ready_at - time.monotonic()) > 0:
            self._send(200, {"state": "running", "poll_after": round(left, 3)})
        else:
            self._send(200, recognize(job.picture))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Print nothing."""

    def _is_accepted(self) -> bool:
        if self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self._send(401, {"why": "unknown token"})
            return False
        if self.server.is_busy():
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


def recognize(picture: bytes) -> dict[str, Any]:
    """Return a page's result: each row of ink with its box (left, top, right, bottom)."""
    try:
        with Image.open(io.BytesIO(picture)) as opened:
            gray = ImageOps.invert(opened.convert("L"))
    except (OSError, SyntaxError, ValueError) as error:
        return {"state": "refused", "why": f"not a picture: {error}"}
    if max(gray.size) > LARGEST:
        return {"state": "refused", "why": f"longer than {LARGEST} pixels"}
    ink = gray.point(lambda level: 255 if level > INK else 0)
    rows = _rows([ink.crop((0, y, ink.width, y + 1)).getbbox() is not None for y in range(ink.height)])
    lines = []
    for number, (top, bottom) in enumerate(rows, start=1):
        left, _, right, _ = ink.crop((0, top, ink.width, bottom)).getbbox() or (0, 0, ink.width, 0)
        lines.append({"text": f"row {number}", "box": [left, top, right, bottom], "confidence": 0.5})
    return {"state": "done", "lines": lines}


def _rows(has_ink: Sequence[bool]) -> list[tuple[int, int]]:
    """Return the first and last row of each run of rows with ink."""
    edges = [y for y in range(1, len(has_ink)) if has_ink[y] != has_ink[y - 1]]
    bounds = ([0] if has_ink[0] else []) + edges + ([len(has_ink)] if has_ink[-1] else [])
    return list(zip(bounds[::2], bounds[1::2], strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description="A fake recognition service.")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--token", default="toy")
    given = parser.parse_args()
    with QuillServer(given.port, token=given.token) as server:
        print(f"serving at {server.url}; stop with Ctrl-C", flush=True)  # noqa: T201
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
