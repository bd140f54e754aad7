"""Limits of pages and money: they are never exceeded, and calls that were not accepted do not count."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from penstock.config import check
from penstock.engine.survey import survey
from penstock.errors import ConfigurationError
from penstock.pipeline import Pipeline
from penstock.report import Exit
from pipelines import double, tables


@pytest.fixture
def pipeline(draw):
    """Make a pipeline over some pages, with a script and options of the recognizer."""

    def made(
        pages: int, script: dict[str, list[str]] | None = None, *, engine: dict[str, Any], **options: Any
    ) -> dict[str, Any]:
        pictures = [draw(f"{number}.png") for number in range(pages)]
        made = tables(pictures, script=script, engine=engine)
        made["recognizers"][0] |= options
        return made

    return made


def test_max_pages_is_not_exceeded_and_the_next_run_continues(run_tables, pipeline):
    told = pipeline(5, engine={"max_pages": 2})
    sent = []
    for _ in range(3):
        report = run_tables(told)
        sent.append((report.exit_code, report.pages_sent, report.unread_pages > 0))
    assert sent == [(Exit.STOPPED, 2, True), (Exit.STOPPED, 2, True), (Exit.DONE, 1, False)]


def test_exactly_max_pages_ends_a_run_normally(run_tables, pipeline):
    report = run_tables(pipeline(3, engine={"max_pages": 3}))
    assert (report.exit_code, report.pages_read) == (Exit.DONE, 3)


def test_unaccepted_submits_do_not_count(run_tables, pipeline):
    script = {"0": ["again", "again", "operation", "read"], "1": ["refuse"], "2": ["again", "read"]}
    report = run_tables(pipeline(3, script, engine={"max_pages": 2}, in_flight=1))
    assert (report.exit_code, report.stopped) == (Exit.SOMETHING_FAILED, None)
    assert (report.pages_read, report.pages_sent, report.failed) == (2, 2, 1)


def test_submit_in_doubt_counts(run_tables, pipeline):
    report = run_tables(
        pipeline(2, {"0": ["doubt", "operation", "read"]}, engine={"max_pages": 2}, in_flight=1)
    )
    assert (report.exit_code, report.pages_sent, report.doubtful_submits) == (Exit.STOPPED, 2, 1)


def test_declined_page_counts_once(run_tables, pipeline):
    told = pipeline(2, {"0": ["decline"], "1": ["decline"]}, engine={"max_pages": 2}, price_per_1000=1000)
    told["recognizers"].append({"plugin": double("scripted:Scripted"), "price_per_1000": 500})
    report = run_tables(told)
    assert (report.exit_code, report.pages_read, report.pages_sent) == (Exit.DONE, 2, 2)
    assert report.cost == pytest.approx(1.0)


@pytest.mark.parametrize(("budget", "read"), [(0.5, 0), (1.0, 1), (2.9, 2), (3.0, 3)])
def test_budget_is_not_exceeded(run_tables, pipeline, budget, read):
    report = run_tables(pipeline(3, engine={"budget": budget}, price_per_1000=1000))
    assert (report.pages_read, report.cost) == (read, pytest.approx(read))
    assert report.exit_code is (Exit.DONE if read == 3 else Exit.STOPPED)
    if report.stopped:
        assert report.stopped.what == "budget"


def test_budget_does_not_limit_free_recognizers(run_tables, pipeline):
    report = run_tables(pipeline(3, engine={"budget": 0.01}, remote=False))
    assert (report.exit_code, report.pages_sent, report.cost) == (Exit.DONE, 3, None)


@pytest.mark.parametrize("said", [{"engine": {"budget": 0.01}}, {"engine": {}, "budget": 0.01}])
def test_budget_without_a_price_is_refused_before_anything_is_sent(run_tables, pipeline, said):
    options = {name: said.pop(name) for name in ("budget",) if name in said}
    told = pipeline(1, **said, price_per_1000=1000)
    told["recognizers"].append({"plugin": double("scripted:Scripted")})
    with pytest.raises(ConfigurationError) as refused:
        run_tables(told, **options)
    (complaint,) = refused.value.complaints
    assert complaint.place == f"recognizers.1 {double('scripted:Scripted')!r}"
    assert complaint.what == "has no price_per_1000, which a budget needs"
    assert "price_per_1000 = 1.50" in complaint.instead


def test_dry_run_refuses_a_budget_without_a_price(tmp_path, pipeline):
    told = check(pipeline(1, engine={"budget": 1}), tmp_path, where="test.toml", name="test")
    with pytest.raises(ConfigurationError, match="price_per_1000"):
        survey(Pipeline(told))


def test_price_of_zero_is_a_price(run_tables, pipeline):
    report = run_tables(pipeline(2, engine={"budget": 0}, price_per_1000=0))
    assert (report.exit_code, report.pages_sent, report.cost) == (Exit.DONE, 2, 0)


@pytest.mark.parametrize("name", ["budget", "max_failed", "call_deadline"])
@pytest.mark.parametrize("number", [math.inf, math.nan, -1.0])
def test_limit_must_be_a_finite_number(run_tables, pipeline, name, number):
    with pytest.raises(ConfigurationError, match=rf"\[engine\], {name}: must be "):
        run_tables(pipeline(1, engine={name: number}, price_per_1000=1))


@pytest.mark.parametrize("budget", [math.inf, math.nan, -1.0])
def test_budget_of_a_run_must_be_a_finite_number(run_tables, pipeline, budget):
    with pytest.raises(ConfigurationError, match="budget: must be a number of 0 or more, got "):
        run_tables(pipeline(1, engine={}, price_per_1000=1), budget=budget)


def test_price_must_be_a_finite_number(run_tables, pipeline):
    with pytest.raises(ConfigurationError, match="price_per_1000: must be a finite number"):
        run_tables(pipeline(1, engine={}, price_per_1000=math.inf))


def test_limits_of_the_run_override_the_pipelines(run_tables, pipeline):
    told = pipeline(3, engine={"max_pages": 1, "budget": 1.0}, price_per_1000=1000)
    assert run_tables(told, max_pages=2, budget=2.0).pages_sent == 2


@pytest.mark.parametrize(("remote", "billed"), [(True, 2), (False, 0)])
def test_only_remote_recognizers_are_billed(run_tables, pipeline, remote, billed):
    report = run_tables(pipeline(2, engine={}, remote=remote))
    assert (report.pages_sent, report.pages_billed, report.cost) == (2, billed, None)


@pytest.mark.parametrize(
    ("pages", "failing", "most", "stopped"),
    [(5, 3, 2, True), (5, 2, 2, False), (24, 24, 0.2, True), (24, 4, 0.2, False), (5, 5, 0.2, False)],
)
def test_run_is_stopped_if_most_pages_fail(run_tables, pipeline, pages, failing, most, stopped):
    script = {str(number): ["refuse"] for number in range(failing)}
    report = run_tables(pipeline(pages, script, engine={"max_failed": most}))
    assert (report.exit_code is Exit.STOPPED) == stopped
    if report.stopped:
        assert report.stopped.what == "max_failed"
        failed, found = map(int, re.findall(r"\d+", report.stopped.why)[:2])
        # What was on its way into the run when that stopped is counted in the end, too.
        assert most < failed <= found <= report.pages_found


def test_failures_of_earlier_runs_do_not_stop_a_run(run_tables, pipeline):
    told = pipeline(9, {"0": ["refuse"], "1": ["refuse"]}, engine={"max_failed": 1, "in_flight": 1})
    assert run_tables(told).stopped is not None
    report = run_tables(told)
    assert (report.stopped, report.pages_read, report.failed) == (None, 7, 2)


def test_write_is_not_stopped_by_failed_pages(run_tables, pipeline):
    told = pipeline(4, {"0": ["refuse"], "1": ["refuse"]}, engine={})
    run_tables(told)
    told["engine"] = {"max_failed": 1}
    report = run_tables(told | {"recognizers": []}, write_only=True, without=["recognizers"])
    assert (report.stopped, report.failed) == (None, 2)
