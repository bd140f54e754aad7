"""Events carry their context, and polls, retries and throttles are events."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from pipelines import double, tables

SCRIPTED = double("scripted:Scripted")


@pytest.fixture
def events_of(run_tables, draw, tmp_path):
    """Run a pipeline over ``a.png`` with this script, and return the events with their contexts."""

    def run(steps: list[str], **recognizer: Any) -> list[dict[str, Any]]:
        log = tmp_path / "events"
        log.unlink(missing_ok=True)
        told = tables([draw("a.png")], script={"a": steps})
        told["recognizers"][0] |= recognizer
        told["observers"] = [{"plugin": double("observers:ContextRecorder"), "log": str(log)}]
        run_tables(told)
        return [json.loads(line) for line in log.read_text().splitlines()]

    return run


def named(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == name]


def test_every_event_has_the_time_and_the_run(events_of):
    before = time.time()
    events = events_of(["operation", "read"])
    assert len({event["run"] for event in events}) == 1
    assert events[0]["run"]
    times = [event["time"] for event in events]
    assert times == sorted(times)
    assert before <= times[0] <= times[-1] <= time.time()


def test_page_key_is_the_same_in_every_run(events_of):
    first, second = events_of(["operation", "read"]), events_of([])
    keys = {event["page_key"] for event in first + second if event["event"].startswith("page")}
    assert len(keys) == 1
    assert keys != {""}
    assert named(first, "run_started")[0]["page_key"] == ""
    assert [event["recognizer"] for event in named(second, "page_known")] == [SCRIPTED]
    assert first[0]["run"] != second[0]["run"]


def test_events_name_the_recognizer_and_the_attempt(events_of):
    events = events_of(["again", "operation", "pending", "read"])
    assert [(each["recognizer"], each["attempt"]) for each in named(events, "page_found")] == [("", 0)]
    assert [(each["recognizer"], each["attempt"]) for each in named(events, "page_submitted")] == [
        (SCRIPTED, 2)
    ]
    assert [(each["recognizer"], each["attempt"]) for each in named(events, "page_recognized")] == [
        (SCRIPTED, 2)
    ]


def test_polls_without_a_result_are_events(events_of):
    events = events_of(["operation", "pending", "pending", "read"])
    assert [event["attempt"] for event in named(events, "page_polled")] == [1, 2]


@pytest.mark.parametrize(
    ("steps", "attempts", "why"),
    [
        (["again", "operation", "read"], [1], "the service is busy [429]"),
        (["operation", "again", "again", "read"], [1, 2], "the service is busy [429]"),
        (["doubt", "operation", "read"], [1], "the answer was lost"),
        (["operation", "lost", "operation", "read"], [1], "the service does not know the operation"),
    ],
)
def test_retries_are_events_with_problem_and_wait(events_of, steps, attempts, why):
    retried = named(events_of(steps), "page_retried")
    assert [event["attempt"] for event in retried] == attempts
    assert {event["why"] for event in retried} == {why}
    assert all(event["wait"] > 0 for event in retried)


def test_pauses_that_a_service_asks_for_are_events(events_of):
    events = events_of(["again:30", "operation", "again:20", "read"])
    throttled = named(events, "recognizer_throttled")
    assert [(event["recognizer"], event["wait"]) for event in throttled] == [(SCRIPTED, 30), (SCRIPTED, 20)]
    assert [event["wait"] for event in named(events, "page_retried")] == [30, 20]


def test_failed_page_names_its_recognizer(events_of):
    (failed,) = named(events_of(["operation", "refuse"]), "page_failed")
    assert (failed["recognizer"], failed["attempt"]) == (SCRIPTED, 1)
    assert failed["page_key"]
