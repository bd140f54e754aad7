"""Disks that fill up during a run and are emptied: the run waits, and goes on."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.engine.journal.database import Database, Reserve
from penstock.errors import NoSpace
from penstock.report import Exit
from penstock.spool import Spool
from pipelines import double, tables

PAGES = 12
NAMES = [f"page{number:02}" for number in range(PAGES)]


@pytest.fixture
def full(clock: Any) -> Callable[..., Any]:
    """Return a function that makes another one fail for lack of room in a span of the run's time."""
    start = clock.time

    def make(call: Callable[..., Any], raised: Callable[[], Exception], since: float, until: float) -> Any:
        def failing(*arguments: Any, **options: Any) -> Any:
            if since <= clock.time - start < until:
                raise raised()
            return call(*arguments, **options)

        return failing

    return make


def no_space() -> NoSpace:
    return NoSpace("the state folder: the disk is full", "make room")


def no_room() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def told(draw, tmp_path) -> dict[str, Any]:
    """A pipeline whose pages are submitted and polled, one call a second."""
    script = {name: ["operation", "pending", "read"] for name in NAMES}
    told = tables([draw(f"{name}.png") for name in NAMES], script=script)
    told["recognizers"][0] |= {"durable": True, "log": str(tmp_path / "calls"), "calls_per_second": 1.0}
    told["observers"] = [{"plugin": double("observers:ContextRecorder"), "log": str(tmp_path / "events")}]
    return told


def events(tmp_path: Path, name: str) -> list[dict[str, Any]]:
    lines = map(json.loads, (tmp_path / "events").read_text().splitlines())
    return [event for event in lines if event["event"] == name]


def check_done(report, tmp_path: Path) -> None:
    assert (report.exit_code, report.failures) == (Exit.DONE, ())
    assert (report.doubtful_submits, report.lost_operations, report.unread_pages) == (0, 0, 0)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert sorted(each for each in calls if "submit" in each) == [f"submit {name}" for name in NAMES]
    assert sorted(each.stem for each in (tmp_path / "out").iterdir()) == NAMES


def test_run_waits_for_room_in_the_journal(run_tables, told, tmp_path, monkeypatch, full):
    monkeypatch.setattr(Database, "commit", full(Database.commit, no_space, 8, 300))
    monkeypatch.setattr(Reserve, "hold", full(Reserve.hold, no_room, 8, 300))
    report = run_tables(told)
    check_done(report, tmp_path)
    assert 300 < report.seconds < 400
    down = events(tmp_path, "disk_full")
    assert 5 < len(down) < 15
    assert "the disk is full" in down[0]["why"]
    (freed,) = events(tmp_path, "disk_freed")
    assert freed["seconds"] > 280


def test_a_wait_for_room_does_not_count_for_the_deadline_of_a_page(
    run_tables, told, tmp_path, monkeypatch, full
):
    told["recognizers"][0] |= {"deadline": 60.0}
    monkeypatch.setattr(Database, "commit", full(Database.commit, no_space, 8, 300))
    monkeypatch.setattr(Reserve, "hold", full(Reserve.hold, no_room, 8, 300))
    check_done(run_tables(told), tmp_path)


def test_run_waits_for_the_space_of_the_reserve(run_tables, told, tmp_path, monkeypatch, full):
    """The first commit fails; the reserve makes room for a few more, but must be there for the next time."""
    monkeypatch.setattr(Database, "commit", full(Database.commit, no_space, 8, 9))
    monkeypatch.setattr(Reserve, "hold", full(Reserve.hold, no_room, 8, 200))
    report = run_tables(told)
    check_done(report, tmp_path)
    assert report.seconds > 200


@pytest.mark.parametrize("kind", ["journal", "spool"])
def test_intake_waits_for_room(run_tables, told, tmp_path, monkeypatch, full, kind):
    if kind == "journal":
        monkeypatch.setattr(Database, "_synced", full(Database._synced, no_space, 3, 300))
        told["engine"] = {"in_flight": 1}  # so that the intake does not end before
    else:
        spooling = Path(__file__).parents[1] / "journal/doubles.py"
        told["transforms"] = [{"plugin": f"{spooling}:Spooling"}]
        told["engine"] = {"in_flight": 1, "call_deadline": 100.0}
        monkeypatch.setattr(Spool, "_write", full(Spool._write, no_room, 3, 300))
    monkeypatch.setattr(Spool, "check_room", full(Spool.check_room, no_space, 3, 300))
    report = run_tables(told)
    check_done(report, tmp_path)
    assert report.seconds > 300


def test_run_waits_for_room_for_outputs(run_tables, told, tmp_path, full, monkeypatch):
    from penstock.outputs import Outputs

    monkeypatch.setattr(Outputs, "open", full(Outputs.open, no_room, 10, 300))
    report = run_tables(told)
    check_done(report, tmp_path)
    assert report.documents_written == PAGES
    assert len(events(tmp_path, "disk_freed")) == 1


@pytest.mark.parametrize("what", ["journal", "outputs", "intake"])
def test_run_stops_at_the_deadline_and_the_next_one_continues(
    run_tables, told, tmp_path, monkeypatch, full, what
):
    from penstock.outputs import Outputs

    with monkeypatch.context() as patched:
        if what == "journal":
            patched.setattr(Database, "commit", full(Database.commit, no_space, 8, 1e6))
            patched.setattr(Reserve, "hold", full(Reserve.hold, no_room, 8, 1e6))
        elif what == "outputs":
            patched.setattr(Outputs, "open", full(Outputs.open, no_room, 8, 1e6))
        else:
            told["engine"] = {"in_flight": 1}
            patched.setattr(Database, "_synced", full(Database._synced, no_space, 3, 1e6))
        report = run_tables(told)
    assert report.exit_code is Exit.STOPPED
    assert "the disk is full for 10 minutes" in report.stopped.why
    assert "outage_deadline" in report.stopped.hint
    assert 600 <= report.seconds < 650
    if what != "journal":  # where calls in flight could not be noted
        assert run_tables(told).exit_code is Exit.DONE
        calls = (tmp_path / "calls").read_text().splitlines()
        assert len([each for each in calls if "submit" in each]) == PAGES


def test_an_interrupted_run_does_not_wait(run_tables, told, monkeypatch, full, tmp_path):
    from penstock.outputs import Outputs

    monkeypatch.setattr(Outputs, "open", full(Outputs.open, no_room, 8, 1e6))
    interrupted = []

    def prepare(run):
        note = run._inbox.put

        def put(message):
            note(message)
            if getattr(message, "no_space", False) and not interrupted:
                interrupted.append(True)
                run.interrupt()

        monkeypatch.setattr(run, "_inbox", Inbox(run._inbox, put))

    report = run_tables(told, prepare=prepare)
    assert report.exit_code in (Exit.INTERRUPTED, Exit.STOPPED)
    assert report.seconds < 100


class Inbox:
    """An inbox whose `put` is replaced."""

    def __init__(self, inbox: Any, put: Callable[[Any], None]) -> None:
        self._inbox, self.put = inbox, put

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inbox, name)
