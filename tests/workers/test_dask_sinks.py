"""Sinks that write on the workers of a real Dask cluster, to a real S3 server and to a shared folder."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytest.importorskip("distributed")

import processes
from penstock.config import check
from penstock.engine import where_it_computes
from penstock.engine.survey import survey
from penstock.errors import ConfigurationError
from penstock.pipeline import Pipeline
from penstock.report import RunReport
from penstock.storage.connection import ATTEMPTS
from pipelines import double, tables
from storage.conftest import connected
from storage.s3 import KEYS, Bucket, Request, Rule, S3Server, gate, s3_server
from workers.dask_cluster import PATIENCE, DaskCluster
from workers.test_dask_killing import until

BUILT_IN = [
    *(
        {"plugin": name, "path": f"{{document}}.{name}.xml"}
        for name in ("alto", "hocr", "json", "page", "text")
    ),
    {"plugin": "pdf", "path": "{document}.pdf"},
    {"plugin": "overlay", "path": "{document}.png", "longest_side": 200},
]

SEEN = """
import os
from dataclasses import dataclass
from typing import ClassVar
from penstock import hookimpl

@dataclass(eq=False)
class Seen:
    is_stateless: ClassVar[bool] = True

    path: str

    @hookimpl
    def write(self, document, outputs):
        with outputs.open(self.path) as file:
            file.write(f"{os.getpid()} {document.beside} {document.origin}")
