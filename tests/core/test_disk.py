"""What is on the disk, and under which name, before anybody relies on it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from penstock.disk import put_in_place
from penstock.model import RecognizedDocument
from penstock.outputs import OutputRules, Outputs
from penstock.spool import Spool
from penstock.testing.outputs import RecordingRegistry


@pytest.fixture
def synced(monkeypatch) -> list[int]:
    """The inodes of what was synced, in order."""
    seen: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda file: seen.append(os.fstat(file).st_ino))
    return seen


def inode(path: Path) -> int:
    return path.stat().st_ino


def test_a_file_has_its_name_before_anybody_goes_on(tmp_path, synced):
    part, place = tmp_path / "part", tmp_path / "there/place"
    place.parent.mkdir()
    place.write_text("old")
    part.write_text("new")
    put_in_place(part, place)
    assert place.read_text() == "new"
    assert synced == [inode(place.parent)]


@pytest.mark.parametrize("way", ["keep", "adopt", "note"])
def test_what_the_spool_keeps_is_on_the_disk_and_so_is_its_name(tmp_path, synced, way):
    spool = Spool(tmp_path / "spool")
    if way == "note":
        spool.note("sittings", ["a"])
        (place,) = (tmp_path / "spool/notes").iterdir()
    elif way == "keep":
        place = spool.keep(b"a page", ".jpg")
    else:
        gathered = spool.unfinished("download")
        gathered.write_bytes(b"a page")
        place = spool.adopt(gathered, ".jpg")
    assert synced == [inode(place), inode(place.parent)]


def test_an_output_is_known_as_written_when_its_name_is_on_the_disk(tmp_path, synced):
    known: list[list[int]] = []
    ledger = RecordingRegistry(on_written=lambda place: known.append(list(synced)))
    rules = OutputRules(tmp_path, "test", "2026-11-23", ledger)
    document = RecognizedDocument("a", "a.png", ())
    outputs = Outputs(rules, document, owner="sink", report=lambda problem: None)
    with outputs.open("out/{document}.txt") as file:
        file.write("text")
    assert known == [[inode(tmp_path / "out/a.txt"), inode(tmp_path / "out")]]
