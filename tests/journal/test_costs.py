"""What was sent to services is stored when it is sent, by day and recognizer."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from penstock.config import check
from penstock.engine import costs_of
from penstock.engine.budget import Charge
from penstock.engine.journal import Journal
from penstock.engine.journal.schema import VERSION
from penstock.engine.keys import RecognizerKey
from penstock.engine.prices import billionths, today
from penstock.engine.state_folder import StateFolder
from penstock.engine.survey import survey
from penstock.pipeline import Pipeline
from penstock.report import Exit
from pipelines import double, opened_journal

NAME = double("scripted:Scripted")
AZURE = RecognizerKey(b"azure-read")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / ".penstock"


@pytest.fixture
def on_day(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that sets the date."""

    def to(day: str) -> None:
        noon = time.mktime(time.strptime(f"{day} 12:00", "%Y-%m-%d %H:%M"))
        monkeypatch.setattr("penstock.engine.prices.time.time", lambda: noon)

    return to


def sent(state: Path, pages: int, *, price: float | None = 1.5) -> None:
    """Send pages in a run that is killed: it leaves no report."""
    with opened_journal(state) as journal:
        for _ in range(pages):
            cost = None if price is None else billionths(price / 1000)
            journal.expenses.note_sent(AZURE, "azure-read", Charge(today(), cost))
        journal.commit()


def days(state: Path, since: date | None = None) -> list[tuple[Any, ...]]:
    costs = costs_of(state, since)
    assert costs is not None
    return [(each.day, each.recognizer, each.pages, each.cost) for each in costs.days]


def test_pages_are_counted_by_day_and_recognizer(state, on_day):
    for day, pages in (("2026-10-31", 2), ("2026-11-01", 1), ("2026-11-01", 3)):
        on_day(day)
        sent(state, pages)
    assert days(state) == [
        ("2026-10-31", "azure-read", 2, 0.003),
        ("2026-11-01", "azure-read", 4, 0.006),
    ]
    assert days(state, date(2026, 11, 1)) == [("2026-11-01", "azure-read", 4, 0.006)]
    costs = costs_of(state)
    assert costs is not None
    assert (costs.pages, costs.cost, costs.month_cost) == (6, 0.009, 0.006)


def test_pages_that_may_be_billed_count_and_others_do_not(run_tables, pipeline, draw, state):
    script = {"a": ["again", "doubt", "operation", "read"], "b": ["refuse"], "c": ["decline"]}
    report = run_tables(pipeline([draw(f"{name}.png") for name in "abcd"], script, price_per_1000=1000.0))
    ((_, name, pages, cost),) = days(state)
    assert (name, pages, cost) == (NAME, report.pages_billed, report.cost) == (NAME, 3, 3.0)
    assert report.total_cost == 3.0


def test_report_has_the_cost_of_all_runs(run_tables, pipeline, draw):
    first = run_tables(pipeline([draw("a.png")], price_per_1000=1.5))
    second = run_tables(pipeline([draw("a.png"), draw("b.png")], price_per_1000=2))
    third = run_tables(pipeline([draw("a.png"), draw("b.png")]))
    assert [(each.cost, each.total_cost) for each in (first, second, third)] == [
        (0.0015, 0.0015),
        (0.002, 0.0035),
        (None, 0.0035),
    ]


def test_price_is_the_one_of_the_time(run_tables, pipeline, draw, state):
    run_tables(pipeline([draw("a.png")]))
    run_tables(pipeline([draw("b.png")], price_per_1000=1.5))
    run_tables(pipeline([draw("c.png")], price_per_1000=3))
    costs = costs_of(state)
    assert costs is not None
    assert (costs.pages, costs.cost, costs.unpriced_pages) == (3, 0.0045, 1)


def test_pages_of_a_local_recognizer_cost_nothing(run_tables, pipeline, draw, state):
    report = run_tables(pipeline([draw("a.png")], remote=False))
    assert days(state) == []
    assert report.total_cost is None


def test_pipeline_that_never_ran_has_no_costs(state):
    assert costs_of(state) is None


