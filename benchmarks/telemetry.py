"""What the observer `otel` costs: a run of instant pages with it and without it.

Usage: python benchmarks/telemetry.py SCAN [--pages N] [--rounds N]

SCAN is one small picture; copies of it are read by a recognizer that answers at once, in a process of its own
for each run. A receiver on the loopback interface, in another process, takes what is sent and throws it away.
The runs with and without the observer alternate, because other work on the machine changes both.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTANT = f"{Path(__file__).parent / 'instant.py'}:Instant"
CHILD = """
import resource, sys, time
from penstock.cli import main
import penstock.api.reading, penstock.engine
sys.argv = ["penstock", *sys.argv[1:]]
start = time.perf_counter()
try:
    main()
except SystemExit as ended:
    assert ended.code == 0, ended.code
used = resource.getrusage(resource.RUSAGE_SELF)
print(time.perf_counter() - start, used.ru_utime + used.ru_stime)
"""
RECEIVER = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        print(len(self.rfile.read(int(self.headers["Content-Length"]))), flush=True)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def receiver() -> Iterator[tuple[str, list[int]]]:
    """Run the receiver; yields its endpoint, and the sizes of the requests, which grow."""
    with subprocess.Popen([sys.executable, "-c", RECEIVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = process.stdout
        port = int(lines.readline())
        sizes: list[int] = []
        threading.Thread(target=lambda: sizes.extend(map(int, lines)), daemon=True).start()
        yield f"http://127.0.0.1:{port}", sizes
        process.terminate()


def run(scan: Path, pages: int, observers: str, endpoint: str) -> tuple[float, float]:
    """Seconds of one run over copies of a scan, and seconds of CPU time of its process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "scans").mkdir()
        for number in range(pages):
            copy = folder / "scans" / f"{number:05}{scan.suffix}"
            copy.write_bytes(scan.read_bytes() + str(number).encode())
        (folder / "penstock.toml").write_text(
            '[[sources]]\nplugin = "files"\npaths = ["scans"]\n'
            f'[[recognizers]]\nplugin = "{INSTANT}"\n'
            f'[[sinks]]\nplugin = "text"\npath = "out/{{document}}.txt"\n{observers}'
        )
        ended = subprocess.run(
            [sys.executable, "-c", CHILD, "run", str(folder / "penstock.toml"), "--quiet"],
            capture_output=True,
            text=True,
            check=True,
            env={
                **os.environ,
                "XDG_CACHE_HOME": str(folder / "cache"),
                "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            },
        )
    seconds, cpu = ended.stdout.splitlines()[-1].split()
    return float(seconds), float(cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scan", type=Path)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    kinds = {"without": "", "with otel": '[[observers]]\nplugin = "otel"\n'}
    taken: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    with receiver() as (endpoint, sizes):
        for _ in range(arguments.rounds):
            for kind, observers in kinds.items():
                taken[kind].append(run(arguments.scan, arguments.pages, observers, endpoint))
                print(f"  {kind:10} {taken[kind][-1][0]:6.2f} s, CPU {taken[kind][-1][1]:6.2f} s", flush=True)
        sent = sum(sizes) / arguments.rounds / 2**20
    ratios = [
        statistics.median(each[part] for each in taken["with otel"])
        / statistics.median(each[part] for each in taken["without"])
        for part in (0, 1)
    ]
    print(f"{arguments.pages} pages, {arguments.rounds} rounds, {sent:.1f} MiB sent a run")
    print(f"  medians: {ratios[0]:.3f} of the time (target: 1.10), {ratios[1]:.3f} of the CPU time")


if __name__ == "__main__":
    main()