"""


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@dataclass
class Gate:
    """What happens to requests of workers."""

    rule: Rule = lambda _: None

    def __call__(self, request: Request) -> tuple[int, str] | None:
        return self.rule(request)


@pytest.fixture(scope="module")
def gated(server: S3Server) -> Iterator[tuple[Gate, str]]:
    """The gate between the workers and the S3 server, and its URL."""
    rules = Gate()
    with gate(server, rules) as url:
        yield rules, url


@pytest.fixture(scope="module")
def cluster(
    server: S3Server, gated: tuple[Gate, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DaskCluster]:
    """A scheduler with two workers, which reach the S3 server through the gate."""
    cluster = DaskCluster(tmp_path_factory.mktemp("cluster"))
    for _ in range(2):
        cluster.add_worker(**server.environment | {"AWS_ENDPOINT_URL": gated[1]})
    cluster.wait_for(2)
    yield cluster
    cluster.close()


@pytest.fixture
def bucket(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with connected(server, monkeypatch):
        yield server.new_bucket()


@pytest.fixture
def write(
    cluster: DaskCluster, run_tables: Callable[..., RunReport], draw: Callable[..., Path], tmp_path: Path
) -> Callable[..., RunReport]:
    """Run a pipeline with a sink of `writing` over documents, by their names and what happens to them."""
    (tmp_path / "log").mkdir()

    def run(
        *, sink: str = "Writing", where: str = "out", pages: str = "", shared: str = ".", **script: str
    ) -> RunReport:
        paths = [draw(f"{name}.png") for name in script]
        sinks = [
            {
                "plugin": double(f"writing:{sink}"),
                "path": f"{where}/{{document}}.pid",
                "pages": f"{pages or where}/{{document}}.page.txt",
                "script": script,
                "log": str(tmp_path / "log"),
            }
        ]
        engine = {"workers": cluster.address, "sinks": "cluster", "shared_folders": [shared]}
        return run_tables(tables(paths, sinks=sinks, engine=engine))

    return run


def process_of(folder: Path, name: str) -> int:
    """Return which process wrote a document."""
    return int((folder / "out" / f"{name}.pid").read_text())


def hidden(folder: Path) -> list[Path]:
    """Return the folders of unfinished files."""
    return list(folder.glob(".penstock-*"))


def scans(folder: Path, draw: Callable[..., Path]) -> list[Path]:
    found = [draw("a.png"), draw("b.jpg"), folder / "c.tif"]
    frames = [Image.new("L", (90, 120), 250 - 20 * number) for number in range(2)]
    frames[0].save(found[2], save_all=True, append_images=frames[1:])
    return found


def test_workers_write_the_bytes_that_the_run_would_write(
    cluster: DaskCluster, bucket: Bucket, run_tables: Any, draw: Any, tmp_path: Path
) -> None:
    paths = scans(tmp_path, draw)
    # Pictures are sent: the shared folder is that of the outputs alone.
    (tmp_path / "out").mkdir()
    warnings = []
    places = (("coordinator", "out/a"), ("cluster", "out/b"), ("cluster", bucket.address))
    for number, (where, place) in enumerate(places):
        sinks = [{**sink, "path": f"{place}/{sink['path']}"} for sink in BUILT_IN]
        engine = {"workers": cluster.address, "sinks": where, "shared_folders": ["out"]}
        report = run_tables(tables(paths, sinks=sinks, engine={**engine, "state": f"state.{number}"}))
        assert (report.failed, report.documents_written) == (0, 3)
        warnings.append(sorted(str(warning) for warning in report.warnings))
    assert warnings[0] == warnings[1] == warnings[2]
    local = {path.name: path.read_bytes() for path in (tmp_path / "out" / "a").iterdir()}
    assert len(local) == 24
    assert {path.name: path.read_bytes() for path in (tmp_path / "out" / "b").iterdir()} == local
    assert {key: bucket.get(key) for key in bucket.keys()} == local  # noqa: SIM118  not a dictionary
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a", "b"}


def test_sinks_see_the_same_document_on_a_worker(
    cluster: DaskCluster,
    bucket: Bucket,
    run_tables: Any,
    draw: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also one that has no folder for outputs beside it; these go to the run's own folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seen.py").write_text(SEEN)
    bucket.put("a.png", draw("a.png").read_bytes())
    for where in ("coordinator", "cluster"):
        sinks = [{"plugin": "./seen.py:Seen", "path": f"{{beside}}/{where}"}]
        engine = {"workers": cluster.address, "sinks": where, "shared_folders": ["."], "state": where[:2]}
        run_tables(tables([f"{bucket.address}/a.png"], sinks=sinks, engine=engine))
    here, there = ((tmp_path / name).read_text().split() for name in ("coordinator", "cluster"))
    assert here[1:] == there[1:] == ["None", f"{bucket.address}/a.png"]
    assert here[0] == str(os.getpid()) != there[0]


def test_no_file_that_penstock_did_not_write_is_replaced(write: Any, tmp_path: Path, bucket: Bucket) -> None:
    bucket.put("a.pid", b"mine")
    report = write(where=bucket.address, a="", b="", c="fail")
    why = {Path(problem.what).stem: problem.why for problem in report.failures}
    assert "a.pid exists; this pipeline did not write it" in why["a"]
    assert "ValueError: a fault" in why["c"]
    assert bucket.get("a.pid") == b"mine"
    assert int(bucket.get("b.pid")) != os.getpid()
    # A file that was complete before the sink raised is kept, as always.
    assert sorted(bucket.keys()) == ["a.pid", "b.page.txt", "b.pid", "c.pid"]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "e.pid").write_text("mine")
    report = write(d="", e="")
    assert [Path(problem.what).stem for problem in report.failures] == ["e"]
    assert process_of(tmp_path, "d") != os.getpid()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"d.pid", "d.page.txt", "e.pid"}
    assert (tmp_path / "out" / "e.pid").read_text() == "mine"
    assert hidden(tmp_path) == []


def test_documents_that_workers_cannot_write_are_written_by_the_run(
    write: Any, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRITES_HERE", "1")
    report = write(sink="Local", a="")
    assert process_of(tmp_path, "a") == os.getpid()
    (warning,) = (str(each) for each in report.warnings if "written" not in str(each))
    assert "writes in the process of the run. On tcp://127.0.0.1:" in warning
    assert "the ink is missing" in warning
    # A sink that writes where workers do not see it is found out when it writes.
    report = write(shared="log", where=bucket.address, pages="out", b="")
    assert (report.failed, int(bucket.get("b.pid"))) == (0, os.getpid())


def test_run_writes_what_a_worker_cannot_write_to_the_shared_folder(write: Any, tmp_path: Path) -> None:
    report = write(a="unmount")
    assert (report.failed, process_of(tmp_path, "a")) == (0, os.getpid())
    (warning,) = (str(each) for each in report.warnings if "the worker" in str(each))
    assert "leaves documents to the run: it cannot write to the folder of" in warning
    assert "a.pid: No such file or directory" in warning


def test_check_says_which_sinks_stay_and_who_writes(
    cluster: DaskCluster, bucket: Bucket, tmp_path: Path
) -> None:
    places = (f"{bucket.address}/a/{{document}}.txt", "out/{document}.txt", "{beside}/{document}.txt")
    sinks = [{"plugin": "text", "path": path} for path in (*places, "s3://missing/{document}.txt")]
    engine = {"workers": cluster.address, "sinks": "cluster", "shared_folders": ["."]}

    def pipeline(count: int, shared: str) -> Pipeline:
        told = tables(["a.png"], sinks=sinks[:count], engine={**engine, "shared_folders": [shared]})
        return Pipeline(check(told, tmp_path, where="test.toml", name="test"))

    lines = where_it_computes(pipeline(3, "."))
    assert len(lines) == 3
    assert lines[0].startswith(f"the sink 'text': 2 workers of {cluster.address}, with Python")
    (tmp_path / "log").mkdir()
    with pipeline(3, "log") as opened:
        (note,) = (note for note in survey(opened).messages if "shared_folders" in note)
    assert note.endswith("it writes in the process of the run")
    with pytest.raises(ConfigurationError) as raised:
        where_it_computes(pipeline(4, "."))
    said = [str(complaint) for complaint in raised.value.complaints]
    assert len(said) == 2
    assert "tcp://127.0.0.1:" in said[0]
    assert "cannot use the outputs' place: s3://missing/: does not exist" in said[0]
    with pytest.raises(ConfigurationError, match='sinks = "cluster" needs workers = "tcp://host:8786"'):
        check({**tables(["a.png"]), "engine": {"sinks": "cluster"}}, tmp_path, where="test.toml", name="test")


def test_another_worker_uploads_if_one_cannot_reach_the_storage(
    write: Any, bucket: Bucket, gated: tuple[Gate, str], tmp_path: Path
) -> None:
    requests: list[Request] = []

    def refuse(request: Request) -> tuple[int, str] | None:
        if request.method != "PUT":
            return None
        requests.append(request)
        # A worker makes as many attempts.
        return (503, "SlowDown") if len(requests) <= ATTEMPTS else None

    gated[0].rule = refuse
    assert write(where=bucket.address, a="").failed == 0
    assert bucket.keys() == ["a.page.txt", "a.pid"]
    assert (tmp_path / "log" / "a.2").exists()


def test_a_lost_worker_costs_its_document_one_more_try(
    write: Any, cluster: DaskCluster, bucket: Bucket, gated: tuple[Gate, str], tmp_path: Path
) -> None:
    for _ in range(4):
        cluster.add_worker(**KEYS | {"AWS_ENDPOINT_URL": gated[1]})
    cluster.wait_for(6)
    report = write(where=bucket.address, again="die once", dies="die", well="")
    (failure,) = report.failures
    assert "two workers were lost while they wrote this document" in failure.why
    assert sorted(bucket.keys()) == ["again.page.txt", "again.pid", "well.page.txt", "well.pid"]

    def kill(request: Request) -> None:
        if request.method == "PUT":
            gated[0].rule = lambda _: None
            # The sink writes the id of its process.
            os.kill(int(request.body), signal.SIGKILL)

    gated[0].rule = kill
    assert write(where=bucket.address, uploads="").failed == 0
    assert bucket.get("uploads.page.txt") == b"uploads read"
    assert (tmp_path / "log" / "uploads.2").exists()


@pytest.mark.parametrize("killed", ["run", "scheduler"])
def test_same_command_goes_on_after_a_kill(
    killed: str, cluster: DaskCluster, bucket: Bucket, gated: tuple[Gate, str], draw: Any, tmp_path: Path
) -> None:
    """The last test of this module, because it kills the scheduler.

    The run is killed when a worker uploads: the object appears, and the run does not know it.
    """
    (tmp_path / "log").mkdir()
    draw("a.png")
    (tmp_path / "test.toml").write_text(f"""
