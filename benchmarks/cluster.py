"""Dask workers against processes of this machine, how reading scales, and what the coordinator bears.

Usage: python benchmarks/cluster.py SCAN [--pages 20] [--rounds 2] [--many 400] [--only real,...]

SCAN is one picture. All runs are whole processes on this machine, with the cluster on its loopback interface.
Rates count from the first page that is given to a worker to the last one recognized: the start of processes
and the check of the cluster are not in them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from distributed import Client
from PIL import Image

HERE = Path(__file__).parent
READS = f"{HERE / 'instant.py'}:Reads"
SECONDS = 0.5  # that the waiting recognizer takes
PICTURE = 1 << 20  # bytes of its pictures
CHILD = """
import json, os, sys, threading, time
from pathlib import Path
from penstock.cli import main

times = {}
def watch():
    tick = os.sysconf("SC_CLK_TCK")
    while True:
        for thread in threading.enumerate():
            try:
                text = Path(f"/proc/self/task/{thread.native_id}/stat").read_text()
            except OSError:
                continue
            fields = text.rpartition(")")[2].split()
            times[thread.name] = (int(fields[11]) + int(fields[12])) / tick
        time.sleep(0.1)
threading.Thread(target=watch, daemon=True, name="watch").start()
sys.argv = ["penstock", *sys.argv[1:]]
try:
    main()
except SystemExit as ended:
    assert ended.code == 0, ended.code
