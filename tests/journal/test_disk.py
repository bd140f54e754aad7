"""Disks that fill up, before and during a run of the command."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from journal.killing import PATIENCE, CountingService, drawn_pages, finish, pipeline_file, start

PAGES = 40
PAGE = 4096
"""The block size of a tmpfs."""

Mount = Callable[[str], Path]


@pytest.fixture(scope="session")
def may_mount() -> None:
    """Skip if file systems cannot be mounted."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a file system needs Linux and root")
    with tempfile.TemporaryDirectory() as place:
        if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], capture_output=True).returncode:
            pytest.skip("file systems cannot be mounted here")
        subprocess.run(["umount", place], check=True)


@pytest.fixture
def mounted(may_mount: None, tmp_path: Path) -> Iterator[Mount]:
    """Mount a disk of 16 MB."""
    places = []

    def mount(name: str) -> Path:
        place = tmp_path / name
        place.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)], check=True)
        places.append(place)
        return place

    yield mount
    for place in places:
        subprocess.run(["umount", "-l", str(place)], check=True)


def filled(disk: Path, free: int) -> Path:
    """Fill a disk except for this many bytes; return the file that does."""
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(PAGE)):
            pass
    os.truncate(ballast, ballast.stat().st_size - free)
    return ballast


@pytest.mark.parametrize("free", [0, 100, 200])
def test_run_does_not_start_on_a_full_disk(tmp_path, mounted, free):
    pages = drawn_pages(tmp_path / "scans", 5)
    filled(mounted("state"), free * PAGE)
    with CountingService(pages.words) as service:
        process = start(pipeline_file(tmp_path, ["text"], state="state"), service)
        said = process.communicate(timeout=PATIENCE)[1]
        assert process.returncode == 2
        assert not service.calls
    assert "the disk is full" in said
    assert "make room" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("what", "free"), [("state", 300), ("state", 320), ("state", 340), ("out", 0), ("out", 10)]
)
def test_full_disk_stops_the_run_and_the_next_one_continues(tmp_path, mounted, what, free):
    pages = drawn_pages(tmp_path / "scans", PAGES)
    ballast = filled(mounted(what), free * PAGE)
    file = pipeline_file(tmp_path, ["text", "json"], state="state", outage_deadline="0")
    with CountingService(pages.words) as service:
        code, report = finish(start(file, service))
        assert code == 3, report
        assert "the disk is full" in report["stopped"]["why"]
        assert "make room" in report["stopped"]["hint"]
        assert what == "out" or not report["failed"]
        assert not list(tmp_path.rglob("*.part"))
        ballast.unlink()
        code, report = finish(start(file, service))
        assert code == 0, report
        assert service.taken() == dict.fromkeys(pages.words, 1)
        assert report["doubtful_submits"] == 0
    for name, words in pages.documents.items():
        assert (tmp_path / f"out/{name}.text").read_text().split() == words


@pytest.mark.parametrize(("what", "free"), [("state", 320), ("out", 0)])
def test_run_goes_on_when_room_is_made(tmp_path, mounted, what, free):
    pages = drawn_pages(tmp_path / "scans", PAGES)
    ballast = filled(mounted(what), free * PAGE)
    file = pipeline_file(tmp_path, ["text", "json"], state="state")
    with CountingService(pages.words) as service:
        process = start(file, service)
        # The journal gives its reserve up when the disk is full.
        while not (tmp_path / "state/reserve").exists() and process.poll() is None:
            threading.Event().wait(0.005)
        while process.poll() is None:
            is_full = (
                len(service.taken()) == PAGES if what == "out" else not (tmp_path / "state/reserve").exists()
            )
            if is_full:
                break
            threading.Event().wait(0.005)
        assert process.poll() is None
        ballast.unlink()
        code, report = finish(process)
        assert (code, report["failed"], report["doubtful_submits"]) == (0, 0, 0), report
        assert service.taken() == dict.fromkeys(pages.words, 1)
    for name, words in pages.documents.items():
        assert (tmp_path / f"out/{name}.text").read_text().split() == words
