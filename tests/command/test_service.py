"""`penstock service install`: the files for systemd and launchd, and a watch that systemd has started."""

from __future__ import annotations

import os
import plistlib
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from penstock.cli.service import install
from penstock.errors import ConfigurationError, OutputExists
from pipelines import double
from processes import environment, started

PIPELINE = f"""
[[sources]]
plugin = "files"
paths = ["in"]
[[recognizers]]
plugin = "{double("scripted:Scripted")}"
[[sinks]]
plugin = "text"
"""
ODD = 'letters 50% "$HOME" été \\n'


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home without variables that services would need."""
    for name in [*os.environ]:
        if name.startswith(("AZURE_", "OTEL_", "XDG_CONFIG")) or name.endswith(("_PROXY", "_BUNDLE")):
            monkeypatch.delenv(name)
    (tmp_path / "letters.toml").write_text(PIPELINE)
    return tmp_path


def written(home, *files, name=None, platform="linux", force=False):
    """Install a service, and return its file."""
    install(files or [home / "letters.toml"], name, force=force, platform=platform, home=home)
    (file,) = (path for path in home.rglob("*letters*") if path.suffix in (".service", ".plist"))
    return file


def option(unit, name):
    (value,) = (line.partition("=")[2] for line in unit.splitlines() if line.startswith(f"{name}="))
    return value


def test_the_unit_has_full_paths_and_tells_how_to_start_it(home, capsys, monkeypatch):
    monkeypatch.chdir(home)
    file = written(home, (home / "letters.toml").relative_to(home))
    assert file == home / ".config/systemd/user/penstock-letters.service"
    unit = file.read_text()
    assert option(unit, "ExecStart").endswith(f" -P -m penstock watch {home}/letters.toml")
    assert option(unit, "ExecStart").startswith(f":{sys.executable} ")
    assert option(unit, "Type") == "notify"
    said = capsys.readouterr().err
    assert f"wrote {file}" in said
    assert "systemctl --user daemon-reload && systemctl --user enable --now penstock-letters\n" in said
    assert ".env" not in said


def test_systemd_understands_units_of_any_name(home, capsys):
    folder = home / ODD
    folder.mkdir()
    (folder / "penstock.toml").write_text(PIPELINE)
    file = written(home, folder / "penstock.toml")
    assert file.name == "penstock-letters-50-HOME-ete-n.service"
    path = str(folder / "penstock.toml").replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    assert option(file.read_text(), "ExecStart").endswith(f' watch "{path}"')
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not here")
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--user", file],
        env={**os.environ, "XDG_RUNTIME_DIR": str(home)},
        capture_output=True,
        text=True,
    )
    assert checked.stderr == ""


def test_launchd_gets_a_property_list(home, capsys, monkeypatch):
    monkeypatch.setenv("AZURE_VISION_KEY", "k")
    monkeypatch.setenv("AZURE_VISION_ENDPOINT", "https://example.org")
    (home / "letters.toml").write_text(PIPELINE.replace(double("scripted:Scripted"), "azure-read"))
    file = written(home, platform="darwin")
    assert file == home / "Library/LaunchAgents/io.github.penstock-ocr.letters.plist"
    agent = plistlib.loads(file.read_bytes())
    assert agent["Label"] == "io.github.penstock-ocr.letters"
    assert agent["ProgramArguments"][1:] == ["-P", "-m", "penstock", "watch", str(home / "letters.toml")]
    assert agent["StandardErrorPath"] == str(home / "Library/Logs/penstock-letters.log")
    said = capsys.readouterr().err
    assert f"launchctl bootstrap gui/$(id -u) {file}\n" in said
    assert "the pipeline needs AZURE_VISION_ENDPOINT, AZURE_VISION_KEY" in said


def test_variables_of_the_shell_are_named(home, capsys, monkeypatch):
    for name in ("SHELF", "AZURE_VISION_KEY", "OTEL_SERVICE_NAME"):
        monkeypatch.setenv(name, "x")
    text = PIPELINE.replace('"text"', '"text"\npath = "${SHELF}/{document}.txt"')
    endpoint = 'azure-read"\nendpoint = "https://example.org'
    (home / "letters.toml").write_text(text.replace(double("scripted:Scripted"), endpoint))
    file = written(home)
    environment_file = home / ".config/penstock/letters.env"
    assert option(file.read_text(), "EnvironmentFile") == f"-{environment_file}"
    said = capsys.readouterr().err
    assert f"write AZURE_VISION_KEY, OTEL_SERVICE_NAME, SHELF into {environment_file}" in said


def test_another_service_of_the_name_is_kept(home, capsys):
    file = written(home)
    written(home)  # the same again
    (home / "other").mkdir()
    (home / "other/letters.toml").write_text(PIPELINE)
    with pytest.raises(OutputExists, match="choose another --name, or replace it with --force"):
        written(home, home / "other/letters.toml")
    assert f"{home}/letters.toml" in file.read_text()
    written(home, home / "other/letters.toml", force=True)
    assert f"{home}/other/letters.toml" in file.read_text()


def test_several_pipelines_are_one_service(home, capsys):
    (home / "bills.toml").write_text(PIPELINE)
    file = written(home, home / "letters.toml", home / "bills.toml")
    assert file.name == "penstock-letters-bills.service"
    assert option(file.read_text(), "ExecStart").endswith(f" {home}/letters.toml {home}/bills.toml")


@pytest.mark.parametrize(
    ("given", "reason"), [({"name": "a b"}, "letters"), ({"platform": "win32"}, "win32")]
)
def test_what_no_service_manager_takes_is_refused(home, given, reason):
    with pytest.raises(ConfigurationError, match=reason):
        written(home, **given)


def test_a_wrong_pipeline_is_not_installed(command, tmp_path):
    ended = command("service", "install", "nothing.toml", HOME=str(tmp_path), XDG_CONFIG_HOME="")
    assert ended.returncode == 2
    assert "there is no such file" in ended.stderr
    assert not (tmp_path / ".config").exists()


def test_systemd_is_told_by_the_command(home):
    (home / "in").mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(home / "notify"))
        channel.settimeout(60)
        notify = {"NOTIFY_SOCKET": str(home / "notify"), "WATCHDOG_USEC": "200000"}
        process = started(home, ["watch", "letters.toml"], environment(home, **notify))
        assert [channel.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0
        while (state := channel.recv(100)) == b"WATCHDOG=1":
            pass
        assert state == b"STOPPING=1"
