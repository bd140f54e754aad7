"""Reading pages on a real Dask cluster: a scheduler and workers in processes of their own."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import penstock
from penstock.config import check
from penstock.engine import where_it_computes
from penstock.errors import ConfigurationError
from penstock.pipeline import Pipeline
from penstock.report import RunReport
from workers.dask_cluster import DaskCluster, tables_for

Pages = Callable[..., None]
ReadOn = Callable[..., RunReport]
distributed = pytest.importorskip("distributed")


def begun(tmp_path: Path) -> list[str]:
    """Return the pages that workers began, with the number of the try."""
    return sorted(path.name for path in (tmp_path / "log").iterdir() if not path.name.startswith("closed"))


def outputs(tmp_path: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}


def complaints(error: ConfigurationError) -> str:
    return "\n".join(map(str, error.complaints))


def test_outputs_are_those_of_a_local_run(
    cluster: DaskCluster, pages: Pages, read_on: ReadOn, tmp_path: Path
) -> None:
    pages(*"abcdef")
    read_on(1)
    local = outputs(tmp_path)
    for path in (*(tmp_path / "out").iterdir(), *(tmp_path / "log").iterdir()):
        path.unlink()
    report = read_on(cluster.address, engine={"state": "other"})
    assert (report.pages_read, report.failed, report.warned) == (6, 0, 0)
    assert outputs(tmp_path) == local
    # Each page is read once, in a file of the worker, by a plugin file of the worker.
    assert begun(tmp_path) == [f"{page}.1" for page in "abcdef"]
    seen = [(tmp_path / "log" / f"{page}.1").read_text().split() for page in "abcdef"]
    assert not any(Path(path).is_relative_to(tmp_path) or Path(path).exists() for _, path in seen)
    # At the end of the run, the recognizer is closed in each worker that read pages.
    closed = {path.suffix[1:] for path in (tmp_path / "log").glob("closed.*")}
    assert {process for process, _ in seen} <= closed
    # Dask would keep the last pictures in a log of messages.
    with distributed.Client(cluster.address, set_as_default=False) as client:
        assert client.run_on_scheduler(
            lambda dask_scheduler: [
                len(stream.recent_message_log) for stream in dask_scheduler.stream_comms.values()
            ]
        ) == [0, 0]


def test_pictures_in_a_shared_folder_are_not_sent(
    cluster: DaskCluster, pages: Pages, read_on: ReadOn, tmp_path: Path
) -> None:
    pages("a")
    assert read_on(cluster.address, engine={"shared_folders": ["."]}).pages_read == 1
    assert (tmp_path / "log" / "a.1").read_text().endswith(f" {tmp_path / 'a.png'}")


def test_a_shared_folder_that_workers_do_not_see_stops_the_run_before_the_first_page(
    cluster: DaskCluster, pages: Pages, read_on: ReadOn, tmp_path: Path
) -> None:
    pages("a")
    with pytest.raises(ConfigurationError) as raised:
        read_on(cluster.address, engine={"shared_folders": ["elsewhere"]})
    said = complaints(raised.value)
    assert "127.0.0.1:" in said
    assert f"does not see the shared folder {tmp_path / 'elsewhere'}" in said
    assert begun(tmp_path) == []


def test_links_and_unfinished_files_do_not_tell_shared_folders_apart(
    cluster: DaskCluster, pages: Pages, read_on: ReadOn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pages("a")
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "link").symlink_to("elsewhere")
    listed = Path.iterdir

    def with_part(folder: Path) -> Iterator[Path]:
        yield folder / ".b.txt.1f2e.part"  # got its name before the worker looks
        yield from listed(folder)

    monkeypatch.setattr(Path, "iterdir", with_part)
    assert read_on(cluster.address, engine={"shared_folders": ["share"]}).pages_read == 1


def test_a_picture_that_cannot_be_sent_fails_alone(
    cluster: DaskCluster, pages: Pages, read_on: ReadOn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pages("a", "b")
    limit = (tmp_path / "a.png").stat().st_size
    (tmp_path / "b.png").write_bytes((tmp_path / "b.png").read_bytes() + bytes(2 * limit))
    monkeypatch.setattr("penstock.workers.dask.pictures.LARGEST_PICTURE", 2 * limit)
    report = read_on(cluster.address)
    assert (report.pages_read, report.failed) == (1, 1)
    assert "too many to be sent to a worker" in report.failures[0].why
    assert "shared_folders" in report.failures[0].hint


def test_a_recognizer_that_a_worker_cannot_open_is_named_with_the_worker(
    cluster: DaskCluster, pages: Pages, read_on: ReadOn, tmp_path: Path
) -> None:
    pages("a")
    with pytest.raises(ConfigurationError) as raised:
        read_on(cluster.address, opens="READING_MODEL")
    assert complaints(raised.value).count("the model is missing; copy it there") == 2
    assert complaints(raised.value).count("tcp://127.0.0.1:") == 2


def test_other_results_in_a_worker_are_refused(
    cluster: DaskCluster, pages: Pages, read_on: ReadOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages("a")
    monkeypatch.setenv("READING_VERSION", "2")
    with pytest.raises(ConfigurationError, match=r"version is '2' for the run and '1' in the worker"):
        read_on(cluster.address)


def test_a_resource_that_no_worker_has_is_named(cluster: DaskCluster, pages: Pages, read_on: ReadOn) -> None:
    pages("a")
    with pytest.raises(ConfigurationError, match="needs Dask workers with GPU=1, and none of the 2 workers"):
        read_on(cluster.address, needs={"GPU": 1})


def test_a_scheduler_that_is_not_there(
    read_on: ReadOn, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.workers.dask.connecting.CONNECT_SECONDS", 0.5)
    pages("a")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for port in (silent.getsockname()[1], 1):
            with pytest.raises(ConfigurationError, match=rf"127.0.0.1:{port} cannot be reached"):
                read_on(f"tcp://127.0.0.1:{port}")


def test_where_it_computes(cluster: DaskCluster, pages: Pages, read_on: ReadOn, tmp_path: Path) -> None:
    pages("a")
    tables = tables_for(cluster.address)
    pipeline = Pipeline(check(tables, tmp_path, where="test.toml", name="test"))
    title = f"the recognizer '{tables['recognizers'][0]['plugin']}'"
    first, *others = where_it_computes(pipeline)
    assert first.startswith(f"{title}: 2 workers of {cluster.address}, with Python 3.")
    assert f"penstock {penstock.__version__}" in first
    assert len(others) == 2
    for line in others:
        assert re.fullmatch(r"  tcp://127.0.0.1:\d+: 1 thread", line)
    pipeline = Pipeline(check(tables_for(2), tmp_path, where="test.toml", name="test"))
    assert where_it_computes(pipeline) == [f"{title}: 2 processes of this machine"]


def test_other_versions_on_a_worker_and_no_worker_at_all(
    cluster: DaskCluster, pages: Pages, read_on: ReadOn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last test that uses the cluster's workers: another one joins."""
    pages("a")
    folder = tmp_path / "old" / "penstock-0.1.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: penstock\nVersion: 0.1\n")
    cluster.add_worker(PYTHONPATH=str(tmp_path / "old"))
    cluster.wait_for(3)
    with pytest.raises(ConfigurationError) as raised:
        read_on(cluster.address)
    said = complaints(raised.value)
    assert f"has penstock 0.1, and this machine has {penstock.__version__}; install the same version" in said
    assert said.count("tcp://127.0.0.1:") == 1
    for worker in cluster.workers:
        worker.kill()
    cluster.wait_for(0)
    monkeypatch.setattr("penstock.workers.dask.connecting.FIRST_WORKER_SECONDS", 0.1)
    with pytest.raises(ConfigurationError, match=f"{cluster.address} has no worker; start some with"):
        read_on(cluster.address)


@pytest.mark.parametrize("where", ["cluster", "host:8786", "http://host:8786", "tcp://host", 0, 1.5])
def test_places_that_are_none(where: Any, read_on: ReadOn) -> None:
    with pytest.raises(ConfigurationError, match="workers"):
        read_on(where)
