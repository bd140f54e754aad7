"""The system clock is set back or forth by an hour while a run goes on."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest

from penstock.engine.prices import today
from penstock.report import Exit
from pipelines import double, tables

NIGHT = datetime(2026, 10, 25, 0, 59, 50, tzinfo=UTC).timestamp()
"""Ten seconds before the clocks of Berlin go back from three to two."""


@pytest.fixture
def berlin(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("step", [-3600.0, 3600.0, -1.0])
def test_run_does_not_notice_a_clock_that_is_set(
    run_tables, draw, tmp_path, monkeypatch, clock, berlin, step
):
    """Each look at the system clock finds it set by another step."""
    looks = iter(range(10**6))
    monkeypatch.setattr(time, "time", lambda: NIGHT + step * (next(looks) % 7))
    told = tables([draw(f"{name}.png") for name in "abcdefgh"], engine={"budget_per_month": 100.0})
    down = {"plugin": double("outages:Down"), "first": 4, "last": 9, "price_per_1000": 1.5}
    told["recognizers"] = [down]
    told["observers"] = [{"plugin": double("observers:ContextRecorder"), "log": str(tmp_path / "events")}]
    report = run_tables(told)
    assert (report.exit_code, report.pages_read, report.failed) == (Exit.DONE, 8, 0)
    assert 0 < report.seconds < 120
    events = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    waits = [event["wait"] for event in events if "wait" in event]
    assert waits
    assert all(0 <= wait <= 60 for wait in waits)
    (up,) = (event["seconds"] for event in events if event["event"] == "recognizer_up")
    assert 0 <= up < 120


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-10-24T21:59:59", "2026-10-24"),  # one second before midnight in summer time
        ("2026-10-24T22:00:00", "2026-10-25"),
        ("2026-10-25T22:59:59", "2026-10-25"),  # the day has 25 hours
        ("2026-10-25T23:00:00", "2026-10-26"),
    ],
)
def test_expenses_count_for_the_local_date(monkeypatch, berlin, moment, day):
    seconds = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
    monkeypatch.setattr(time, "time", lambda: seconds)
    assert today() == day
