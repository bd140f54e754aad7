"""`penstock watch` and `penstock read --watch` as commands."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from penstock.cli.watch import Messages
from penstock.errors import Complaint, ConfigurationError
from pipelines import double
from processes import environment, started

PIPELINE = f"""
[[sources]]
plugin = "files"
paths = ["in"]
[[recognizers]]
plugin = "{double("scripted:Scripted")}"
first_poll = 0.0
[[sinks]]
plugin = "text"
path = "out/{{document}}.txt"
[watch]
quiet = 0.1
"""


@pytest.fixture
def pipeline(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "p.toml").write_text(PIPELINE)
    return tmp_path


def wait_for(path):
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_watch_in_good_order(pipeline, draw, number):
    draw("in/a.png")
    process = started(pipeline, ["watch", "p.toml", "--log-format", "json"], environment(pipeline))
    wait_for(pipeline / "out/a.txt")
    draw("in/b.png")
    wait_for(pipeline / "out/b.txt")
    os.kill(process.pid, number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    events = [json.loads(line) for line in said.splitlines()]
    assert [event["pages_read"] for event in events if event["event"] == "report"] == [1, 1]
    assert "ending" in [event["event"] for event in events]


def test_read_watches_folders(pipeline, draw):
    draw("in/a.png")
    options = ["--with", double("scripted:Scripted"), "--to", "text", "--out", "out"]
    process = started(pipeline, ["read", "in", "--watch", "--poll", "0.2", *options], environment(pipeline))
    wait_for(pipeline / "out/a.txt")
    os.kill(process.pid, signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "1 page read" in said


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("read", "in", "--poll", "5"), "needs --watch"),
        (("read", "in", "--watch", "--fresh"), "--fresh: cannot be used with --watch"),
        (("read", "in", "--watch", "--out", "-"), "needs files"),
        (("read", "in", "--watch", "-o", "a.pdf"), "--output"),
        (("read", "in", "--watch", "--poll", "0"), "seconds above 0"),
        (("watch", "p.toml", "p.toml"), "another `penstock watch`"),
        (("watch", "missing.toml"), "there is no such file"),
        (("watch",), "Missing argument"),
    ],
)
def test_what_cannot_be_watched(pipeline, command, arguments, problem):
    ended = command(*arguments)
    assert ended.returncode == 2
    assert problem in ended.stderr


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('marker = "a/b"', "marker must be the name of a file without a folder, got 'a/b'"),
        ('delete_read = true\nmove_read_to = "read"', "delete_read and move_read_to must not both be given"),
        ("quiet = -1", "quiet"),
    ],
)
def test_wrong_options(pipeline, command, table, problem):
    (pipeline / "p.toml").write_text(PIPELINE.replace("quiet = 0.1", table))
    ended = command("check", "p.toml")
    assert ended.returncode == 2
    assert problem in ended.stderr


def test_a_wrong_pipeline_file_does_not_read_as_if_the_watch_had_ended(capsys, tmp_path):
    error = ConfigurationError([Complaint("p.toml", "is not TOML", "correct it")])
    Messages(as_json=False, quiet=False).refused(tmp_path / "p.toml", error)
    said = capsys.readouterr().err
    assert said.startswith("error: p.toml: is not TOML")
    assert "nothing was started" not in said
    assert "the pipeline as it was before goes on" in said
