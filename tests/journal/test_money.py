"""What a run may send and spend: no limit is ever passed, and what came to nothing costs nothing."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.report import Exit
from pipelines import double, tables


@pytest.fixture
def pipeline(draw):
    """A pipeline over so many pages, with a script and a recognizer's options."""

    def made(
        pages: int, script: dict[str, list[str]] | None = None, *, engine: dict[str, Any], **options: Any
    ) -> dict[str, Any]:
        pictures = [draw(f"{number}.png") for number in range(pages)]
        made = tables(pictures, script=script, engine=engine)
        made["recognizers"][0] |= options
        return made

    return made


def test_max_pages_is_never_passed_and_the_next_run_goes_on(run_tables, pipeline):
    told = pipeline(5, engine={"max_pages": 2})
    sent = []
    for _ in range(3):
        report = run_tables(told)
        sent.append((report.exit_code, report.pages_sent, report.unread_pages > 0))
    assert sent == [(Exit.STOPPED, 2, True), (Exit.STOPPED, 2, True), (Exit.DONE, 1, False)]


def test_as_many_pages_as_are_allowed_end_a_run_as_any_other(run_tables, pipeline):
    report = run_tables(pipeline(3, engine={"max_pages": 3}))
    assert (report.exit_code, report.pages_read) == (Exit.DONE, 3)


def test_submits_that_were_not_taken_give_their_room_back(run_tables, pipeline):
    script = {"0": ["again", "again", "operation", "read"], "1": ["refuse"], "2": ["again", "read"]}
    report = run_tables(pipeline(3, script, engine={"max_pages": 2}, in_flight=1))
    assert (report.exit_code, report.stopped) == (Exit.SOMETHING_FAILED, None)
    assert (report.pages_read, report.pages_sent, report.failed) == (2, 2, 1)


def test_a_submit_in_doubt_counts(run_tables, pipeline):
    report = run_tables(
        pipeline(2, {"0": ["doubt", "operation", "read"]}, engine={"max_pages": 2}, in_flight=1)
    )
    assert (report.exit_code, report.pages_sent, report.doubtful_submits) == (Exit.STOPPED, 2, 1)


def test_a_page_that_one_recognizer_declines_counts_once(run_tables, pipeline):
    told = pipeline(2, {"0": ["decline"], "1": ["decline"]}, engine={"max_pages": 2}, price_per_1000=1000)
    told["recognizers"].append({"plugin": double("scripted:Scripted"), "price_per_1000": 500})
    report = run_tables(told)
    assert (report.exit_code, report.pages_read, report.pages_sent) == (Exit.DONE, 2, 2)
    assert report.cost == pytest.approx(1.0)


@pytest.mark.parametrize(("budget", "read"), [(0.5, 0), (1.0, 1), (2.9, 2), (3.0, 3)])
def test_a_budget_is_never_passed(run_tables, pipeline, budget, read):
    report = run_tables(pipeline(3, engine={"budget": budget}, price_per_1000=1000))
    assert (report.pages_read, report.cost) == (read, pytest.approx(read))
    assert report.exit_code is (Exit.DONE if read == 3 else Exit.STOPPED)
    if report.stopped:
        assert report.stopped.what == "budget"


def test_a_budget_does_not_hold_what_has_no_price(run_tables, pipeline):
    report = run_tables(pipeline(3, engine={"budget": 0.01}))
    assert (report.exit_code, report.pages_sent, report.cost) == (Exit.DONE, 3, None)


def test_the_runs_own_limits_stand_before_the_pipelines(run_tables, pipeline):
    told = pipeline(3, engine={"max_pages": 1, "budget": 1.0}, price_per_1000=1000)
    assert run_tables(told, max_pages=2, budget=2.0).pages_sent == 2


@pytest.mark.parametrize(("remote", "billed"), [(True, 2), (False, 0)])
def test_only_what_leaves_the_machine_is_billed(run_tables, pipeline, remote, billed):
    report = run_tables(pipeline(2, engine={}, remote=remote))
    assert (report.pages_sent, report.pages_billed, report.cost) == (2, billed, None)


@pytest.mark.parametrize(
    ("pages", "failing", "most", "stopped"),
    [(5, 3, 2, True), (5, 2, 2, False), (24, 24, 0.2, True), (24, 4, 0.2, False), (5, 5, 0.2, False)],
)
def test_a_hopeless_run_is_stopped(run_tables, pipeline, pages, failing, most, stopped):
    script = {str(number): ["refuse"] for number in range(failing)}
    report = run_tables(pipeline(pages, script, engine={"max_failed": most}))
    assert (report.exit_code is Exit.STOPPED) == stopped
    if report.stopped:
        assert report.stopped.what == "max_failed"
        assert f"of {report.pages_found} pages failed" in report.stopped.why
