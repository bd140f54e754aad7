"""Amenders change results after recognition; nothing is sent again because of them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from penstock.config import check
from penstock.engine import Run
from penstock.pipeline import Pipeline
from penstock.report import Exit, RunReport
from pipelines import double, tables
from processes import penstock

REPLACING = double("amenders:Replacing")


@pytest.fixture
def calls(tmp_path):
    """Return the recognizer's calls since the last time."""

    def taken() -> list[str]:
        log = tmp_path / "calls"
        found = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return found

    return taken


@pytest.fixture
def amended(run_tables, draw, tmp_path):
    """Run a pipeline over ``a.png`` and ``b.png`` with these amenders."""

    def run(*amenders: dict[str, Any], more: dict[str, Any] | None = None, **options: Any) -> RunReport:
        told = tables([draw("a.png"), draw("b.png")]) | (more or {})
        told["recognizers"][0] |= {"log": str(tmp_path / "calls")}
        return run_tables(told | ({"amenders": list(amenders)} if amenders else {}), **options)

    return run


def text(tmp_path: Path, name: str = "a") -> str:
    return (tmp_path / f"out/{name}.txt").read_text().strip()


def test_amender_changes_the_text_of_outputs_and_events(amended, tmp_path):
    log = tmp_path / "events"
    observer = {"plugin": double("observers:ContextRecorder"), "log": str(log)}
    report = amended({"plugin": REPLACING}, more={"observers": [observer]})
    assert (report.exit_code, report.pages_read) == (Exit.DONE, 2)
    assert text(tmp_path) == "a amended"
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert {each["text"] for each in events if each["event"] == "page_recognized"} == {
        "a amended",
        "b amended",
    }


def test_amended_results_are_current_in_the_next_run(amended, calls, tmp_path):
    log = tmp_path / "amends"
    amender = {"plugin": REPLACING, "log": str(log)}
    amended(amender)
    calls()
    report = amended(amender)
    assert (report.exit_code, report.pages_known, report.documents_unchanged) == (Exit.DONE, 2, 2)
    assert calls() == []
    assert len(log.read_text().splitlines()) == 2


def test_changed_option_amends_again_without_a_call(amended, calls, tmp_path):
    amended({"plugin": REPLACING})
    calls()
    report = amended({"plugin": REPLACING, "new": "corrected"})
    assert (report.exit_code, report.pages_read, report.pages_known, report.pages_sent) == (
        Exit.DONE,
        0,
        2,
        0,
    )
    assert calls() == []
    assert text(tmp_path) == "a corrected"


def test_removed_amender_restores_the_recognizers_result(amended, calls, tmp_path):
    amended({"plugin": REPLACING})
    calls()
    report = amended()
    assert (report.exit_code, report.pages_known, calls()) == (Exit.DONE, 2, [])
    assert text(tmp_path) == "a read"


def test_amenders_run_in_the_order_of_the_pipeline(amended, tmp_path):
    one = {"plugin": REPLACING, "old": "read", "new": "one"}
    other = {"plugin": REPLACING, "old": "one", "new": "two"}
    amended(one, other)
    assert text(tmp_path) == "a two"
    amended(other, one)
    assert text(tmp_path) == "a one"


@pytest.mark.parametrize(
    ("returns", "why"),
    [
        ("", "ZeroDivisionError: the amender is broken"),
        ("nonsense", "amend must return a Recognition, got a str"),
    ],
)
def test_raising_amender_fails_its_page_and_the_result_stays(amended, calls, tmp_path, returns, why):
    broken = {"plugin": double("amenders:Raising"), "names": ["a"], "returns": returns}
    report = amended(broken)
    assert (report.exit_code, report.pages_read) == (Exit.SOMETHING_FAILED, 1)
    assert why in report.failures[0].why
    assert report.failures[0].what.endswith("a.png")
    if not returns:
        assert "the amender" in report.failures[0].hint
    assert text(tmp_path, "b") == "b read"
    calls()
    assert amended(broken | {"names": []}).exit_code is Exit.DONE
    assert calls() == [], "the recognizer's result was stored"


def test_hanging_amender_fails_its_page(draw, tmp_path):
    told = tables([draw("a.png"), draw("b.png")]) | {"amenders": [{"plugin": double("amenders:Hanging")}]}
    told["recognizers"][0] |= {"first_poll": 0.01}
    told["engine"] = {"call_deadline": 1.0}
    configuration = check(told, tmp_path, where="test.toml", name="test")
    report = Run(Pipeline(configuration)).execute()
    (amender,) = configuration.of_kind("amender")
    amender.component.release.set()
    assert (report.exit_code, report.pages_read) == (Exit.SOMETHING_FAILED, 1)
    assert "an amender has not come back for 1 s" in report.failures[0].why
    assert text(tmp_path, "b") == "b read"


