"""The real command before an endless stream: Ctrl-C, a second one, and kill -9."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest

from camera.footage import PAGES, Shot, jpeg
from camera.mjpeg_server import CameraServer
from pipelines import double

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")


@dataclass
class Desk:
    """A camera that shows one page until it is told to show another."""

    page: str = PAGES[0]

    def answer(self, wire):
        wire.head()
        for number in itertools.count():
            wire.part(jpeg(Shot(self.page), number % 7))
            # As a camera does: so many pictures a second.
            if not wire.pause(0.04):
                return


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def server(desk):
    with CameraServer(desk.answer) as serving:
        yield serving


def begin(folder, url, *, camera="", recognizer="", arguments=()):
    (folder / "penstock.toml").write_text(
        f'[[sources]]\nplugin = "camera"\ndevice = "{url}"\n{camera}\n'
        f'[[recognizers]]\nplugin = "{double("scripted:Scripted")}"\n{recognizer}\n'
        f'[[sinks]]\nplugin = "text"\n'
    )
    return subprocess.Popen(
        [sys.executable, "-m", "penstock", "run", "penstock.toml", *arguments],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )


def heard(process, until):
    """What it says, until it says something."""
    said = ""
    while until not in said:
        line = process.stderr.readline()
        assert line, f"it ended, and said: {said}"
        said += line
    return said


def ended(process):
    said = process.communicate(timeout=120)[1]
    assert "Traceback" not in said
    return process.returncode, said


def test_ctrl_c_ends_the_sitting_in_good_order(tmp_path, desk, server):
    process = begin(tmp_path, server.url)
    said = heard(process, "page 1 taken: turn the page")
    desk.page = PAGES[1]
    said += heard(process, "page 2 taken: turn the page")
    process.send_signal(signal.SIGINT)
    code, rest = ended(process)
    assert code == 0, rest
    assert "camera: waiting for a steady picture" in said
    assert "ending: no more pages are taken; those taken so far are recognized and written" in rest
    assert "2 of 2 pages recognized, 1 of 1 document" in rest
    (text,) = tmp_path.glob("camera-20*.txt")
    assert text.read_text().count("\f") == 1


def test_ctrl_c_before_the_first_page_is_no_failure(tmp_path, desk, server):
    desk.page = None
    process = begin(tmp_path, server.url)
    heard(process, "waiting for a page")
    process.send_signal(signal.SIGINT)
    assert ended(process)[0] == 0
    assert not list(tmp_path.glob("*.txt"))


def test_a_second_ctrl_c_interrupts_and_the_next_run_has_the_sitting(tmp_path, desk, server):
    slow = 'script = {desk = ["operation", "pending:3600"]}'
    process = begin(tmp_path, server.url, camera='document_name = "desk"', recognizer=slow)
    heard(process, "page 1 taken")
    process.send_signal(signal.SIGINT)
    heard(process, "ending")
    process.send_signal(signal.SIGINT)
    heard(process, "stopping")
    process.send_signal(signal.SIGINT)
    assert ended(process)[0] == 130
    code, said = ended(begin(tmp_path, server.url, camera="once = true"))
    assert code == 0, said
    assert "2 of 2 documents written" in said


def test_after_a_kill_the_next_run_writes_the_document_first(tmp_path, desk, server):
    process = begin(tmp_path, server.url)
    heard(process, "page 1 taken")
    desk.page = PAGES[1]
    heard(process, "page 2 taken")
    process.kill()
    process.communicate(timeout=60)
    assert not list(tmp_path.glob("*.txt"))
    desk.page = PAGES[2]
    code, said = ended(begin(tmp_path, server.url, camera='pages = 1\ndocument_name = "new"'))
    assert code == 0, said
    (old,) = tmp_path.glob("camera-20*.txt")
    assert old.read_text().count("\f") == 1
    assert (tmp_path / "new.txt").exists()
    assert "2 of 2 documents written" in said


def test_a_camera_that_goes_leaves_its_pages_and_its_reason(tmp_path):
    def answer(wire):
        wire.head(Content_Length="999999999")
        for number in range(60):
            wire.part(jpeg(Shot(PAGES[0]), number % 7))
            if not wire.pause(0.04):
                return

    with CameraServer(answer) as server:
        code, said = ended(begin(tmp_path, server.url, arguments=["--log-format", "json"]))
    events = [json.loads(line) for line in said.splitlines()]
    assert code == 1
    assert len(list(tmp_path.glob("camera-20*.txt"))) == 1
    (failed,) = [event for event in events if event["event"] == "document_failed"]
    assert (failed["what"], failed["why"]) == (server.url, "the stream broke off")
    said = [event["text"] for event in events if event["event"] == "source_status"]
    assert said[-2:] == ["page 1 taken: turn the page", ""]
