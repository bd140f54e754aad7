"""The notices of Linux."""

from __future__ import annotations

import queue
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from penstock.errors import StateError
from penstock.watching.notices import WatchfilesNotices, missing_extra, notices_of
from penstock.watching.presence import walk_folders

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is a part of Linux")


class Told:
    """What was told, and a way to wait for it."""

    def __init__(self) -> None:
        self._told: queue.SimpleQueue[set[Path]] = queue.SimpleQueue()

    def __call__(self, paths: Iterable[Path]) -> None:
        self._told.put(set(paths))

    def wait_for(self, *paths: Path) -> None:
        missing = set(paths)
        while missing:
            missing -= self._told.get(timeout=20)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def folder(tmp_path: Path, told: Told) -> Iterator[Path]:
    (tmp_path / "in" / "old").mkdir(parents=True)
    (tmp_path / "pipeline").mkdir()
    notices = notices_of([tmp_path / "in"], [tmp_path / "pipeline"], told)
    yield tmp_path / "in"
    notices.close()


def test_new_and_moved_files_are_told(folder: Path, told: Told, tmp_path: Path) -> None:
    (folder / "a.pdf").write_bytes(b"1")
    told.wait_for(folder / "a.pdf")
    (folder / "old" / "b.pdf").write_bytes(b"1")
    told.wait_for(folder / "old" / "b.pdf")
    (folder / "a.pdf").rename(folder / "old" / "c.pdf")
    told.wait_for(folder / "old" / "c.pdf")
    (tmp_path / "pipeline" / "p.toml").write_text("")
    told.wait_for(tmp_path / "pipeline" / "p.toml")


def test_folders_that_are_made_and_moved_are_watched(folder: Path, told: Told) -> None:
    (folder / "x" / "y").mkdir(parents=True)
    told.wait_for(folder / "x")  # with all that is below it by then
    (folder / "x" / "z").mkdir()
    told.wait_for(folder / "x" / "z")
    (folder / "x" / "z" / "a.pdf").write_bytes(b"1")
    told.wait_for(folder / "x" / "z" / "a.pdf")
    (folder / "x").rename(folder / "w")
    told.wait_for(folder / "w")
    (folder / "w" / "z" / "b.pdf").write_bytes(b"1")
    told.wait_for(folder / "w" / "z" / "b.pdf")


def test_a_folder_that_is_made_just_before_its_parent_is_watched(tmp_path: Path) -> None:
    def enter(folder: str) -> None:
        if folder == str(tmp_path):
            (tmp_path / "new").mkdir()

    walked = walk_folders(tmp_path, set(), enter)
    assert [folder for folder, _ in walked] == [str(tmp_path), str(tmp_path / "new")]


def test_new_permissions_are_told(folder: Path, told: Told) -> None:
    (folder / "a.pdf").write_bytes(b"1")
    told.wait_for(folder / "a.pdf")
    (folder / "a.pdf").chmod(0o600)
    told.wait_for(folder / "a.pdf")


def test_a_watched_folder_that_is_moved_away_is_told(folder: Path, told: Told, tmp_path: Path) -> None:
    folder.rename(tmp_path / "elsewhere")
    told.wait_for(folder)


def test_a_folder_that_cannot_be_watched(tmp_path: Path, told: Told) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        notices_of([], [tmp_path / "file"], told)


def test_watchfiles_tells_elsewhere(tmp_path: Path, told: Told) -> None:
    notices = WatchfilesNotices([tmp_path], [], told)
    try:
        for number in range(100):  # it begins to watch on its own thread
            (tmp_path / f"{number}.pdf").write_bytes(b"1")
        told.wait_for(tmp_path / "99.pdf")
    finally:
        notices.close()


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Told) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(StateError, match="not installed"):
        WatchfilesNotices([tmp_path], [], told)
    assert "--poll" in missing_extra().hint
