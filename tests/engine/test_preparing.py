"""A page that a transform cannot prepare fails alone, whether a source or the journal yields it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.report import Exit
from pipelines import double, tables


@pytest.fixture
def pipeline(draw):
    """A pipeline over three pictures of a live source, whose pages are retried from the journal."""
    pictures = [str(draw(f"{name}.png")) for name in "abc"]

    def made(script: dict[str, list[str]] | None = None, *, refused: list[str]) -> dict[str, Any]:
        return tables([], script=script) | {
            "sources": [{"plugin": double("sources:Stills"), "pictures": pictures}],
            "transforms": [{"plugin": double("transforms:Choosy"), "refused": refused}],
        }

    return made


def test_page_that_cannot_be_prepared_fails_alone(run_tables, pipeline):
    report = run_tables(pipeline(refused=["a"]))
    assert (report.exit_code, report.pages_read, report.failed) == (Exit.SOMETHING_FAILED, 2, 1)
    assert "cannot be straightened" in report.failures[0].why


def test_retried_page_that_cannot_be_prepared_fails_alone(run_tables, pipeline):
    run_tables(pipeline({name: ["refuse"] for name in "abc"}, refused=[]))
    report = run_tables(pipeline(refused=["a"]), retry=True)
    assert (report.exit_code, report.pages_read, report.failed) == (Exit.SOMETHING_FAILED, 2, 1)
    assert "cannot be straightened" in report.failures[0].why


def test_page_that_could_not_be_prepared_can_be_retried(run_tables, pipeline, tmp_path):
    run_tables(pipeline(refused=["a"]))
    for refused, read in ((["a"], 0), ([], 1)):
        assert run_tables(pipeline(refused=refused), retry=True).pages_read == read
    assert (tmp_path / "out/a.txt").exists()


def test_retried_page_whose_file_is_gone_fails_alone(run_tables, draw, tmp_path):
    pictures = [draw(f"{name}.png") for name in "abc"]
    pipeline = tables([tmp_path / "*.png"], script={name: ["refuse"] for name in "abc"})
    pipeline["transforms"] = [{"plugin": "deskew"}]
    run_tables(pipeline)
    pipeline["recognizers"][0]["script"] = {}
    pictures[0].unlink()
    report = run_tables(pipeline, retry=True)
    assert (report.exit_code, report.pages_read) == (Exit.SOMETHING_FAILED, 2)
    assert Path(report.failures[0].what).name == "a.png"
    assert "the file is gone" in report.failures[0].why


def test_write_prepares_nothing(run_tables, pipeline, tmp_path):
    assert run_tables(pipeline({"b": ["stop"]}, refused=[])).exit_code is Exit.STOPPED
    told = pipeline(refused=["a", "b", "c"])
    report = run_tables(told | {"recognizers": []}, write_only=True, without=["recognizers"])
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert report.failures[0].why == "is not recognized yet"
    assert not any("straightened" in failure.why for failure in report.failures)
