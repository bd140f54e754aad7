"""Scans and outputs on an SFTP server."""

from __future__ import annotations

import fsspec
import pytest

from penstock.errors import StorageError
from penstock.model import Page
from penstock.spool import Spool
from penstock.storage import Address, status
from penstock_plugins.sources.files import Files
from pipelines import tables
from storage.sftp import sftp_server


@pytest.fixture
def started(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (tmp_path / "served").mkdir()
    with sftp_server(tmp_path / "served", tmp_path / "home") as address_and_cut:
        yield address_and_cut
    fsspec.get_filesystem_class("sftp").clear_instance_cache()


@pytest.fixture
def server(started):
    return started[0]


def test_files_are_read_from_and_written_whole_to_an_sftp_server(run_tables, draw, server, tmp_path):
    sinks = [{"plugin": "text", "path": f"{server}/out/{{folder}}/{{document}}.txt"}]
    draw("served/in/box/a.png")
    pipeline = tables([f"{server}/in"], sinks=sinks)
    report = run_tables(pipeline)
    assert [str(path) for path in report.outputs] == [f"{server}/out/box/a.txt"]
    written = tmp_path / "served/out/box/a.txt"
    assert written.read_text() == "a read\n"
    assert [path.name for path in written.parent.iterdir()] == ["a.txt"]
    assert run_tables(pipeline).documents_unchanged == 1
    written.write_text("mine")
    assert run_tables(pipeline).changed_outputs == 1
    assert run_tables(pipeline, rewrite=True).documents_written == 1
    assert written.read_text() == "a read\n"


def test_a_broken_connection_is_made_again(started, draw, tmp_path):
    server, cut = started
    for number in range(1, 9):
        draw(f"served/page{number}.png")
    pages = []
    for document in Files(server).find_documents(print, Spool(tmp_path / "spool")):
        pages.extend(document.pages)
        if document.name == "page2":
            cut()
    assert [type(page) for page in pages] == [Page] * 8


def test_a_host_whose_key_is_not_known_is_refused(server, tmp_path):
    (tmp_path / "home/.ssh/known_hosts").unlink()
    with pytest.raises(StorageError, match=r"the host's key is not in .*known_hosts; connect once with ssh"):
        status(Address.parse(f"{server}/a"))


def test_a_user_whose_key_the_server_does_not_take_is_told(server, tmp_path):
    (tmp_path / "home/.ssh/id_ecdsa").unlink()
    with pytest.raises(StorageError, match=r"no valid credentials .*use a key of ~/.ssh"):
        status(Address.parse(f"{server}/a"))
