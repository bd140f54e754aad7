"""Sinks that write in worker processes, which die, hang or cannot be started on command."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import processes
from penstock.config import check
from penstock.engine import sinks_in_workers
from penstock.engine.survey import survey
from penstock.pipeline import Pipeline
from penstock.report import Exit, RunReport
from penstock.workers import WriteJob
from penstock.workers.process import WorkerProcess
from pipelines import double, tables

IN_WORKERS = {"workers": 1, "sinks": "processes"}
BUILT_IN = [
    *({"plugin": name} for name in ("alto", "hocr", "json", "page", "text")),
    {"plugin": "pdf", "path": "{document}.pdf"},
    {"plugin": "overlay", "longest_side": 200},
]


@pytest.fixture
def write(run_tables: Callable[..., RunReport], draw: Callable[..., Path], tmp_path: Path) -> Any:
    """Run a pipeline with the sink `Writing` over documents, by their names and what happens to them."""
    (tmp_path / "log").mkdir()

    def run(*, sink: str = "Writing", engine: dict[str, Any] | None = None, **script: str) -> RunReport:
        paths = [draw(f"{name}.png") for name in script]
        sinks = [{"plugin": double(f"writing:{sink}"), "script": script, "log": str(tmp_path / "log")}]
        return run_tables(tables(paths, sinks=sinks, engine={**IN_WORKERS, **(engine or {})}))

    return run


def pid(folder: Path, name: str) -> int:
    return int((folder / "out" / f"{name}.pid").read_text())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_workers_write_the_same_bytes(
    run_tables: Callable[..., RunReport], draw: Callable[..., Path], tmp_path: Path
) -> None:
    scans = [draw("a.png"), draw("b.jpg"), tmp_path / "c.tif"]
    frames = [Image.new("L", (90, 120), 250 - 20 * number) for number in range(2)]
    frames[0].save(scans[2], save_all=True, append_images=frames[1:])
    reports = []
    for where in ("coordinator", "processes"):
        folder = tmp_path / where
        sinks = [
            {**sink, "path": f"{folder}/{sink.get('path', '{document}.' + sink['plugin'])}"}
            for sink in BUILT_IN
        ]
        engine = {"workers": 2, "sinks": where, "state": f"state.{where}"}
        reports.append(run_tables(tables(scans, sinks=sinks, engine=engine)))
    local, remote = (contents(tmp_path / where) for where in ("coordinator", "processes"))
    assert len(local) > 20
    assert remote == local
    warnings = [sorted(str(warning) for warning in report.warnings) for report in reports]
    assert warnings[0]
    assert warnings[0] == warnings[1]
    assert not list((tmp_path / "state.processes" / "spool" / "sinks").iterdir())


def test_a_dead_worker_costs_its_document_one_more_try(write: Any, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "foreign.pid").write_text("mine")
    script = {"well": "", "again": "die once", "dies": "die", "fails": "fail", "refuses": "refuse"}
    report = write(**script, foreign="")
    written = {path.name for path in (tmp_path / "out").iterdir()}
    # A file that was complete before the sink raised is kept, as always.
    assert written == {
        *("well.pid", "well.page.txt", "again.pid", "again.page.txt"),
        *("fails.pid", "refuses.pid", "foreign.pid"),
    }
    assert pid(tmp_path, "well") != os.getpid()
    assert (tmp_path / "out" / "foreign.pid").read_text() == "mine"
    assert (tmp_path / "out" / "well.page.txt").read_text() == "well read"
    assert report.documents_written == 2
    why = {Path(problem.what).stem: f"{problem.why} ({problem.hint})" for problem in report.failures}
    title = f"the sink {double('writing:Writing')!r}"
    assert "two worker processes ended while they wrote this document" in why["dies"]
    assert "it was killed by signal 9" in why["dies"]
    assert f"ValueError: a fault (this is a fault of {title} (writing.py" in why["fails"]
    assert "no such ink (buy some)" in why["refuses"]
    assert "exists; this pipeline did not write it" in why["foreign"]
    assert "again: is written at try 2" in [str(warning) for warning in report.warnings]


def test_worker_that_hangs_is_killed(write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reply_to = WorkerProcess._reply_to

    def hurried(self: WorkerProcess, process: Any, message: Any, *, was_ready: bool) -> Any:
        # A process may take longer to start.
        self._timeout = 0.2 if isinstance(message, WriteJob) else 60.0
        return reply_to(self, process, message, was_ready=was_ready)

    monkeypatch.setattr(WorkerProcess, "_reply_to", hurried)
    report = write(hangs="hang")
    (problem,) = report.failures
    assert "two worker processes ended" in problem.why
    assert "it did not reply for 0.2 seconds" in problem.why
    assert not (tmp_path / "out").exists()


def test_full_disk_of_a_worker_stops_the_run(write: Any) -> None:
    report = write(full="full")
    assert "the disk is full" in str(report.stopped)


@pytest.mark.parametrize(
    ("sink", "why"),
    [
        ("Keeping", "its class does not declare is_stateless"),
        ("Entered", "it is a context manager"),
        ("Locked", "must not have an option that is a secret"),
    ],
)
def test_other_sinks_write_in_the_process_of_the_run(write: Any, tmp_path: Path, sink: str, why: str) -> None:
    assert write(sink=sink, a="").exit_code == Exit.DONE
    assert pid(tmp_path, "a") == os.getpid()
    assert why in noted(tmp_path, sink)


def noted(folder: Path, sink: str, observers: tuple[str, ...] = ()) -> str:
    """Return what `penstock check` says about the sink."""
    told = tables(["a.png"], sinks=[{"plugin": double(f"writing:{sink}")}], engine=IN_WORKERS)
    told["observers"] = [{"plugin": double(observer)} for observer in observers]
    with Pipeline(check(told, folder, where="test.toml", name="test")) as pipeline:
        return "\n".join(survey(pipeline).messages)


def test_check_names_only_sinks_that_cannot_use_workers(tmp_path: Path) -> None:
    assert noted(tmp_path, "Writing") == ""
    watched = noted(tmp_path, "Writing", ("writing:Watching",))
    assert watched.endswith("an observer wraps its hook write; it writes in the process of the run")


def test_long_documents_are_written_in_the_process_of_the_run(
    write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks_in_workers, "MAX_PAGES", 0)
    assert write(a="").exit_code == Exit.DONE
    assert pid(tmp_path, "a") == os.getpid()


def test_sink_that_no_worker_can_make_writes_in_the_process_of_the_run(
    write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(a="", engine={"sinks": "coordinator"})  # loads the sink's file
    monkeypatch.setenv("NO_SINKS", "1")
    report = write(b="", c="")
    assert report.exit_code == Exit.DONE
    assert pid(tmp_path, "b") == os.getpid()
    (warning,) = (str(each) for each in report.warnings if "[engine]" in each.what)
    assert "cannot be made in a worker" in warning
    assert "no sinks here" in warning
    assert "the run writes documents in its own process" in warning


def test_run_killed_while_a_worker_writes_is_completed_by_the_next(
    draw: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "log").mkdir()
    draw("a.png")
    draw("b.png")
    (tmp_path / "test.toml").write_text(f"""
[[sources]]
plugin = "files"
paths = ["a.png", "b.png"]
[[recognizers]]
plugin = "{double("scripted:Scripted")}"
[[sinks]]
plugin = "{double("writing:Writing")}"
log = "{tmp_path / "log"}"
script = {{ b = "kill the run" }}
[engine]
workers = 1
sinks = "processes"
""")
    staged = tmp_path / ".penstock" / "spool" / "sinks"
    assert processes.penstock(tmp_path, "run", "test.toml").returncode == -signal.SIGKILL
    assert list(staged.rglob("1"))
    assert processes.penstock(tmp_path, "run", "test.toml").returncode == Exit.DONE
    assert list(staged.iterdir()) == []
    assert (tmp_path / "out" / "b.page.txt").read_text() == "b read"
    assert len(list((tmp_path / "out").iterdir())) == 4
