"""`penstock status`: during a run, with --follow, and of one or all folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from penstock.cli.status import status_lines, until_it_ends
from penstock.engine import CurrentRun, Status
from pipelines import double

SCRIPTED = double("scripted:Scripted")
LOOKING = """
import dataclasses, json
from pathlib import Path
from penstock import hookimpl
from penstock.engine import status_of

@dataclasses.dataclass(eq=False)
class Looking:
    state: Path

    @hookimpl
    def write(self, document, outputs):
        status = status_of(self.state, "test", self.state.parent)
        with outputs.open("{document}.json") as file:
            json.dump(dataclasses.asdict(status), file)
"""


def report(**counts: int) -> dict[str, int]:
    return {"pages_found": 16, "pages_read": 3, "pages_known": 6, "failed": 0, **counts}


def status(current: CurrentRun | None = None, *, running: bool = True) -> Status:
    process = {"since": "2026-01-01T10:00:00", "pid": 7} if running else None
    pages = {"found": 7, "read": 9, "failed": 0}
    return Status(process, current, 4, 3, 2, 0, pages, 0, 0, 0, (), None)


@pytest.mark.parametrize(
    ("current", "said"),
    [
        (
            CurrentRun(10.0, True, 16, report()),
            "9 of 16 pages recognized (6 known), 0.3 pages/s, 0:00:23 left",
        ),
        (
            CurrentRun(10.0, False, 20, report(failed=1)),
            "9 of at least 20 pages recognized (6 known), 1 failed, 0.3 pages/s, at least 0:00:33 left",
        ),
        (CurrentRun(10.0, True, 16, report(pages_read=0)), "6 of 16 pages recognized (6 known)"),
    ],
)
def test_the_current_run_comes_first(current, said):
    lines = status_lines("letters", status(current), Path("/state"))
    assert lines[0] == "letters: running since 2026-01-01T10:00:00, process 7"
    assert lines[1] == f"this run   {said}"


def test_the_workers_of_the_current_run_are_listed():
    workers = ("the recognizer 'reader': 30 workers of tcp://host:8786", *["  tcp://host:1: 1 thread"] * 30)
    lines = status_lines("letters", status(CurrentRun(10.0, True, 16, report(), workers)), Path("/state"))
    assert lines[2] == f"workers    {workers[0]}"
    assert lines[22] == "workers    … 31 lines in all (--json)"


def test_follow_looks_again_until_the_run_ends():
    ending = [status(CurrentRun(1.0, True, 16, report())), status(), status(running=False), status()]
    reads, waits = iter(ending), []
    seen = list(until_it_ends(lambda: next(reads), 1.0, waits.append))
    assert seen == ending[:3]
    assert waits == [1.0, 1.0]
    assert list(until_it_ends(lambda: None, 1.0, waits.append)) == [None]


@pytest.mark.parametrize("fresh", [False, True])
def test_a_run_can_be_watched_from_outside(run_tables, draw, tmp_path, fresh):
    for name in "ab":
        draw(f"scans/{name}.png")
    (tmp_path / "looking.py").write_text(LOOKING)
    sinks = [{"plugin": "./looking.py:Looking", "state": ".penstock"}]
    steps = {name: ["operation", "pending:5", "read"] for name in "ab"}
    recognizer = {"plugin": SCRIPTED, "script": steps}
    tables = {
        "sources": [{"plugin": "files", "paths": ["scans"]}],
        "recognizers": [recognizer],
        "sinks": sinks,
    }
    if fresh:
        run_tables({**tables, "sinks": [{"plugin": "text"}]})
    run_tables(tables, fresh=fresh)
    seen = json.loads((tmp_path / "b.json").read_text())
    current = seen["current_run"]
    assert (current["found_all"], current["total"]) == (True, 2)
    assert current["report"]["pages_read"] <= 2
    assert current["report"]["pages_known"] == 0
    assert (seen["last_run"] is not None) == fresh


def test_status_without_file_is_that_of_this_folder(command, tmp_path, draw):
    draw("one/a.png")
    command("read", "one/a.png", "--with", SCRIPTED, "--to", "text")
    assert "pages      1 of 1 page recognized" in command("status").stdout
    assert command("status", "--all").stdout.startswith("read in all folders: not running")
    assert command("status", "x.toml", "--all").returncode == 2


def test_following_without_a_run_prints_the_status_once(command, tmp_path, draw):
    draw("a.png")
    command("read", "a.png", "--with", SCRIPTED, "--to", "text")
    assert command("status", "--follow").stdout == command("status").stdout
    assert json.loads(command("status", "--follow", "--json").stdout)["running"] is None


def test_failures_of_a_deleted_folder_are_not_listed(command, tmp_path, draw):
    draw("gone/a.png")
    command("read", "gone", "--with", SCRIPTED, "--set", 'recognizers.0.script={a = ["refuse"]}')
    assert "failed     gone/a.png" in command("status").stdout
    (tmp_path / "gone").rename(tmp_path / "new")
    command("read", "new", "--with", SCRIPTED, "--to", "text")
    assert "gone/a.png" not in command("status").stdout
