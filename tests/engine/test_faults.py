"""Faults of plugins never hang a run and never affect other pages or documents."""

from __future__ import annotations

import os

import pytest

from penstock.errors import PluginError
from penstock.model import Document, Limits, Pending, RecognizedDocument
from penstock.outputs import OutputRules, Outputs
from penstock.report import Exit
from pipelines import double, opened_journal, tables


@pytest.mark.parametrize(
    ("fault", "written", "said"),
    [
        ("exit", ["first"], "SystemExit: the source has had enough"),
        ("none", ["first", "third"], "second: pages must be iterable, got None"),
        ("no page", ["first", "third"], "second: the source gave None for a page"),
        ("picture", ["first", "third"], "AttributeError"),
        (
            "raising",
            ["first", "third"],
            f"this is a fault of the source {double('odd:Documents')!r} (odd.py,",
        ),
        ("same origin", ["first", "third"], "would write"),
    ],
)
def test_source_fault_does_not_affect_other_documents(run_tables, draw, tmp_path, fault, written, said):
    source = {"plugin": double("odd:Documents"), "picture": str(draw("a.png")), "fault": fault}
    report = run_tables(tables([]) | {"sources": [source]})
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert sorted(path.stem for path in (tmp_path / "out").iterdir()) == written
    assert said in " ".join(map(str, report.failures))


def test_note_of_a_result_is_reported_with_its_page(run_tables, draw):
    recognizer = {"plugin": double("odd:Answers"), "fault": "note"}
    scan = draw("a.png")
    report = run_tables(tables([scan]) | {"recognizers": [recognizer]})
    assert report.exit_code is Exit.DONE
    assert [str(warning) for warning in report.warnings] == [f"{scan}: 1 word or line was left out"]


def test_pages_with_equal_numbers_are_renumbered(run_tables, draw, tmp_path):
    source = {"plugin": double("odd:Documents"), "picture": str(draw("a.png")), "fault": "same number"}
    report = run_tables(tables([]) | {"sources": [source]})
    assert report.exit_code is Exit.DONE
    assert (tmp_path / "out/second.txt").read_text().count("read\n") == 3


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("exit", "SystemExit: 7"),
        ("no lines", "lines must be a tuple of Lines"),
        ("wait", "poll_after must be a finite number of seconds"),
    ],
)
def test_recognizer_fault_fails_its_pages(run_tables, draw, fault, said):
    recognizer = {"plugin": double("odd:Answers"), "fault": fault}
    report = run_tables(tables([draw("a.png"), draw("b.png")]) | {"recognizers": [recognizer]})
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert report.failed == 2
    assert said in report.failures[0].why
    assert "odd:Answers" in report.failures[0].hint.replace(".py", "")


def test_numbers_of_any_kind_are_written_as_those_of_the_journal(run_tables, draw, tmp_path):
    def run(out):
        recognizer = {"plugin": double("odd:Answers"), "fault": "number"}  # numpy's, and whole ones
        sinks = [{"plugin": "json", "path": f"{out}.json"}]
        report = run_tables(tables([draw("a.png")], sinks=sinks) | {"recognizers": [recognizer]})
        return report.exit_code, report.pages_read, (tmp_path / f"{out}.json").read_bytes()

    _, _, written = first = run("first")
    assert first == (Exit.DONE, 1, written)
    assert run("again") == (Exit.DONE, 0, written)


def test_invalid_limits_start_nothing(run_tables, draw):
    recognizer = {"plugin": double("odd:Answers"), "fault": "limits"}
    with pytest.raises(PluginError, match="in_flight must be at least 1, got -1"):
        run_tables(tables([draw("a.png")]) | {"recognizers": [recognizer]})


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("exit", "SystemExit: 3"),
        ("generator", "write must return None, got a generator"),
        ("font", "FileNotFoundError"),
    ],
)
def test_sink_fault_does_not_affect_other_sinks(run_tables, draw, tmp_path, fault, said):
    sinks = [
        {"plugin": double("odd:Writes"), "fault": fault},
        {"plugin": "text", "path": "out/{document}.txt"},
    ]
    report = run_tables(tables([draw("a.png")], sinks=sinks))
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert said in report.failures[0].why
    assert os.listdir(tmp_path / "out") == ["a.txt"]


@pytest.mark.parametrize("make", [lambda: Pending(float("nan")), lambda: Limits(calls_per_second=0)])
def test_invalid_waits_and_rates_are_refused(make):
    with pytest.raises(ValueError, match="must be"):
        make()


def test_wait_beyond_the_deadline_stops_the_run(run_tables, draw, clock):
    before = clock.now()
    report = run_tables(
        tables([draw("a.png"), draw("b.png")], script={"a": ["again:86400"], "b": ["again:86400"]})
    )
    assert report.exit_code is Exit.STOPPED
    assert report.stopped is not None
    assert "asks to wait 86400 seconds" in report.stopped.why
    assert clock.now() - before < 3600


def test_lost_operation_is_submitted_once_more_even_with_one_attempt(run_tables, draw):
    pipeline = tables([draw("a.png")], script={"a": ["operation", "lost", "operation", "read"]})
    pipeline["recognizers"][0]["attempts"] = 1
    report = run_tables(pipeline)
    assert (report.exit_code, report.lost_operations) == (Exit.DONE, 1)


def test_output_is_recognized_as_own_after_a_kill_before_it_was_noted(tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    read = RecognizedDocument("a", "a", [None])
    for content in ("first", "second"):
        with opened_journal(tmp_path / "state") as journal, pytest.MonkeyPatch.context() as patch:
            patch.setattr(journal.outputs, "written", killed)
            rules = OutputRules(tmp_path, "pipe", "", journal.outputs)
            with pytest.raises(Killed), Outputs(rules, read, "1/text", print).open("a.txt") as file:
                file.write(content)
        assert (tmp_path / "a.txt").read_text() == content
        with opened_journal(tmp_path / "state") as journal:
            assert journal.outputs.is_ours(tmp_path / "a.txt")


def test_file_names_that_are_not_utf8_are_processed(run_tables, draw, tmp_path):
    picture = draw("a.png")
    folder = tmp_path / "latin"
    folder.mkdir()
    odd = folder / os.fsdecode(b"caf\xe9.png")
    try:
        odd.write_bytes(picture.read_bytes())
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    (folder / "z.png").write_bytes(draw("z.png").read_bytes())
    sinks = [
        {"plugin": "json", "path": "out/{document}.json"},
        {"plugin": "text", "path": "out/{document}.txt"},
    ]
    report = run_tables(tables([folder], sinks=sinks))
    assert (report.exit_code, report.pages_read) == (Exit.DONE, 2)
    assert len(os.listdir(tmp_path / "out")) == 4


def test_links_to_one_file_count_as_one_path(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with opened_journal(tmp_path / "state") as journal:
        journal.outputs.note_input(tmp_path / "real/a.png")
        assert journal.outputs.is_input(tmp_path / "link/a.png")
        assert not journal.outputs.is_input(tmp_path / "link/b.png")


def test_document_without_pages_fails(run_tables, tmp_path):
    (tmp_path / "empty.py").write_text(
        "from dataclasses import dataclass\nfrom penstock import Document, hookimpl\n"
        "@dataclass(eq=False)\nclass Empty:\n    @hookimpl\n    def find_documents(self):\n"
        "        yield Document('x', 'x', [])\n"
    )
    report = run_tables(tables([]) | {"sources": [{"plugin": "./empty.py:Empty"}]})
    assert report.failures[0].why == "has no pages"
    assert Document("x", "x", []).name == "x"
