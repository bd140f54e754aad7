"""A call of a plugin that does not return is reported, and the run ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from penstock.config import check
from penstock.engine import Run, RunOptions
from penstock.pipeline import Pipeline
from penstock.report import Exit, RunReport
from pipelines import double, tables


@pytest.fixture
def run_hanging(tmp_path) -> Iterator[Callable[..., RunReport]]:
    """Run tables in real time with a deadline of a second, and release all hanging calls in the end."""
    made = []

    def run(pipeline: dict[str, Any], *, before: Callable[[Any], None] = lambda _: None) -> RunReport:
        pipeline["engine"] = {"call_deadline": 1.0}
        configuration = check(pipeline, tmp_path, where="test.toml", name="test")
        made.append(configuration)
        before(configuration)
        return Run(Pipeline(configuration), RunOptions()).execute()

    yield run
    for configuration in made:
        for each in configuration.components:
            if each.plugin.startswith(double("hanging:")[: -len(":")]):
                each.component.release.set()


def hanging(kind: str, **options: Any) -> dict[str, Any]:
    return {"plugin": double(f"hanging:{kind}"), **options}


@pytest.mark.parametrize("call", ["submit", "poll"])
def test_hanging_call_fails_its_page_alone(run_hanging, draw, tmp_path, call):
    pipeline = tables([draw("a.png"), draw("b.png")])
    report = run_hanging(pipeline | {"recognizers": [hanging("Recognizer", call=call)]})
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert report.failures[0].what.endswith("a.png")
    assert f"has not come back from {call} for 1 s" in report.failures[0].why
    assert (tmp_path / "out/b.txt").exists()
    assert report.doubtful_submits == (call == "submit")
    # A page that may have been accepted is polled or in doubt.
    again = run_hanging(pipeline | {"recognizers": [hanging("Recognizer", call="none")]})
    assert again.exit_code is Exit.DONE
    assert (again.pages_sent, again.doubtful_submits) == ((1, 1) if call == "submit" else (0, 0))


def test_hanging_sink_fails_its_documents_and_no_other_sink(run_hanging, draw, tmp_path):
    sinks = [hanging("Sink"), {"plugin": "text", "path": "out/{document}.txt"}]
    report = run_hanging(tables([draw("a.png"), draw("b.png")], sinks=sinks))
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert any("hanging.py:Sink" in each.why and "has not come back" in each.why for each in report.failures)
    assert (tmp_path / "out/a.txt").exists()
    assert (tmp_path / "out/b.txt").exists()


def test_hanging_transform_stops_the_run_and_names_its_page(run_hanging, draw):
    report = run_hanging(tables([draw("a.png"), draw("b.png")]) | {"transforms": [hanging("Transform")]})
    assert report.exit_code is Exit.STOPPED
    assert report.stopped is not None
    assert report.stopped.what.endswith("a.png")
    assert "a transform has not come back" in report.stopped.why


def test_hanging_observer_blocks_nothing(run_hanging, draw, tmp_path):
    source = {"plugin": double("sources:Many"), "picture": str(draw("a.png")), "pages": 300}
    log = tmp_path / "heard"
    well = {"plugin": double("observers:Recorder"), "log": str(log)}
    told = tables([]) | {"sources": [source], "observers": [hanging("Observer"), well]}
    report = run_hanging(told)
    assert (report.exit_code, report.pages_read) == (Exit.DONE, 300)
    assert (tmp_path / "out/many.txt").exists()
    (warning,) = report.warnings
    assert "hanging.py:Observer" in warning.what
    assert "did not come back from document_found" in warning.why
    assert log.read_text().splitlines()[-1] == "run_finished 300"


def test_late_exception_of_an_observer_is_in_the_report(run_tables, draw):
    report = run_tables(tables([draw("a.png")]) | {"observers": [{"plugin": double("observers:Late")}]})
    assert [warning.why for warning in report.warnings] == ["ZeroDivisionError: the observer is broken"]