print(json.dumps(times))
"""


@dataclass(frozen=True)
class Measured:
    """What one run showed."""

    rate: float  # pages a second
    threads: dict[str, float]  # seconds of CPU by the coordinator's threads
    workers: float  # seconds of CPU of scheduler and workers


class Cluster:
    """A scheduler and workers in processes of their own."""

    def __init__(self, folder: Path, processes: int, threads: int) -> None:
        contact, no = folder / "scheduler.json", ["--no-dashboard"]
        host = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(contact)]
        self.processes = [_dask("scheduler", *host, *no)]
        while not contact.exists() or not contact.read_text():
            time.sleep(0.05)
        self.address = json.loads(contact.read_text())["address"]
        more = ["--no-nanny", "--nthreads", str(threads), "--local-directory", str(folder), *no]
        self.processes += [_dask("worker", self.address, *more) for _ in range(processes)]
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(processes)

    def cpu(self) -> float:
        return sum(map(_cpu, self.processes))

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


def _dask(*arguments: str) -> subprocess.Popen[bytes]:
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, "-m", "dask", *arguments], **quiet)


def _cpu(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def cluster(processes: int, threads: int) -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        made = Cluster(Path(name), processes, threads)
        try:
            yield made
        finally:
            made.close()


def run(scan: Path, pages: int, recognizer: str, sinks: str, where: Cluster | int) -> Measured:
    """Read copies of a scan in a process of its own."""
    workers = f'"{where.address}"' if isinstance(where, Cluster) else where
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "scans").mkdir()
        for number in range(pages):
            copy = folder / "scans" / f"{number:05}{scan.suffix}"
            copy.write_bytes(_different(scan.read_bytes(), number))
        tables = [f"[engine]\nworkers = {workers}", f"[[recognizers]]\n{recognizer}"]
        tables += ['[[sources]]\nplugin = "files"\npaths = ["scans"]']
        tables += [
            f'[[sinks]]\nplugin = "{each}"\npath = "out/{{document}}.{each}"' for each in sinks.split(",")
        ]
        (folder / "penstock.toml").write_text("\n".join(tables))
        before = where.cpu() if isinstance(where, Cluster) else 0.0
        ended = subprocess.run(
            [sys.executable, "-c", CHILD, "run", str(folder / "penstock.toml"), "--log-format", "json"],
            capture_output=True,
            text=True,
            # A cache folder of its own: results of other runs must not be found.
            env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")},
        )
        assert ended.returncode == 0, ended.stderr[-3000:]
        after = where.cpu() if isinstance(where, Cluster) else 0.0
    threads = json.loads(ended.stdout.splitlines()[-1])
    return Measured(pages / _seconds(ended.stderr), threads, after - before)


def _different(picture: bytes, number: int) -> bytes:
    """Return a picture with other bytes: one that was read before would not be read again."""
    if not picture.startswith(b"\xff\xd8"):
        return picture + str(number).encode()
    # A comment. A JPEG must end with its end mark, or it would be searched for the mark again and again.
    return b"\xff\xd8\xff\xfe\x00\x08" + f"{number:06}".encode() + picture[2:]


def _seconds(events: str) -> float:
    """Return the seconds from the first submit to the last result."""
    times: dict[str, list[float]] = {}
    for line in events.splitlines():
        with suppress(ValueError, KeyError):
            event = json.loads(line)
            times.setdefault(event["event"], []).append(datetime.fromisoformat(event["time"]).timestamp())
    return max(times["page_recognized"]) - min(times["page_submitted"])


def compare(scan: Path, pages: int, rounds: int) -> None:
    """Read with the real recognizer in two processes, and on two Dask workers, in turns."""
    real, rates = 'plugin = "rapidocr"', {"local": [0.0] * 0, "dask": [0.0] * 0}
    with cluster(2, 1) as dask:
        for _ in range(rounds):
            rates["local"].append(run(scan, pages, real, "text", 2).rate)
            rates["dask"].append(run(scan, pages, real, "text", dask).rate)
    local, there = (statistics.median(each) for each in rates.values())
    print(f"rapidocr, {pages} pages, median of {rounds}: 2 local processes {local:.2f} pages/s,", end=" ")
    print(f"2 Dask workers {there:.2f}, ratio {there / local:.2f} (target: 0.9)")


def scale() -> None:
    """Read with a recognizer that waits, on more and more threads of two workers."""
    with tempfile.TemporaryDirectory() as name:
        scan = Path(name, "noise.png")
        Image.frombytes("L", (1024, 1024), os.urandom(PICTURE)).save(scan)
        for threads in (4, 16, 64):
            with cluster(2, threads // 2) as dask:
                found = run(scan, 12 * threads, f'plugin = "{READS}"\nseconds = {SECONDS}', "text", dask)
            linear = threads / SECONDS
            share = f"{found.rate / linear:.2f} of linear (target: 0.9)"
            print(f"{SECONDS} s a page, 1 MB: {threads} threads {found.rate:.1f} pages/s, {share}")


def bear(scan: Path, pages: int) -> None:
    """Read with a recognizer that answers at once, to find what the coordinator bears.

    The CPU time of a page is the difference of two runs, so that starting is not in it.
    """
    for sinks in ("text", "text,pdf"):
        with cluster(1, 8) as dask:
            few = run(scan, pages // 4, f'plugin = "{READS}"', sinks, dask)
            found = run(scan, pages, f'plugin = "{READS}"', sinks, dask)
        print(f"answers at once, {pages} pages, {sinks}: {found.rate:.1f} pages/s (target with pdf: 100)")
        each = 1000 / (pages - pages // 4)
        cost = {name: each * (found.threads[name] - few.threads.get(name, 0.0)) for name in found.threads}
        parts = sorted(cost.items(), key=lambda part: -part[1])[:5]
        print("  ms of CPU a page, the coordinator's threads:", end=" ")
        print(", ".join(f"{name} {spent:.1f}" for name, spent in parts), end="; ")
        print(f"scheduler and worker {each * (found.workers - few.workers):.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scan", type=Path)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--many", type=int, default=400, help="pages that are answered at once")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", default="real,scaling,coordinator")
    arguments = parser.parse_args()
    parts = arguments.only.split(",")
    if "real" in parts:
        compare(arguments.scan, arguments.pages, arguments.rounds)
    if "scaling" in parts:
        scale()
    if "coordinator" in parts:
        bear(arguments.scan, arguments.many)


if __name__ == "__main__":
    main()
