"""`penstock review`: how fast the first page is shown, and how large scans are.

    python benchmarks/review.py [--pages N] [--megapixels M]

Writes a journal with a document for each page, of 200 words, and draws one JPEG as the picture of all pages.
Starts the real command three times, and measures from its start to the list of documents, the text of a page
and the first tile, each asked for by the same client. Then the tiles of the large picture: the first one of a
level that fits into a window, of the full size, and 20 more. CPU and memory are the server's.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import requests
from PIL import Image

from penstock.engine.journal.database import Database
from penstock.images import find_pages
from penstock.json_form import page_to_json
from penstock.model import Page
from penstock.review.pictures import size_of, top_level

WINDOW = 1400  # pixels


def main() -> None:
    """Measure the start, and the tiles of a large picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--megapixels", type=int, default=100, help="at least 20")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        cache = Path(name)
        page = draw(cache / "page.jpg", arguments.megapixels)
        write_journal(cache / "penstock/read", page, arguments.pages)
        for _ in range(3):
            with served(cache) as server:
                measure_start(server)
                server.stop()
                print(f"; CPU {server.cpu:.2f} s")
        with served(cache) as server:
            measure_tiles(server, page)
            server.stop()


def draw(path: Path, megapixels: int) -> Page:
    """Draw a picture with some noise, which JPEG compresses as badly as paper."""
    side = int((megapixels * 1e6) ** 0.5)
    noise = np.random.default_rng(1).integers(180, 250, (side // 4, side // 4, 3), np.uint8)
    Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC).save(path, quality=90)
    return next(find_pages(path, path.name))


def write_journal(state: Path, page: Page, count: int) -> None:
    """Write a journal with `count` documents of one page."""
    state.mkdir(parents=True)
    form = json.dumps(page_to_json(page))
    quad = [[0, 0], [90, 0], [90, 40], [0, 40]]
    words = [
        {"text": f"word{i}", "quad": quad, "confidence": i / 10, "flagged_low": False} for i in range(10)
    ]
    line = {"text": " ".join(f"word{i}" for i in range(10)), "quad": quad, "confidence": 0.5, "words": words}
    answer = zlib.compress(json.dumps({"lines": [line] * 20}).encode(), 1)
    with closing(Database(state)) as database:
        for number in range(1, count + 1):
            key = number.to_bytes(16)
            database.gather(
                "INSERT INTO documents (id, pipeline, name, origin, folder, run, complete)"
                " VALUES (?, 'read', ?, ?, '', 1, 1)",
                *(number, f"letter {number}", f"letters/{number}.jpg"),
            )
            database.gather(
                "INSERT INTO pages (document, number, state, page, content, reading)"
                " VALUES (?, 1, 'read', ?, ?, ?)",
                *(number, form, key, key),
            )
            database.gather(
                "INSERT INTO answers (content, reading, kind, digest, answer, run, at)"
                " VALUES (?, ?, 'read', ?, ?, 1, 0)",
                *(key, key, key, answer),
            )
        database.commit()


class Server:
    """A running `penstock review`, and a client of it."""

    def __init__(self, cache: Path) -> None:
        self.start, self.cpu = time.perf_counter(), 0.0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "penstock", "review", "--no-browser"],
            env={**os.environ, "XDG_CACHE_HOME": str(cache)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.first = self.process.stdout.readline().strip()
        self.url = self.first.partition("/?")[0]
        self.client = requests.Session()

    def get(self, path: str) -> tuple[requests.Response, float]:
        """Return an answer, and the seconds that it took."""
        start = time.perf_counter()
        answer = self.client.get(path if path.startswith("http") else self.url + path)
        answer.raise_for_status()
        return answer, time.perf_counter() - start

    def stop(self) -> None:
        """End the server, and note the processor's time that it took."""
        if self.process.poll() is None:
            before = os.times()
            self.process.terminate()
            self.process.wait()
            after = os.times()
            self.cpu = sum(after[2:4]) - sum(before[2:4])


@contextmanager
def served(cache: Path) -> Iterator[Server]:
    server = Server(cache)
    try:
        yield server
    finally:
        server.stop()


def measure_start(server: Server) -> None:
    """Print the seconds from the start of the command to each answer."""
    parts = [f"address {time.perf_counter() - server.start:.2f} s"]

    def note(what: str, path: str) -> requests.Response:
        answer, _ = server.get(path)
        parts.append(f"{what} {time.perf_counter() - server.start:.2f} s")
        return answer

    note("HTML", server.first)
    key = note("list", "/api/documents?limit=50").json()["documents"][0]["key"]
    note("text", f"/api/documents/{key}/pages/1")
    note("tile", f"/pictures/{key}/1/10/0_0.jpg")
    print(", ".join(parts), end="")


def measure_tiles(server: Server, page: Page) -> None:
    """Print how long tiles of a large picture take, and the server's largest memory."""
    server.get(server.first)
    key = server.get("/api/documents")[0].json()["documents"][0]["key"]
    top = top_level(page)
    fitting = max(level for level in range(top + 1) if max(size_of(page, level)) <= WINDOW)
    pictures = f"/pictures/{key}/1"
    print(f"{page.width} x {page.height} pixels, {page.picture.size or 0:,} bytes:")
    for what, path in {
        "first tile that fits a window": f"{pictures}/{fitting}/0_0.jpg",
        "thumbnail": f"{pictures}/thumbnail.jpg",
        "first tile of the full size": f"{pictures}/{top}/3_3.jpg",
        "first tile of half of it": f"{pictures}/{top - 1}/2_2.jpg",
        "the ink of a word": f"{pictures}/part.jpg?x=2000&y=2000&width=300&height=100&scale=2",
    }.items():
        answer, seconds = server.get(path)
        print(f"    {what}: {seconds:.3f} s, {len(answer.content):,} bytes")
    seconds = sum(server.get(f"{pictures}/{top}/{number % 5}_{number // 5}.jpg")[1] for number in range(20))
    print(f"    each of 20 more tiles: {seconds / 20:.3f} s")
    status = Path(f"/proc/{server.process.pid}/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        print(f"    largest memory of the server: {int(peak.split()[1]) / 1e3:.0f} MB")


if __name__ == "__main__":
    main()
