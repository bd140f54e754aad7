"""What penstock's own work costs beside reading, and how its memory grows with the number of pages.

Usage: python benchmarks/engine.py SCAN [--pages N] [--sinks text,pdf]

SCAN is one picture; N copies of it are read by the real recognizer and by one that answers at once, as
whole processes. Memory is the peak of the engine's own process (its workers are other processes).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
INSTANT = f"{HERE / 'instant.py'}:Instant"
CHILD = """
import resource, sys
from penstock.cli import main
sys.argv = ["penstock", *sys.argv[1:]]
try:
    main()
except SystemExit as ended:
    assert ended.code == 0, ended.code
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def run(scan: Path, pages: int, recognizer: str, sinks: list[str]) -> tuple[float, float]:
    """Seconds and peak memory (MB) of one run over copies of a scan."""
    with tempfile.TemporaryDirectory() as name:
        tables = [
            f'[[recognizers]]\nplugin = "{recognizer}"',
            '[[sources]]\nplugin = "files"\npaths = ["scans"]',
        ]
        tables += [f'[[sinks]]\nplugin = "{sink}"\npath = "out/{{document}}.{sink}"' for sink in sinks]
        return measured(Path(name), scan, pages, "\n".join(tables))


def measured(folder: Path, scan: Path, pages: int, pipeline: str) -> tuple[float, float]:
    """Run a pipeline over copies of a scan, ``scans`` in the folder; return seconds and peak memory (MB)."""
    (folder / "scans").mkdir()
    for number in range(pages):
        # Every copy is another page: one that was read before would not be read again.
        copy = folder / "scans" / f"{number:05}{scan.suffix}"
        copy.write_bytes(scan.read_bytes() + str(number).encode())
    (folder / "penstock.toml").write_text(pipeline)
    start = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-c", CHILD, "run", str(folder / "penstock.toml"), "--quiet"],
        capture_output=True,
        text=True,
        check=True,
        # A cache folder of its own: results of other runs must not be found.
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")},
    )
    return time.perf_counter() - start, int(ended.stdout) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scan", type=Path)
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--sinks", default="text")
    arguments = parser.parse_args()
    sinks = arguments.sinks.split(",")
    real, _ = run(arguments.scan, arguments.pages, "rapidocr", sinks)
    instant, _ = run(arguments.scan, arguments.pages, INSTANT, sinks)
    print(f"{arguments.pages} pages, sinks {arguments.sinks}")
    print(f"  real recognizer    {real:8.2f} s")
    print(f"  instant recognizer {instant:8.2f} s, {instant / real:.1%} of the real run (target: under 5%)")
    few, many = (run(arguments.scan, pages, INSTANT, sinks)[1] for pages in (20, 500))
    ratio = f"ratio {many / few:.3f} (target: 1.15)"
    print(f"  engine's peak memory: 20 pages {few:.1f} MB, 500 pages {many:.1f} MB, {ratio}")


if __name__ == "__main__":
    main()
