"""Measure how well the engine uses a service with a rate limit.

Usage: python benchmarks/service.py [--pages 200] [--only limited,unlimited,quickstart,waiting]

The service is `penstock.testing.AzureReadServer` on loopback, over real sockets, in another process than the
pipeline. A submit takes 150 ms, and a page is ready 1.2 s later. For comparison, the loop of Azure's 2019
quickstart runs on a few pages, one after the other. The last part measures the threads and the CPU time of
a run that waits with 2,000 operations in flight.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import requests

from penstock import Line, Quad, Recognition, Word
from penstock.testing import AzureReadServer
from penstock_plugins.recognizers.azure import read as azure_read

HERE = Path(__file__).parent
SCAN = HERE.parent / "tests" / "data" / "azure" / "signage.jpg"
SUBMIT, WORK = 0.15, 1.2
RATE = 10.0
WAITING, WATCHED = 2000, 10.0
KEY = "loopback"

CHILD = """
import json, sys, time
from pathlib import Path
from penstock.config import load_file
from penstock.engine.run import run
from penstock.pipeline import Pipeline
report = run(Pipeline(load_file(Path(sys.argv[1]))))
print(json.dumps({"seconds": report.seconds, "read": report.pages_read, "failed": report.failed,
    "cpu": time.process_time()}))
"""

WATCH = """
import json, os, sys, threading, time
from pathlib import Path
from penstock.config import load_file
from penstock.engine.run import run
from penstock.pipeline import Pipeline
pipeline = Pipeline(load_file(Path(sys.argv[1])))
(recognizer,) = pipeline.configuration.of_kind("recognizer")
threading.Thread(target=run, args=(pipeline,), daemon=True).start()
while recognizer.component.taken < int(sys.argv[2]):
    time.sleep(0.1)
time.sleep(2)
cpu, wall = time.process_time(), time.monotonic()
time.sleep(float(sys.argv[3]))
cpu, wall = time.process_time() - cpu, time.monotonic() - wall
print(json.dumps({"share": cpu / wall, "threads": threading.active_count()}), flush=True)
os._exit(0)
"""

QUAD = Quad.from_box(10, 10, 60, 25)
PAGE = Recognition(
    tuple(Line("word " * 8, QUAD, tuple(Word("word", QUAD, 0.9) for _ in range(8))) for _ in range(30)), 0.0
)


def pipeline_file(folder: Path, pages: int, recognizer: str, in_flight: int) -> Path:
    """Write a pipeline over copies of one scan."""
    (folder / "scans").mkdir()
    for number in range(pages):
        # Make every copy different, because identical pages are sent only once.
        (folder / "scans" / f"{number:05}.jpg").write_bytes(SCAN.read_bytes() + str(number).encode())
    file = folder / "penstock.toml"
    file.write_text(
        f'[[sources]]\nplugin = "files"\npaths = ["scans"]\n[[recognizers]]\n{recognizer}\n'
        '[[sinks]]\nplugin = "text"\npath = "out/{document}.txt"\n'
        f"[engine]\nin_flight = {in_flight}\n"
    )
    return file


def run_pages(pages: int, *, calls_per_second: float, in_flight: int, limit: float | None) -> None:
    """Run copies of a page, and print the seconds and the number of calls."""
    with tempfile.TemporaryDirectory() as name, _service(limit) as service:
        recognizer = (
            f'plugin = "{azure_read.__file__}:AzureRead"\nendpoint = "{service.endpoint}"\n'
            f'key = "${{AZURE_VISION_KEY}}"\ncalls_per_second = {calls_per_second}'
        )
        file = pipeline_file(Path(name), pages, recognizer, in_flight)
        begun = time.perf_counter()
        ended = _run_child([sys.executable, "-c", CHILD, str(file)])
        whole = time.perf_counter() - begun
        calls = Counter(call.status for call in service.calls)
        assert ended["read"] == pages, ended
        assert service.billed == pages
    total = sum(calls.values())
    print(f"  {ended['seconds']:.2f} s ({whole:.2f} s as a process, {ended['cpu']:.2f} s of CPU)", end="")
    print(f", {total / pages:.2f} calls per page, {calls[429]} times 429, {service.billed} pages billed")
    best = 2 * pages / RATE + WORK if limit else SUBMIT + WORK
    what, target = ("the minimum", 1.15) if limit else ("the time of one page", 3.0)
    print(f"  {ended['seconds'] / best:.3f} times {what}, {best:.2f} s (target: {target})")


def _service(limit: float | None) -> AzureReadServer:
    return AzureReadServer(PAGE, work=WORK, submit_takes=SUBMIT, calls_per_second=limit, key=KEY)


def _run_child(command: list[str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as cache:
        # A cache folder of its own: results of other runs must not be found.
        environment = {**os.environ, "AZURE_VISION_KEY": KEY, "XDG_CACHE_HOME": cache}
        ended = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


def quickstart(pages: int) -> None:
    """Run the quickstart's loop: submit a page, then poll it every second until it is ready."""
    headers = {"Ocp-Apim-Subscription-Key": KEY, "Content-Type": "application/octet-stream"}
    with _service(None) as service:
        begun = time.perf_counter()
        for _ in range(pages):
            url = f"{service.endpoint}/vision/v2.0/read/core/asyncBatchAnalyze"
            accepted = requests.post(url, headers=headers, data=SCAN.read_bytes(), timeout=10)
            accepted.raise_for_status()
            poll = True
            while poll:
                answer = requests.get(
                    accepted.headers["Operation-Location"], headers=headers, timeout=10
                ).json()
                time.sleep(1)
                poll = "recognitionResults" not in answer and answer["status"] != "Failed"
        seconds = (time.perf_counter() - begun) / pages
        print(f"  {seconds:.2f} s per page, {len(service.calls) / pages:.2f} calls per page")


def waiting() -> None:
    """Measure a run while 2,000 operations are in flight and none is due."""
    with tempfile.TemporaryDirectory() as name:
        recognizer = f'plugin = "{HERE / "waiting.py"}:Waiting"'
        file = pipeline_file(Path(name), WAITING, recognizer, WAITING)
        ended = _run_child([sys.executable, "-c", WATCH, str(file), str(WAITING), str(WATCHED)])
    print(f"  {ended['threads']:.0f} threads (target: under 20), ", end="")
    print(f"{ended['share']:.2%} of one CPU over {WATCHED:g} s (target: under 5%)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--quickstart-pages", type=int, default=8)
    parser.add_argument("--only", default="limited,unlimited,quickstart,waiting")
    arguments = parser.parse_args()
    parts, pages = arguments.only.split(","), arguments.pages
    if "limited" in parts:
        print(f"{pages} pages at {RATE:g} calls per second, the limit of the service")
        run_pages(pages, calls_per_second=RATE, in_flight=64, limit=RATE)
    if "unlimited" in parts:
        print(f"{pages} pages without a limit, in_flight = 200")
        run_pages(pages, calls_per_second=1e6, in_flight=200, limit=None)
    if "quickstart" in parts:
        print(f"the quickstart's loop, {arguments.quickstart_pages} pages")
        quickstart(arguments.quickstart_pages)
    if "waiting" in parts:
        print(f"{WAITING} operations in flight")
        waiting()


if __name__ == "__main__":
    main()
