"""Log messages and tracebacks: --verbose, --debug, PENSTOCK_DEBUG and PENSTOCK_LOG."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from pdf_in.making import helvetica, picture_page, saved, scan, typed
from pipelines import double
from processes import environment, penstock_command

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
        [*penstock_command(), *arguments],
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


def test_a_crashing_transform_has_one_traceback_under_its_own_name(crashing):
    (crashing / "tear.py").write_text(
        "from dataclasses import dataclass\nfrom penstock import hookimpl\n\n"
        "@dataclass(eq=False)\nclass Tear:\n    @hookimpl\n    def prepare(self, page): return 1 / 0\n"
    )
    pipeline = crashing / "penstock.toml"
    pipeline.write_text(pipeline.read_text() + '[[transforms]]\nplugin = "./tear.py:Tear"\n')
    ended = ran(crashing, "run", "penstock.toml", "--debug")
    assert ended.stderr.count("Traceback") == 1
    assert "a transform raised ZeroDivisionError" in ended.stderr


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


def odd_pdf(path: Path) -> None:
    """Write a PDF with an XFA form, a damaged font, and a page tree that lists what is no page."""
    pdf = pikepdf.new()
    for _ in range(2):
        picture_page(pdf, scan(), after=b" " + typed("Label", 40, 340), Font=helvetica())
    font = pdf.pages[0].obj.Resources.Font.F0
    font.Subtype = Name.TrueType
    font.FontDescriptor = Dictionary(Type=Name.FontDescriptor, FontFile2=pdf.make_stream(b"no font"))
    pdf.Root.AcroForm = Dictionary(Fields=Array(), XFA=pdf.make_stream(b"<xdp:xdp/>"))
    saved(pdf, path, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    kids = re.search(rb"/Kids \[ \d+ 0 R (\d+ 0 R) \]", whole := path.read_bytes())
    path.write_bytes(whole.replace(kids[0], kids[0].replace(kids[1], b"null ")))


def test_lines_of_libraries_are_log_records(tmp_path):
    odd_pdf(tmp_path / "odd.pdf")
    arguments = ("read", "odd.pdf", "--with", double("scripted:Scripted"), "--log-format", "json")
    quiet, loud = ran(tmp_path, *arguments), ran(tmp_path, *arguments, "--debug", "--fresh")
    assert {json.loads(line)["event"] for line in quiet.stderr.splitlines()} >= {"report", "page_failed"}
    assert "log" not in {json.loads(line)["event"] for line in quiet.stderr.splitlines()}
    records = [json.loads(line) for line in loud.stderr.splitlines()]
    loggers = {line["logger"].split(".")[0] for line in records if line["event"] == "log"}
    assert loggers >= {"penstock", "pikepdf"}


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

    logger = logging.getLogger()
    before = logger.handlers[:]
    levels = {name: logging.getLogger(name).level for name in ("penstock", "penstock_plugins")}
    try:
        for _ in range(3):
            configure_logging(debug=True)
        assert len([each for each in logger.handlers if isinstance(each, StderrHandler)]) == 1
        configure_logging()
        assert not [each for each in logger.handlers if isinstance(each, StderrHandler)]
    finally:
        logger.handlers[:] = before
        logging.captureWarnings(capture=False)
        for name, level in levels.items():
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
