"""Whole runs with a scripted recognizer: outputs, counters, failures, and what stops a run."""

from __future__ import annotations

import json
import os
import shutil
import struct
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from penstock.engine import document_flow
from penstock.errors import NoSpace, PluginError
from penstock.report import Exit
from pipelines import double, tables


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_every_document_is_recognized_and_written(run_tables, draw, tmp_path):
    report = run_tables(tables([draw("a.png"), draw("b.png")]))
    assert report.exit_code is Exit.DONE
    assert (report.pages_read, report.documents_written) == (2, 2)
    assert (tmp_path / "out/a.txt").read_text() == "a read\n"
    assert sorted(path.name for path in report.outputs) == ["a.txt", "b.txt"]


@pytest.mark.parametrize(
    ("steps", "calls"),
    [
        (["read"], ["submit"]),
        (["operation", "read"], ["submit", "poll"]),
        (["operation", "pending", "pending:3", "read"], ["submit", "poll", "poll", "poll"]),
        (["again", "again", "operation", "read"], ["submit", "submit", "submit", "poll"]),
        (["operation", "again", "again:30", "read"], ["submit", "poll", "poll", "poll"]),
        (["operation", "operation", "read"], ["submit", "poll", "poll"]),
        (["doubt", "operation", "read"], ["submit", "submit", "poll"]),
        (["operation", "lost", "operation", "read"], ["submit", "poll", "submit", "poll"]),
    ],
)
def test_page_is_recognized_after_retries_and_polls(run_tables, draw, tmp_path, steps, calls):
    log = tmp_path / "calls"
    pipeline = tables([draw("a.png")], script={"a": steps})
    pipeline["recognizers"][0]["log"] = str(log)
    report = run_tables(pipeline)
    assert report.exit_code is Exit.DONE
    assert [line.split()[0] for line in lines(log)] == calls
    assert report.doubtful_submits == steps.count("doubt")
    assert report.lost_operations == steps.count("lost")


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        (["refuse"], "the service cannot read this page [InvalidImage]"),
        (["operation", "refuse"], "the service cannot read this page [InvalidImage]"),
        (["again"] * 9, "the service is busy [429], 4 times"),
        (["doubt", "doubt"], "the answer was lost"),
        (["operation", "lost", "operation", "lost"], "the service does not know the operation"),
        (["operation", "crash"], "ZeroDivisionError: the plugin is broken"),
        (["crash"], "ZeroDivisionError: the plugin is broken"),
        (["nonsense"], "submit must return an Operation or a Recognition or None, got a str"),
        (["operation", "nonsense"], "poll must return a Recognition or a Pending or an Operation, got a str"),
        (["decline"], "no recognizer of the pipeline takes it"),
        (["operation"] + ["pending:100"] * 20, "was not recognized within 10 minutes"),
        (["operation"] + ["again"] * 99, "the service is busy"),
    ],
)
def test_failed_page_does_not_affect_other_pages(run_tables, draw, tmp_path, steps, why):
    report = run_tables(tables([draw("a.png"), draw("b.png"), draw("c.png")], script={"b": steps}))
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert (report.pages_read, report.failed) == (2, 1)
    assert why in report.failures[0].why
    assert report.failures[0].what.endswith("b.png")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.txt", "c.txt"]


def test_refused_key_stops_the_run_and_fails_no_page(run_tables, draw, tmp_path):
    log = tmp_path / "calls"
    pipeline = tables(
        [draw(f"{n:03}.png") for n in range(40)], script={f"{n:03}": ["stop"] for n in range(5, 40)}
    )
    pipeline["recognizers"][0] |= {"log": str(log), "in_flight": 1}
    report = run_tables(pipeline)
    assert report.exit_code is Exit.STOPPED
    assert report.stopped is not None
    assert "the key was refused [401]" in report.stopped.why
    assert (report.pages_read, report.failed) == (5, 0)
    assert report.unread_pages > 0
    assert len([line for line in lines(log) if line.startswith("submit")]) == 6
    assert len(list((tmp_path / "out").iterdir())) == 5


def test_second_recognizer_takes_declined_pages(run_tables, draw, tmp_path):
    pipeline = tables([draw("a.png"), draw("b.png")], script={"a": ["decline"]})
    pipeline["recognizers"].append({"plugin": double("scripted:Scripted"), "log": str(tmp_path / "second")})
    report = run_tables(pipeline)
    assert report.exit_code is Exit.DONE
    assert lines(tmp_path / "second") == ["submit a", "poll a"]


