"""The cron line and the systemd units of the tutorial "A nightly pipeline with Azure"."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.blocks import DOCS, blocks
from penstock.cli.main import root

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="cron and systemd run on Linux")

PAGE = DOCS / "tutorials" / "nightly-azure.md"
FOLDER = "/srv/letters"
UNITS = {"penstock.service": "[Service]", "penstock.timer": "[Timer]"}


def block_with(text: str) -> str:
    (found,) = (block.text for block in blocks(PAGE) if text in block.text and "=..." not in block.text)
    return found


@pytest.fixture
def letters(tmp_path) -> Path:
    """A folder with the keys, and with a penstock that prints its arguments, folder and key."""
    command = tmp_path / ".venv/bin/penstock"
    command.parent.mkdir(parents=True)
    command.write_text('#!/bin/sh\necho "$@" "$PWD" "$AZURE_VISION_KEY"\n')
    command.chmod(0o755)
    (tmp_path / "keys.env").write_text("AZURE_VISION_ENDPOINT=https://a.example\nAZURE_VISION_KEY=0123\n")
    return tmp_path


def check_arguments(words: list[str]) -> None:
    """Check that penstock has the command and options. Raises click.UsageError."""
    root.commands[words[0]].make_context(words[0], words[1:])


def test_cron_line_runs_in_the_environment_of_cron(letters):
    line = block_with("30 2 * * *").replace(FOLDER, str(letters)).strip()
    command = line.split(maxsplit=5)[5]
    assert "%" not in command  # cron reads it as a line break
    cron = {"PATH": "/usr/bin:/bin", "HOME": str(letters)}
    subprocess.run(["/bin/sh", "-c", command], env=cron, check=True, cwd="/")
    (printed,) = (letters / "nightly.log").read_text().splitlines()
    *arguments, folder, key = printed.split()
    assert (folder, key) == (str(letters), "0123")
    check_arguments(arguments)


def test_service_starts_a_command_that_exists():
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str
    unit.read_string(block_with("[Service]"))
    program, *arguments = unit["Service"]["ExecStart"].split()
    assert Path(program).is_absolute()
    check_arguments(arguments)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_accepts_the_units(letters):
    for name, section in UNITS.items():
        (letters / name).write_text(block_with(section).replace(FOLDER, str(letters)))
    ended = subprocess.run(
        ["systemd-analyze", "--user", "verify", *(str(letters / name) for name in UNITS)],
        env={"PATH": "/usr/bin:/bin", "HOME": str(letters), "XDG_RUNTIME_DIR": str(letters)},
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
