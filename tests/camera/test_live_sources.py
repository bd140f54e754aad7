"""A source without an end: Ctrl-C ends its session and not the run. It receives events and shows statuses."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from penstock.config import check
from penstock.pipeline import Pipeline
from pipelines import double, tables
from processes import penstock_command

SITTING = double("sources:Sitting")


def sitting(folder, draw, **more):
    source = {"plugin": SITTING, "picture": str(draw("a.png")), "heard": str(folder / "heard")}
    return tables([]) | {"sources": [source]} | more


def test_request_stop_without_a_running_source_does_nothing(tmp_path, draw):
    with Pipeline(check(sitting(tmp_path, draw), tmp_path, where="x", name="x")) as pipeline:
        assert not pipeline.request_stop()
    files = tables([draw("b.png")])
    with Pipeline(check(files, tmp_path, where="x", name="x")) as pipeline:
        assert not pipeline.request_stop()


def test_a_source_receives_document_written(run_tables, draw, tmp_path):
    report = run_tables(sitting(tmp_path, draw), prepare=lambda run: run._pipeline.request_stop())
    assert report.exit_code == 0
    assert (tmp_path / "heard").read_text().splitlines() == ["waits", "written sitting"]


def test_only_sources_receive_document_written_again(run_tables, draw, tmp_path):
    log = tmp_path / "log"
    watching = [{"plugin": double("observers:Recorder"), "log": str(log)}]
    pipeline = sitting(tmp_path, draw, observers=watching)
    for _ in range(2):
        (tmp_path / "heard").unlink(missing_ok=True)
        report = run_tables(pipeline, prepare=lambda run: run._pipeline.request_stop())
    assert report.documents_unchanged == 1
    # A run may have been killed after it wrote the document and before its source received the event.
    assert (tmp_path / "heard").read_text().splitlines() == ["waits", "written sitting"]
    assert log.read_text().count("document_written") == 1


def test_the_status_of_a_source_reaches_observers(run_tables, draw, tmp_path):
    log = tmp_path / "log"
    watching = [{"plugin": double("observers:Recorder"), "log": str(log)}]
    run_tables(sitting(tmp_path, draw, observers=watching), prepare=lambda run: run._pipeline.request_stop())
    statuses = [line for line in log.read_text().splitlines() if line.startswith("source_status")]
    assert [line.partition(": ")[2] for line in statuses] == ["hold still", ""]


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(("interrupts", "code"), [(1, 0), (2, 130)])
def test_ctrl_c_ends_the_session_and_a_second_one_the_run(tmp_path, draw, interrupts, code):
    script = 'script = {a = ["operation", "pending:3600"]}\n' if interrupts > 1 else ""
    (tmp_path / "penstock.toml").write_text(
        f'[[sources]]\nplugin = "{SITTING}"\npicture = "{draw("a.png")}"\nheard = "{tmp_path / "heard"}"\n'
        f'[[recognizers]]\nplugin = "{double("scripted:Scripted")}"\n{script}[[sinks]]\nplugin = "text"\n'
    )
    process = subprocess.Popen(
        [*penstock_command(), "run", "penstock.toml"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "heard").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output = ""
    while interrupts > 1 and "ending" not in output:
        output += process.stderr.readline()
    if interrupts > 1:
        process.send_signal(signal.SIGINT)
        while "stopping" not in output:
            output += process.stderr.readline()
        process.send_signal(signal.SIGINT)
    output += process.communicate(timeout=60)[1]
    assert process.returncode == code, output
    assert "ending: no more pages are taken; those taken so far are recognized and written" in output
    assert (tmp_path / "sitting.txt").exists() == (code == 0)
    assert "Traceback" not in output
