"""The command with an endless stream: Ctrl-C, a second Ctrl-C, and kill -9."""

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
from processes import penstock_command

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")


@dataclass
class Desk:
    """A camera that shows `page`, which a test may change."""

    page: str = PAGES[0]

    def answer(self, wire):
        wire.head()
        for number in itertools.count():
            wire.part(jpeg(Shot(self.page), number % 7))
            # A camera sends a limited number of pictures per second.
            if not wire.pause(0.04):
                return


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def server(desk):
    with CameraServer(desk.answer) as serving:
        yield serving


def begin(folder, url, *, camera="", recognizer="", arguments=(), command=None):
    (folder / "penstock.toml").write_text(
        f'[[sources]]\nplugin = "camera"\ndevice = "{url}"\n{camera}\n'
        f'[[recognizers]]\nplugin = "{double("scripted:Scripted")}"\n{recognizer}\n'
        f'[[sinks]]\nplugin = "text"\n'
    )
    return subprocess.Popen(
        [*(command or penstock_command()), "run", "penstock.toml", *arguments],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )


def read_until(process, until):
    """Return stderr up to a text."""
    output = ""
    while until not in output:
        line = process.stderr.readline()
        assert line, f"the process ended: {output}"
        output += line
    return output


def finish(process):
    output = process.communicate(timeout=120)[1]
    assert "Traceback" not in output
    return process.returncode, output


def test_ctrl_c_ends_the_session_and_writes_its_document(tmp_path, desk, server):
    process = begin(tmp_path, server.url)
    output = read_until(process, "page 1 taken: turn the page")
    desk.page = PAGES[1]
    output += read_until(process, "page 2 taken: turn the page")
    process.send_signal(signal.SIGINT)
    code, rest = finish(process)
    assert code == 0, rest
    assert "camera: waiting for a steady picture" in output
    assert "ending: no more pages are taken; those taken so far are recognized and written" in rest
    assert "2 of 2 pages recognized, 1 of 1 document" in rest
    (text,) = tmp_path.glob("camera-20*.txt")
    assert text.read_text().count("\f") == 1


def test_ctrl_c_before_the_first_page_is_not_a_failure(tmp_path, desk, server):
    desk.page = None
    process = begin(tmp_path, server.url)
    read_until(process, "waiting for a page")
    process.send_signal(signal.SIGINT)
    assert finish(process)[0] == 0
    assert not list(tmp_path.glob("*.txt"))


def test_the_next_run_reads_the_session_after_a_second_ctrl_c(tmp_path, desk, server):
    slow = 'script = {desk = ["operation", "pending:3600"]}'
    process = begin(tmp_path, server.url, camera='document_name = "desk"', recognizer=slow)
    read_until(process, "page 1 taken")
    process.send_signal(signal.SIGINT)
    read_until(process, "ending")
    process.send_signal(signal.SIGINT)
    read_until(process, "stopping")
    process.send_signal(signal.SIGINT)
    assert finish(process)[0] == 130
    code, output = finish(begin(tmp_path, server.url, camera="once = true"))
    assert code == 0, output
    assert "2 of 2 documents written" in output


def test_the_next_run_reads_the_session_after_a_kill(tmp_path, desk, server):
    process = begin(tmp_path, server.url, command=[sys.executable, "-m", "penstock"])
    read_until(process, "page 1 taken")
    desk.page = PAGES[1]
    read_until(process, "page 2 taken")
    process.kill()
    process.communicate(timeout=60)
    assert not list(tmp_path.glob("*.txt"))
    desk.page = PAGES[2]
    code, output = finish(begin(tmp_path, server.url, camera='pages = 1\ndocument_name = "new"'))
    assert code == 0, output
    (old,) = tmp_path.glob("camera-20*.txt")
    assert old.read_text().count("\f") == 1
    assert (tmp_path / "new.txt").exists()
    assert "2 of 2 documents written" in output


def test_pages_are_written_when_the_camera_disconnects(tmp_path):
    def answer(wire):
        wire.head(Content_Length="999999999")
        for number in range(60):
            wire.part(jpeg(Shot(PAGES[0]), number % 7))
            if not wire.pause(0.04):
                return

    with CameraServer(answer) as server:
        code, output = finish(begin(tmp_path, server.url, arguments=["--log-format", "json"]))
    events = [json.loads(line) for line in output.splitlines()]
    assert code == 1
    assert len(list(tmp_path.glob("camera-20*.txt"))) == 1
    (failed,) = [event for event in events if event["event"] == "document_failed"]
    assert (failed["what"], failed["why"]) == (server.url, "the stream was interrupted")
    statuses = [event["text"] for event in events if event["event"] == "source_status"]
    assert statuses[-2:] == ["page 1 taken: turn the page", ""]
