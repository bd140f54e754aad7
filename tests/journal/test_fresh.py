"""`--fresh` recognizes everything again, and pays once for each page however often it is interrupted."""

from __future__ import annotations

import pytest

from penstock.engine import status_of
from penstock.report import Exit
from pipelines import double


@pytest.fixture
def pictures(draw):
    return [draw(f"{name}.png") for name in "abcd"]


@pytest.fixture
def submits(calls):
    """The pages that were sent since the last call."""

    def made() -> list[str]:
        return sorted(page for call, _, page in (said.partition(" ") for said in calls()) if call == "submit")

    return made


def test_stopped_fresh_run_is_continued_by_the_next_one(run_tables, pictures, pipeline, submits):
    run_tables(pipeline(pictures))
    assert submits() == ["a", "b", "c", "d"]
    first = run_tables(pipeline(pictures), fresh=True, max_pages=2)
    assert (first.exit_code, first.pages_read) == (Exit.STOPPED, 2)
    second = run_tables(pipeline(pictures), fresh=True, max_pages=2)
    assert (second.exit_code, second.pages_read, second.pages_known) == (Exit.DONE, 2, 2)
    assert submits() == ["a", "b", "c", "d"]
    assert run_tables(pipeline(pictures), fresh=True).pages_read == 4, "the fresh run before has finished"


def test_normal_run_between_two_fresh_ones_changes_nothing(run_tables, pictures, pipeline, submits):
    run_tables(pipeline(pictures))
    run_tables(pipeline(pictures), fresh=True, max_pages=3)
    submits()
    assert run_tables(pipeline(pictures)).pages_known == 4
    assert run_tables(pipeline(pictures), fresh=True).pages_known == 3
    assert submits() == ["d"]


def test_fresh_run_over_other_sources_is_independent(run_tables, pictures, pipeline, submits):
    run_tables(pipeline(pictures), fresh=True, max_pages=2)
    submits()
    assert run_tables(pipeline(pictures[:1]), fresh=True).pages_read == 1
    assert run_tables(pipeline(pictures), fresh=True).pages_known == 2
    assert submits() == ["a", "c", "d"]


@pytest.fixture
def cut_short(run_tables, draw, pipeline, calls):
    """Recognize a page, and send it again in a fresh run that stops too early; return how to run again."""
    picture = draw("a.png")

    def again(*steps: str, **options):
        return run_tables(pipeline([picture], {"a": list(steps)}, durable=True), **options)

    again("operation", "read")
    assert again("operation", "pending", "stop", fresh=True).exit_code is Exit.STOPPED
    calls()
    return again


def in_flight(tmp_path) -> tuple[int, int]:
    status = status_of(tmp_path / ".penstock", "test", tmp_path)
    assert status is not None
    return status.submitted, status.in_doubt


def test_any_run_polls_what_a_fresh_run_left_in_flight(cut_short, tmp_path, calls):
    assert in_flight(tmp_path) == (1, 0)
    report = cut_short("pending", "read")
    assert (report.exit_code, report.pages_read, report.pages_sent) == (Exit.DONE, 1, 0)
    assert calls() == ["poll a", "poll a"]
    assert in_flight(tmp_path) == (0, 0)
    assert cut_short(fresh=True).pages_known == 1
    assert calls() == []


@pytest.mark.parametrize("steps", [["lost"], ["refuse"], ["crash"], ["pending", "again", "nonsense"]])
def test_failed_poll_keeps_the_earlier_result(cut_short, calls, steps):
    report = cut_short(*steps)
    assert (report.exit_code, report.pages_known, report.pages_sent) == (Exit.DONE, 1, 0)
    assert report.lost_operations == 0
    assert calls() == ["poll a"] * len(steps)


def test_stopped_run_keeps_the_earlier_result(cut_short, tmp_path):
    report = cut_short("stop")
    assert (report.exit_code, report.pages_known, report.unread_pages) == (Exit.STOPPED, 1, 0)
    assert in_flight(tmp_path) == (1, 0)


def test_submission_to_a_later_recognizer_does_not_replace_a_result(
    run_tables, draw, tmp_path, pipeline, calls
):
    picture = draw("a.png")

    def told(*dialects: str, script: list[str]):
        made = [pipeline([picture], {"a": script}, durable=True, dialect=each) for each in dialects]
        return made[0] | {"recognizers": [each["recognizers"][0] for each in made]}

    run_tables(told("second", script=["operation", "stop"]))
    run_tables(told("first", script=["operation", "read"]))
    calls()
    assert run_tables(told("first", "second", script=["read"])).pages_known == 1
    assert calls() == []
    assert in_flight(tmp_path) == (0, 0)


def test_polled_result_is_mapped_through_the_transforms(run_tables, draw, pipeline, tmp_path):
    told = pipeline([draw("a.png")], durable=True)
    told["transforms"] = [{"plugin": double("sources:Halved")}]
    told["sinks"].append({"plugin": "json", "path": "out/{document}.json"})
    run_tables(told)
    before = (tmp_path / "out/a.json").read_text()
    for steps, options in ((["operation", "stop"], {"fresh": True}), (["read"], {})):
        told["recognizers"][0]["script"] = {"a": steps}
        report = run_tables(told, **options)
    assert (report.pages_read, report.pages_sent) == (1, 0)
    assert (tmp_path / "out/a.json").read_text() == before
