"""--force replaces files that penstock did not write, but never an input."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest

from penstock.engine import document_flow
from penstock.report import Exit
from pipelines import double, load_double, tables


def once(pictures: list[Any], **more: Any) -> dict[str, Any]:
    """A pipeline whose source yields each picture only once, however often it is walked."""
    source = {"plugin": double("sources:Once"), "pictures": [str(picture) for picture in pictures]}
    return tables([], **more) | {"sources": [source]}


def test_force_never_replaces_an_input(run_tables, draw, tmp_path):
    picture = draw("a.png")
    before = picture.read_bytes()
    sinks = [{"plugin": "overlay", "path": "{document}.png"}]
    report = run_tables(tables([picture], sinks=sinks), force=True)
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert picture.read_bytes() == before


def test_force_keeps_inputs_that_are_found_later(run_tables, draw, tmp_path):
    for name in "abcdefgh":
        draw(f"scans/{name}.png")
    last = draw("scans/z.png", text="the only scan of this letter")
    before = last.read_bytes()
    sinks = [{"plugin": double("sinks:Fixed"), "document": "a", "target": "scans/z.png"}]
    # The first document is written while the walk waits for the second page to be read.
    script = {"a": ["read"]} | {name: ["operation", "pending:3600", "read"] for name in "bcdefgh"}
    pipeline = tables([tmp_path / "scans"], script=script, sinks=sinks, engine={"in_flight": 1})
    report = run_tables(pipeline, force=True)
    assert last.read_bytes() == before
    assert "inputs are never overwritten" in report.failures[0].why
    assert (report.failed, report.pages_read, report.skipped_outputs) == (1, 9, 0)


def test_force_keeps_inputs_that_only_the_journal_knows(run_tables, draw, tmp_path):
    pictures = [draw(f"scans/{number:03}.png") for number in range(120)]
    before = pictures[-1].read_bytes()
    told = tables(pictures, engine={"in_flight": 1})
    run_tables(told)
    told["sinks"] = [{"plugin": double("sinks:Fixed"), "document": "000", "target": "scans/119.png"}]
    report = run_tables(told, force=True, write_only=True, write_again=True)
    assert pictures[-1].read_bytes() == before
    assert "inputs are never overwritten" in report.failures[0].why


def test_double_yields_each_document_once(draw):
    picture = draw("a.png")
    source = load_double("sources:Once").Once([picture])
    assert [document.name for document in source.find_documents()] == ["a"]
    assert list(source.find_documents()) == []


def test_source_that_yields_once_is_read_with_force(run_tables, draw, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.txt").write_text("of another program")
    report = run_tables(once([draw("a.png"), draw("b.png")]), force=True)
    assert (report.exit_code, report.pages_read, report.documents_written) == (Exit.DONE, 2, 2)
    assert (tmp_path / "out/a.txt").read_text() == "a read\n"


def test_force_writes_what_a_source_yielded_before_it_raised(run_tables, draw):
    told = tables([]) | {"sources": [{"plugin": double("sources:Raising"), "picture": str(draw("a.png"))}]}
    report = run_tables(told, force=True)
    assert (report.pages_read, report.documents_written, report.failed) == (1, 1, 1)


@pytest.mark.parametrize(
    ("name", "document", "options"),
    [("Raising", "first", {}), ("Many", "many", {"pages": 3, "fail_after": 1})],
)
def test_force_keeps_inputs_that_a_source_did_not_name_before_it_raised(
    run_tables, draw, name, document, options
):
    later = draw("scans/z.png")
    before = later.read_bytes()
    source = {"plugin": double(f"sources:{name}"), "picture": str(draw("scans/a.png"))} | options
    sinks = [{"plugin": double("sinks:Fixed"), "document": document, "target": "scans/z.png"}]
    told = tables([], sinks=sinks, engine={"on_failed_page": "skip"}) | {"sources": [source]}
    report = run_tables(told, force=True)
    assert later.read_bytes() == before
    assert any("may be an input" in problem.why for problem in report.failures)


@pytest.mark.parametrize("options", [{}, {"max_pages": 2}])
def test_force_keeps_an_input_that_a_source_yields_once_and_last(run_tables, draw, options):
    pictures = [draw(f"scans/{number}.png") for number in range(9)]
    before = pictures[-1].read_bytes()
    sinks = [{"plugin": double("sinks:Fixed"), "document": "0", "target": "scans/8.png"}]
    report = run_tables(once(pictures, sinks=sinks, engine={"in_flight": 1}), force=True, **options)
    assert pictures[-1].read_bytes() == before
    assert "inputs are never overwritten" in report.failures[0].why


def test_force_keeps_an_input_that_cannot_be_opened(run_tables, draw, tmp_path):
    damaged = tmp_path / "scans/z.png"
    draw("scans/a.png")
    damaged.write_bytes(b"the rest of the only scan")
    sinks = [{"plugin": double("sinks:Fixed"), "document": "a", "target": "scans/z.png"}]
    report = run_tables(tables([tmp_path / "scans"], sinks=sinks), force=True)
    assert damaged.read_bytes() == b"the rest of the only scan"
    assert any("inputs are never overwritten" in problem.why for problem in report.failures)


def test_stopped_run_with_force_writes_what_it_recognized(run_tables, draw, tmp_path):
    report = run_tables(once([draw(f"{number}.png") for number in range(9)]), force=True, max_pages=2)
    assert (report.exit_code, report.documents_written) == (Exit.STOPPED, 2)
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_force_writes_more_documents_than_may_be_open_at_once(run_tables, draw, tmp_path, monkeypatch):
    monkeypatch.setattr(document_flow, "OPEN_DOCUMENTS", 3)
    report = run_tables(once([draw(f"{number}.png") for number in range(20)]), force=True)
    assert (report.exit_code, report.documents_written) == (Exit.DONE, 20)
    assert len(list((tmp_path / "out").iterdir())) == 20


@pytest.mark.parametrize(
    ("code", "why"), [(errno.ENOSPC, "the disk is full"), (errno.EACCES, "cannot be stored")]
)
def test_force_stops_the_run_if_a_document_cannot_be_kept(run_tables, draw, monkeypatch, code, why):
    def fail(*_: Any, **options: Any) -> Any:
        assert list(options["dir"].glob("*.sqlite")), "the file lies in the state folder"
        raise OSError(code, os.strerror(code))

    told = tables([draw(f"{number}.png") for number in range(9)], engine={"in_flight": 1})
    with monkeypatch.context() as patched:
        patched.setattr(document_flow, "TemporaryFile", fail)
        first = run_tables(told, force=True)
    assert first.exit_code is Exit.STOPPED
    assert why in first.stopped.why
    second = run_tables(told, force=True)
    assert (second.exit_code, first.pages_read + second.pages_read) == (Exit.DONE, 9)
    assert first.documents_written + second.documents_written == 9


def test_interrupted_run_with_force_says_what_it_did_not_write(run_tables, draw, tmp_path, monkeypatch):
    first = {"plugin": "files", "paths": [str(draw("a.png"))]}
    endless = {"plugin": double("sources:Sitting"), "picture": str(draw("b.png"))}
    runs: list[Any] = []
    deliver = document_flow.DocumentFlow._deliver

    def deliver_and_interrupt(self: Any, opened: Any) -> None:
        deliver(self, opened)
        runs[0].interrupt()

    monkeypatch.setattr(document_flow.DocumentFlow, "_deliver", deliver_and_interrupt)
    report = run_tables(tables([]) | {"sources": [first, endless]}, force=True, prepare=runs.append)
    assert report.exit_code is Exit.INTERRUPTED
    assert "1 document recognized but not written" in report.warnings[0].why
    assert not (tmp_path / "out").exists()
