"""A state folder that cannot be written, from the start or from some moment of a run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.killing import PATIENCE, CountingService, Trial, drawn_pages, finish, pipeline_file, start
from processes import penstock

PAGES = 60


class Disk:
    """A file system in a file. It turns read-only at its first error, as on a failing disk."""

    def __init__(self, image: Path, place: Path) -> None:
        self.image, self.place = image, place
        place.mkdir()
        with image.open("wb") as file:
            file.truncate(8 * 2**20)
        self._run("mkfs.ext4", "-q", str(image))
        self._device = ""

    def _run(self, *command: str) -> str:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def mount(self) -> None:
        self._device = self._run("losetup", "-f", "--show", str(self.image))
        self._run("mount", "-o", "errors=remount-ro", self._device, str(self.place))

    def fail(self) -> None:
        trigger = Path("/sys/fs/ext4", Path(self._device).name, "trigger_fs_error")
        trigger.write_text("1")

    def protect(self) -> None:
        self._run("mount", "-o", "remount,ro", str(self.place))

    def unmount(self) -> None:
        if self._device:
            subprocess.run(["umount", "-l", str(self.place)], capture_output=True)
            subprocess.run(["losetup", "-d", self._device], capture_output=True)
            self._device = ""

    def repair(self) -> None:
        self.unmount()
        subprocess.run(["fsck.ext4", "-fy", str(self.image)], capture_output=True)
        self.mount()


pytestmark = pytest.mark.usefixtures("without_coverage")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a file system needs Linux and root")
    try:
        made = Disk(tmp_path / "image", tmp_path / "state")
        made.mount()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("file systems cannot be mounted here")
    yield made
    made.unmount()


@pytest.mark.parametrize("calls", [20, 80])
def test_state_folder_that_turns_read_only_stops_the_run(tmp_path, disk, calls):
    pages = drawn_pages(tmp_path / "scans", PAGES)
    file = pipeline_file(tmp_path, ["text", "json"], in_flight=PAGES // 5, state="state")
    with CountingService(pages.words, work=0.02, submit_takes=0.03) as service:
        trial = Trial(tmp_path, pages, service, sinks=2, state="state")
        process = start(file, service)
        service.wait_for_calls(calls, process)
        disk.fail()
        code, report = finish(process)
        assert code == 3, report
        assert "the state folder" in report["stopped"]["why"]
        assert "cannot be used" in report["stopped"]["why"]
        assert report["stopped"]["hint"]
        disk.repair()
        trial.look()
        code, report = finish(start(file, service))
        if code != 0:
            # ext4 reports success for syncs while it turns read-only. The other disk can then have an output
            # without a row in the journal. It is not replaced without --force.
            reasons = {failure["why"] for failure in report["failures"]}
            assert all("this pipeline did not write it" in reason for reason in reasons), reasons
            trial.look()
            code, report = finish(start(file, service, "--force"))
        assert code == 0, report["failures"]
        trial.check_end(report)


@pytest.mark.parametrize("begun", [False, True])
def test_read_only_state_folder_starts_no_run(tmp_path, disk, begun):
    pages = drawn_pages(tmp_path / "scans", 5)
    file = pipeline_file(tmp_path, ["text"], state="state")
    with CountingService(pages.words) as service:
        if begun:
            finish(start(file, service))
        sent = service.calls
        subprocess.run(["mount", "-o", "remount,ro", str(disk.place)], check=True)
        process = start(file, service)
        said = process.communicate(timeout=PATIENCE)[1]
        assert process.returncode == 2
        assert service.calls == sent
    assert "the state folder" in said
    assert "cannot be used" in said
    assert "Traceback" not in said


def test_read_only_state_folder_can_be_queried(disk, tmp_path):
    pages = drawn_pages(tmp_path / "scans", 5)
    file = pipeline_file(tmp_path, ["text"], state="state")
    with CountingService(pages.words) as service:
        assert finish(start(file, service))[0] == 0
    disk.protect()
    status = penstock(tmp_path, "status", str(file), "--json", **service.environment())
    assert (status.returncode, status.stderr) == (0, "")
    assert '"read": 5' in status.stdout
    checked = penstock(tmp_path, "check", str(file), **service.environment())
    assert checked.returncode == 1
    assert "5 known" in checked.stderr
    assert "would fail: the state folder" in checked.stderr


def test_file_in_place_of_the_state_folder_starts_no_run(tmp_path):
    pages = drawn_pages(tmp_path / "scans", 5)
    (tmp_path / "state").write_text("mine")
    with CountingService(pages.words) as service:
        process = start(pipeline_file(tmp_path, ["text"], state="state"), service)
        said = process.communicate(timeout=PATIENCE)[1]
        assert process.returncode == 2
        assert not service.calls
    assert "the state folder" in said
    assert "Traceback" not in said
    assert (tmp_path / "state").read_text() == "mine"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process")
def test_journal_that_cannot_be_written_stops_the_run(tmp_path):
    """As on a failing disk: from some moment on, every write of the process is refused."""
    import resource

    pages = drawn_pages(tmp_path / "scans", PAGES)
    file = pipeline_file(tmp_path, ["text", "json"], in_flight=PAGES // 5)
    with CountingService(pages.words, work=0.02, submit_takes=0.03) as service:
        trial = Trial(tmp_path, pages, service, sinks=2)
        process = start(file, service)
        service.wait_for_calls(30, process)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1, 1))
        code, report = finish(process)
        assert code == 3, report
        assert "cannot be used" in report["stopped"]["why"]
        trial.look()
        code, report = finish(start(file, service))
        assert code == 0, report
        trial.check_end(report)
