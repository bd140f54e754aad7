"""Log messages and tracebacks: --verbose, --debug, PENSTOCK_DEBUG and PENSTOCK_LOG."""

from __future__ import annotations

import json
import logging
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import double
from processes import environment

CRASH = """\
from dataclasses import dataclass, field
import json, logging
from penstock import Secret, hookimpl

log = logging.getLogger("penstock.plugins.crash")

@dataclass(eq=False)
class Crash:
    path: str = "{document}.x"
    key: Secret | None = None

    @hookimpl
    def write(self, document, outputs):
        log.info("writing %s", document.name)
        log.debug("the key is %s", self.key.reveal() if self.key else None)
        self.parse(document)

    def parse(self, document):
        json.loads("{")  # the library raises, this line is to blame
"""
LINE = 1 + CRASH.splitlines().index('        json.loads("{")  # the library raises, this line is to blame')


@pytest.fixture
def crashing(tmp_path, draw):
    draw("scans/a.png")
    (tmp_path / "crash.py").write_text(CRASH)
    (tmp_path / "penstock.toml").write_text(
        '[[sources]]\nplugin = "files"\npaths = ["scans"]\n'
        f'[[recognizers]]\nplugin = "{double("scripted:Scripted")}"\n'
        '[[sinks]]\nplugin = "./crash.py:Crash"\n'
    )
    return tmp_path


def ran(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command, which may print tracebacks here."""
    return subprocess.run(
        [sys.executable, "-m", "penstock", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment(folder, **variables),
        timeout=120,
    )


def test_without_debug_a_crash_names_the_line_of_the_plugin(crashing):
    ended = ran(crashing, "run", "penstock.toml")
    assert ended.returncode == 1
    assert f"(crash.py, line {LINE})" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "penstock.plugins" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [(("--debug",), {}), ((), {"PENSTOCK_DEBUG": "1"}), ((), {"PENSTOCK_LOG": "penstock.plugins=debug"})],
)
def test_debug_prints_the_traceback_of_the_plugin(crashing, arguments, variables):
    ended = ran(crashing, "run", "penstock.toml", *arguments, **variables)
    assert ended.returncode == 1
    assert "Traceback (most recent call last):\n" in ended.stderr
    assert f'File "{crashing}/crash.py", line {LINE}, in parse\n    json.loads("{{")' in ended.stderr
    assert "json.decoder.JSONDecodeError: " in ended.stderr
    assert f"(crash.py, line {LINE})" in ended.stderr


def test_verbose_prints_messages_from_info_on(crashing):
    ended = ran(crashing, "run", "penstock.toml", "-v")
    assert " INFO penstock.plugins.crash: writing a\n" in ended.stderr
    assert "the key is" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_quiet_without_flags_prints_no_log(crashing):
    assert "writing a" not in ran(crashing, "run", "penstock.toml").stderr


def test_json_log_records_are_objects(crashing):
    ended = ran(crashing, "run", "penstock.toml", "--debug", "--log-format", "json")
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    records = [line for line in lines if line["event"] == "log"]
    (message,) = [each for each in records if each["message"] == "writing a"]
    assert (message["level"], message["logger"]) == ("info", "penstock.plugins.crash")
    assert "traceback" not in message
    assert any(f'crash.py", line {LINE}' in each.get("traceback", "") for each in records)
    assert lines[-1]["event"] == "report"


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_secrets_are_masked(crashing, log_format):
    file = crashing / "penstock.toml"
    file.write_text(file.read_text() + 'key = "${MY_KEY}"\n')
    arguments = ("run", file.name, "--debug", "--log-format", log_format)
    ended = ran(crashing, *arguments, MY_KEY="hush-hush")
    assert "the key is ******" in ended.stderr
    assert "hush" not in ended.stderr


def test_debug_prints_the_traceback_of_an_error_of_the_command(tmp_path):
    for arguments in (("run", "nothere.toml", "--debug"), ("check", "nothere.toml", "--debug")):
        ended = ran(tmp_path, *arguments)
        assert ended.returncode == 2
        assert "Traceback" in ended.stderr
        assert ended.stderr.endswith("1 error; nothing was started\n")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_internal_error_is_reported_as_one(tmp_path, monkeypatch, capsys, log_format):
    import penstock.cli.execute as execute
    from penstock.cli import main

    def crash(*_: object, **__: object) -> None:
        raise KeyError("nope")

    monkeypatch.setattr(execute, "_run", crash)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["penstock", "read", "a.png", "--log-format", log_format])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    what = json.loads(said)["what"] if log_format == "json" else said
    assert "internal error: KeyError: 'nope'" in what
    assert "run the command again with --debug" in said


@pytest.mark.parametrize("wrong", ["penstock", "=INFO", "penstock=LOUD"])
def test_wrong_penstock_log_is_refused(command, wrong):
    ended = command("plugins", PENSTOCK_LOG=wrong)
    assert ended.returncode == 2
    assert f"PENSTOCK_LOG: must be LOGGER=LEVEL,..., got {wrong!r}" in ended.stderr


def test_main_adds_its_handler_once(monkeypatch):
    from penstock.cli.logs import StderrHandler, configure_logging

    logger = logging.getLogger("penstock")
    before, level = logger.handlers[:], logger.level
    try:
        for _ in range(3):
            configure_logging(debug=True)
        assert len([each for each in logger.handlers if isinstance(each, StderrHandler)]) == 1
        configure_logging()
        assert not [each for each in logger.handlers if isinstance(each, StderrHandler)]
    finally:
        for name in ("penstock", "penstock_plugins"):
            logging.getLogger(name).handlers[:] = before
            logging.getLogger(name).setLevel(level)


def test_on_a_terminal_records_have_lines_of_their_own_above_the_bar(crashing):
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "penstock", "run", "penstock.toml", "-v"]
    process = subprocess.Popen(command, cwd=crashing, stderr=terminal, env=environment(crashing))
    os.close(terminal)
    shown = b""
    try:
        while chunk := os.read(controller, 65536):
            shown += chunk
    except OSError:  # the end of a terminal on Linux
        pass
    finally:
        os.close(controller)
    assert process.wait(timeout=60) == 1
    (line,) = [line for line in shown.split(b"\n") if b"writing a" in line]
    assert line.rstrip().endswith(b" INFO penstock.plugins.crash: writing a")