@pytest.mark.parametrize(
    ("budget", "earlier", "now", "later", "hint"),
    [
        ("budget_per_month", "2026-10-31", "2026-11-02", "2026-12-01", "next month"),
        ("budget_per_day", "2026-11-02", "2026-11-03", "2026-11-04", "tomorrow"),
    ],
)
def test_budget_includes_earlier_runs(
    run_tables, pipeline, draw, state, on_day, budget, earlier, now, later, hint
):
    on_day(earlier)
    sent(state, 5, price=1000)
    on_day(now)
    sent(state, 1, price=1000)
    made = pipeline([draw(f"{number}.png") for number in range(4)], price_per_1000=1000, in_flight=1)
    made["engine"] = {budget: 3}
    report = run_tables(made)
    assert (report.exit_code, report.pages_billed, report.total_cost) == (Exit.STOPPED, 2, 8.0)
    assert report.stopped is not None
    assert report.stopped.what == budget
    assert report.stopped.why == "3.00 of 3.00 is spent, and another page would exceed it"
    assert report.stopped.hint.endswith(hint)
    ((_, *costs),) = [dataclasses.astuple(each) for each in report.costs]
    assert costs == [2, 2.0, 2.0, 2.0]
    on_day(later)
    report = run_tables(made)
    assert (report.exit_code, report.pages_billed) == (Exit.DONE, 2)


def test_costs_are_listed_by_pipeline(tmp_path, state, on_day):
    on_day("2026-11-02")
    for name, folder in (("letters", tmp_path), ("diaries", tmp_path), ("letters", tmp_path / "more")):
        with StateFolder(state) as opened, Journal(opened, name=name, folder=folder) as journal:
            journal.expenses.note_sent(AZURE, "azure-read", Charge(today(), 1_500_000))
            journal.commit()
    costs = costs_of(state)
    assert costs is not None
    pipelines = [each.pipeline for each in costs.days]
    assert pipelines == ["diaries", "letters in ..", "letters in ../more"]
    assert (costs.cost, costs.day_cost) == (0.0045, 0.0045)


def test_dry_run_says_where_the_budget_of_the_month_stops(tmp_path, pipeline, draw, state):
    sent(state, 1, price=1000)
    made = pipeline([draw(f"{number}.png") for number in range(4)], price_per_1000=1000)
    made["engine"] = {"budget_per_month": 3}
    found = survey(Pipeline(check(made, tmp_path, where="test.toml", name="test")))
    assert (found.stopped_by, found.stopped_after) == ("budget_per_month", 2)


def test_money_is_rounded(tmp_path, run_tables, pipeline, draw):
    made = pipeline([draw(f"{number}.png") for number in range(7)], price_per_1000=1.1)
    found = survey(Pipeline(check(made, tmp_path, where="test.toml", name="test")))
    report = run_tables(made)
    assert (found.cost, found.stopped_cost, report.cost, report.total_cost) == (0.0077,) * 4
    assert sum([0.0011] * 7) != 0.0077


def test_journal_of_version_4_keeps_its_costs(state, on_day):
    on_day("2026-11-02")
    sent(state, 3)
    with sqlite3.connect(state / "journal.sqlite") as database:
        database.execute("ALTER TABLE expenses ADD COLUMN price REAL")
        database.execute("UPDATE expenses SET price = 1.1")
        database.execute("ALTER TABLE expenses DROP COLUMN cost")
        database.execute("PRAGMA user_version = 4")
    database.close()
    sent(state, 1, price=None)
    assert days(state) == [("2026-11-02", "azure-read", 3, 0.0033), ("2026-11-02", "azure-read", 1, None)]


def test_journal_of_version_3_is_migrated_with_what_its_reports_say(state, on_day):
    on_day("2026-11-02")
    sent(state, 2)
    with sqlite3.connect(state / "journal.sqlite") as database:
        database.execute("DROP TABLE expenses")
        database.execute("ALTER TABLE runs DROP COLUMN counted")
        started = time.mktime(time.strptime("2026-10-30 12:00", "%Y-%m-%d %H:%M"))
        for report in (
            {"pages_billed": 3, "cost": 0.0045},
            {"pages_billed": 2, "cost": None},
            {"pages_billed": 0},
        ):
            database.execute(
                "INSERT INTO runs (pipeline, started, ended, report) VALUES ('test', ?, ?, ?)",
                (started, started + 60, json.dumps(report)),
            )
        database.execute("PRAGMA user_version = 3")
    database.close()
    sent(state, 1)
    assert days(state) == [
        ("2026-10-30", "", 3, 0.0045),
        ("2026-10-30", "", 2, None),
        ("2026-11-02", "azure-read", 1, 0.0015),
    ]
    costs = costs_of(state)
    assert costs is not None
    assert (costs.uncounted_runs, costs.cost, costs.unpriced_pages) == (1, 0.006, 2)
    with sqlite3.connect(state / "journal.sqlite") as database:
        assert database.execute("PRAGMA user_version").fetchone() == (VERSION,)
    database.close()
