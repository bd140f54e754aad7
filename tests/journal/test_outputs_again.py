"""Which outputs are written again, and which are not."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest

from pipelines import double, tables

PICTURES = ("a", "b", "c")


def text_of(folder: Path, name: str = "a") -> str:
    return (folder / f"out/{name}.txt").read_text()


def test_sink_option_changed_back_writes_again(run_tables, draw, tmp_path):
    picture = draw("a.png")

    def written(*, loud: bool) -> str:
        run_tables(tables([picture], sinks=[{"plugin": double("sinks:Voice"), "loud": loud}]))
        return text_of(tmp_path)

    assert [written(loud=loud) for loud in (False, True, False)] == ["a read\n", "A READ\n", "a read\n"]


def test_output_that_could_not_be_renamed_is_written_by_the_next_run(run_tables, draw, tmp_path, monkeypatch):
    pipeline = tables([draw("a.png")])
    run_tables(pipeline)
    (tmp_path / "out/a.txt").unlink()
    replace = Path.replace

    def fails(self: Path, target: Path) -> Path:
        if Path(target).name == "a.txt":
            raise OSError(5, "Input/output error")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fails)
        assert run_tables(pipeline).failed == 1
    assert run_tables(pipeline).documents_written == 1
    assert text_of(tmp_path) == "a read\n"


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_output_behind_a_link_is_written_again_only_when_deleted(run_tables, draw, tmp_path):
    pipeline = tables([draw("a.png")])
    for folder in ("out", "archive"):
        (tmp_path / folder).mkdir()
    (tmp_path / "out/a.txt").symlink_to(tmp_path / "archive/text")
    written = [run_tables(pipeline).documents_written for _ in range(2)]
    (tmp_path / "archive/text").unlink()
    written.append(run_tables(pipeline).documents_written)
    assert written == [1, 0, 1]
    assert (tmp_path / "archive/text").read_text() == text_of(tmp_path) == "a read\n"


@pytest.mark.parametrize("document", ["folder", "all"])
def test_overlays_beside_scans_are_not_scans(run_tables, draw, tmp_path, document):
    draw("scans/z1.png")
    draw("scans/z2.png")
    sinks = [
        {"plugin": "text", "path": "out/{document}.txt"},
        {"plugin": "overlay", "path": "scans/{document}.{page}.overlay.png"},
    ]
    pipeline = tables(["scans"], sinks=sinks)
    pipeline["sources"][0]["document"] = document
    for _ in range(3):
        report = run_tables(pipeline)
        (text,) = (tmp_path / "out").glob("*.txt")
        assert (report.failed, text.read_text().split()) == (0, ["z1", "read", "z2", "read"])


def test_page_that_a_source_stops_yielding_leaves_the_output(run_tables, draw, tmp_path):
    pictures = [draw(f"{name}.png") for name in PICTURES]
    pipeline = tables(pictures)
    pipeline["sources"] = [{"plugin": double("sources:Numbered"), "pictures": list(map(str, pictures))}]
    run_tables(pipeline)
    assert text_of(tmp_path, "box").split()[::2] == ["a", "b", "c"]
    pipeline["sources"][0]["left_out"] = [2]
    run_tables(pipeline)
    assert text_of(tmp_path, "box").split()[::2] == ["a", "c"]


def test_correction_of_an_existing_recognition_stays(run_tables, draw, tmp_path):
    picture = draw("a.png")
    sinks = [{"plugin": kind, "path": f"out/{{document}}.{kind}"} for kind in ("json", "text")]
    pipeline = tables([picture], sinks=sinks)
    pipeline["sources"] = [{"plugin": double("sources:Knowing"), "picture": str(picture)}]
    run_tables(pipeline)
    file = tmp_path / "out/a.json"
    form = json.loads(file.read_text())
    form["pages"][0]["lines"][0]["text"] = "corrected"
    file.write_text(json.dumps(form))
    run_tables(pipeline, write_only=True, corrections=(file,))
    assert (tmp_path / "out/a.text").read_text() == "corrected\n"
    run_tables(pipeline)
    assert (tmp_path / "out/a.text").read_text() == "corrected\n"
    assert "corrected" in file.read_text()


def test_existing_recognition_is_stored_once(run_tables, draw, tmp_path):
    picture = draw("a.png")
    pipeline = tables([picture])
    pipeline["sources"] = [{"plugin": double("sources:Knowing"), "picture": str(picture)}]
    assert run_tables(pipeline).pages_read == 1
    report = run_tables(pipeline)
    assert (report.pages_read, report.pages_known, report.documents_unchanged) == (0, 1, 1)
    assert run_tables(pipeline, fresh=True).pages_read == 1
    (tmp_path / "out/a.txt").unlink()
    assert run_tables(pipeline).documents_written == 1
    assert text_of(tmp_path) == "a read\n"


def test_write_skips_an_incomplete_document(run_tables, draw, tmp_path):
    pipeline = tables([draw("a.png")])
    run_tables(pipeline)
    (tmp_path / "out/a.txt").unlink()
    # As a process leaves it that is killed while a source yields pages.
    database = sqlite3.connect(tmp_path / ".penstock/journal.sqlite")
    database.execute("UPDATE documents SET complete = 0")
    database.commit()
    database.close()
    report = run_tables(pipeline, write_only=True)
    assert "was not found completely" in report.failures[0].why
    assert (report.documents_written, list((tmp_path / "out").iterdir())) == (0, [])
    assert run_tables(pipeline).documents_written == 1


def test_write_skips_a_document_with_unrecognized_pages(run_tables, draw, tmp_path):
    pipeline = tables([draw("a.png")], engine={"on_failed_page": "skip"})
    pipeline["sources"] = [{"plugin": double("sources:Many"), "picture": str(tmp_path / "a.png"), "pages": 3}]
    run_tables(pipeline, max_pages=2)
    sinks_alone = {name: pipeline[name] for name in ("sinks", "engine")}
    report = run_tables(sinks_alone, without=["sources", "recognizers"], write_only=True)
    assert (report.documents_written, (tmp_path / "out/many.txt").exists()) == (0, False)
    assert "some of its pages are not recognized yet" in report.failures[-1].why
    assert run_tables(pipeline).documents_written == 1
    assert run_tables(pipeline, write_only=True, write_again=True).documents_written == 1


@pytest.mark.parametrize("steps", [["read"], ["stop"]])
def test_stopped_retry_keeps_the_other_failures(run_tables, draw, steps):
    pictures = [draw(f"{name}.png") for name in PICTURES]
    run_tables(tables(pictures, script={name: ["refuse"] for name in PICTURES}))
    first = run_tables(tables(pictures, script=dict.fromkeys(PICTURES, steps)), retry=True, max_pages=1)
    rest = run_tables(tables(pictures), retry=True)
    assert first.pages_read + rest.pages_read == len(PICTURES)


@pytest.mark.parametrize("before", [False, True])
def test_submission_to_a_second_recognizer_is_polled(run_tables, draw, tmp_path, before):
    log = tmp_path / "calls"

    def service(*steps: str) -> dict[str, object]:
        options = {"script": {"a": list(steps)}, "log": str(log), "durable": True}
        return {"plugin": double("scripted:Scripted"), **options}

    declining = {"plugin": double("scripted:Scripted"), "script": {"a": ["decline"]}, "dialect": "none"}
    pipeline = tables([draw("a.png")])
    first = service("operation", "stop")
    pipeline["recognizers"] = [first, declining] if before else [first]
    run_tables(pipeline)
    pipeline["recognizers"] = [declining, service("read")]
    assert run_tables(pipeline).pages_read == 1
    assert log.read_text().split() == ["submit", "a", "poll", "a", "poll", "a"]


def test_each_recognizer_has_its_own_deadline(run_tables, draw):
    again = [f"again:{300}"] * 3
    slow = {"script": {"a": [*again, "decline"]}, "deadline": 10_000.0, "attempts": 9, "dialect": "slow"}
    scripted = {"plugin": double("scripted:Scripted")}
    pipeline = tables([draw("a.png")])
    pipeline["recognizers"] = [scripted | slow, scripted | {"script": {"a": ["again", "read"]}}]
    assert run_tables(pipeline).pages_read == 1
