"""Processes of a Dask cluster that die or hang during a run."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import penstock
import processes
from conftest import TESTS
from penstock.report import RunReport
from workers.dask_cluster import DaskCluster

Pages = Callable[..., None]
ReadOn = Callable[..., RunReport]
pytest.importorskip("distributed")
PATIENCE = 30.0
PIPELINE = """
[[sources]]
plugin = "files"
paths = ["*.png"]

[[recognizers]]
plugin = "{reading}:Reading"
log = "log"
script = {{ b = "wait" }}

[[sinks]]
plugin = "text"
path = "out/{{document}}.txt"

[engine]
workers = "{address}"
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A scheduler and four workers, which are not started again when they die."""
    cluster = DaskCluster(tmp_path_factory.mktemp("cluster"))
    for _ in range(4):
        cluster.add_worker(READING_MODEL="1")
    cluster.wait_for(4)
    yield cluster
    cluster.close()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.01)


def tries(tmp_path: Path, page: str) -> int:
    return len(list((tmp_path / "log").glob(f"{page}.*")))


def start(tmp_path: Path, address: str) -> processes.Process:
    reading = TESTS / "doubles" / "reading.py"
    (tmp_path / "p.toml").write_text(PIPELINE.format(reading=reading, address=address))
    return processes.started(tmp_path, ["run", "p.toml", "-q"], processes.environment(tmp_path))


def test_late_workers_that_do_not_fit_are_named_and_not_used(
    cluster: DaskCluster,
    pages: Pages,
    read_on: ReadOn,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = tmp_path / "old" / "penstock-0.1.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: penstock\nVersion: 0.1\n")
    late: list[Any] = []

    def add() -> None:
        until(lambda: tries(tmp_path, "b") == 1)
        late.append(cluster.add_worker(PYTHONPATH=str(tmp_path / "old"), READING_MODEL="1"))
        late.append(cluster.add_worker())
        until(lambda: all(why in caplog.text for why in ("has penstock 0.1", "the model is missing")))
        (tmp_path / "log" / "go").touch()

    pages(*"abc")
    adding = threading.Thread(target=add)
    adding.start()
    report = read_on(cluster.address, script={"b": "wait"}, opens="READING_MODEL")
    adding.join()
    assert (report.pages_read, report.failed) == (3, 0)
    warnings = sorted((problem.why, problem.hint, problem.what) for problem in report.warnings)
    assert [why for why, _, _ in warnings] == [
        f"is not used: has penstock 0.1, and this machine has {penstock.__version__}",
        "is not used: the model is missing",
    ]
    assert [hint for _, hint, _ in warnings] == ["install the same version", "copy it there"]
    assert all(what.startswith("the worker tcp://127.0.0.1:") for _, _, what in warnings)
    for process in late:
        process.kill()
    cluster.wait_for(4)


def test_a_page_that_kills_workers_fails_by_name_and_others_are_read(
    cluster: DaskCluster, pages: Pages, read_on: ReadOn, tmp_path: Path
) -> None:
    pages(*"abcd")
    report = read_on(cluster.address, script={"b": "die"})
    assert (report.pages_read, report.failed) == (3, 1)
    (failure,) = report.failures
    assert failure.what == str(tmp_path / "b.png")
    assert "two workers were lost while they read this page" in failure.why
    assert "memory" in failure.hint
    assert tries(tmp_path, "b") == 2


def test_a_page_that_hangs_costs_its_worker_and_is_read_by_another(
    cluster: DaskCluster, pages: Pages, read_on: ReadOn, tmp_path: Path
) -> None:
    pages(*"abc")
    report = read_on(cluster.address, script={"b": "hang once"}, engine={"call_deadline": 1.5})
    assert (report.pages_read, report.failed, tries(tmp_path, "b")) == (3, 0, 2)
    (warning,) = report.warnings
    assert warning.what.startswith("the worker tcp://127.0.0.1:")
    assert warning.why == "is not used: it did not reply for 1.5 seconds"
    assert "nanny" in warning.hint
    # It still hangs, and must not be used by the next run.
    os.kill(int((tmp_path / "log" / "b.1").read_text().split()[0]), signal.SIGKILL)


def run_that_reads_b(cluster: DaskCluster, pages: Pages, folder: Path) -> processes.Process:
    """Start a run over three pages, and return it when `a` is written and a worker has `b`, which waits."""
    pages(*"abc")
    (folder / "log").mkdir()
    run = start(folder, cluster.address)
    until(lambda: (folder / "out" / "a.txt").exists() and tries(folder, "b") == 1)
    return run


def test_a_killed_run_goes_on_and_reads_no_page_again(
    cluster: DaskCluster, pages: Pages, tmp_path: Path
) -> None:
    run = run_that_reads_b(cluster, pages, tmp_path)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate(PATIENCE)
    (tmp_path / "log" / "go").touch()
    again = start(tmp_path, cluster.address)
    assert again.communicate(PATIENCE)[1] == ""
    assert again.returncode == 0
    assert (tmp_path / "out" / "b.txt").read_text() == "b\n"
    assert (tries(tmp_path, "a"), tries(tmp_path, "b")) == (1, 2)


def test_a_lost_scheduler_stops_the_run_and_the_same_command_goes_on(
    cluster: DaskCluster, pages: Pages, tmp_path: Path
) -> None:
    """The last test of this module, because it kills the scheduler."""
    run = run_that_reads_b(cluster, pages, tmp_path)
    cluster.scheduler.kill()
    said = run.communicate(PATIENCE)[1]
    assert f"the scheduler {cluster.address} was lost" in said
    assert run.returncode == 3
    (tmp_path / "log" / "go").touch()
    again = start(tmp_path, "local")
    assert again.communicate(PATIENCE)[1] == ""
    assert again.returncode == 0
    assert (tries(tmp_path, "a"), tries(tmp_path, "b")) == (1, 2)
