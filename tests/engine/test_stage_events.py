"""Events say when components worked on pages and documents, what a page cost, and when a document is done."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from pipelines import double, tables


@pytest.fixture
def events_of(run_tables, tmp_path):
    """Run tables, and return the events about the work of components."""

    def run(told: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
        log = tmp_path / "events"
        log.unlink(missing_ok=True)
        log.touch()
        told["observers"] = [{"plugin": double("observers:Timings"), "log": str(log)}]
        run_tables(told, **options)
        return [json.loads(line) for line in log.read_text().splitlines()]

    return run


def stages(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["stage"], each["error"]) for each in events if each["event"] == "stage_ended"]


def test_each_call_of_a_component_is_an_event(events_of, draw):
    told = tables([draw("a.png")], script={"a": ["again", "operation", "pending", "read"]})
    told["transforms"] = [{"plugin": double("transforms:Choosy")}]
    told["amenders"] = [{"plugin": double("amenders:Replacing"), "old": "a", "new": "b"}]
    before = time.time()
    events = events_of(told)
    assert stages(events) == [
        ("prepare", ""),
        ("submit", "TryAgain"),
        ("submit", ""),
        ("poll", ""),
        ("poll", ""),
        ("amend", ""),
        ("write", ""),
    ]
    (document,) = {each["document_key"] for each in events}
    assert [each["page_key"] for each in events] == [f"{document}/1"] * 6 + ["", ""]
    assert [each["has_page"] for each in events[:-1]] == [True] * 6 + [False]
    for each in events[:-1]:
        assert before <= each["started"] <= each["started"] + each["seconds"] <= time.time()
    assert events[-1] | {"event": "document_ended", "document": "a", "state": "written"} == events[-1]


def test_a_transform_that_raises_is_an_event_of_its_page(events_of, draw):
    told = tables([draw("a.png")])
    told["transforms"] = [{"plugin": double("transforms:Choosy"), "refused": ["a"]}]
    events = events_of(told)
    assert stages(events) == [("prepare", "PictureError")]
    assert events[0]["page_key"]
    assert (events[-1]["event"], events[-1]["state"]) == ("document_ended", "failed")


def test_documents_that_are_up_to_date_end_without_work(events_of, draw):
    told = tables([draw("a.png"), draw("b.png")])
    events_of(told)
    events = events_of(told)
    assert [(each["event"], each["document"], each["state"]) for each in events] == [
        ("document_ended", "a", "unchanged"),
        ("document_ended", "b", "unchanged"),
    ]


def test_a_held_document_ends_once(events_of, draw):
    events = events_of(tables([draw("a.png")]), force=True)
    assert [each["event"] for each in events].count("document_ended") == 1
    assert events[-1]["event"] == "document_ended"


def test_accepted_pages_have_a_cost(events_of, draw):
    script = {"a": ["again", "operation", "read"], "b": ["refuse"], "c": ["doubt", "read"]}
    told = tables([draw(f"{name}.png") for name in "abc"], script=script)
    told["recognizers"][0] |= {"price_per_1000": 1500}
    costs = [each["cost"] for each in events_of(told) if each.get("stage") == "submit"]
    assert sorted(costs, key=lambda cost: cost or 0) == [None, None, 1.5, 1.5, 1.5]


def test_workers_measure_their_reads_and_are_counted(events_of, draw, tmp_path):
    told = tables([draw("a.png")])
    told["recognizers"] = [{"plugin": double("reading:Reading"), "log": str(tmp_path), "seconds": 0.01}]
    told["engine"] = {"sinks": "processes", "workers": 1}
    events = events_of(told)
    assert [each["slots"] for each in events if each["event"] == "workers_changed"] == [1]
    read, write = (each for each in events if each["event"] == "stage_ended")
    assert (read["stage"], write["stage"]) == ("read", "write")
    assert read["started"] + read["seconds"] <= write["started"] + 0.01
    assert read["seconds"] > 0
    assert write["seconds"] > 0
