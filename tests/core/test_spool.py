"""The spool: one content, one file; whole files or none; notes that outlive a run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from penstock.errors import OutputError
from penstock.spool import Spool


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "state" / "spool")


def files(spool: Spool) -> list[Path]:
    return sorted(path for path in spool.folder.rglob("*") if path.is_file())


def test_one_content_is_kept_once_and_never_written_again(spool: Spool) -> None:
    place = spool.keep(b"a picture", ".jpg")
    before = place.stat()
    assert spool.keep(b"a picture", ".jpg") == place
    assert place.read_bytes() == b"a picture"
    assert place.suffix == ".jpg"
    assert place.stat().st_mtime_ns == before.st_mtime_ns
    assert files(spool) == [place]


def test_a_gathered_file_moves_to_where_its_bytes_would_have_been_kept(spool: Spool) -> None:
    gathered = spool.unfinished("https://host/a.jpg")
    gathered.write_bytes(b"a picture")
    assert spool.unfinished("https://host/a.jpg") == gathered
    place = spool.adopt(gathered, ".jpg")
    assert not gathered.exists()
    assert place == spool.keep(b"a picture", ".jpg")


def test_a_file_that_was_cut_off_is_replaced_by_the_whole_one(spool: Spool) -> None:
    place = spool.keep(b"a picture", ".jpg")
    place.write_bytes(b"a pic")
    assert spool.keep(b"a picture", ".jpg").read_bytes() == b"a picture"


def test_notes_are_found_by_another_run_and_damaged_ones_are_none(spool: Spool) -> None:
    assert spool.recall("etag") is None
    spool.note("etag", {"value": 'W/"1"'})
    assert Spool(spool.folder).recall("etag") == {"value": 'W/"1"'}
    for path in files(spool):
        path.write_text("{")
    assert spool.recall("etag") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_an_error_that_says_so(spool: Spool) -> None:
    spool.folder.parent.mkdir()
    spool.folder.parent.chmod(0o500)
    with pytest.raises(OutputError, match="cannot be used"):
        spool.keep(b"a picture", ".jpg")


def test_a_place_that_is_no_folder_is_an_error_that_says_so(spool: Spool) -> None:
    spool.folder.parent.mkdir()
    spool.folder.write_text("in the way")
    with pytest.raises(OutputError, match="cannot be used"):
        spool.keep(b"a picture", ".jpg")


def test_a_note_says_which_files_it_needs_and_an_older_one_needs_all_that_it_names(spool: Spool) -> None:
    needed, other = spool.keep(b"a page", ".jpg"), spool.keep(b"a download", ".pdf")
    spool.note("camera", ["a page"], needs=[needed])
    spool.note("address", {"file": str(other)})
    assert spool.recall("camera") == ["a page"]
    assert spool.needed() == {needed.stem}
    (spool.folder / "notes" / "older.json").write_text(f'{{"pages": ["/elsewhere/{other.name}"]}}')
    assert spool.needed() == {needed.stem, other.stem}
    assert dict(spool.kept()) == {needed.stem: needed, other.stem: other}
