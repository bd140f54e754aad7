"""Measure `penstock watch`: the time until a file is read, the cost of waiting, and that no file is lost.

``known`` makes a folder of many files and reads them all; then it drops single files and measures the time
until the recognizer gets each, the processor time and the wake-ups of an idle minute, and the memory.
``soak`` lets four programs write files slowly, with renames, replacements and deletions, while the watch is
killed again and again; then it compares the digests that the recognizer has read with those of the files.

    python benchmarks/watch.py known --files 50000
    python benchmarks/watch.py soak --files 1000 --kills 10
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RECOGNIZER = """
import hashlib, time
from dataclasses import dataclass
from penstock import Line, Page, Quad, Recognition, Word, hookimpl

@dataclass(eq=False)
class Reader:
    @hookimpl
    def submit(self, page: Page) -> Recognition:
        digest = hashlib.sha256(page.picture.path.read_bytes()).hexdigest()
        with open("reads.log", "a") as log:
            log.write(f"{time.time()} {digest} {page.picture.path.name}\\n")
        quad = Quad.from_box(1, 1, 7, 7)
        return Recognition((Line(digest, quad, (Word(digest, quad, 0.9),)),), 0.0, "reader")
"""
PIPELINE = """
[[sources]]
plugin = "files"
paths = ["in"]
[[recognizers]]
plugin = "reader.py:Reader"
[[sinks]]
plugin = "text"
path = "out/{document}.txt"
"""


def picture(content: str, rows: int = 8) -> bytes:
    """Return a small picture with a digest of the content in its pixels."""
    pixels = hashlib.sha512(content.encode()).digest() * rows
    return b"P5 64 %d 255\n" % rows + pixels


def prepare(folder: Path) -> None:
    (folder / "in").mkdir(parents=True)
    (folder / "reader.py").write_text(RECOGNIZER)
    (folder / "p.toml").write_text(PIPELINE)


def start(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "watch.log").open("ab") as log:
        command = [sys.executable, "-m", "penstock", "watch", "p.toml", "--quiet"]
        return subprocess.Popen(command, cwd=folder, stderr=log)


def reads(folder: Path) -> list[tuple[float, str, str]]:
    log = folder / "reads.log"
    lines = [line.split(" ", 2) for line in log.read_text().splitlines()] if log.exists() else []
    return [(float(at), digest, name) for at, digest, name in lines]


def usage(process: int) -> tuple[float, int, float]:
    """Return the processor seconds, the wake-ups and the memory in MB of a process."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    wakes = 0
    for task in Path(f"/proc/{process}/task").iterdir():
        status = (task / "status").read_text()
        wakes += int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    memory = int(Path(f"/proc/{process}/status").read_text().partition("VmRSS:")[2].split()[0]) / 1000
    return seconds, wakes, memory


def known(folder: Path, files: int, drops: int, idle: float) -> None:
    prepare(folder)
    for number in range(files):
        (folder / "in" / f"{number}.pgm").write_bytes(picture(str(number)))
    process, began = start(folder), time.time()
    while len(set((folder / "out").iterdir()) if (folder / "out").exists() else ()) < files:
        time.sleep(2)
    print(f"{files} new files: {time.time() - began:.0f} s, {usage(process.pid)[2]:.0f} MB")
    process.terminate()
    process.wait()
    process, began = start(folder), time.time()
    wait_until_idle(process)
    print(f"{files} known files after a restart: {time.time() - began:.0f} s, {usage(process.pid)[2]:.0f} MB")
    before = usage(process.pid)
    time.sleep(idle)
    after = usage(process.pid)
    share, wakes = (after[0] - before[0]) / idle, after[1] - before[1]
    print(f"idle: {share:.2%} of a core, {wakes} wake-ups in {idle:.0f} s")
    waits = [drop(folder, f"new {number}") for number in range(drops)]
    print(f"from drop to reading: median {statistics.median(waits):.2f} s, longest {max(waits):.2f} s")
    process.terminate()
    print(f"ended with {process.wait()}")


