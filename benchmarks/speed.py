"""Pages per second of ``penstock read``, in pairs with the plainest loop over rapidocr.

Usage: python benchmarks/speed.py FOLDER [--files 'hw_*'] [--pages 20] [--pairs 3] [--working-size N]

Both read copies of the folder's pictures to text, each as one whole process, started and ended within the
time taken, one right after the other so that a busy machine is busy for both; the ratio of each pair counts.

What "the same working size" means: text is cut from a picture with the same long side. For penstock that is
the option ``working_size``; for the loop it is rapidocr's ``max_side_len``, which is also the size in which
rapidocr looks for text. That penstock looks for text in a smaller picture is part of what is measured, so the
loop is timed at rapidocr's own default size, 2000, as well. The loop has all cores, by onnxruntime's threads.

Below: the highest peak of a worker's memory, as the kernel has it (VmHWM; Linux only).
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
"""What every engine here opens."""

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
    """Seconds, and the highest peak of a worker's memory in MB."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-c", PENSTOCK, "read", str(scans), "--to", "text", "--out", f"{out}/out"]
        command += ["--set", f"recognizers.0.working_size={size}", "--quiet"]
        start = time.perf_counter()
        # A cache of its own, so that no page is known from the run before.
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
        # Every copy is another page: one that was read before would not be read again.
        (target / f"{number:04}{path.suffix}").write_bytes(path.read_bytes() + str(number).encode())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", default="*.jpg", help="which of the folder's files")
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
