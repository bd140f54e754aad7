"""Recognizers whose results depend on a file for each page."""

from __future__ import annotations

import pytest

from penstock.config import check
from penstock.engine.survey import survey
from penstock.pipeline import Pipeline
from pipelines import double, tables

FROM_FILES = {"plugin": double("from_files:FromFiles")}


@pytest.fixture
def pipeline(draw, tmp_path):
    pictures = [draw("a.png"), draw("b.png")]
    (tmp_path / "a.words").write_text("first")
    made = tables(pictures, transforms=[{"plugin": "deskew"}])
    made["recognizers"].insert(0, FROM_FILES)
    return made


def texts(folder):
    return {path.stem: path.read_text().strip() for path in (folder / "out").glob("*.txt")}


def test_pages_without_a_file_are_left_to_the_next_recognizer(run_tables, pipeline, tmp_path):
    assert run_tables(pipeline).pages_read == 2
    assert texts(tmp_path) == {"a": "a first", "b": "b read"}
    assert run_tables(pipeline).pages_known == 2


def test_a_page_is_recognized_again_when_its_file_changes(run_tables, pipeline, tmp_path):
    run_tables(pipeline)
    (tmp_path / "a.words").write_text("second")
    (tmp_path / "b.words").write_text("new")
    assert run_tables(pipeline).pages_read == 2
    assert texts(tmp_path) == {"a": "a second", "b": "b new"}
    (tmp_path / "b.words").unlink()
    assert run_tables(pipeline).pages_read == 0  # the service's result is still there
    assert texts(tmp_path)["b"] == "b read"


def test_the_reason_is_reported_if_there_is_no_next_recognizer(run_tables, pipeline):
    pipeline["recognizers"] = [FROM_FILES]
    (problem,) = run_tables(pipeline).failures
    assert str(problem).endswith("b.png: has no words: there is no b.words (write them)")


def test_a_dry_run_counts_pages_by_the_recognizer_that_takes_them(pipeline, tmp_path):
    pipeline["recognizers"][1]["price_per_1000"] = 1000.0
    found = survey(Pipeline(check(pipeline, tmp_path, where="test", name="test")))
    assert (found.to_send, found.cost, found.failures) == (2, 1.0, [])
    pipeline["recognizers"] = [FROM_FILES]
    found = survey(Pipeline(check(pipeline, tmp_path, where="test", name="test")))
    assert (found.to_send, [problem.why for problem in found.failures]) == (
        1,
        ["has no words: there is no b.words"],
    )


def test_no_output_replaces_the_file(run_tables, pipeline, tmp_path):
    pipeline["sinks"] = [{"plugin": "text", "path": "{document}.words"}]
    report = run_tables(pipeline, force=True)
    assert (tmp_path / "a.words").read_text() == "first"
    assert "is an input" in str(report.failures)