def wait_until_idle(process: subprocess.Popen[bytes]) -> None:
    last, same = -1.0, 0
    while same < 5:
        time.sleep(1)
        seconds = usage(process.pid)[0]
        same = same + 1 if seconds == last else 0
        last = seconds


def drop(folder: Path, name: str) -> float:
    time.sleep(random.uniform(1, 3))
    log = folder / "reads.log"
    before, began = log.stat().st_size, time.time()
    (folder / "in" / f"{name}.pgm").write_bytes(picture(name))
    while log.stat().st_size == before:
        time.sleep(0.02)
    return reads(folder)[-1][0] - began


def write_slowly(folder: Path, writer: int, files: int) -> None:
    """Write files in pieces; rename, replace and delete some of them."""
    source = random.Random(writer)
    for number in range(files):
        name = f"{writer}-{number}.pgm"
        target = folder / "in" / name
        in_pieces(target.with_suffix(".part") if source.random() < 0.3 else target, f"{name} 1", source)
        if target.with_suffix(".part").exists():
            target.with_suffix(".part").rename(target)
        chance = source.random()
        if chance < 0.1:
            in_pieces(target, f"{name} 2", source)
        elif chance < 0.2:
            target.rename(target.with_name(f"moved-{name}"))
        elif chance < 0.25:
            target.unlink()
        elif chance < 0.3:
            time.sleep(source.uniform(0.5, 3))
            in_pieces(target, f"{name} 3", source)


def in_pieces(path: Path, content: str, source: random.Random) -> None:
    data = picture(content, rows=64)
    with path.open("wb") as file:
        for place in range(0, len(data), 1024):
            file.write(data[place : place + 1024])
            file.flush()
            time.sleep(source.uniform(0, 0.05))


def soak(folder: Path, files: int, kills: int) -> int:
    prepare(folder)
    writers = [
        multiprocessing.Process(target=write_slowly, args=(folder, writer, files // 4)) for writer in range(4)
    ]
    began = time.time()
    for writer in writers:
        writer.start()
    process, killed = start(folder), 0
    while killed < kills or any(writer.is_alive() for writer in writers):
        time.sleep(random.uniform(2, 8))
        if killed < kills:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process, killed = start(folder), killed + 1
    wait_until_idle(process)
    process.terminate()
    code = process.wait()
    found = check(folder, files)
    print(
        f"{files} files, {killed} kills, {time.time() - began:.0f} s, ended with {code}: {json.dumps(found)}"
    )
    return int(bool(code or found["read half"] or found["wrong or missing outputs"]))


def check(folder: Path, files: int) -> dict[str, int]:
    """Count readings of half files, and final files without their right output."""
    names = [f"{writer}-{number}.pgm" for writer in range(4) for number in range(files // 4)]
    whole = {
        hashlib.sha256(picture(f"{name} {version}", rows=64)).hexdigest()
        for name in names
        for version in (1, 2, 3)
    }
    read, wrong = reads(folder), 0
    final = sorted((folder / "in").glob("*.pgm"))
    for path in final:
        output = folder / "out" / f"{path.stem}.txt"
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        wrong += not output.exists() or output.read_text().strip() != digest
    half = sum(digest not in whole for _, digest, _ in read)
    again = len(read) - len({digest for _, digest, _ in read})
    return {
        "final files": len(final),
        "readings": len(read),
        "read half": half,
        "wrong or missing outputs": wrong,
        "read twice": again,
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["known", "soak"])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--drops", type=int, default=10)
    parser.add_argument("--idle", type=float, default=60)
    parser.add_argument("--kills", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.what == "soak":
            return soak(Path(folder) / "soak", given.files, given.kills)
        known(Path(folder) / "known", given.files, given.drops, given.idle)
    return 0


if __name__ == "__main__":
    sys.exit(main())
