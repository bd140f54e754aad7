"""A service that is down is a state of its recognizer: no page fails for it, and the run continues later."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from penstock.report import Exit
from pipelines import double, tables

DOWN = double("outages:Down")
SCRIPTED = double("scripted:Scripted")
PAGES = 8
FOREVER = 10_000


@pytest.fixture
def pipeline(draw: Callable[..., Path], tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Return a function that makes a pipeline of some pages, whose service is down for some calls."""

    def make(
        *, pages: int = PAGES, engine: dict[str, Any] | None = None, **recognizer: Any
    ) -> dict[str, Any]:
        made = tables([draw(f"p{number}.png") for number in range(pages)], engine=engine or {})
        made["recognizers"] = [{"plugin": DOWN, **recognizer}]
        made["observers"] = [{"plugin": double("observers:ContextRecorder"), "log": str(tmp_path / "events")}]
        return made

    return make


@pytest.fixture
def events(tmp_path: Path) -> Callable[[str], list[dict[str, Any]]]:
    """Return a function that returns the events of a name so far."""

    def named(name: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
        return [event for event in found if event["event"] == name]

    return named


@pytest.mark.parametrize(
    "failing",
    [{"how": "unreachable"}, {"how": "error"}, {"how": "error", "retry_after": 2}],
    ids=["unreachable", "error", "retry-after"],
)
@pytest.mark.parametrize(("in_flight", "first"), [(1, 1), (4, 6), (64, 1), (64, 6)])
def test_run_waits_for_the_service_and_fails_no_page(run_tables, pipeline, events, first, failing, in_flight):
    report = run_tables(pipeline(first=first, last=first + 11, engine={"in_flight": in_flight}, **failing))
    assert (report.exit_code, report.pages_read) == (Exit.DONE, PAGES)
    assert (report.pages_billed, report.doubtful_submits) == (PAGES, 0)
    assert events("recognizer_down")
    (up,) = events("recognizer_up")
    assert up["seconds"] > 10


def test_one_call_at_a_time_is_made_after_growing_waits(run_tables, pipeline, events):
    run_tables(pipeline(last=FOREVER, pages=30))
    down = events("recognizer_down")
    waits = [event["wait"] for event in down]
    assert 2 <= waits[0] <= 4
    assert max(waits) <= 60
    assert all(later < 4 * earlier for earlier, later in pairwise(waits))
    assert 10 < len(waits) < 25
    assert {event["why"] for event in down} == {"cannot connect to the service"}
    assert len({event["since"] for event in down}) == 1


def test_run_stops_after_the_deadline_and_the_next_one_continues(run_tables, pipeline, clock):
    before = clock.now()
    report = run_tables(pipeline(first=PAGES + 1, last=FOREVER))
    assert 600 <= clock.now() - before < 660
    assert (report.exit_code, report.failed, report.unread_pages) == (Exit.STOPPED, 0, PAGES)
    assert report.stopped is not None
    assert report.stopped.what == f"the recognizer {DOWN!r}"
    assert report.stopped.why == "is down for 10 minutes: cannot connect to the service"
    assert report.stopped.hint.startswith("check the network; run the same command again to continue")
    report = run_tables(pipeline(last=0))
    assert (report.exit_code, report.pages_read, report.pages_sent) == (Exit.DONE, PAGES, 0)


@pytest.mark.parametrize(("seconds", "said"), [(60, "is down for 60 s:"), (0, "is down")])
def test_deadline_can_be_set(run_tables, pipeline, clock, seconds, said):
    before = clock.now()
    report = run_tables(pipeline(how="error", last=FOREVER, engine={"outage_deadline": seconds}))
    assert seconds <= clock.now() - before < seconds + 45
    assert report.stopped is not None
    assert report.stopped.why.startswith(said)


def test_outage_does_not_count_towards_the_deadline_of_a_page(run_tables, pipeline, events):
    report = run_tables(
        pipeline(first=5, last=30, in_flight=4, deadline=100, engine={"outage_deadline": 5000})
    )
    assert (report.exit_code, report.pages_read) == (Exit.DONE, PAGES)
    assert events("recognizer_up")[0]["seconds"] > 200


def test_one_page_without_a_connection_waits_too(run_tables, pipeline, events):
    report = run_tables(pipeline(pages=1, last=9, attempts=1))
    assert report.exit_code is Exit.DONE
    assert (len(events("page_retried")), len(events("recognizer_down"))) == (2, 7)


def test_last_page_without_a_connection_does_not_fail(run_tables, pipeline):
    report = run_tables(pipeline(pages=1, last=FOREVER, attempts=1))
    assert (report.exit_code, report.failed, report.unread_pages) == (Exit.STOPPED, 0, 1)


@pytest.mark.parametrize("position", [0, PAGES - 1])
def test_one_page_with_server_errors_fails_alone(run_tables, pipeline, events, position):
    made = pipeline()
    made["recognizers"] = [{"plugin": SCRIPTED, "script": {f"p{position}": ["error"] * 99}}]
    report = run_tables(made)
    assert (report.exit_code, report.pages_read, report.failed) == (Exit.SOMETHING_FAILED, PAGES - 1, 1)
    assert events("recognizer_down") == []


def test_throttled_calls_are_no_outage(run_tables, pipeline, events):
    report = run_tables(pipeline(how="throttled", retry_after=20, attempts=6))
    assert report.exit_code is Exit.DONE
    assert events("recognizer_throttled")
    assert events("recognizer_down") == []


def test_pages_in_doubt_are_sent_once_more_after_the_outage_only(run_tables, pipeline, tmp_path):
    """The connections of the last pages break. Until the end of the outage, the other pages are probes."""
    made, log = pipeline(), tmp_path / "calls"
    script = {f"p{number}": ["unreachable"] * 2 + ["operation", "read"] for number in range(5)}
    script |= {f"p{number}": ["doubt", "operation", "read"] for number in range(5, PAGES)}
    made["recognizers"] = [{"plugin": SCRIPTED, "script": script, "log": str(log)}]
    report = run_tables(made)
    assert (report.exit_code, report.pages_read, report.doubtful_submits) == (Exit.DONE, PAGES, 3)
    calls = log.read_text().splitlines()
    accepted = next(index for index, call in enumerate(calls) if calls[:index].count(call) == 2)
    before = calls[:accepted]
    for number in range(5, PAGES):
        assert before.count(f"submit p{number}") <= 1
        assert calls.count(f"submit p{number}") == 2


def test_pages_in_doubt_stay_in_doubt_when_the_run_stops(run_tables, pipeline):
    made = pipeline()
    script = {f"p{number}": ["unreachable"] * 99 for number in range(5)}
    script |= {f"p{number}": ["doubt", "doubt"] for number in range(5, PAGES)}
    made["recognizers"] = [{"plugin": SCRIPTED, "script": script}]
    report = run_tables(made)
    assert (report.exit_code, report.failed, report.doubtful_submits) == (Exit.STOPPED, 0, 3)
    report = run_tables(tables(made["sources"][0]["paths"], engine={"on_doubt": "fail"}))
    assert (report.failed, report.doubtful_submits, report.pages_read) == (3, 3, PAGES - 3)


def test_run_stops_if_only_pages_in_doubt_are_left_to_try_with(run_tables, pipeline, clock):
    before = clock.now()
    report = run_tables(pipeline(pages=3, how="doubt", last=FOREVER))
    assert (report.exit_code, report.failed, report.unread_pages) == (Exit.STOPPED, 0, 3)
    assert report.doubtful_submits == 4
    assert clock.now() - before < 60
    report = run_tables(pipeline(pages=3, last=0))
    assert (report.exit_code, report.pages_read, report.doubtful_submits) == (Exit.DONE, 3, 3)


@pytest.mark.parametrize(("on_doubt", "failed", "read"), [("fail", 3, 0), ("submit", 0, 3)])
def test_a_page_stays_in_doubt_although_its_second_submit_did_not_arrive(
    run_tables, pipeline, on_doubt, failed, read
):
    made = pipeline(pages=3)
    script = {f"p{number}": ["doubt"] + ["unreachable"] * 99 for number in range(3)}
    made["recognizers"] = [{"plugin": SCRIPTED, "script": script}]
    report = run_tables(made)
    assert (report.exit_code, report.pages_sent, report.doubtful_submits) == (Exit.STOPPED, 3, 3)
    report = run_tables(tables(made["sources"][0]["paths"], engine={"on_doubt": on_doubt}))
    assert (report.failed, report.pages_read, report.doubtful_submits) == (failed, read, 3)


def test_a_page_in_doubt_that_fails_at_its_second_submit_stays_in_doubt(run_tables, pipeline):
    made = pipeline(pages=1)
    made["recognizers"] = [{"plugin": SCRIPTED, "script": {"p0": ["doubt"] + ["error"] * 99}}]
    report = run_tables(made)
    assert (report.exit_code, report.failed, report.doubtful_submits) == (Exit.SOMETHING_FAILED, 1, 1)
    report = run_tables(tables(made["sources"][0]["paths"], engine={"on_doubt": "fail"}))
    assert (report.failed, report.pages_sent, report.doubtful_submits) == (1, 0, 1)


def test_pages_of_another_recognizer_are_read_meanwhile(run_tables, pipeline, tmp_path):
    made = pipeline()
    script = {f"p{number}": ["decline"] if number == 3 else ["unreachable"] * 99 for number in range(PAGES)}
    made["recognizers"] = [{"plugin": SCRIPTED, "script": script}, {"plugin": SCRIPTED, "dialect": "other"}]
    report = run_tables(made)
    assert (report.exit_code, report.pages_read) == (Exit.STOPPED, 1)
    assert (tmp_path / "out/p3.txt").exists()
