"""What a second run does with the results and submissions of an earlier one, and with equal pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.report import Exit
from pipelines import double, opened_journal


def same(draw, *names: str) -> list[Path]:
    return [draw(name, text="the same") for name in names]


def test_equal_pictures_are_sent_once_and_written_twice(run_tables, draw, tmp_path, pipeline, calls):
    report = run_tables(pipeline(same(draw, "a.png", "b.png"), {"a": ["operation", "pending", "read"]}))
    assert report.exit_code is Exit.DONE
    assert (report.pages_read, report.pages_known, report.pages_sent) == (1, 1, 1)
    assert calls() == ["submit a", "poll a", "poll a"]
    assert (tmp_path / "out/a.txt").read_text() == (tmp_path / "out/b.txt").read_text() == "a read\n"


@pytest.mark.parametrize("steps", [["refuse"], ["operation", "pending", "refuse"]])
def test_refused_picture_fails_under_each_of_its_names(run_tables, draw, pipeline, calls, steps):
    report = run_tables(pipeline(same(draw, "a.png", "b.png"), {"a": steps}))
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert sorted(Path(failure.what).name for failure in report.failures) == ["a.png", "b.png"]
    assert all(failure.path == Path(failure.what) for failure in report.failures)
    assert all("cannot read this page [InvalidImage]" in failure.why for failure in report.failures)
    assert [call for call in calls() if call.startswith("submit")] == ["submit a"]


def test_equal_picture_is_sent_if_the_first_file_is_gone(run_tables, draw, tmp_path, pipeline, calls):
    pictures = same(draw, "a.png", "b.png")
    opening = {"plugin": double("opening:Opening")}
    told = pipeline(pictures, {"a": ["stop"]}, **opening)
    assert run_tables(told).exit_code is Exit.STOPPED  # the files are digested now
    calls()
    vanishing = {"plugin": double("sources:Vanishing"), "pictures": [str(path) for path in pictures]}
    report = run_tables(pipeline([], **opening) | {"sources": [vanishing]})
    assert (report.exit_code, report.pages_read, report.failed) == (Exit.SOMETHING_FAILED, 1, 1)
    assert "the file is gone" in report.failures[0].why
    assert (report.failures[0].path, report.failures[0].what) == (pictures[0], str(pictures[0]))
    assert calls() == ["submit b", "poll b"]
    assert (tmp_path / "out/b.txt").read_text() == "b read\n"


def test_stopped_run_leaves_both_equal_pictures_unrecognized(run_tables, draw, pipeline, calls):
    pictures = same(draw, "a.png", "b.png")
    report = run_tables(pipeline(pictures, {"a": ["operation", "pending", "stop"]}))
    assert (report.exit_code, report.unread_pages, report.failed) == (Exit.STOPPED, 2, 0)
    calls()
    assert run_tables(pipeline(pictures)).documents_written == 2


def test_moved_file_is_not_sent_again(run_tables, draw, tmp_path, pipeline, calls):
    first = draw("a.png")
    run_tables(pipeline([first]))
    calls()
    moved = tmp_path / "elsewhere/b.png"
    moved.parent.mkdir()
    first.rename(moved)
    report = run_tables(pipeline([moved]))
    assert (report.exit_code, report.pages_known, report.pages_sent) == (Exit.DONE, 1, 0)
    assert calls() == []
    assert (tmp_path / "out/b.txt").read_text() == "a read\n"


def test_changed_file_is_sent_again(run_tables, draw, tmp_path, pipeline, calls):
    run_tables(pipeline([draw("a.png")]))
    calls()
    assert run_tables(pipeline([draw("a.png", text="another")])).pages_read == 1
    assert calls() == ["submit a", "poll a"]


@pytest.mark.parametrize(
    ("options", "sent"), [({}, 0), ({"dialect": "old"}, 2), ({"in_flight": 1, "attempts": 2}, 0)]
)
def test_only_options_in_the_cache_key_send_pages_again(run_tables, draw, pipeline, calls, options, sent):
    pictures = [draw("a.png"), draw("b.png")]
    run_tables(pipeline(pictures))
    calls()
    report = run_tables(pipeline(pictures, **options))
    assert (report.pages_sent, report.pages_known) == (sent, 2 - sent)
    assert sum(call.startswith("submit") for call in calls()) == sent


def test_option_changed_back_sends_nothing(run_tables, draw, pipeline, calls):
    picture = draw("a.png")
    run_tables(pipeline([picture]))
    run_tables(pipeline([picture], dialect="old"))
    calls()
    assert run_tables(pipeline([picture])).pages_known == 1
    assert calls() == []


def test_new_and_changed_sinks_write_without_a_call(run_tables, draw, tmp_path, pipeline, calls):
    told = pipeline([draw("a.png")])
    run_tables(told)
    calls()
    before = (tmp_path / "out/a.txt").stat().st_mtime_ns
    told["sinks"].append({"plugin": "json", "path": "out/{document}.json"})
    report = run_tables(told)
    assert (report.documents_written, [path.name for path in report.outputs]) == (1, ["a.json"])
    assert (tmp_path / "out/a.txt").stat().st_mtime_ns == before
    told["sinks"][0] = {"plugin": "text", "path": "texts/{document}.txt"}
    assert [path.parent.name for path in run_tables(told).outputs] == ["texts"]
    assert run_tables(told).documents_unchanged == 1
    assert calls() == []


def test_only_the_deleted_output_is_written_again(run_tables, draw, tmp_path, pipeline, calls):
    told = pipeline([draw("a.png"), draw("b.png")])
    run_tables(told)
    calls()
    (tmp_path / "out/a.txt").unlink()
    report = run_tables(told)
    assert (report.documents_written, report.documents_unchanged) == (1, 1)
    assert [path.name for path in report.outputs] == ["a.txt"]
    assert calls() == []


def test_fresh_sends_each_picture_once(run_tables, draw, pipeline, calls):
    pictures = same(draw, "a.png", "b.png")
    run_tables(pipeline(pictures))
    calls()
    report = run_tables(pipeline(pictures), fresh=True)
    assert (report.pages_read, report.pages_known) == (1, 1)
    assert calls() == ["submit a", "poll a"]


def test_refused_page_is_sent_again_only_by_retry(run_tables, draw, tmp_path, pipeline, calls):
    pictures = [draw("a.png"), draw("b.png")]
    run_tables(pipeline(pictures, {"b": ["refuse"]}))
    calls()
    again = run_tables(pipeline(pictures))
    assert (again.exit_code, again.pages_sent, calls()) == (Exit.SOMETHING_FAILED, 0, [])
    assert "the service cannot read this page [InvalidImage]" in again.failures[0].why
    assert again.failures[0].hint == "scan it again; `penstock retry` asks again"
    retried = run_tables(pipeline(pictures), retry=True)
    assert (retried.exit_code, retried.pages_found, retried.pages_read) == (Exit.DONE, 1, 1)
    assert calls() == ["submit b", "poll b"]
    assert (tmp_path / "out/b.txt").exists()


def test_failed_page_is_sent_again_by_any_run(run_tables, draw, pipeline, calls):
    picture = draw("a.png")
    assert run_tables(pipeline([picture], {"a": ["crash"]})).failed == 1
    assert run_tables(pipeline([picture])).pages_read == 1


def test_declining_recognizer_is_not_asked_again(run_tables, draw, tmp_path, pipeline, calls):
    def both(second: list[str]) -> dict[str, Any]:
        told = pipeline([draw("a.png")], {"a": ["decline"]}, dialect="first")
        second_log = str(tmp_path / "second")
        plugin = double("scripted:Scripted")
        told["recognizers"].append({"plugin": plugin, "log": second_log, "script": {"a": second}})
        return told

    assert run_tables(both(["operation", "stop"])).exit_code is Exit.STOPPED
    assert calls() == ["submit a"]
    assert run_tables(both(["operation", "read"])).exit_code is Exit.DONE
    assert calls() == []


def test_durable_operation_is_polled_by_the_next_run(run_tables, draw, tmp_path, pipeline, calls):
    picture = draw("a.png")
    first = run_tables(pipeline([picture], {"a": ["operation", "stop"]}, durable=True))
    assert (first.exit_code, first.unread_pages) == (Exit.STOPPED, 1)
    calls()
    second = run_tables(pipeline([picture], {"a": ["pending", "read"]}, durable=True))
    assert (second.exit_code, second.pages_read, second.pages_sent) == (Exit.DONE, 1, 0)
    assert (second.lost_operations, second.doubtful_submits) == (0, 0)
    assert calls() == ["poll a", "poll a"]
    assert (tmp_path / "out/a.txt").read_text() == "a read\n"


def test_lost_operation_is_sent_once_more(run_tables, draw, pipeline, calls):
    picture = draw("a.png")
    run_tables(pipeline([picture], {"a": ["operation", "stop"]}, durable=True))
    calls()
    second = run_tables(pipeline([picture], {"a": ["lost", "operation", "read"]}, durable=True))
    assert (second.exit_code, second.lost_operations, second.pages_sent) == (Exit.DONE, 1, 1)
    assert calls() == ["poll a", "submit a", "poll a"]


def test_operation_that_is_not_durable_is_sent_once_more_and_counted(run_tables, draw, pipeline, calls):
    picture = draw("a.png")
    run_tables(pipeline([picture], {"a": ["operation", "stop"]}))
    calls()
    second = run_tables(pipeline([picture]))
    assert (second.exit_code, second.lost_operations, second.pages_sent) == (Exit.DONE, 1, 1)
    assert calls() == ["submit a", "poll a"]
    assert run_tables(pipeline([picture])).lost_operations == 0


STUCK = [["operation", "crash"], ["operation", "nonsense"], ["operation", *["pending"] * 30]]


@pytest.mark.parametrize("steps", STUCK)
def test_retry_sends_a_stuck_operation_once_more(run_tables, draw, pipeline, calls, steps):
    pictures = [draw("a.png")]
    options = {"durable": True, "deadline": 60}
    failed = run_tables(pipeline(pictures, {"a": steps}, **options))
    assert failed.exit_code is Exit.SOMETHING_FAILED
    assert "`penstock retry` polls once more, and then sends the page again" in failed.failures[0].hint
    calls()
    assert run_tables(pipeline(pictures, {"a": steps[1:]}, **options)).failed == 1
    assert set(calls()) == {"poll a"}, "only retry sends it again"
    tried = run_tables(pipeline(pictures, {"a": [steps[1], "operation", "read"]}, **options), retry=True)
    assert (tried.exit_code, tried.pages_sent, tried.lost_operations) == (Exit.DONE, 1, 1)
    assert calls() == ["poll a", "submit a", "poll a"]


@pytest.mark.parametrize("steps", STUCK)
def test_retry_polls_before_it_sends_again(run_tables, draw, pipeline, calls, steps):
    pictures = [draw("a.png")]
    options = {"durable": True, "deadline": 60}
    run_tables(pipeline(pictures, {"a": steps}, **options))
    calls()
    tried = run_tables(pipeline(pictures, {"a": ["again", "read"]}, **options), retry=True)
    assert (tried.exit_code, tried.pages_sent, tried.lost_operations) == (Exit.DONE, 0, 0)
    assert calls() == ["poll a", "poll a"]


def test_retry_only_polls_operations_that_were_not_given_up(run_tables, draw, pipeline, calls):
    pictures = [draw("box/a.png"), draw("box/b.png")]
    told = pipeline(pictures, {"a": ["refuse"], "b": ["operation", "pending", "stop"]}, durable=True)
    told["sources"][0]["document"] = "folder"
    run_tables(told)
    calls()
    told["recognizers"][0]["script"] = {"b": ["pending", "read"]}
    assert run_tables(told, retry=True).lost_operations == 0
    assert sorted(calls()) == ["poll a", "poll b", "poll b", "submit a"]


@pytest.fixture
def killed(run_tables, tmp_path, pipeline):
    """Leave an intent without an operation, as a run does that is killed while it sends a page."""

    def leave(picture: Path) -> None:
        # The rows of a first run have the keys that the intent needs.
        run_tables(pipeline([picture], {picture.stem: ["operation", "stop"]}))
        with opened_journal(tmp_path / ".penstock") as journal:
            ((content, reading),) = journal.database.rows("SELECT content, reading FROM submissions")
            assert journal.submissions.find(content, reading), "adopts the first run's row"
            journal.submissions.note_intent(content, reading, "scripted", str(picture))
            journal.commit()

    return leave


def test_page_in_doubt_is_sent_once_more_and_counted(run_tables, draw, killed, pipeline, calls):
    picture = draw("a.png")
    killed(picture)
    calls()
    report = run_tables(pipeline([picture]))
    assert (report.exit_code, report.doubtful_submits, report.lost_operations) == (Exit.DONE, 1, 0)
    assert calls() == ["submit a", "poll a"]
    assert run_tables(pipeline([picture])).doubtful_submits == 0


def test_page_in_doubt_fails_with_on_doubt_fail(run_tables, draw, killed, pipeline, calls):
    picture = draw("a.png")
    killed(picture)
    calls()
    careful = pipeline([picture]) | {"engine": {"on_doubt": "fail"}}
    for _ in range(2):
        report = run_tables(careful)
        assert (report.exit_code, report.doubtful_submits) == (Exit.SOMETHING_FAILED, 1)
        assert "may have been billed" in report.failures[0].why
        assert "`penstock retry` sends it again" in report.failures[0].hint
        assert calls() == []
    retried = run_tables(careful, retry=True)
    assert (retried.exit_code, retried.pages_read) == (Exit.DONE, 1)
    assert calls() == ["submit a", "poll a"]
    assert run_tables(careful).doubtful_submits == 0