[[sources]]
plugin = "files"
paths = ["a.png"]
[[recognizers]]
plugin = "{double("scripted:Scripted")}"
[[sinks]]
plugin = "{double("writing:Writing")}"
path = "{bucket.address}/{{document}}.pid"
pages = "{bucket.address}/{{document}}.page.txt"
log = "{tmp_path / "log"}"
script = {{ a = "{"wait" if killed == "scheduler" else ""}" }}
[[sinks]]
plugin = "text"
path = "out/{{document}}.txt"
[engine]
workers = "{cluster.address}"
sinks = "cluster"
shared_folders = ["."]
""")
    run = processes.started(tmp_path, ["run", "test.toml"], processes.environment(tmp_path))

    def kill(request: Request) -> None:
        if request.method == "PUT":
            gated[0].rule = lambda _: None
            os.kill(run.pid, signal.SIGKILL)

    gated[0].rule = kill
    if killed == "scheduler":
        until((tmp_path / "log" / "a.1").exists)
        cluster.scheduler.kill()
        (tmp_path / "log" / "go").touch()
        said = "".join(run.communicate(PATIENCE))
        assert run.returncode == 0
        assert "the run writes documents in its own process" in said
        assert int(bucket.get("a.pid")) == run.pid
        return
    run.communicate(PATIENCE)
    assert bucket.keys() == ["a.pid"]
    assert len(hidden(tmp_path)) == 1
    again = processes.penstock(tmp_path, "run", "test.toml")
    assert again.returncode == 0
    assert "1 of 1 document written" in again.stderr
    assert bucket.get("a.page.txt") == b"a read"
    assert (tmp_path / "out" / "a.txt").read_text() == "a read\n"
    assert hidden(tmp_path) == []
