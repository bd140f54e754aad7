"""Runs that send sheets of lines, killed at random moments, lose nothing and pay once."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import threading
from collections import Counter
from pathlib import Path

from journal.killing import copied_journal, finish, kill
from penstock.model import Recognition
from penstock.testing import AzureReadServer
from pipelines import double, load_double
from processes import Process, started

bars = load_double("bars:FirstReader")
PAGES, ROWS = 12, 7
KILLS = 4


class Reader:
    """Reads bars, and counts how often each number was accepted."""

    def __init__(self) -> None:
        self.taken: Counter[int] = Counter()
        self._lock = threading.Lock()

    def __call__(self, picture: bytes) -> Recognition:
        recognition: Recognition = bars.read_bars(picture)
        with self._lock:
            self.taken.update(int(line.text.split()[1]) for line in recognition.lines)
        return recognition


def pipeline(folder: Path, server: AzureReadServer) -> tuple[Path, dict[str, str]]:
    for number in range(1, PAGES + 1):
        # Long lines: 40 of them fill a sheet.
        bars.draw_bars(folder / f"scans/{number}.png", [number] * ROWS, length=700)
    file = folder / "penstock.toml"
    doubtful = ", ".join(f"{number} = 0.1" for number in range(1, PAGES + 1))
    file.write_text(
        '[[sources]]\nplugin = "files"\npaths = ["scans"]\n'
        f'[[recognizers]]\nplugin = "{double("bars:FirstReader")}"\n'
        f"confidences = {{ {doubtful} }}\naccept = {{ confidence = 0.85 }}\n"
        '[[recognizers]]\nplugin = "azure-read"\nunit = "lines"\nin_flight = 2\ncalls_per_second = 1000.0\n'
        '[[sinks]]\nplugin = "text"\npath = "out/{document}.txt"\n'
    )
    given = {"AZURE_VISION_ENDPOINT": server.endpoint, "AZURE_VISION_KEY": server.key}
    return file, os.environ | given


def start(file: Path, environment: dict[str, str]) -> Process:
    return started(Path.cwd(), ["run", str(file), "--quiet", "--log-format", "json"], environment)


def in_doubt(folder: Path) -> Counter[int]:
    """Return the numbers of the bars on sheets that were perhaps sent, from a copy of the journal."""
    with copied_journal(folder / ".penstock", folder / "copy") as database:
        rows = database.execute(
            "SELECT pages.page FROM submissions JOIN sheet_lines ON sheet_lines.sheet = submissions.content"
            " JOIN pages ON pages.content = sheet_lines.page WHERE submissions.operation IS NULL"
        ).fetchall()
    return Counter(int(Path(json.loads(form)["origin"]).stem) for (form,) in rows)


def test_killed_runs_put_every_line_in_its_place_and_pay_once(tmp_path):
    chance, reader, allowed, kills = random.Random(4), Reader(), Counter[int](), 0
    with AzureReadServer(reader, work=0.3, submit_takes=0.1) as server:
        file, environment = pipeline(tmp_path, server)
        for _ in range(KILLS):
            before, process = len(server.calls), start(file, environment)
            wanted = before + chance.randint(1, 3)
            while len(server.calls) < wanted and process.poll() is None:
                threading.Event().wait(0.005)
            threading.Event().wait(chance.uniform(0.0, 0.1))
            if kill(process):
                kills += 1
                allowed += in_doubt(tmp_path)
        code, report = finish(start(file, environment))
    assert code == 0, report
    for number in range(1, PAGES + 1):
        assert (tmp_path / f"out/{number}.txt").read_text().splitlines() == [f"good {number}"] * ROWS
        assert ROWS <= reader.taken[number] <= ROWS + allowed[number]
    assert kills > 1
    assert not list((tmp_path / ".penstock/spool/sheets").iterdir())
    database = sqlite3.connect(tmp_path / ".penstock/journal.sqlite")
    for table in ("sheet_lines", "submissions"):
        assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)  # noqa: S608
    assert database.execute("SELECT count(*) FROM answers").fetchone() == (2 * PAGES,)
    database.close()
