"""Measure the pages per second of ``penstock read`` and of a plain loop over rapidocr.

Usage: python benchmarks/speed.py FOLDER [--files 'hw_*'] [--pages 20] [--pairs 3] [--working-size N]

Both convert copies of the folder's pictures to text. Each is a process of its own, whose start and end are
part of the measured time. The two run one right after the other, so that other load affects both. The ratio
of each pair is reported.

"The same working size" means that lines are cut from pictures with the same longer side: for penstock the
option ``working_size``, for the loop rapidocr's ``max_side_len``. rapidocr also detects text at that size,
while penstock detects it in a smaller picture, which is part of the comparison. The loop is therefore also
timed at rapidocr's default size, 2000. It uses all cores through the threads of onnxruntime.

The last line is the highest peak of a worker's memory (VmHWM; Linux only).
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from penstock_plugins.recognizers.rapidocr import WORKER, RapidOcr

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"})
"""Formats that both open."""

RAPIDOCR_SIZE = 2000
LOOP = """
import sys
from pathlib import Path
from rapidocr import RapidOCR

size, folder = int(sys.argv[1]), Path(sys.argv[2])
engine = RapidOCR(params={"Global.max_side_len": size, "Global.log_level": "critical"})
for path in sorted(folder.iterdir()):
    Path(sys.argv[3], path.name + ".txt").write_text("\\n".join(engine(str(path)).txts or ()))
"""
PENSTOCK = "from penstock.cli import main; main()"


def seconds_of_loop(scans: Path, size: int) -> float:
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", LOOP, str(size), str(scans), out], check=True)
        return time.perf_counter() - start


def seconds_of_penstock(scans: Path, size: int) -> tuple[float, float]:
    """Return the seconds, and the highest peak of a worker's memory in MB."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-c", PENSTOCK, "read", str(scans), "--to", "text", "--out", f"{out}/out"]
        command += ["--set", f"recognizers.0.working_size={size}", "--quiet"]
        start = time.perf_counter()
        # With an empty cache, because results of an earlier run would be reused.
        process = subprocess.Popen(command, env={**os.environ, "XDG_CACHE_HOME": out})
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, _peak_of_workers())
            threading.Event().wait(0.1)
        seconds = time.perf_counter() - start
        assert process.returncode == 0, process.returncode
        return seconds, peak


def _peak_of_workers() -> float:
    peaks = [0.0]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if WORKER.encode() in (folder / "cmdline").read_bytes():
                found = re.search(r"VmHWM:\s+(\d+) kB", (folder / "status").read_text())
                peaks.append(int(found[1]) / 1024 if found else 0.0)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return max(peaks)


def copies(folder: Path, pattern: str, count: int, target: Path) -> None:
    scans = [path for path in sorted(folder.glob(pattern)) if path.suffix.lower() in PICTURES]
    if not scans:
        sys.exit(f"no pictures: {folder}/{pattern}")
    for number, path in zip(range(count), itertools.cycle(scans), strict=False):
        # Make every copy different, because identical pages are recognized only once.
        (target / f"{number:04}{path.suffix}").write_bytes(path.read_bytes() + str(number).encode())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", default="*.jpg", help="glob pattern of the files in the folder")
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--working-size", type=int, default=RapidOcr.working_size)
    arguments = parser.parse_args()
    size, pages = arguments.working_size, arguments.pages
    with tempfile.TemporaryDirectory() as name:
        scans = Path(name)
        copies(arguments.folder, arguments.files, pages, scans)
        print(f"pages per second, {pages} pages: penstock, loop at {size}, loop at {RAPIDOCR_SIZE}; ratios")
        ratios, peak = [], 0.0
        for _ in range(arguments.pairs):
            ours, worker = seconds_of_penstock(scans, size)
            same, default = seconds_of_loop(scans, size), seconds_of_loop(scans, RAPIDOCR_SIZE)
            ratios.append((same / ours, default / ours))
            peak = max(peak, worker)
            print(
                f"{pages / ours:8.2f} {pages / same:8.2f} {pages / default:8.2f}"
                f" {same / ours:10.2f} {default / ours:8.2f}",
                flush=True,
            )
    medians = [statistics.median(column) for column in zip(*ratios, strict=True)]
    print(f"{'median of the ratios':>28} {medians[0]:8.2f} {medians[1]:8.2f}   (target: 1.15)")
    print(f"a worker's peak memory: {peak:.0f} MB")


if __name__ == "__main__":
    main()
