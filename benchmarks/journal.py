"""Measure what the journal costs, and how it performs with a million pages.

Usage: python benchmarks/journal.py [--pages N] [--million N] [--scan SCAN]

First, one document of N tiny pages is run with a text sink and a recognizer that answers at once. The state
folder is on this disk and, for comparison, on a disk in memory without syncs, which is what a run without a
durable journal would cost. Each run is a process of its own. With a SCAN, the time per page is compared with
that of the real recognizer, and a run over 3,000 already recognized PNG files of the scan is timed. Last, a
journal with a million pages in documents of a thousand is made, and `status` and the first submit of the next
run are timed with it, and how long the index of results takes to be filled from it.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from PIL import Image

from penstock.engine.journal.database import Database
from penstock.engine.journal.result_index import ResultIndex

HERE = Path(__file__).parent
INSTANT = f"{HERE / 'instant.py'}:Instant"
IN_MEMORY = Path("/dev/shm")  # noqa: S108  a disk in memory is wanted here
UNSYNCED = """
import sqlite3, sys
connect = sqlite3.connect
class Unsynced(sqlite3.Connection):
    def execute(self, statement, *values):
        if "synchronous" in statement:
            statement = "PRAGMA synchronous = OFF"
        return super().execute(statement, *values)
sqlite3.connect = lambda *arguments, **options: connect(*arguments, factory=Unsynced, **options)
"""
COMMAND = """
import sys
from penstock.cli import main
sys.argv = ["penstock", *sys.argv[1:]]
main()
"""


def tiny_pages(folder: Path, count: int, start: int = 0) -> None:
    """Write pictures of 60 by 40 pixels, all different."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(start, start + count):
        picture = Image.new("RGB", (60, 40), "white")
        picture.putpixel((0, 0), (number >> 16 & 255, number >> 8 & 255, number & 255))
        picture.save(folder / f"{number:07}.png")


def pipeline(
    folder: Path, state: Path, scans: str, *, recognizer: str = INSTANT, more: str = "lines = 2"
) -> Path:
    """Write a pipeline that makes one text document of a folder's pages."""
    file = folder / "penstock.toml"
    file.write_text(
        f'name = "bench"\n[[sources]]\nplugin = "files"\npaths = ["{scans}"]\ndocument = "folder"\n'
        f'[[recognizers]]\nplugin = "{recognizer}"\n{more}\n'
        f'[[sinks]]\nplugin = "text"\npath = "out/{{document}}.txt"\n[engine]\nstate = "{state}"\n'
    )
    return file


def command(*arguments: str, before: str = "") -> tuple[float, float]:
    """Run the command as a process; return its seconds and its peak of memory in MB."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as cache:
        process = subprocess.Popen(
            [sys.executable, "-c", before + COMMAND, *arguments],
            stdout=subprocess.DEVNULL,
            # A cache folder of its own: results of other runs must not be found.
            env={**os.environ, "XDG_CACHE_HOME": cache},
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, process.returncode
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def seconds_of(pages: int, *, durable: bool) -> float:
    place = None if durable else IN_MEMORY
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory(dir=place) as state:
        tiny_pages(Path(name) / "scans", pages)
        file = pipeline(Path(name), Path(state), "scans")
        return command("run", str(file), "--quiet", before="" if durable else UNSYNCED)[0]


def cost(pages: int, scan: Path | None) -> None:
    """Print pages per second with and without a durable journal, and the share of a real run."""
    startup = statistics.median(command("--version")[0] for _ in range(3))
    pairs = [(seconds_of(pages, durable=True), seconds_of(pages, durable=False)) for _ in range(3)]
    durable, unsynced = (statistics.median(each) for each in zip(*pairs, strict=True))
    print(f"{pages} tiny pages, one document, one sink, three pairs (medians; {startup:.2f} s are the start)")
    print(
        f"  journal on the disk          {durable:.2f} s, {pages / durable:.0f} pages a second (target: 300)"
    )
    print(f"  in memory, without syncs     {unsynced:.2f} s, {pages / unsynced:.0f} pages a second")
    if scan is not None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "scans").mkdir()
            for number in range(6):
                copy = folder / "scans" / f"{number}{scan.suffix}"
                copy.write_bytes(scan.read_bytes() + str(number).encode())
            file = pipeline(folder, folder / "state", "scans", recognizer="rapidocr", more="")
            real = command("run", str(file), "--quiet")[0] / 6
        share = (durable - startup) / pages / real
        print(
            f"  of a real page ({real:.2f} s) that is {share:.2%}, sinks and intake too (target: under 10%)"
        )


def known(scan: Path, count: int = 3000) -> None:
    """Time a run over PNG files of a scan that are all recognized already."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "scans").mkdir()
        first = folder / "scans" / "0.png"
        with Image.open(scan) as picture:
            picture.convert("L").save(first)
        for number in range(1, count):
            os.link(first, first.with_stem(f"{number}"))
        file = pipeline(folder, folder / "state", "scans")
        command("run", str(file), "--quiet")
        seconds = sorted(command("run", str(file), "--quiet")[0] for _ in range(3))
    size = f"{picture.width} by {picture.height} pixels"
    rates = f"{count / seconds[-1]:.0f} to {count / seconds[0]:.0f} pages a second"
    print(f"{count} known PNG files of {size}: {seconds[0]:.2f} to {seconds[-1]:.2f} s, {rates}")


