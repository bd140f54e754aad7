"""A watch reads each file once it is whole."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from penstock.config import check
from penstock.engine.state_folder import StateFolder
from penstock.errors import PenstockError, StateBusy
from penstock.watching.origin import FixedPipeline, PipelineFile
from penstock.watching.setup import lock
from pipelines import double, tables
from watching.watches import watch_origins, watch_tables

Draw = Callable[..., Path]


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def reading(**more: Any) -> dict[str, Any]:
    source = {"plugin": "files", "paths": ["in"], **more.pop("source", {})}
    script = more.pop("script", {})
    recognizer = {"plugin": double("scripted:Scripted"), "script": script, "first_poll": 0.0}
    return tables([], **more) | {"sources": [source], "recognizers": [recognizer]}


def outputs(folder: Path) -> set[str]:
    return {path.name for path in (folder / "out").rglob("*.txt")}


def test_it_reads_what_is_there_and_what_comes(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    draw("in/a.png")
    steps = [
        lambda: draw("in/b.png"),
        lambda: draw("in/new/c.png"),
        lambda: draw("d.png").rename(inbox / "d.png"),
    ]
    told = watch_tables(tmp_path, reading(), steps)
    assert outputs(tmp_path) == {"a.txt", "b.txt", "c.txt", "d.txt"}
    assert told.pages_read() == 4
    assert not told.errors
    with closing(sqlite3.connect(tmp_path / ".penstock/journal.sqlite")) as journal:
        # The journal does not grow by a report for each run.
        assert journal.execute("SELECT count(*), count(report) FROM runs").fetchone() == (4, 1)


def test_outputs_beside_the_files_are_not_read(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    sinks = [{"plugin": "pdf", "path": "{beside}/{document}.pdf"}]
    told = watch_tables(tmp_path, reading(sinks=sinks), [lambda: draw("in/a.png"), lambda: draw("in/b.png")])
    assert told.pages_read() == len(told.reports) == 2
    assert {path.name for path in inbox.iterdir()} == {"a.png", "a.pdf", "b.png", "b.pdf"}


def test_a_restart_reads_nothing_again(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    draw("in/a.png")
    watch_tables(tmp_path, reading(), [])
    told = watch_tables(tmp_path, reading(), [])
    assert told.pages_read() == 0
    assert told.reports[0].documents_unchanged == 1


def test_a_replaced_file_is_read_again_and_a_moved_one_is_not(
    tmp_path: Path, inbox: Path, draw: Draw
) -> None:
    draw("in/a.png")
    steps = [
        lambda: draw("in/a.png", text="other"),
        lambda: (inbox / "a.png").rename(inbox / "b.png"),
        (inbox / "b.png").unlink,
    ]
    told = watch_tables(tmp_path, reading(), steps)
    assert told.pages_read() == 2
    assert outputs(tmp_path) == {"a.txt", "b.txt"}  # also of files that are gone


def test_a_file_that_is_open_for_writing_waits(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    path = draw("in/a.png")
    status = path.stat()
    looks: list[int] = []

    def open_files() -> set[tuple[int, int]]:
        looks.append(1)
        return {(status.st_dev, status.st_ino)} if len(looks) < 3 else set()

    told = watch_tables(tmp_path, reading(), [], open_files=open_files)
    assert len(looks) == 3
    assert told.pages_read() == 1


def test_a_file_that_was_opened_again_while_it_was_read_is_not_deleted(
    tmp_path: Path, inbox: Path, draw: Draw
) -> None:
    status = draw("in/a.png").stat()
    looks = iter([[], [(status.st_dev, status.st_ino)]])
    told = watch_tables(
        tmp_path, reading(watch={"delete_read": True}), [], open_files=lambda: next(looks, []), most_reports=1
    )
    assert told.pages_read() == 1
    assert (inbox / "a.png").exists()


def test_temporary_names_are_passed_over(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    steps = [
        lambda: draw("in/.a.png.Xa12", format="PNG"),
        lambda: draw("in/b.png.part", format="PNG"),
        lambda: (inbox / "b.png.part").rename(inbox / "b.png"),
    ]
    told = watch_tables(tmp_path, reading(), steps)
    assert outputs(tmp_path) == {"b.txt"}
    assert len(told.reports) == 1


def test_a_sitting_is_read_when_it_is_quiet(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    draw("in/box/1.png")
    draw("in/box/2.png")
    pipeline = reading(source={"document": "folder"})
    told = watch_tables(tmp_path, pipeline, [lambda: draw("in/box/3.png")])
    assert outputs(tmp_path) == {"box.txt"}
    assert [report.documents_found for report in told.reports] == [1, 1]
    assert told.pages_read() == 3


def test_a_sitting_is_read_when_its_marker_is_there(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    draw("in/box/1.png")
    pipeline = reading(source={"document": "folder"}, watch={"marker": "done"})
    box = inbox / "box"
    steps = [lambda: draw("in/box/2.png"), (box / "done").touch, lambda: draw("in/box/3.png")]
    told = watch_tables(tmp_path, pipeline, steps)
    assert told.pages_read() == 2
    told = watch_tables(tmp_path, pipeline, [lambda: (box / "done").write_text("again")])
    assert told.pages_read() == 1


def test_all_files_as_one_document(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    draw("in/1.png")
    draw("in/sub/2.png")
    told = watch_tables(tmp_path, reading(source={"document": "all", "document_name": "diary"}), [])
    assert outputs(tmp_path) == {"diary.txt"}
    assert told.pages_read() == 2


def test_read_files_are_moved_and_failed_ones_with_the_reason(
    tmp_path: Path, inbox: Path, draw: Draw
) -> None:
    draw("in/sub/a.png")
    draw("in/bad.png")
    (inbox / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    pipeline = reading(
        script={"bad": ["refuse"]}, watch={"move_read_to": "in/read", "move_failed_to": "failed"}
    )
    again = [lambda: draw("in/bad.png", text="x")]
    told = watch_tables(tmp_path, pipeline, again)
    assert (inbox / "read/sub/a.png").exists()
    assert sorted(path.name for path in (tmp_path / "failed").iterdir()) == [
        *("bad-2.png", "bad-2.png.txt", "bad.png", "bad.png.txt", "broken.pdf", "broken.pdf.txt")
    ]
    assert "broken.pdf" in (tmp_path / "failed/broken.pdf.txt").read_text()
    assert told.pages_read() == 1
    assert [path.name for path in inbox.iterdir() if path.is_file()] == []


def test_files_that_an_earlier_watch_read_are_moved_too(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    draw("in/a.png")
    watch_tables(tmp_path, reading(), [])
    told = watch_tables(tmp_path, reading(watch={"move_read_to": "read"}), [])
    assert told.pages_read() == 0
    assert (tmp_path / "read/a.png").exists()


@pytest.mark.parametrize(("source", "name"), [({}, "scan"), ({"document": "folder"}, "in")])
def test_names_that_come_again_after_a_move_do_not_replace_outputs(
    tmp_path: Path, inbox: Path, draw: Draw, source: dict[str, Any], name: str
) -> None:
    draw("in/scan.png", text="first")
    again = [lambda: draw("in/scan.png", text="second"), lambda: draw("in/scan.png", text="third")]
    pipeline = reading(source=source, watch={"move_read_to": "read", "quiet": 1.0})
    watch_tables(tmp_path, pipeline, again)
    assert outputs(tmp_path) == {f"{name}.txt", f"{name}-2.txt", f"{name}-3.txt"}
    assert sorted(path.name for path in (tmp_path / "read").iterdir()) == [
        *("scan-2.png", "scan-3.png", "scan.png")
    ]
    # A file that comes back is the same document.
    shutil.move(tmp_path / "read/scan-2.png", inbox / "scan.png")
    assert watch_tables(tmp_path, pipeline, []).pages_read() == 0
    assert len(outputs(tmp_path)) == 3


def test_a_document_with_a_failed_page_keeps_its_name(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    draw("in/a.png")
    draw("in/bad.png")
    watch = {"delete_read": True, "quiet": 1.0}
    pipeline = reading(source={"document": "folder"}, script={"bad": ["refuse"]}, watch=watch)
    pipeline["engine"] = {"on_failed_page": "placeholder"}
    told = watch_tables(tmp_path, pipeline, [lambda: draw("in/a.png", text="other")])
    assert told.pages_read() == 2
    assert outputs(tmp_path) == {"in.txt"}


def test_read_files_are_deleted_but_failed_ones_stay(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    draw("in/a.png")
    draw("in/bad.png")
    pipeline = reading(script={"bad": ["refuse"]}, watch={"delete_read": True})
    pipeline["engine"] = {"on_failed_page": "placeholder"}
    watch_tables(tmp_path, pipeline, [])
    assert [path.name for path in inbox.iterdir()] == ["bad.png"]
    assert outputs(tmp_path) == {"a.txt"}


def test_polling_finds_what_came_and_what_changed(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    draw("in/a.png")
    steps = [lambda: draw("in/b.png"), lambda: draw("in/b.png", text="other"), lambda: None]
    told = watch_tables(tmp_path, reading(), steps, poll=5.0)
    assert told.pages_read() == 3
    assert outputs(tmp_path) == {"a.txt", "b.txt"}


def test_polling_tells_that_a_folder_is_gone(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    steps = [
        lambda: inbox.rename(tmp_path / "away"),
        lambda: None,
        lambda: ((tmp_path / "away").rename(inbox), draw("in/a.png")),
        lambda: None,
        lambda: None,
    ]
    told = watch_tables(tmp_path, reading(), steps, poll=10)
    assert [note.why for note in told.notes] == ["is gone"]
    assert outputs(tmp_path) == {"a.txt"}


def test_a_changed_pipeline_file_is_used_and_a_wrong_one_is_not(
    tmp_path: Path, inbox: Path, draw: Draw
) -> None:
    file = tmp_path / "p.toml"
    scripted = double("scripted:Scripted")
    text = f"""
        sources = [{{ plugin = "files", paths = ["in"] }}]
        recognizers = [{{ plugin = "{scripted}", first_poll = 0.0 }}]
        sinks = [{{ plugin = "text", path = "out/{{document}}.txt" }}]
    """
    file.write_text(text)
    draw("in/a.png")
    steps = [
        lambda: file.write_text("sources = 1"),
        lambda: draw("in/b.png"),
        lambda: file.write_text(text.replace("out/", "out/new-")),
        lambda: draw("in/c.png"),
    ]
    told = watch_origins([PipelineFile(file, [])], steps)
    assert len(told.refusals) == 1
    assert outputs(tmp_path) == {"a.txt", "b.txt", "new-a.txt", "new-b.txt", "new-c.txt"}
    assert told.pages_read() == 3


def test_two_pipelines_have_runs_of_their_own(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    def origin(name: str) -> FixedPipeline:
        pipeline = reading(sinks=[{"plugin": "text", "path": name + "/{document}.txt"}])
        pipeline["engine"] = {"state": f".{name}"}
        return FixedPipeline(lambda: check(pipeline, tmp_path, where=name, name=name))

    told = watch_origins([origin("one"), origin("two")], [lambda: draw("in/a.png")])
    assert told.pages_read() + sum(report.pages_known for report in told.reports) == 2
    assert (tmp_path / "one/a.txt").exists()
    assert (tmp_path / "two/a.txt").exists()


def test_two_pipelines_do_not_read_what_the_other_one_has_moved(
    tmp_path: Path, inbox: Path, draw: Draw
) -> None:
    def origin(number: int) -> FixedPipeline:
        watch = {"move_read_to": f"in/read{number}"}
        sinks = [{"plugin": "text", "path": f"out/{number}-{{document}}.txt"}]
        engine = {"state": f"state{number}"}
        read = reading(watch=watch, engine=engine) | {"sinks": sinks}
        return FixedPipeline(lambda: check(read, tmp_path, where="test.toml", name=f"test{number}"))

    told = watch_origins([origin(1), origin(2)], [lambda: draw("in/a.png")], most_reports=4)
    assert outputs(tmp_path) == {"1-a.txt", "2-a.txt"}
    moved = [path.relative_to(inbox) for path in inbox.rglob("*.png")]
    assert [len(path.parts) for path in moved] == [2]
    assert len(told.reports) == 2


def test_observers_of_two_pipelines_are_left_side_by_side(tmp_path: Path, inbox: Path) -> None:
    both, left = threading.Barrier(2, timeout=5), []

    class Leaving(FixedPipeline):
        def close(self) -> None:
            left.append(both.wait())

    def origin(number: int) -> FixedPipeline:
        table = reading(engine={"state": f"state{number}"})
        return Leaving(lambda: check(table, tmp_path, where="test.toml", name="test"))

    watch_origins([origin(1), origin(2)], [])
    assert len(left) == 2


def test_a_live_source_does_not_keep_files_waiting(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    pipeline = reading()
    live = {"plugin": double("sources:Endless"), "picture": str(draw("live.png"))}
    pipeline["sources"].insert(0, live)
    told = watch_tables(tmp_path, pipeline, [lambda: draw("in/a.png"), lambda: draw("in/b.png")])
    assert outputs(tmp_path) == {"live.txt", "a.txt", "b.txt"}
    assert not told.errors


def test_an_encrypted_pdf_does_not_end_the_watch(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    def encrypt() -> None:
        with pikepdf.new() as pdf:
            pdf.add_blank_page()
            pdf.save(inbox / "locked.pdf", encryption=pikepdf.Encryption(user="a", owner="b"))

    pipeline = reading(watch={"move_failed_to": "failed"})
    told = watch_tables(tmp_path, pipeline, [encrypt, lambda: draw("in/a.png")])
    assert outputs(tmp_path) == {"a.txt"}
    assert "password" in (tmp_path / "failed/locked.pdf.txt").read_text()
    assert not told.errors


def test_files_that_cannot_be_looked_at_do_not_end_the_watch(
    tmp_path: Path, inbox: Path, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat, is_refused = os.stat, False

    def refusing(path: Any, *args: Any, **options: Any) -> os.stat_result:
        if is_refused and "closed" in os.fsdecode(path if not isinstance(path, int) else ""):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return stat(path, *args, **options)

    def set_refused(*, value: bool) -> None:
        nonlocal is_refused
        is_refused = value

    monkeypatch.setattr("os.stat", refusing)
    steps = [
        lambda: (set_refused(value=True), draw("in/closed/a.png"), draw("in/b.png")),
        lambda: draw("in/c.png"),
        lambda: (set_refused(value=False), (inbox / "closed").chmod(0o755)),
    ]
    told = watch_tables(tmp_path, reading(), steps)
    assert outputs(tmp_path) == {"a.txt", "b.txt", "c.txt"}
    assert not told.errors


def test_a_folder_that_comes_back_is_read(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    steps = [
        lambda: (shutil.move(inbox, tmp_path / "away"), inbox.mkdir(), draw("in/a.png")),
        lambda: draw("in/b.png"),
    ]
    told = watch_tables(tmp_path, reading(), steps)
    assert outputs(tmp_path) == {"a.txt", "b.txt"}
    assert not told.errors


def test_a_run_that_stopped_goes_on_later(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    draw("in/a.png")
    draw("in/b.png")
    scripts = iter([{}, {"b": ["stop"]}])  # of the watch and of its first run
    origin = FixedPipeline(
        lambda: check(reading(script=next(scripts, {})), tmp_path, where="test.toml", name="test")
    )
    told = watch_origins([origin], [])
    assert outputs(tmp_path) == {"a.txt", "b.txt"}
    assert [bool(report.stopped) for report in told.reports] == [True, False]


def test_budgets_hold_for_the_whole_watch(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    draw("in/a.png")
    pipeline = reading(engine={"max_pages": 1})
    told = watch_tables(tmp_path, pipeline, [lambda: draw("in/b.png")], most_reports=2)
    assert outputs(tmp_path) == {"a.txt"}
    assert "max_pages" in str(told.reports[1].stopped)


def test_a_watch_waits_while_another_command_uses_the_state_folder(
    tmp_path: Path, inbox: Path, draw: Draw
) -> None:
    state = StateFolder(tmp_path / ".penstock")
    state.__enter__()
    draw("in/a.png")
    told = watch_tables(tmp_path, reading(), [], on_error=lambda: state.__exit__(None, None, None))
    assert [type(error) for error in told.errors] == [StateBusy]
    assert outputs(tmp_path) == {"a.txt"}


def test_many_changes_at_once_lead_to_a_walk(
    tmp_path: Path, inbox: Path, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.watching.waiting.MOST_WAITING", 3)
    monkeypatch.setattr("penstock.watching.waiting.BATCH", 2)
    steps = [lambda: [draw(f"in/{number}.png") for number in range(6)]]
    told = watch_tables(tmp_path, reading(), steps)
    assert len(outputs(tmp_path)) == 6
    assert told.pages_read() == 6


def test_a_file_that_cannot_be_moved_stays(tmp_path: Path, inbox: Path, draw: Draw) -> None:
    draw("in/a.png")
    (tmp_path / "read").touch()
    told = watch_tables(tmp_path, reading(watch={"move_read_to": "read"}), [])
    assert (inbox / "a.png").exists()
    assert "could not be moved" in str(told.notes[0])


def test_a_missing_folder_ends_the_watch_before_it_begins(tmp_path: Path) -> None:
    with pytest.raises(PenstockError, match="no such file or folder"):
        watch_tables(tmp_path, reading(), [])


def test_one_watch_for_a_state_folder(tmp_path: Path, inbox: Path) -> None:
    with lock(tmp_path / ".penstock"), pytest.raises(StateBusy, match="another `penstock watch`"):
        watch_tables(tmp_path, reading(), [])


def test_worker_processes_are_kept_until_they_have_nothing_to_read(
    tmp_path: Path, inbox: Path, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.watching.waiting.BATCH", 1)
    log = tmp_path / "log"
    log.mkdir()
    draw("in/a.png")
    draw("in/b.png")
    pipeline = reading(engine={"workers": 1})
    pipeline["recognizers"] = [{"plugin": double("reading:Reading"), "log": str(log)}]
    told = watch_tables(tmp_path, pipeline, [lambda: draw("in/c.png")])
    assert [report.pages_read for report in told.reports] == [1, 1, 1]
    a, b, c = ((log / f"{name}.1").read_text().split()[0] for name in "abc")
    assert a == b != c
    assert {path.name for path in log.glob("closed.*")} == {f"closed.{a}", f"closed.{c}"}


def test_new_files_come_before_known_ones_after_a_restart(
    tmp_path: Path, inbox: Path, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw("in/a.png")
    draw("in/b.png")
    watch_tables(tmp_path, reading(), [])
    monkeypatch.setattr("penstock.watching.waiting.BATCH", 1)
    draw("in/b.png", text="other")
    draw("in/z.png")
    told = watch_tables(tmp_path, reading(), [])
    assert [report.pages_read for report in told.reports] == [1, 1, 0]
    assert [report.documents_found for report in told.reports] == [1, 1, 1]
