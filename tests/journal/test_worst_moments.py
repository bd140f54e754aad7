"""The command, killed around syncs, renames and commits, continues with the next run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import double, tables
from processes import penstock

DOUBLES = Path(__file__).parent / "doubles.py"


@pytest.fixture
def job(tmp_path, draw):
    """A pipeline of four pages with a transform that spools, and two sinks."""
    for number in range(4):
        draw(f"scans/{number}.png")
    file = tmp_path / "penstock.toml"
    file.write_text(
        f'[[sources]]\nplugin = "{DOUBLES}:Dying"\n'
        '[[sources]]\nplugin = "files"\npaths = ["scans"]\n'
        f'[[transforms]]\nplugin = "{DOUBLES}:Spooling"\n'
        f'[[recognizers]]\nplugin = "{double("scripted:Scripted")}"\n'
        '[[sinks]]\nplugin = "text"\npath = "out/{document}.txt"\n'
        '[[sinks]]\nplugin = "json"\npath = "out/{document}.json"\n'
    )
    return file


def command(file: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return penstock(file.parent, "run", str(file), "--quiet", "--log-format", "json", **variables)


@pytest.mark.parametrize(
    ("moment", "times"),
    [
        ("fsync", 1),
        ("after replace", 2),
        ("replace", 3),
        ("fsync", 5),
        ("after fsync", 7),
        ("replace", 9),
        ("after replace", 12),
    ],
)
def test_run_killed_at_a_write_is_continued(job, tmp_path, moment, times):
    killed = command(job, DIES_AT=f"{moment}:{times}")
    assert killed.returncode == -signal.SIGKILL
    ended = command(job)
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stderr.splitlines()[-1])
    assert (report["failed"], report["changed_outputs"], report["skipped_outputs"]) == (0, 0, 0)
    for number in range(4):
        assert (tmp_path / f"out/{number}.txt").read_text() == f"{number} read\n"
        assert json.loads((tmp_path / f"out/{number}.json").read_text())["pages"][0]["lines"]
    assert len(list((tmp_path / "out").iterdir())) == 8
    assert not list(tmp_path.rglob("*.part"))


ENDS = """
import os, sys
from pathlib import Path
from penstock.spool import Spool
os.fsync = lambda _: os._exit(0)
Spool(Path(sys.argv[1])).keep(b"a picture", ".png")
"""


def test_unfinished_spool_file_is_removed_by_the_next_run(run_tables, draw, tmp_path):
    told = tables([draw("a.png")])
    run_tables(told)
    # The intake thread is not waited for after Ctrl-C, and ends with the process.
    subprocess.run([sys.executable, "-c", ENDS, tmp_path / ".penstock/spool"], check=True, timeout=120)
    assert len(list(tmp_path.rglob("*.part"))) == 1
    assert run_tables(told).documents_unchanged == 1
    assert not list(tmp_path.rglob("*.part"))
