"""Outputs on Azure Blob Storage, as Azurite emulates it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.errors import ObjectChanged, StorageError
from penstock.storage import Address, Upload, status, statuses_in
from pipelines import tables
from storage.azurite import Container


def to_container(path: Path, container: Container) -> dict[str, Any]:
    return tables([path], sinks=[{"plugin": "text", "path": f"{container.address}/out/{{document}}.txt"}])


def test_blobs_are_written_once_and_those_of_others_are_kept(run_tables, draw, container):
    pipeline = to_container(draw("a.png"), container)
    assert run_tables(pipeline).documents_written == 1
    blob = container.client.get_blob_client("out/a.txt")
    properties = blob.get_blob_properties()
    assert (container.get("out/a.txt"), properties.content_settings.content_type) == (
        b"a read\n",
        "text/plain; charset=utf-8",
    )
    assert run_tables(pipeline).documents_unchanged == 1
    assert blob.get_blob_properties().etag == properties.etag
    assert run_tables(pipeline, write_again=True).documents_written == 1
    container.put("out/a.txt", b"mine")
    assert run_tables(pipeline).changed_outputs == 1
    assert run_tables(pipeline, write_again=True).failed == 1
    assert container.get("out/a.txt") == b"mine"


def test_a_blob_that_another_program_writes_meanwhile_is_kept(container, tmp_path):
    address = Address.parse(f"{container.address}/a.txt")
    (tmp_path / "file").write_bytes(b"ours")

    def upload(replaces):
        return Upload(tmp_path / "file", address, replaces, lambda part, finished: None, lambda: None).send()

    container.put("a.txt", b"theirs")
    with pytest.raises(ObjectChanged):
        upload(None)
    seen = status(address)
    assert statuses_in(address.parent) == {address: seen}
    container.put("a.txt", b"theirs, too")
    with pytest.raises(ObjectChanged):
        upload(seen)
    assert container.get("a.txt") == b"theirs, too"
    assert upload(status(address)) == status(address)
    assert container.get("a.txt") == b"ours"


def test_a_missing_container_ends_the_run_before_it_starts(run_tables, draw, container):
    pipeline = to_container(draw("a.png"), Container(None, "no-such-container"))
    with pytest.raises(StorageError, match="az://no-such-container/: does not exist"):
        run_tables(pipeline)
