"""Leave the command alone with a service that fails, and kill it again and again.

Usage: python benchmarks/soak.py [--pages 50000] [--kills 20] [--seed 1] [--speed 20] [--folder FOLDER]

The service is `penstock.testing.AzureReadServer` on loopback. It throttles, answers with errors, breaks
connections, loses operations, answers slowly, and goes away for minutes. The command runs in processes of
their own, which are killed with SIGKILL. Its clock runs `--speed` times as fast as the real one, so that an
outage of five minutes takes 15 seconds.

A line is printed at each kill, and a table at the end. The exit code is 1 if a promise was broken:

- every page's text is in the outputs;
- no page is sent again whose answer or operation was in the journal, unless the service lost the operation;
- memory does not grow with the pages;
- the log of all runs together has less than 1 MB;
- the key is in no file.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from faulty_service import KEY, FaultyService, outages
from PIL import Image

from penstock.engine.keys import content_key

TOGETHER = 20
"""Pages of a document."""
MOST_LOG = 1_000_000
MOST_GROWTH = 1.25
"""Highest peak of memory of the last runs, relative to that of the first."""
RETRIES = 3
"""Runs of ``penstock retry`` that may follow, for pages that were twice in doubt."""

CHILD = """
import sys, time
from penstock.cli import main
from penstock.engine.threads import SystemClock

speed, receive = float(sys.argv.pop(1)), SystemClock.receive

def faster(self, inbox, timeout, *, calls_running):
    timeout = None if timeout is None else timeout / speed
    return receive(self, inbox, timeout, calls_running=calls_running)

SystemClock.now = lambda self: time.monotonic() * speed
SystemClock.receive = faster
main()
"""
"""The command, with a clock that runs faster."""


@dataclass
class Soak:
    """Runs the command, kills it, and notes what it finds."""

    folder: Path
    service: FaultyService
    speed: float
    answered: dict[bytes, float] = field(default_factory=dict)
    """Pages that must not be sent again, and the time from which on."""
    contents: dict[bytes, bytes] = field(default_factory=dict)
    """Digests of files, by the content keys in the journal."""
    peaks: list[float] = field(default_factory=list)  # MB, for each run
    doubtful: int = 0
    broken: list[str] = field(default_factory=list)

    def start(self, command: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", CHILD, f"{self.speed}", command, str(self.folder / "penstock.toml")],
                stderr=log,
                env=os.environ
                | {"XDG_CACHE_HOME": str(self.folder / "cache"), "AZURE_VISION_KEY": KEY}
                | {"AZURE_VISION_ENDPOINT": self.service.server.endpoint},
                start_new_session=True,
            )

    def run(self, command: str = "run", until: float = float("inf")) -> int | None:
        """Run the command until this many pages were accepted, then kill it; None if it was killed."""
        process, peak = self.start(command), 0.0
        while process.poll() is None and self.service.pages < until:
            peak = max(peak, _memory(process.pid))
            time.sleep(0.2)
        time.sleep(random.uniform(0.0, 0.2))
        was_killed = process.poll() is None
        if was_killed:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.peaks.append(peak)
        return None if was_killed else process.returncode

    def look(self) -> None:
        """Check that nothing that was answered was sent again, and note what the journal has now."""
        self._check_paid()
        answered, doubtful = _journal(self.folder / ".penstock" / "journal.sqlite")
        now = time.monotonic()
        for content in answered:
            self.answered.setdefault(self.contents[content], now)
        self.doubtful += len(doubtful)

    def _check_paid(self) -> None:
        taken, forgotten = self.service.taken, self.service.forgotten
        again = [
            digest
            for digest, since in self.answered.items()
            if digest not in forgotten and any(at > since for at in taken.get(digest, ()))
        ]
        if again:
            self.broken.append(f"{len(again)} pages were sent again that had been answered")

    def check_end(self, documents: dict[str, list[str]]) -> None:
        """Check the outputs, the memory, the log, and that the key is in no file."""
        self.look()
        lost = 0
        for name, words in documents.items():
            file = self.folder / "out" / f"{name}.txt"
            lost += len(words) - sum(
                map(str.__eq__, words, file.read_text().split() if file.exists() else [])
            )
        if lost:
            self.broken.append(f"{lost} pages are not in the outputs")
        if self.growth > MOST_GROWTH:
            self.broken.append(f"memory grew to {self.growth:.2f} times that of the first runs")
        if self.log_bytes >= MOST_LOG:
            self.broken.append(f"the log has {self.log_bytes:,} bytes")
        with_key = [file for file in _own_files(self.folder) if KEY.encode() in file.read_bytes()]
        if with_key:
            self.broken.append(f"the key is in {with_key[0].name}")

    @property
    def growth(self) -> float:
        """Peak of the last quarter of the runs, relative to that of the first quarter."""
        some = max(1, len(self.peaks) // 4)
        return max(self.peaks[-some:]) / max(self.peaks[:some])

    @property
    def log_bytes(self) -> int:
        return (self.folder / "log").stat().st_size


def _memory(process: int) -> float:
    """Return the resident memory of a process in MB; 0 if it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line[:6] == "VmRSS:"), 0.0)


