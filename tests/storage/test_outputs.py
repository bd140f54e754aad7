"""Outputs on object storage, on a real S3 server."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
import pytest

from penstock import run as run_file
from penstock.cli.command_options import place
from penstock.cli.convert import conversion_of, convert
from penstock.cli.read_outputs import OutputNames
from penstock.config import check
from penstock.engine.survey import survey
from penstock.errors import StorageError, StorageForbidden
from penstock.outputs import template_faults
from penstock.pipeline import Pipeline
from penstock.storage import ObjectStatuses, connect
from penstock.storage.address import Address
from pipelines import tables
from processes import environment, started
from storage.conftest import forget_connections
from storage.s3 import Bucket, Request, Rule, S3Server, gate

Gated = Callable[[Rule], Any]


@pytest.fixture
def gated(s3: S3Server, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Gated:
    """Lead the environment to a gate with a rule: ``with gated(rule):``."""

    @contextmanager
    def made(rule: Rule) -> Iterator[None]:
        with gate(s3, rule) as url, monkeypatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", url)
            forget_connections()
            patch.setattr("penstock.storage.connection.ATTEMPTS", 2)
            yield
        forget_connections()

    return made


def to_bucket(paths: list[Path], bucket: Bucket, **more: Any) -> dict[str, Any]:
    return tables(paths, sinks=[{"plugin": "text", "path": f"{bucket.address}/out/{{document}}.txt"}], **more)


def test_an_output_is_uploaded_once_and_again_when_it_was_deleted(run_tables, draw, bucket, gated):
    pipeline = to_bucket([draw("a.png"), draw("b.png")], bucket)
    report = run_tables(pipeline)
    form = json.loads(json.dumps(dataclasses.asdict(report), default=str))
    assert form["outputs"] == [f"{bucket.address}/out/{name}.txt" for name in "ab"]
    assert bucket.get("out/a.txt") == b"a read\n"
    head = bucket.client.head_object(Bucket=bucket.name, Key="out/a.txt")
    assert head["ContentType"] == "text/plain; charset=utf-8"
    requests: list[Request] = []
    with gated(requests.append):
        assert run_tables(pipeline).documents_unchanged == 2
    assert {request.method for request in requests} == {"HEAD"}
    bucket.delete("out/a.txt")
    assert run_tables(pipeline).documents_written == 1
    assert bucket.get("out/a.txt") == b"a read\n"


def test_placeholders_and_pages_have_their_place_in_an_address(run_tables, draw, bucket, tmp_path):
    draw("box/a.png")
    pipeline = tables(
        [tmp_path / "box"],
        sinks=[
            {"plugin": "alto", "path": f"{bucket.address}/{{folder}}/{{document}}/{{page}}.xml"},
            {"plugin": "pdf", "path": f"{bucket.address}/{{name}}//{{document}}.pdf"},
        ],
    )
    pipeline["sources"][0]["document"] = "folder"
    assert not run_tables(pipeline).failed
    assert bucket.keys() == ["box/001.xml", "test//box.pdf"]
    assert bucket.get("test//box.pdf").startswith(b"%PDF")


def test_an_object_that_penstock_did_not_write_is_replaced_only_with_force(run_tables, draw, bucket):
    pipeline = to_bucket([draw("a.png")], bucket)
    bucket.put("out/a.txt", b"mine")
    report = run_tables(pipeline)
    assert report.failures[0].why.startswith(
        f"{bucket.address}/out/a.txt exists; this pipeline did not write"
    )
    assert bucket.get("out/a.txt") == b"mine"
    assert run_tables(pipeline, force=True).documents_written == 1
    assert bucket.get("out/a.txt") == b"a read\n"


def test_an_object_that_was_changed_by_hand_is_kept(run_tables, draw, bucket):
    pipeline = to_bucket([draw("a.png")], bucket)
    run_tables(pipeline)
    bucket.put("out/a.txt", b"A READ\n")
    report = run_tables(pipeline)
    assert (report.changed_outputs, report.failed) == (1, 0)
    assert bucket.get("out/a.txt") == b"A READ\n"
    run_tables(pipeline, rewrite=True)
    assert bucket.get("out/a.txt") == b"a read\n"


def test_an_object_with_the_same_bytes_counts_as_unchanged(run_tables, draw, bucket):
    """Its entity tag differs if it was copied in several parts."""
    pipeline = to_bucket([draw("a.png")], bucket)
    run_tables(pipeline)
    copy = bucket.client.create_multipart_upload(Bucket=bucket.name, Key="out/a.txt")["UploadId"]
    names = {"Bucket": bucket.name, "Key": "out/a.txt", "UploadId": copy}
    tag = bucket.client.upload_part(Body=b"a read\n", PartNumber=1, **names)["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
    bucket.client.complete_multipart_upload(MultipartUpload=parts, **names)
    report = run_tables(pipeline)
    assert (report.documents_unchanged, report.changed_outputs) == (1, 0)


@pytest.mark.parametrize("is_new", [True, False])
def test_an_object_written_in_the_meantime_is_not_replaced(run_tables, draw, bucket, gated, is_new):
    pipeline = to_bucket([draw("a.png")], bucket)
    if not is_new:
        run_tables(pipeline)

    def rule(request: Request) -> None:
        if request.method == "PUT":
            bucket.put("out/a.txt", b"theirs")

    with gated(rule):
        report = run_tables(pipeline, write_again=not is_new)
    assert "another program, wrote or removed it meanwhile" in report.failures[0].why
    assert bucket.get("out/a.txt") == b"theirs"


def test_an_upload_whose_answer_was_lost_is_written(run_tables, draw, bucket, gated):
    waits: list[bool] = []

    def rule(request: Request) -> tuple[int, str] | None:
        if request.method == "PUT" and not bucket.keys():
            waits.append("Expect" in request.headers)
            bucket.put("out/a.txt", request.body)
            return 500, "InternalError"
        return None

    pipeline = to_bucket([draw("a.png")], bucket)
    with gated(rule):
        report = run_tables(pipeline)
    assert (report.documents_written, report.failed, waits) == (1, 0, [False])
    assert run_tables(pipeline).documents_unchanged == 1


def test_a_service_without_conditions_is_written_to(run_tables, draw, bucket, gated):
    def rule(request: Request) -> tuple[int, str] | None:
        return (501, "NotImplemented") if {"If-Match", "If-None-Match"} & set(request.headers) else None

    pipeline = to_bucket([draw("a.png")], bucket)
    with gated(rule):
        assert run_tables(pipeline).documents_written == 1
        assert run_tables(pipeline, write_again=True).documents_written == 1
        bucket.put("out/a.txt", b"mine")
        assert run_tables(pipeline, write_again=True).failed == 1
    assert bucket.get("out/a.txt") == b"mine"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((503, "SlowDown"), "the service cannot be reached now"),
        ((403, "AccessDenied"), "access is forbidden"),
    ],
)
def test_results_are_kept_when_an_upload_fails(run_tables, draw, bucket, gated, tmp_path, answer, why):
    def rule(request: Request) -> tuple[int, str] | None:
        return answer if request.method == "PUT" else None

    pipeline = to_bucket([draw("a.png"), draw("b.png")], bucket)
    with gated(rule):
        report = run_tables(pipeline)
    assert (report.exit_code, report.failed, report.pages_read) == (1, 2, 2)
    assert why in report.failures[0].why
    report = run_tables(pipeline)
    assert (report.exit_code, report.pages_known, report.documents_written) == (0, 2, 2)
    assert list((tmp_path / ".penstock").glob("*/uploads/*")) == []


def test_an_object_that_is_read_is_never_replaced(run_tables, draw, bucket):
    scan = draw("a.png").read_bytes()
    bucket.put("box/a.png", scan)
    path = f"{bucket.address}/box/{{document}}.png"
    report = run_tables(tables([bucket.address], sinks=[{"plugin": "text", "path": path}]), force=True)
    assert "is an input, and inputs are never overwritten" in report.failures[0].why
    assert bucket.get("box/a.png") == scan


def test_outputs_among_the_scans_are_not_read(run_tables, draw, bucket):
    bucket.put("box/a.png", draw("a.png").read_bytes())
    sinks = [{"plugin": "overlay", "path": f"{bucket.address}/box/{{document}}-overlay.png"}]
    pipeline = tables([bucket.address], sinks=sinks)
    assert run_tables(pipeline).documents_written == 1
    report = run_tables(pipeline)
    assert (report.skipped_outputs, report.documents_found, report.documents_unchanged) == (1, 1, 1)


def test_a_missing_bucket_ends_the_run_before_it_starts(run_tables, draw, bucket):
    pipeline = to_bucket([draw("a.png")], Bucket(None, "no-such-bucket"))
    with pytest.raises(StorageError, match="s3://no-such-bucket/: does not exist"):
        run_tables(pipeline)


def test_credentials_for_one_folder_of_a_bucket_are_enough(run_tables, draw, bucket, gated):
    """S3 then forbids to ask for the bucket, and for objects that do not exist."""

    def only_folder(request: Request) -> tuple[int, str] | None:
        path, _, query = request.path.partition("?")
        is_list = request.method == "GET" and path.strip("/") == bucket.name
        is_allowed = "prefix=out%2F" in query if is_list else path.startswith(f"/{bucket.name}/out/")
        keys = bucket.keys()
        is_there = request.method != "HEAD" or path.removeprefix(f"/{bucket.name}/") in keys
        return None if is_allowed and is_there else (403, "AccessDenied")

    pipeline = to_bucket([draw("a.png")], bucket)
    with gated(only_folder):
        assert run_tables(pipeline).documents_written == 1
        assert run_tables(pipeline).documents_unchanged == 1
        pipeline["sinks"][0]["path"] = f"{bucket.address}/{{document}}.txt"
        with pytest.raises(StorageForbidden, match=f"{bucket.address}/: access is forbidden"):
            run_tables(pipeline)


def test_two_documents_never_share_an_object(run_tables, draw, bucket):
    pipeline = to_bucket([draw("a.png"), draw("b/a.png")], bucket)
    report = run_tables(pipeline)
    assert (report.documents_written, report.failed) == (1, 1)
    assert "would write s3://" in report.failures[0].why


def test_a_full_disk_of_this_machine_is_named(run_tables, draw, bucket, monkeypatch):
    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("penstock.outputs.writing.os.fsync", full)
        report = run_tables(to_bucket([draw("a.png")], bucket))
    assert report.exit_code == 3
    assert "uploads first): the disk is full" in report.stopped.why


def test_many_outputs_are_listed_and_not_asked_for_one_by_one(
    run_tables, draw, bucket, gated, tmp_path, monkeypatch
):
    monkeypatch.setattr("penstock.storage.listing.ASKED_SINGLY", 3)
    count = 8
    for number in range(count):
        draw(f"box/{number}.png", size=(8, 8))
    pipeline = to_bucket([tmp_path / "box"], bucket)
    assert run_tables(pipeline).documents_written == count
    requests: list[Request] = []
    with gated(requests.append):
        assert run_tables(pipeline).documents_unchanged == count
    assert [request.method for request in requests] == ["HEAD"] * 4 + ["GET"]


def test_pages_are_read_while_the_service_does_not_answer(run_tables, draw, bucket, gated):
    """It may be back when the document is written."""
    pipeline = to_bucket([draw("a.png")], bucket)
    has_begun = threading.Event()

    def rule(request: Request) -> tuple[int, str] | None:
        if has_begun.is_set():
            return 503, "SlowDown"
        has_begun.set()  # the first request checks the bucket
        return None

    with gated(rule):
        report = run_tables(pipeline)
    assert (report.exit_code, report.pages_read, report.failed) == (1, 1, 1)
    assert "the service cannot be reached now" in report.failures[0].why
    assert run_tables(pipeline).documents_written == 1


def test_a_service_that_is_not_there_is_left_alone_for_a_while(bucket, gated):
    requests: list[Request] = []

    def rule(request: Request) -> tuple[int, str]:
        requests.append(request)
        return 503, "SlowDown"

    times = [0.0]
    statuses = ObjectStatuses(now=lambda: times[0])
    counts = []
    with gated(rule):
        for times[0], name in ((0.0, "a"), (30.0, "b"), (61.0, "a")):
            with pytest.raises(
                StorageError, match=f"^{bucket.address}/{name}: the service cannot be reached now"
            ):
                statuses.known(Address.parse(f"{bucket.address}/{name}"))
            counts.append(len(requests))
    statuses.close()
    assert counts[0] == counts[1] < counts[2]


def test_uploads_that_were_killed_are_made_again(draw, bucket, s3, tmp_path):
    draw("a.png")
    pipeline = tmp_path / "penstock.toml"
    scripted = tables([])["recognizers"][0]["plugin"]
    pipeline.write_text(
        f'[[sources]]\nplugin = "files"\npaths = ["a.png"]\n[[recognizers]]\nplugin = "{scripted}"\n'
        f'[[sinks]]\nplugin = "text"\npath = "{bucket.address}/{{document}}.txt"\n'
        f'[[sinks]]\nplugin = "hocr"\npath = "{bucket.address}/{{document}}.hocr"\n'
    )
    arrived, killed = threading.Barrier(3), threading.Event()

    def rule(request: Request) -> tuple[int, str] | None:
        if request.method == "PUT":
            if request.path.endswith(".txt"):  # this one is stored, but its answer gets lost
                bucket.put("a.txt", request.body)
            arrived.wait(60)
            assert killed.wait(60)
            return 500, "InternalError"
        return None

    with gate(s3, rule) as url:
        process = started(tmp_path, ["run", "penstock.toml"], environment(tmp_path, AWS_ENDPOINT_URL=url))
        arrived.wait(60)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(60)
        killed.set()
    assert len(list(tmp_path.glob("**/uploads/*"))) == 2
    assert bucket.keys() == ["a.txt"]
    assert run_file(pipeline).documents_written == 1
    assert bucket.get("a.txt") == b"a read\n"
    assert bucket.keys() == ["a.hocr", "a.txt"]
    assert bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads", []) == []
    assert list(tmp_path.glob("**/uploads/*")) == []


def test_check_names_a_missing_bucket(draw, bucket, tmp_path):
    addresses = f"{bucket.address}/{{document}}.txt", "s3://nothing/{document}.txt"
    pipeline = tables([draw("a.png")], sinks=[{"plugin": "text", "path": each} for each in addresses])
    found = survey(Pipeline(check(pipeline, tmp_path, where="test.toml", name="test")))
    assert found.exit_code == 1
    assert [str(problem) for problem in found.failures] == [
        "s3://nothing/: does not exist (create it, or correct the address)"
    ]
    assert found.messages[0].startswith(f"{bucket.address}/ can be reached; whether it may be written to")
    assert bucket.keys() == []


def test_convert_writes_to_object_storage(draw, bucket, run_tables, tmp_path, capsys, monkeypatch):
    run_tables(tables([draw("a.png")], sinks=[{"plugin": "json", "path": "a.json"}]))
    monkeypatch.chdir(tmp_path)
    for output in (f"{bucket.address}/b/a.txt", f"{bucket.address}/c/"):
        assert not convert(conversion_of(("a.json", output), "text", force=False, quiet=False))
    assert capsys.readouterr().err == (f"wrote {bucket.address}/b/a.txt\nwrote {bucket.address}/c/a.txt\n")
    assert bucket.get("b/a.txt") == bucket.get("c/a.txt") == b"a read\n"


@pytest.mark.parametrize(
    ("names", "templates"),
    [
        (
            OutputNames("pdf,text", out=Address.parse("s3://bucket/out/")),
            ["s3://bucket/out/{folder}/{document}.pdf", "s3://bucket/out/{folder}/{document}.txt"],
        ),
        (OutputNames("pdf", out=Address.parse("s3://bucket")), ["s3://bucket/{folder}/{document}.pdf"]),
        (OutputNames(file=Address.parse("s3://bucket/{a}.txt")), ["s3://bucket/{{a}}.txt"]),
        (
            OutputNames("pdf,text", file=Address.parse("s3://bucket/a.pdf")),
            ["s3://bucket/a.pdf", "s3://bucket/a.txt"],
        ),
    ],
)
def test_read_names_outputs_on_object_storage(names, templates):
    assert [table["path"] for table in names.tables()] == templates


def test_other_schemes_are_refused():
    with pytest.raises(click.BadParameter, match="unsupported scheme 'ftp'"):
        place("ftp://host/out")
    assert template_faults("s3://bucket") == [
        "must name an object: {document}.pdf after the bucket, for example"
    ]
    with pytest.raises(click.BadParameter, match="two slashes after its scheme, got s3:/bucket/out"):
        place("s3:/bucket/out")
    assert template_faults("az:/a/{document}.txt") == [
        "must have two slashes after the scheme of an address, got 'az:/a/{document}.txt'"
    ]
    (fault,) = template_faults("http://host/{document}.txt")
    assert fault.startswith("is no address of object storage: http://host/{document}.txt: unsupported scheme")


def test_a_place_without_conditions_gets_whole_objects_by_renaming(run_tables, draw, tmp_path):
    """As on an SFTP server; in memory here."""
    memory = connect(Address.parse("memory://out"))
    memory.makedirs("/out", exist_ok=True)
    pipeline = tables([draw("a.png")], sinks=[{"plugin": "text", "path": "memory://out/x/{document}.txt"}])
    assert run_tables(pipeline).documents_written == 1
    assert [entry["name"] for entry in memory.ls("/out/x", detail=True)] == ["/out/x/a.txt"]
    assert memory.cat("/out/x/a.txt") == b"a read\n"
    assert run_tables(pipeline).documents_unchanged == 1
    memory.pipe("/out/x/a.txt", b"mine")
    assert run_tables(pipeline).changed_outputs == 1
    # What a run leaves that was killed while it wrote:
    memory.pipe("/out/x/.a.txt.12.part", b"a re")
    with closing(sqlite3.connect(tmp_path / ".penstock/journal.sqlite")) as journal, journal:
        journal.execute("INSERT INTO parts VALUES (?, 1)", (b"memory://out/x/.a.txt.12.part",))
    run_tables(pipeline)
    assert not memory.exists("/out/x/.a.txt.12.part")
    memory.rm("/out", recursive=True)
