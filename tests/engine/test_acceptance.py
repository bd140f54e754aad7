"""Pages whose result a rule does not accept go to the next recognizer, now and in later runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.cli.report_text import show_report
from penstock.cli.status import status_lines
from penstock.config import check
from penstock.engine import status_of
from penstock.engine.survey import survey
from penstock.errors import ConfigurationError
from penstock.pipeline import Pipeline
from penstock.report import Exit
from pipelines import double, tables

CHEAP, SCRIPTED, DOWN = double("cascade:Cheap"), double("scripted:Scripted"), double("outages:Down")
CONFIDENCES = {"a": 0.95, "b": 0.8, "c": 0.5}


@pytest.fixture
def cascade(draw: Callable[..., Path], tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Return a function that makes a pipeline of the pages a, b and c, with a cheap recognizer first."""

    def make(
        least: float | None = 0.85,
        *,
        pages: str = "abc",
        accept: dict[str, Any] | None = None,
        first: dict[str, Any] | None = None,
        second: dict[str, Any] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        rules = accept or ({} if least is None else {"confidence": least})
        made = tables([draw(f"{name}.png") for name in pages], **more)
        made["recognizers"] = [
            {
                "plugin": CHEAP,
                "confidences": CONFIDENCES,
                **(first or {}),
                **({"accept": rules} if rules else {}),
            },
            {"plugin": SCRIPTED, "log": str(tmp_path / "sent"), **(second or {})},
        ]
        made["observers"] = [{"plugin": double("observers:ContextRecorder"), "log": str(tmp_path / "events")}]
        return made

    return make


@pytest.fixture
def sent(tmp_path: Path) -> Callable[[], str]:
    """Return a function that returns the pages sent to the second recognizer since the last call."""

    def names() -> str:
        log = tmp_path / "sent"
        lines = log.read_text().split("\n") if log.exists() else []
        log.unlink(missing_ok=True)
        return "".join(line.removeprefix("submit ") for line in lines if line.startswith("submit "))

    return names


@pytest.fixture
def texts(tmp_path: Path) -> Callable[[], dict[str, str]]:
    """Return a function that returns the last word of each output: the recognizer that read the page."""
    return lambda: {
        path.stem: path.read_text().split()[-1] for path in sorted((tmp_path / "out").glob("*.txt"))
    }


def events(tmp_path: Path, name: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    return [event for event in found if event["event"] == name]


def test_pages_below_the_threshold_get_the_second_result(run_tables, cascade, sent, texts, tmp_path):
    report = run_tables(cascade())
    assert (report.exit_code, report.pages_read, report.pages_provisional) == (Exit.DONE, 3, 0)
    assert sorted(sent()) == ["b", "c"]
    assert texts() == {"a": "first", "b": "read", "c": "read"}
    assert sorted(event["text"] for event in events(tmp_path, "page_provisional")) == ["b first", "c first"]
    assert len(events(tmp_path, "page_recognized")) == 3
    again = run_tables(cascade())
    assert (again.pages_known, again.pages_sent, sent()) == (3, 0, "")


def test_raising_the_threshold_sends_only_the_pages_between(run_tables, cascade, sent, texts):
    run_tables(cascade(0.6))
    assert sent() == "c"
    run_tables(cascade(0.85))
    assert sent() == "b"
    assert texts() == {"a": "first", "b": "read", "c": "read"}


def test_lowering_the_threshold_sends_none_and_keeps_the_better_results(run_tables, cascade, sent, texts):
    run_tables(cascade(0.85))
    assert sorted(sent()) == ["b", "c"]
    report = run_tables(cascade(0.1))
    assert (sent(), report.documents_unchanged) == ("", 3)
    assert texts() == {"a": "first", "b": "read", "c": "read"}


def test_an_answer_of_the_second_recognizer_is_used_before_the_first_is_asked(
    run_tables, cascade, sent, tmp_path
):
    told = cascade()
    first = told["recognizers"].pop(0)
    run_tables(told)
    assert sorted(sent()) == ["a", "b", "c"]
    told["recognizers"].insert(0, first | {"log": str(tmp_path / "first")})
    report = run_tables(told)
    assert (report.pages_known, sent(), (tmp_path / "first").exists()) == (3, "", False)


@pytest.mark.parametrize(
    ("steps", "code", "improves", "sent_again"),
    [
        (["refuse"], Exit.DONE, 0, ""),
        (["decline"], Exit.DONE, 0, ""),
        (["again"] * 4, Exit.SOMETHING_FAILED, 1, "c"),
        (["crash"], Exit.SOMETHING_FAILED, 1, "c"),
        (["operation", "crash"], Exit.SOMETHING_FAILED, 1, ""),
    ],
)
def test_first_result_stands_if_the_second_gives_none(
    run_tables, cascade, sent, texts, steps, code, improves, sent_again
):
    report = run_tables(cascade(0.7, second={"script": {"c": steps}, "durable": True}))
    assert (report.exit_code, report.failed, report.documents_written) == (code, 0, 3)
    assert (report.pages_provisional, report.pages_to_improve) == (1, improves)
    assert "keeps the reading that was not accepted: " in report.warnings[0].why
    assert texts()["c"] == "first"
    sent()
    again = run_tables(cascade(0.7, second={"durable": True}))
    assert sent() == sent_again
    assert texts()["c"] == ("read" if improves else "first")
    assert (again.exit_code, again.pages_provisional) == (Exit.DONE, 1 - improves)


def test_retry_asks_again_for_refused_pages(run_tables, cascade, sent, texts):
    run_tables(cascade(0.7, second={"script": {"c": ["refuse"]}}))
    sent()
    report = run_tables(cascade(0.7), retry=True)
    assert (report.exit_code, report.documents_found, sent()) == (Exit.DONE, 1, "c")
    assert texts()["c"] == "read"
    assert run_tables(cascade(0.7), retry=True).documents_found == 0


@pytest.mark.parametrize("limit", [{"max_pages": 1}, {"budget": 0.0015}])
def test_run_goes_on_with_the_first_recognizer_when_the_budget_is_spent(
    run_tables, cascade, sent, texts, tmp_path, limit
):
    told = cascade(1.0, second={"price_per_1000": 1.0}, engine=limit)
    report = run_tables(told)
    assert (report.exit_code, report.unread_pages, report.documents_written) == (Exit.STOPPED, 0, 3)
    assert (report.pages_provisional, report.pages_billed, len(sent())) == (2, 1, 1)
    assert report.stopped.what == next(iter(limit))
    assert sorted(texts().values()) == ["first", "first", "read"]
    assert len(events(tmp_path, "recognizer_stopped")) == 1
    assert run_tables(told).pages_provisional == 1
    assert run_tables(told).pages_provisional == 0
    assert (len(sent()), set(texts().values())) == (2, {"read"})


def test_run_goes_on_when_the_second_recognizer_refuses_the_key(run_tables, cascade, texts):
    report = run_tables(cascade(1.0, second={"script": {name: ["stop"] for name in "abc"}}))
    assert (report.exit_code, report.pages_provisional, report.documents_written) == (Exit.STOPPED, 3, 3)
    assert report.stopped.why == "the key was refused [401]"
    assert set(texts().values()) == {"first"}


@pytest.mark.parametrize("first_call", [1, 4], ids=["submits", "polls"])
def test_run_goes_on_when_the_service_is_down_beyond_its_deadline(
    run_tables, cascade, texts, clock, first_call
):
    told = cascade(1.0)
    told["recognizers"][1] = {"plugin": DOWN, "first": first_call, "last": 10_000}
    before = clock.now()
    report = run_tables(told)
    assert 600 <= clock.now() - before < 660
    assert (report.exit_code, report.pages_provisional, report.documents_written) == (Exit.STOPPED, 3, 3)
    told["recognizers"][1] = {"plugin": DOWN, "first": 10_000, "last": 10_000}
    report = run_tables(told)
    assert (report.exit_code, set(texts().values())) == (Exit.DONE, {"read"})
    # Pages in flight are polled, not sent again.
    assert report.pages_billed == (3 if first_call == 1 else 0)


def test_a_stop_ends_the_run_where_no_recognizer_before_has_rules(run_tables, cascade):
    told = cascade(None, first={"confidences": dict.fromkeys("abc", -1)}, second={"script": {"a": ["stop"]}})
    report = run_tables(told)
    assert (report.exit_code, report.pages_provisional, report.unread_pages > 0) == (Exit.STOPPED, 0, True)


def test_a_declined_page_is_left_for_the_next_run_when_the_budget_is_spent(run_tables, cascade):
    told = cascade(0.1, first={"confidences": {"a": -1, "b": -1}}, engine={"max_pages": 1})
    report = run_tables(told)
    assert (report.exit_code, report.unread_pages, report.documents_written) == (Exit.STOPPED, 1, 2)
    assert run_tables(told).exit_code == Exit.DONE


def test_an_open_operation_is_polled_although_the_threshold_was_lowered(run_tables, cascade, sent, texts):
    run_tables(cascade(0.7, second={"script": {"c": ["operation", "crash"]}, "durable": True}))
    assert (sent(), texts()["c"]) == ("c", "first")
    report = run_tables(cascade(0.1, second={"durable": True}))
    assert (sent(), texts()["c"], report.pages_provisional) == ("", "read", 0)


def test_the_report_and_the_status_count_the_pages(run_tables, cascade, tmp_path, capsys):
    report = run_tables(cascade(1.0, second={"price_per_1000": 1.0}, engine={"max_pages": 1}))
    show_report(report, quiet=False)
    said = capsys.readouterr().err
    assert "sent 1 page to a service, for about 0.0010" in said
    assert (
        "2 pages kept their first reading, which a rule did not accept; the next run asks again for them"
        in said
    )
    status = status_of(tmp_path / ".penstock", "test", tmp_path)
    assert status.provisional == 2
    assert any("kept       2 pages with a first" in line for line in status_lines("test", status, tmp_path))


def test_write_uses_the_best_result(run_tables, cascade, texts, tmp_path):
    told = cascade(0.7, second={"script": {"c": ["again"] * 4}})
    run_tables(told)
    for path in (tmp_path / "out").iterdir():
        path.unlink()
    told["recognizers"] = []
    report = run_tables(told, write_only=True, without=["recognizers"])
    assert (report.exit_code, texts()) == (Exit.DONE, {"a": "first", "b": "first", "c": "first"})


def test_twins_share_the_better_result_and_the_kept_one(run_tables, cascade, draw, sent, texts):
    for name in ("c1", "c2", "d1"):
        draw(f"{name}.png", text=name[0])
    confidences = dict.fromkeys(("c1", "c2", "d1", "d2"), 0.5)
    draw("d2.png", text="d")
    told = cascade(0.7, pages="a", first={"confidences": confidences}, second={"script": {"d1": ["refuse"]}})
    folder = Path(told["sources"][0]["paths"][0]).parent
    told["sources"][0]["paths"] = [str(folder / f"{name}.png") for name in ("c1", "c2", "d1", "d2")]
    report = run_tables(told)
    assert (len(sent().replace("1", "").replace("2", "")), report.pages_provisional) == (2, 2)
    assert list(texts().values()) == ["read", "read", "first", "first"]


def test_amenders_get_the_final_result(run_tables, cascade, tmp_path):
    told = cascade(0.7, pages="abcd", first={"confidences": {"c": 0.5, "d": 0.5}})
    told["recognizers"][1]["script"] = {"d": ["refuse"]}
    told["amenders"] = [{"plugin": double("cascade:Upper")}]
    report = run_tables(told)
    texts = {path.stem: path.read_text().split()[-1] for path in (tmp_path / "out").iterdir()}
    assert (report.exit_code, report.pages_provisional) == (Exit.DONE, 1)
    assert texts == {"a": "FIRST", "b": "FIRST", "c": "READ", "d": "FIRST"}
    assert run_tables(told).documents_unchanged == 4


def test_a_result_of_another_state_folder_counts(run_tables, cascade, sent, tmp_path):
    options = {"result_index": tmp_path / "index"}
    for state, least, expected in (("one", 0.7, "c"), ("two", 0.7, ""), ("three", 0.85, "b")):
        sinks = [{"plugin": "text", "path": f"{state}/{{document}}.txt"}]
        report = run_tables(cascade(least, engine={"state": state}, sinks=sinks), **options)
        assert (sent(), report.documents_written) == (expected, 3)


def test_the_known_better_result_is_used_when_the_first_recognizer_has_changed(
    run_tables, cascade, sent, texts
):
    run_tables(cascade(0.7))
    assert sent() == "c"
    report = run_tables(cascade(0.7, first={"dialect": "new", "confidences": {"a": 0.5}}))
    assert sent() == "a"
    assert texts() == {"a": "read", "b": "first", "c": "read"}
    assert report.exit_code == Exit.DONE


def test_a_rule_judges_each_result_once(run_tables, cascade, tmp_path):
    log = tmp_path / "judged"
    rule = {double("cascade:Judge"): {"rejected": ["b"], "log": str(log)}}
    run_tables(cascade(accept=rule, second={"script": {"b": ["again"] * 4}}))
    run_tables(cascade(accept=rule))
    run_tables(cascade(accept=rule))
    assert sorted(log.read_text().split()) == ["a", "b", "c"]
    rule[double("cascade:Judge")]["rejected"] = ["c"]
    run_tables(cascade(accept=rule))
    assert sorted(log.read_text().split()) == ["a", "a", "b", "c", "c"]


def test_a_rule_that_raises_keeps_the_first_result_and_is_reported(run_tables, cascade, sent, tmp_path):
    report = run_tables(cascade(accept={double("cascade:Broken"): True}))
    assert (report.exit_code, sent(), report.documents_written) == (Exit.SOMETHING_FAILED, "", 3)
    assert "KeyError" in report.failures[0].why
    told = cascade(accept={double("cascade:Broken"): True})
    found = survey(Pipeline(check(told, tmp_path, where="test.toml", name="test")))
    assert (found.exit_code, [each.why for each in found.failures]) == (
        Exit.SOMETHING_FAILED,
        [each.why for each in report.failures],
    )
    run_tables(cascade(0.85))
    assert sorted(sent()) == ["b", "c"]


def test_a_rule_that_returns_no_bool_is_named_as_the_fault(run_tables, cascade):
    report = run_tables(cascade(accept={double("cascade:Undecided"): True}))
    problem = report.failures[0]
    assert problem.why.endswith(
        "accepts must return a bool, got None; the reading is kept as if it were accepted"
    )
    assert ("PluginError" in problem.why, "pipeline.py" in problem.hint) == (False, False)


def test_all_rules_must_accept(run_tables, cascade, sent):
    run_tables(cascade(accept={"confidence": 0.1, "min_lines": {"at_least": 1}, "words_in_dictionary": 0.4}))
    assert sorted(sent()) == []
    run_tables(cascade(accept={"confidence": 0.1, "min_lines": 2}))
    assert sorted(sent()) == ["a", "b", "c"]


def test_a_fresh_run_judges_again(run_tables, cascade, sent):
    run_tables(cascade(0.7))
    assert sent() == "c"
    run_tables(cascade(0.7), fresh=True)
    assert sent() == "c"


def test_survey_counts_the_pages_that_would_go_on(run_tables, cascade, tmp_path):
    def surveyed(least: float) -> tuple[int, ...]:
        told = cascade(least, second={"price_per_1000": 1000}, engine={"max_pages": 5})
        found = survey(Pipeline(check(told, tmp_path, where="test.toml", name="test")))
        return found.known, found.to_send, found.may_go_on, found.cost, found.cost_at_most

    assert surveyed(0.7) == (0, 3, 3, 0, 3)
    run_tables(cascade(0.7))
    assert surveyed(0.7) == (3, 0, 0, 0, None)
    assert surveyed(0.85) == (2, 1, 0, 1, 1)
    assert surveyed(0.1) == (3, 0, 0, 0, None)


@pytest.mark.parametrize(
    ("accept", "message"),
    [
        ({"confidense": 0.8}, "did you mean 'confidence'?"),
        ({"confidence": 85}, "must be less than or equal to 1, got 85"),
        ({"confidence": {"least": 0.8}}, "there is no option 'least'"),
        ({"confidence": True}, "the option 'at_least' is missing"),
        ({}, "accept: must be a table of rules"),
        (0.8, "accept: must be a table of rules, got 0.8"),
        ({"confidence": False}, "'confidence': cannot be false; remove the rule"),
        ({double("cascade:Broken"): False}, "has no options, got False; write true, or remove the rule"),
        ({"words_in_dictionary": {"at_least": 0.7, "languages": ["xx"]}}, "no word list for 'xx'"),
        ({"pdf": True}, "'pdf' is a sink: write it under [[sinks]]"),
    ],
)
def test_wrong_rules_are_refused(cascade, run_tables, accept, message):
    told = cascade()
    told["recognizers"][0]["accept"] = accept
    with pytest.raises(ConfigurationError) as raised:
        run_tables(told)
    assert message in str(raised.value)


def test_the_last_recognizer_cannot_have_rules(cascade, run_tables):
    told = cascade()
    told["recognizers"].pop()
    with pytest.raises(ConfigurationError, match="accept needs another recognizer after this one"):
        run_tables(told)


def test_rules_have_no_table_of_their_own(cascade, run_tables):
    with pytest.raises(ConfigurationError, match="must be named by a recognizer"):
        run_tables(cascade(rules=[{"plugin": "confidence"}]))


@pytest.mark.parametrize(("confidence", "why"), [(2.0, "cannot be read"), (3.0, "for an unknown reason")])
def test_pages_that_the_first_recognizer_cannot_read_go_on(run_tables, cascade, sent, texts, confidence, why):
    told = cascade(0.7, first={"confidences": {"a": confidence}}, pages="ab")
    report = run_tables(told)
    assert report.exit_code is Exit.DONE
    assert [(each.what[-5:], why in each.why) for each in report.warnings] == [("a.png", True)]
    assert "goes on to" in report.warnings[0].why
    assert texts() == {"a": "read", "b": "first"}
    assert sent() == "a"
    assert run_tables(told).exit_code is Exit.DONE
    assert sent() == ""


def test_a_page_that_no_recognizer_can_read_fails(run_tables, cascade):
    told = cascade(0.7, pages="a", first={"confidences": {"a": 2.0}}, second={"script": {"a": ["refuse"]}})
    report = run_tables(told)
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert [each.what[-5:] for each in report.failures] == ["a.png"]