def million(count: int) -> None:
    """Time commands with a journal of this many pages."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        state, stamp = folder / "state", folder / "first"
        tiny_pages(folder / "known", 3000)
        more = f'lines = 2\nfirst_submit = "{stamp}"'
        file = pipeline(folder, state, "known", more=more)
        _, small = command("run", str(file), "--quiet")
        fill(state / "journal.sqlite", count)
        size = (state / "journal.sqlite").stat().st_size / 1e6
        print(f"a journal of {count} pages: {size:.0f} MB, {size * 1e6 / count:.0f} bytes a page")
        seconds = seconds_of_index(state, folder / "index.sqlite")
        print(f"  index of results  {seconds:.2f} s to fill it, once per state folder")
        seconds = min(command("status", str(file))[0] for _ in range(3))
        print(f"  status            {seconds:.2f} s (target: 2)")
        tiny_pages(folder / "new", 50, start=5_000_000)
        for what, scans in (("a new document", "new"), ("3,000 known pages before a new one", "known")):
            tiny_pages(folder / "known", int(scans == "known"), start=6_000_000)
            stamp.unlink(missing_ok=True)
            begun = time.time()
            _, memory = command("run", str(pipeline(folder, state, scans, more=more)), "--quiet")
            first = float(stamp.read_text()) - begun
            peak = f"peak {memory:.0f} MB, {memory / small:.2f} of that with a small journal"
            print(f"  first submit, {what}: {first:.2f} s (target: 10); {peak}")


def seconds_of_index(state: Path, index: Path) -> float:
    """Fill the index of results from a journal; return the seconds."""
    with closing(Database(state)) as database, closing(ResultIndex(index, state)) as results:
        start = time.perf_counter()
        results.update(database)
        assert results.problem is None, results.problem
        return time.perf_counter() - start


def fill(journal: Path, count: int) -> None:
    """Add documents of a thousand pages like the first one's, with results of their own."""
    database = sqlite3.connect(journal)
    database.execute("PRAGMA synchronous = OFF")
    pipeline_, beside, run = database.execute("SELECT pipeline, beside, run FROM documents").fetchone()
    form, reading = database.execute("SELECT page, reading FROM pages").fetchone()
    digest, answer = database.execute("SELECT digest, answer FROM answers WHERE kind = 'read'").fetchone()
    page = json.loads(form)

    def pages() -> Iterator[tuple[object, ...]]:
        for number in range(count):
            document, place = divmod(number, 1000)
            said = {**page, "number": place + 1, "path": f"/box/{document}/{place}.png"}
            yield document + 1, place + 1, "read", json.dumps(said), number.to_bytes(16), reading

    def documents() -> Iterator[tuple[object, ...]]:
        for number in range(count // 1000):
            yield number + 1, pipeline_, f"box {number}", f"box {number}", "", beside, run, 1

    database.executemany("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)", documents())
    database.executemany(
        "INSERT INTO pages (document, number, state, page, content, reading) VALUES (?, ?, ?, ?, ?, ?)",
        pages(),
    )
    assert zlib.decompress(answer)
    database.executemany(
        "INSERT INTO answers (content, reading, kind, digest, answer, run, at)"
        " VALUES (?, ?, 'read', ?, ?, ?, 0)",
        ((number.to_bytes(16), reading, digest, answer, run) for number in range(count)),
    )
    database.executemany(
        "INSERT INTO digests VALUES (?, ?, 0, ?)",
        (
            (f"/box/{number}.png".encode(), 100 + number % 5000, number.to_bytes(32))
            for number in range(count)
        ),
    )
    database.execute(
        "INSERT INTO deliveries SELECT id, x'00', x'00' FROM documents WHERE id <= ?", (count // 1000,)
    )
    database.commit()
    database.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--million", type=int, default=1_000_000)
    parser.add_argument("--scan", type=Path)
    arguments = parser.parse_args()
    cost(arguments.pages, arguments.scan)
    if arguments.scan is not None:
        known(arguments.scan)
    million(arguments.million)


if __name__ == "__main__":
    main()