def test_on_failed_page_skip_writes_the_document_without_the_page(run_tables, draw, tmp_path):
    draw("box/1.png")
    draw("box/2.png")
    draw("box/3.png")
    pipeline = tables([tmp_path / "box"], script={"2": ["refuse"]}, engine={"on_failed_page": "skip"})
    pipeline["sources"][0]["document"] = "folder"
    report = run_tables(pipeline)
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert (tmp_path / "out/box.txt").read_text() == "1 read\n\f3 read\n"


def placeholder_pipeline(tmp_path, script):
    sinks = [{"plugin": name, "path": f"out/box.{name}"} for name in ("text", "json", "pdf")]
    engine = {"on_failed_page": "placeholder"}
    pipeline = tables([tmp_path / "box"], script=script, engine=engine, sinks=sinks)
    pipeline["sources"][0]["document"] = "folder"
    return pipeline


def test_on_failed_page_placeholder_names_the_page_in_every_output(run_tables, draw, tmp_path):
    draw("box/1.png")
    draw("box/2.png")
    draw("box/3.png")
    (tmp_path / "box/4.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    report = run_tables(placeholder_pipeline(tmp_path, {"2": ["refuse"]}))
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert {Path(problem.what).name for problem in report.failures} == {"2.png", "4.png"}
    text = (tmp_path / "out/box.text").read_text().split("\f")
    assert (text[0], text[2]) == ("1 read\n", "3 read\n")
    assert text[1].startswith("[page 2 is missing: ")
    assert "2.png" in text[1]
    assert "4.png" in text[3]
    form = json.loads((tmp_path / "out/box.json").read_text())
    assert [page["number"] for page in form["pages"]] == [1, 3]
    assert [page["number"] for page in form["missing"]] == [2, 4]
    assert "4.png" in form["missing"][1]["why"]
    with pikepdf.open(tmp_path / "out/box.pdf") as pdf:
        assert len(pdf.pages) == 4


def test_a_document_with_a_placeholder_is_written_again_when_its_page_is_recognized(
    run_tables, draw, tmp_path
):
    draw("box/1.png")
    draw("box/2.png")
    pipeline = placeholder_pipeline(tmp_path, {"2": ["refuse"]})
    assert run_tables(pipeline).documents_written == 1
    report = run_tables(pipeline)
    assert (report.documents_written, report.documents_unchanged) == (0, 1), "nothing has changed"
    report = run_tables(placeholder_pipeline(tmp_path, {}), retry=True)
    assert (report.documents_written, report.exit_code) == (1, Exit.DONE)
    assert (tmp_path / "out/box.text").read_text() == "1 read\n\f2 read\n"
    assert "missing" not in json.loads((tmp_path / "out/box.json").read_text())


def test_a_file_whose_last_page_is_cut_off_has_no_bookmark_for_it(run_tables, draw, tmp_path):
    pages = [Image.new("1", (40, 40), color) for color in (0, 1)]
    whole = tmp_path / "whole.tif"
    pages[0].save(whole, save_all=True, append_images=pages[1:])
    content = whole.read_bytes()
    (directory,) = struct.unpack_from("<I", content, 4)
    (entries,) = struct.unpack_from("<H", content, directory)
    (second,) = struct.unpack_from("<I", content, directory + 2 + 12 * entries)
    (tmp_path / "cut.tif").write_bytes(content[: second + 20])
    pipeline = placeholder_pipeline(tmp_path, {})
    pipeline["sources"] = [{"plugin": "files", "paths": [str(tmp_path / "cut.tif")]}]
    for _ in range(2):
        report = run_tables(pipeline)
    assert report.failures[0].what.startswith(str(tmp_path / "cut.tif"))
    form = json.loads((tmp_path / "out/box.json").read_text())
    assert form["missing"][0]["why"].startswith(str(tmp_path / "cut.tif"))
    with pikepdf.open(tmp_path / "out/box.pdf") as pdf:
        assert "/Outlines" not in pdf.Root


def test_changing_skip_into_placeholder_writes_the_document_again(run_tables, draw, tmp_path):
    draw("box/1.png")
    draw("box/2.png")
    pipeline = placeholder_pipeline(tmp_path, {"2": ["refuse"]})
    run_tables(pipeline | {"engine": {"on_failed_page": "skip"}})
    assert (tmp_path / "out/box.text").read_text() == "1 read\n"
    run_tables(pipeline)
    assert "[page 2 is missing" in (tmp_path / "out/box.text").read_text()


def test_document_with_a_failed_page_is_not_written_by_default(run_tables, draw, tmp_path):
    draw("box/1.png")
    draw("box/2.png")
    pipeline = tables([tmp_path / "box"], script={"2": ["refuse"]})
    pipeline["sources"][0]["document"] = "folder"
    report = run_tables(pipeline)
    assert not (tmp_path / "out").exists()
    assert "not written, because 1 of its 2 pages failed" in report.failures[-1].why


@pytest.mark.parametrize(("on_doubt", "read"), [("submit", 1), ("fail", 0)])
def test_on_doubt_decides_about_submits_in_doubt(run_tables, draw, on_doubt, read):
    pipeline = tables(
        [draw("a.png")], script={"a": ["doubt", "operation", "read"]}, engine={"on_doubt": on_doubt}
    )
    report = run_tables(pipeline)
    assert (report.pages_read, report.doubtful_submits) == (read, 1)


def test_broken_sink_leaves_no_partial_file_and_other_sinks_write(run_tables, draw, tmp_path):
    sinks = [{"plugin": double("sinks:Broken")}, {"plugin": "text", "path": "out/{document}.txt"}]
    report = run_tables(tables([draw("a.png"), draw("b.png")], sinks=sinks))
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert report.failed == 2
    assert "ZeroDivisionError: the sink is broken" in report.failures[0].why
    assert sorted(os.listdir(tmp_path / "out")) == ["a.txt", "b.txt"]
    assert report.documents_written == 0


def test_full_disk_stops_the_run_with_a_hint(run_tables, draw, tmp_path):
    report = run_tables(tables([draw("a.png")], sinks=[{"plugin": double("sinks:FullDisk")}]))
    assert report.exit_code is Exit.STOPPED
    assert report.stopped is not None
    assert "the disk is full" in report.stopped.why
    assert "make room" in report.stopped.hint
    assert os.listdir(tmp_path / "out") == []


def test_sink_may_iterate_pages_twice_and_warn(run_tables, draw, tmp_path):
    source = {"plugin": double("sources:Many"), "picture": str(draw("a.png")), "pages": 30}
    report = run_tables(tables([], sinks=[{"plugin": double("sinks:Walker")}]) | {"sources": [source]})
    numbers = list(range(1, 31))
    assert (tmp_path / "out/many.walked").read_text() == repr((numbers, numbers, 30))
    assert [warning.why for warning in report.warnings] == ["was walked twice"]


def test_observers_receive_events_in_order_and_a_raising_one_is_dropped(run_tables, draw, tmp_path):
    log = tmp_path / "events"
    pipeline = tables([draw("a.png"), draw("b.png")], script={"b": ["refuse"]})
    pipeline["observers"] = [
        {"plugin": double("observers:Raising")},
        {"plugin": double("observers:Recorder"), "log": str(log)},
    ]
    report = run_tables(pipeline)
    events = lines(log)
    assert events[0] == "run_started"
    assert events[-1] == "run_finished 1"
    way = [event for event in events if event.split()[1:2] == ["a"]]
    assert [event.split()[0] for event in way] == [
        "document_found",
        "page_found",
        "page_submitted",
        "page_recognized",
        "document_written",
    ]
    assert "page_failed b" in events
    assert [warning.why for warning in report.warnings] == ["ZeroDivisionError: the observer is broken"]


def test_wrapping_observer_cannot_change_a_result(run_tables, draw, tmp_path):
    pipeline = tables([draw("a.png")], sinks=[{"plugin": "json", "path": "out/{document}.json"}])
    pipeline["observers"] = [{"plugin": double("observers:Wrapping"), "log": str(tmp_path / "polls")}]
    report = run_tables(pipeline)
    assert lines(tmp_path / "polls") == ["polled"]
    form = json.loads((tmp_path / "out/a.json").read_text())
    assert form["pages"][0]["recognizer"] == "scripted 1"
    (warning,) = report.warnings
    assert warning.what.endswith("observers.py:Wrapping'")
    assert "changed what poll of the recognizer" in warning.why
    assert "use an amender" in warning.hint


def test_observer_that_raises_after_a_submit_loses_no_operation(run_tables, draw, tmp_path):
    observers = [{"plugin": double("observers:FailingLate")}]
    pipeline = tables([draw("a.png")], script={"a": ["operation", "read"]}, observers=observers)
    report = run_tables(pipeline)
    assert (report.exit_code, report.pages_read, report.doubtful_submits) == (Exit.DONE, 1, 0)
    (warning,) = report.warnings
    assert warning.what.endswith("observers.py:FailingLate'")
    assert "changed what submit of the recognizer" in warning.why


def test_observer_that_raises_before_a_submit_refuses_it(run_tables, draw):
    report = run_tables(tables([draw("a.png")], observers=[{"plugin": double("observers:Refusing")}]))
    assert (report.pages_read, report.failed) == (0, 1)
    assert "the observer refuses" in report.failures[0].why
    assert not report.warnings


def test_observer_cannot_change_what_a_recognizer_says_of_itself(run_tables, draw):
    pipeline = tables([draw("a.png")])
    assert run_tables(pipeline).pages_read == 1
    report = run_tables(pipeline | {"observers": [{"plugin": double("observers:Meddling")}]})
    assert (report.exit_code, report.pages_read, report.documents_unchanged) == (Exit.DONE, 0, 1)


def test_raising_source_does_not_end_other_sources(run_tables, draw):
    picture = draw("a.png")
    pipeline = tables([draw("b.png")])
    pipeline["sources"].insert(0, {"plugin": double("sources:Raising"), "picture": str(picture)})
    pipeline["sources"].insert(0, {"plugin": double("sources:Nonsense")})
    report = run_tables(pipeline)
    assert report.documents_written == 2
    assert {problem.why for problem in report.failures} == {
        "find_documents must yield Documents and Problems, got a str",
        "ZeroDivisionError: the source is broken",
    }


def test_pages_before_a_source_failed_are_kept(run_tables, draw, tmp_path):
    source = {"plugin": double("sources:Many"), "picture": str(draw("a.png")), "pages": 9, "fail_after": 3}
    report = run_tables(tables([], engine={"on_failed_page": "skip"}) | {"sources": [source]})
    assert (report.pages_read, report.failed) == (3, 1)
    assert "unplugged" in report.failures[0].why
    assert (tmp_path / "out/many.txt").read_text().count("\f") == 2


def test_intake_is_bounded_by_pages_in_flight(run_tables, draw, tmp_path):
    """A source is walked no further than the run takes pages, even if the run stops at once."""
    log = tmp_path / "walked"
    source = {"plugin": double("sources:Many"), "picture": str(draw("a.png")), "pages": 1000, "log": str(log)}
    pipeline = tables([], script={"a": ["stop"] * 50}, engine={"in_flight": 4}) | {"sources": [source]}
    report = run_tables(pipeline)
    assert report.exit_code is Exit.STOPPED
    assert len(lines(log)) <= 2 * 4 + 1


def test_interrupted_run_writes_only_complete_documents(run_tables, draw, tmp_path):
    source = {"plugin": double("sources:Many"), "picture": str(draw("a.png")), "pages": 1000}
    report = run_tables(tables([]) | {"sources": [source]}, prepare=lambda run: run.interrupt())
    assert report.exit_code is Exit.INTERRUPTED
    assert report.failed == 0
    assert not (tmp_path / "out").exists()


def test_interrupt_after_everything_is_written_leaves_nothing_to_continue(
    run_tables, draw, tmp_path, monkeypatch
):
    runs = []
    finish = document_flow.DocumentFlow._forget

    def forget_and_interrupt(self, opened):
        finish(self, opened)
        runs[0].interrupt()

    monkeypatch.setattr(document_flow.DocumentFlow, "_forget", forget_and_interrupt)
    report = run_tables(tables([draw("a.png")]), prepare=runs.append)
    assert (report.exit_code, report.documents_written) == (Exit.DONE, 1)


SIMPLE = """
from dataclasses import dataclass
from penstock import Operation, Recognition, hookimpl

@dataclass(eq=False)
class Local:
    @hookimpl
    def submit(self, page): return Recognition()

@dataclass(eq=False)
class Service:
    @hookimpl
    def submit(self, page): return Operation({})
    @hookimpl
    def poll(self, operation): return Recognition()
"""


@pytest.mark.parametrize(
    ("recognizer", "billed"),
    [
        ({"plugin": "./simple.py:Local"}, 0),
        ({"plugin": "./simple.py:Local", "price_per_1000": 1.5}, 1),
        ({"plugin": "./simple.py:Service"}, 1),
    ],
)
def test_a_recognizer_without_limits_is_a_service_only_if_it_is_polled_or_priced(
    run_tables, draw, tmp_path, recognizer, billed
):
    (tmp_path / "simple.py").write_text(SIMPLE)
    report = run_tables(tables([draw("a.png")]) | {"recognizers": [recognizer]})
    assert (report.pages_read, report.pages_billed) == (1, billed)


def test_quads_of_a_transformed_page_are_mapped_to_the_page(run_tables, draw, tmp_path):
    pipeline = tables(
        [draw("a.png", size=(200, 100))], sinks=[{"plugin": "json", "path": "out/{document}.json"}]
    )
    pipeline["transforms"] = [{"plugin": double("sources:Halved")}]
    run_tables(pipeline)
    page = json.loads((tmp_path / "out/a.json").read_text())["pages"][0]
    assert (page["width"], page["height"]) == (200, 100)
    assert page["lines"][0]["quad"][0] == [10.0, 10.0]


def test_only_own_outputs_are_replaced_without_force(run_tables, draw, tmp_path):
    pipeline = tables([draw("a.png")])
    assert run_tables(pipeline).exit_code is Exit.DONE
    (tmp_path / "out/a.txt").unlink()
    assert run_tables(pipeline).exit_code is Exit.DONE
    assert (tmp_path / "out/a.txt").read_text() == "a read\n"
    (tmp_path / "out/b.txt").write_text("somebody else's")
    pipeline = tables([draw("b.png")])
    report = run_tables(pipeline)
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert report.pages_read == 0, "nothing is sent whose output cannot be written"
    assert "exists; this pipeline did not write it, or it was changed since" in report.failures[0].why
    assert (tmp_path / "out/b.txt").read_text() == "somebody else's"
    assert run_tables(pipeline, force=True).exit_code is Exit.DONE
    assert (tmp_path / "out/b.txt").read_text() == "b read\n"


def test_own_outputs_in_a_source_folder_are_skipped(run_tables, draw, tmp_path):
    draw("box/a.png")
    sinks = [{"plugin": "overlay", "path": "{beside}/{document}.overlay.png"}]
    pipeline = tables([tmp_path / "box"], sinks=sinks)
    assert run_tables(pipeline).exit_code is Exit.DONE
    assert (tmp_path / "box/a.overlay.png").exists()
    report = run_tables(pipeline)
    assert (report.exit_code, report.pages_known, report.skipped_outputs) == (Exit.DONE, 1, 1)


def test_a_renamed_or_copied_output_in_a_source_folder_is_skipped(run_tables, draw, tmp_path):
    draw("box/a.png")
    sinks = [{"plugin": "overlay", "path": "out/{document}.png"}]
    pipeline = tables([tmp_path / "box"], sinks=sinks)
    assert run_tables(pipeline).exit_code is Exit.DONE
    shutil.copy(tmp_path / "out/a.png", tmp_path / "box/b.png")
    (tmp_path / "out/a.png").rename(tmp_path / "box/c.png")
    report = run_tables(pipeline)
    assert (report.pages_found, report.pages_read, report.skipped_outputs) == (1, 0, 2)
    with Image.open(tmp_path / "box/b.png") as edited:
        edited.transpose(Image.Transpose.ROTATE_180).save(tmp_path / "box/b.png")
    report = run_tables(pipeline)
    assert (report.pages_found, report.pages_read, report.skipped_outputs) == (2, 1, 1)


def test_a_scan_that_a_sink_copies_stays_a_scan(run_tables, draw, tmp_path):
    scan = draw("box/a.png")
    (tmp_path / "copies.py").write_text(
        "from dataclasses import dataclass\nfrom penstock import hookimpl\n\n\n@dataclass(eq=False)\n"
        "class Copies:\n    path: str = 'out/{document}.png'\n\n    @hookimpl\n"
        "    def write(self, document, outputs):\n        (page,) = document.pages\n"
        "        with outputs.open(self.path, mode='wb') as file:\n"
        "            file.write(page.page.picture.path.read_bytes())\n"
    )
    pipeline = tables([tmp_path / "box"], sinks=[{"plugin": "./copies.py:Copies"}])
    assert run_tables(pipeline).exit_code is Exit.DONE
    assert (tmp_path / "out/a.png").read_bytes() == scan.read_bytes()
    report = run_tables(pipeline)
    assert (report.pages_known, report.skipped_outputs) == (1, 0)


def test_second_document_with_the_same_output_is_refused_before_it_is_sent(run_tables, draw, tmp_path):
    log = tmp_path / "calls"
    pipeline = tables([draw("one/a.png"), draw("two/a.png")])
    pipeline["recognizers"][0]["log"] = str(log)
    report = run_tables(pipeline)
    assert (report.pages_read, report.failed) == (1, 1)
    assert "would write" in report.failures[0].why
    assert "{folder}" in report.failures[0].hint
    assert len(lines(log)) == 2


def test_document_that_is_found_twice_is_refused_with_a_fitting_hint(run_tables, draw):
    picture = draw("a.png")
    report = run_tables(
        tables([]) | {"sources": [{"plugin": double("sources:Twice"), "picture": str(picture)}]}
    )
    assert (report.pages_read, report.failed) == (1, 1)
    assert "was found twice in this run" in report.failures[0].why
    assert report.failures[0].hint == "let the sources find the document only once"


def test_component_that_cannot_be_opened_starts_nothing(run_tables, draw):
    sinks = [{"plugin": "text"}, {"plugin": double("sinks:Stuck")}]
    with pytest.raises(PluginError, match="could not be opened: ZeroDivisionError"):
        run_tables(tables([draw("a.png")], sinks=sinks))


def test_component_that_cannot_be_closed_is_a_warning(run_tables, draw, tmp_path):
    sinks = [{"plugin": "text"}, {"plugin": double("sinks:Stuck"), "when": "close"}]
    report = run_tables(tables([draw("a.png")], sinks=sinks))
    assert report.exit_code is Exit.DONE
    assert (tmp_path / "a.txt").exists()
    assert "cannot be closed" in report.warnings[0].why


def test_full_disk_of_the_journal_stops_the_run(run_tables, draw, monkeypatch):
    def full(*_: object) -> None:
        raise NoSpace("the state folder: the disk is full", "make room")

    monkeypatch.setattr("penstock.engine.journal.Journal.commit", full)
    report = run_tables(tables([draw("a.png"), draw("b.png")]))
    assert report.exit_code is Exit.STOPPED
    assert report.stopped is not None
    assert "the disk is full" in report.stopped.why


def test_note_of_a_page_is_a_warning_in_the_report(run_tables, draw, tmp_path):
    first, second = (Image.open(draw(f"{name}.png")) for name in "ab")
    first.save(tmp_path / "moving.gif", save_all=True, append_images=[second])
    report = run_tables(tables([tmp_path / "moving.gif"]))
    assert report.exit_code is Exit.DONE
    (warning,) = report.warnings
    assert warning.what.endswith("moving.gif, the first of 2 pictures")
    assert "only this one is recognized" in warning.why


def test_operation_left_open_by_a_plugin_fault_is_polled_by_the_next_run(run_tables, draw, tmp_path):
    log = tmp_path / "calls"
    pipeline = tables([draw("a.png")], script={"a": ["operation", "crash"]})
    pipeline["recognizers"][0] |= {"log": str(log), "durable": True}
    assert run_tables(pipeline).exit_code is Exit.SOMETHING_FAILED
    pipeline["recognizers"][0]["script"] = {"a": ["read"]}
    assert run_tables(pipeline).exit_code is Exit.DONE
    assert lines(log) == ["submit a", "poll a", "poll a"]


def test_submit_that_raised_unexpectedly_counts_as_sent(run_tables, draw):
    report = run_tables(tables([draw("a.png")], script={"a": ["crash"]}))
    assert (report.pages_sent, report.doubtful_submits) == (1, 1)


def test_write_fails_for_documents_that_are_not_recognized_yet(run_tables, draw, tmp_path):
    pipeline = tables([draw("a.png"), draw("b.png")])
    assert run_tables(pipeline, max_pages=1).exit_code is Exit.STOPPED
    (tmp_path / "out/a.txt").unlink()
    report = run_tables(pipeline | {"recognizers": []}, write_only=True, without=["recognizers"])
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert report.failures[0].why == "is not recognized yet"
    assert (tmp_path / "out/a.txt").exists()
    assert run_tables(pipeline).exit_code is Exit.DONE


def test_interrupted_fresh_run_keeps_earlier_results(run_tables, draw, tmp_path):
    pipeline = tables([draw("a.png"), draw("b.png")])
    assert run_tables(pipeline).exit_code is Exit.DONE
    assert run_tables(pipeline, fresh=True, max_pages=1).exit_code is Exit.STOPPED
    (tmp_path / "out/b.txt").unlink()
    report = run_tables(pipeline | {"recognizers": []}, write_only=True, without=["recognizers"])
    assert report.exit_code is Exit.DONE
    assert (tmp_path / "out/b.txt").exists()