def test_equal_pictures_are_amended_once(amended, draw, tmp_path):
    log = tmp_path / "amends"
    first = draw("a.png")
    (tmp_path / "copy.png").write_bytes(first.read_bytes())
    sources = [{"plugin": "files", "paths": [str(first), str(tmp_path / "copy.png")]}]
    report = amended({"plugin": REPLACING, "log": str(log)}, more={"sources": sources})
    assert (report.exit_code, report.pages_sent) == (Exit.DONE, 1)
    assert text(tmp_path) == text(tmp_path, "copy") == "a amended"
    assert len(log.read_text().splitlines()) == 1
    report = amended({"plugin": REPLACING, "log": str(log), "new": "again"}, more={"sources": sources})
    assert (report.exit_code, report.pages_known) == (Exit.DONE, 2)
    assert text(tmp_path) == text(tmp_path, "copy") == "a again"
    assert len(log.read_text().splitlines()) == 2


def test_corrections_and_existing_text_are_not_amended(amended, run_tables, draw, tmp_path):
    sinks = [
        {"plugin": "json", "path": "out/{document}.json"},
        {"plugin": "text", "path": "out/{document}.txt"},
    ]
    knowing = {"plugin": double("sources:Knowing"), "picture": str(draw("k.png"))}
    files = {"plugin": "files", "paths": [str(draw("a.png"))]}
    more = {"sinks": sinks, "sources": [files, knowing]}
    amended(more=more)
    form = json.loads((tmp_path / "out/a.json").read_text())
    form["pages"][0]["lines"][0]["text"] = "a read by hand"
    (tmp_path / "out/a.json").write_text(json.dumps(form))
    told = {"sinks": sinks}
    run_tables(
        told, write_only=True, corrections=(tmp_path / "out/a.json",), without=["sources", "recognizers"]
    )
    report = amended({"plugin": REPLACING}, more=more)
    assert report.exit_code is Exit.DONE
    assert text(tmp_path) == "a read by hand"
    assert text(tmp_path, "k") == "k read"


def test_write_uses_the_amended_results(amended, run_tables, tmp_path):
    amended({"plugin": REPLACING})
    (tmp_path / "out/a.txt").unlink()
    sinks = {"sinks": [{"plugin": "text", "path": "out/{document}.txt"}]}
    report = run_tables(sinks, write_only=True, without=["sources", "recognizers"])
    assert report.exit_code is Exit.DONE
    assert text(tmp_path) == "a amended"


def test_fresh_result_is_amended_again(amended, tmp_path):
    amended({"plugin": REPLACING})
    report = amended({"plugin": REPLACING}, fresh=True)
    assert (report.exit_code, report.pages_read) == (Exit.DONE, 2)
    assert text(tmp_path) == "a amended"


KILLED_IN_AMEND = """
from penstock import hookimpl
from dataclasses import dataclass
import os, signal

@dataclass(eq=False)
class Killed:
    kill: bool = True

    @hookimpl
    def amend(self, page, recognition):
        if self.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        return recognition
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_run_killed_between_result_and_amended_result_sends_nothing_again(draw, calls, tmp_path):
    (tmp_path / "killed.py").write_text(KILLED_IN_AMEND)
    draw("scans/a.png")
    file = tmp_path / "penstock.toml"

    def run(kill: str) -> subprocess.CompletedProcess[str]:
        file.write_text(
            '[[sources]]\nplugin = "files"\npaths = ["scans"]\n'
            f'[[recognizers]]\nplugin = "{double("scripted:Scripted")}"\nlog = "{tmp_path}/calls"\n'
            f'[[amenders]]\nplugin = "./killed.py:Killed"\nkill = {kill}\n'
            '[[sinks]]\nplugin = "text"\npath = "out/{document}.txt"\n'
        )
        return penstock(tmp_path, "run", str(file), "--quiet")

    assert run("true").returncode == -signal.SIGKILL
    assert calls() == ["submit a", "poll a"]
    ended = run("false")
    assert ended.returncode == 0, ended.stderr
    assert calls() == []
    assert text(tmp_path) == "a read"
