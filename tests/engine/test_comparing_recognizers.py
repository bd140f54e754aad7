"""With `compare`, every recognizer reads every page, and outputs have the first reading that is accepted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.config import check
from penstock.engine.context import RunOptions, planned
from penstock.engine.journal.readings import readings_of_two
from penstock.engine.survey import survey
from penstock.pipeline import Pipeline
from penstock.report import Exit
from pipelines import double, tables


@pytest.fixture
def compared(draw: Callable[..., Path], tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Return a function that makes a pipeline of the pages a, b and c with two recognizers."""

    def make(
        first: dict[str, Any] | None = None, second: dict[str, Any] | None = None, **engine: Any
    ) -> dict[str, Any]:
        made = tables([draw(f"{name}.png") for name in "abc"], engine={"compare": True, **engine})
        confidences = {"a": 0.95, "b": 0.8, "c": 0.5}
        made["recognizers"] = [
            {"plugin": double("cascade:Cheap"), "confidences": confidences, **(first or {})},
            {"plugin": double("scripted:Scripted"), "log": str(tmp_path / "sent"), **(second or {})},
        ]
        return made

    return make


@pytest.fixture
def sent(tmp_path: Path) -> Callable[[], list[str]]:
    """Return a function that returns the pages sent to the second recognizer since the last call."""

    def names() -> list[str]:
        log = tmp_path / "sent"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return sorted(line.removeprefix("submit ") for line in lines if line.startswith("submit "))

    return names


@pytest.fixture
def texts(tmp_path: Path) -> Callable[[], str]:
    """Return a function that returns which recognizer the text of each output is from."""

    def words() -> str:
        files = sorted((tmp_path / "out").glob("*.txt"))
        return " ".join(file.read_text().split()[-1] for file in files)

    return words


def readings(folder: Path, told: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what both recognizers have read, by page."""
    made = check(told, folder, where="test.toml", name="test")
    with Pipeline(made) as pipeline:
        first, second = planned(pipeline, RunOptions()).recognizer_keys
    found = readings_of_two(made.state, made.name, made.folder, (first, second))
    return [(each.document, each.first.text, each.second.text) for each in found]


ALL = [(name, f"{name} first", f"{name} read") for name in "abc"]


def test_every_recognizer_reads_every_page_once(run_tables, compared, sent, texts, tmp_path):
    report = run_tables(compared())
    assert (report.exit_code, report.pages_read, report.pages_provisional) == (Exit.DONE, 3, 0)
    assert (sent(), texts()) == (["a", "b", "c"], "first first first")
    assert sorted(readings(tmp_path, compared())) == ALL
    again = run_tables(compared())
    assert (again.pages_known, again.documents_unchanged, sent()) == (3, 3, [])


def test_rules_choose_the_reading_of_the_outputs(run_tables, compared, sent, texts, tmp_path):
    told = compared({"accept": {"confidence": 0.85}})
    report = run_tables(told)
    assert (report.exit_code, report.pages_read) == (Exit.DONE, 3)
    assert (sent(), texts()) == (["a", "b", "c"], "first read read")
    assert sorted(readings(tmp_path, told)) == ALL
    assert run_tables(told).documents_unchanged == 3


def test_pages_of_earlier_runs_are_sent_to_the_others_alone(run_tables, compared, sent, texts, tmp_path):
    run_tables(compared(compare=False))
    assert sent() == []
    report = run_tables(compared({"log": str(tmp_path / "again")}))
    assert (sent(), texts(), (tmp_path / "again").exists()) == (["a", "b", "c"], "first first first", False)
    assert (report.documents_unchanged, report.exit_code) == (3, Exit.DONE)


@pytest.mark.parametrize(("step", "code"), [("refuse", Exit.DONE), ("decline", Exit.DONE)])
def test_page_that_another_recognizer_does_not_read_keeps_its_reading(
    run_tables, compared, sent, texts, step, code
):
    told = compared(second={"script": {"b": [step]}})
    report = run_tables(told)
    assert (report.exit_code, report.failed, report.pages_provisional) == (code, 0, 0)
    assert "is not compared: " in report.warnings[0].why
    assert texts() == "first first first"
    sent()
    assert (run_tables(told).exit_code, sent()) == (Exit.DONE, [])


def test_comparison_continues_when_there_is_budget_again(run_tables, compared, sent, texts, tmp_path):
    priced = {"price_per_1000": 1000, "in_flight": 1}
    report = run_tables(compared({"accept": {"confidence": 0.1}}, priced, budget=2))
    assert (report.exit_code, len(sent()), texts()) == (Exit.STOPPED, 2, "first first first")
    told = compared({"accept": {"confidence": 0.1}}, priced)
    assert (run_tables(told).exit_code, len(sent())) == (Exit.DONE, 1)
    assert sorted(readings(tmp_path, told)) == ALL


def test_dry_run_counts_the_cost_of_all_recognizers(tmp_path, compared):
    told = compared({"accept": {"confidence": 0.1}}, {"price_per_1000": 1000})
    found = survey(Pipeline(check(told, tmp_path, where="test.toml", name="test")))
    assert (found.to_send, found.cost) == (3, 3.0)