def _journal(file: Path) -> tuple[set[bytes], set[bytes]]:
    """Return the content keys of the pages with an answer or operation, and of those with only an intent."""
    with sqlite3.connect(file) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        kept = {row[0] for row in database.execute("SELECT content FROM answers WHERE kind = 'read'")}
        sent = list(database.execute("SELECT content, operation IS NOT NULL FROM submissions"))
    database.close()
    return kept | {row[0] for row in sent if row[1]}, {row[0] for row in sent if not row[1]} - kept


def _own_files(folder: Path) -> Iterator[Path]:
    """Yield the files that the command wrote."""
    for place in (folder / "out", folder / ".penstock", folder / "cache"):
        yield from (file for file in place.rglob("*") if file.is_file())
    yield folder / "log"


def drawn_pages(folder: Path, count: int) -> tuple[dict[bytes, str], dict[str, list[str]]]:
    """Draw tiny pages, all different; return their words by digest, and the words of each document."""
    words: dict[bytes, str] = {}
    documents: dict[str, list[str]] = {}
    for number in range(count):
        name, word = f"box{number // TOGETHER:05}", f"w{number:06}"
        path = folder / "scans" / name / f"{number:06}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        colour = (number % 256, number // 256 % 256, number // 65536)
        Image.new("RGB", (60, 60), colour).save(path, compress_level=1)
        words[hashlib.sha256(path.read_bytes()).digest()] = word
        documents.setdefault(name, []).append(word)
    (folder / "penstock.toml").write_text(
        '[[sources]]\nplugin = "files"\npaths = ["scans"]\ndocument = "folder"\n'
        '[[recognizers]]\nplugin = "azure-read"\ncalls_per_second = 1000.0\ntimeout = 1.0\n'
        '[[sinks]]\nplugin = "text"\npath = "out/{document}.txt"\n'
    )
    return words, documents


def soaked(folder: Path, pages: int, kills: int, seed: int, speed: float) -> Soak:
    """Run the command over drawn pages, kill it this many times, and let it end."""
    chance = random.Random(seed)
    words, documents = drawn_pages(folder, pages)
    service = FaultyService(words, seed)
    soak = Soak(folder, service, speed)
    soak.contents = {content_key(digest, 0, b""): digest for digest in words}
    kills_at = sorted(chance.sample(range(pages // 10, pages * 9 // 10), kills))
    down_at = sorted(chance.sample(range(pages // 10, pages * 9 // 10), max(1, kills // 2)))
    with service.server, outages(service, down_at, speed, chance):
        for number, at in enumerate(kills_at):
            code = soak.run(until=at)
            if code is not None:
                soak.broken.append(f"a run ended before its kill, with {code}")
            soak.look()
            said = (
                f"kill {number + 1}: {service.pages} pages, {soak.peaks[-1]:.0f} MB, log {soak.log_bytes:,} B"
            )
            print(said, flush=True)
        code = soak.run()
        for _ in range(RETRIES):
            if code == 1:
                code = soak.run("retry")
        if code != 0:
            soak.broken.append(f"the last run ended with {code}")
        soak.check_end(documents)
    return soak


def show(soak: Soak, seconds: float) -> None:
    """Print the table."""
    taken, forgotten = soak.service.taken, soak.service.forgotten
    twice = sum(len(times) - 1 for times in taken.values())
    rows = {
        "time": f"{seconds:.0f} s, {len(taken) / seconds:.1f} pages a second",
        "pages accepted": f"{len(taken):,}",
        "faults": ", ".join(f"{name} {count}" for name, count in sorted(soak.service.faults.items())),
        "accepted once more": f"{twice}, {sum(len(taken[each]) - 1 for each in forgotten if each in taken)}"
        " of them after a lost operation",
        "in doubt at kills": f"{soak.doubtful}",
        "peak memory": f"{soak.peaks[0]:.0f} MB in the first run, {soak.peaks[-1]:.0f} MB in the last",
        "growth": f"{soak.growth:.2f} (at most {MOST_GROWTH})",
        "log": f"{soak.log_bytes:,} bytes (under {MOST_LOG:,})",
        "broken promises": "; ".join(soak.broken) or "0",
    }
    for name, value in rows.items():
        print(f"  {name:20}{value}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pages", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--folder", type=Path, help="an empty folder that is kept")
    arguments = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as own:
        folder = arguments.folder or Path(own)
        soak = soaked(folder, arguments.pages, arguments.kills, arguments.seed, arguments.speed)
        show(soak, time.monotonic() - begun)
    sys.exit(1 if soak.broken else 0)


if __name__ == "__main__":
    main()
