"""Results that one state folder has are found by the pipelines and reads of all others."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journal.killing import PATIENCE
from penstock.config import check
from penstock.engine import Run, RunOptions, Survey, forget
from penstock.engine.journal.answers import Answers
from penstock.engine.journal.result_index import ResultIndex
from penstock.engine.survey import survey
from penstock.pipeline import Pipeline
from penstock.report import Exit, RunReport
from pipelines import double
from processes import python_command

Recognize = Callable[..., RunReport]


@pytest.fixture
def index(tmp_path) -> Path:
    return tmp_path / "cache/results.sqlite"


@pytest.fixture
def made(tmp_path, pipeline, draw) -> Callable[..., Pipeline]:
    """A pipeline over one picture, in a folder of its own."""

    def make(
        folder: str, *steps: str, changes: Callable[[dict[str, Any]], None] | None = None, **options: Any
    ):
        told = pipeline([draw("a.png")], {"a": list(steps)} if steps else None, **options)
        if changes:
            changes(told)
        (tmp_path / folder).mkdir(exist_ok=True)
        return Pipeline(check(told, tmp_path / folder, where="test.toml", name="test"))

    return make


@pytest.fixture
def recognize(made, index, clock) -> Recognize:
    """Run that pipeline with the index."""

    def run(
        folder: str, *steps: str, changes: Any = None, recognizer: Any = None, **options: Any
    ) -> RunReport:
        ran = made(folder, *steps, changes=changes, **(recognizer or {}))
        return Run(ran, RunOptions(**{"result_index": index} | options), clock=clock).execute()

    return run


def sent_and_known(report: RunReport) -> tuple[int, int]:
    assert report.warnings == ()
    return report.pages_sent, report.pages_known


@pytest.mark.parametrize(
    ("first", "second"),
    [({"ad_hoc": True}, {}), ({}, {"ad_hoc": True}), ({}, {})],
    ids=["read", "run", "both"],
)
def test_reads_and_pipelines_find_each_others_results(recognize, tmp_path, calls, first, second):
    assert sent_and_known(recognize("one", **first)) == (1, 0)
    calls()
    assert sent_and_known(recognize("two", **second)) == (0, 1)
    assert calls() == []
    assert (tmp_path / "two/out/a.txt").read_text() == "a read\n"


def test_a_page_whose_result_disappears_is_not_sent_untransformed(recognize, calls, monkeypatch):
    """Another state folder may be deleted when the intake has found its result and skipped the transforms."""

    def transform(tables):
        tables["transforms"] = [{"plugin": double("transforms:Working")}]

    monkeypatch.setattr(Answers, "is_known", lambda *_: True)
    report = recognize("one", changes=transform)
    (failure,) = report.failures
    assert failure.why == "its result was removed from another state folder during the run"
    assert failure.hint == "run the same command again"
    assert calls() == []
    monkeypatch.undo()
    assert recognize("one", changes=transform).pages_read == 1


def test_a_copied_result_outlives_its_first_folder_and_is_indexed_again(recognize, tmp_path):
    recognize("one")
    recognize("two")
    shutil.rmtree(tmp_path / "one")
    (tmp_path / "two/out/a.txt").unlink()
    assert recognize("two").documents_written == 1
    assert sent_and_known(recognize("three")) == (0, 1)


def test_another_recognizer_or_transform_finds_nothing(recognize):
    recognize("one")
    assert sent_and_known(recognize("two", recognizer={"dialect": "old"})) == (1, 0)

    def halved(told: dict[str, Any]) -> None:
        told["transforms"] = [{"plugin": double("sources:Halved")}]

    assert sent_and_known(recognize("three", changes=halved)) == (1, 0)


def test_fresh_does_not_ask_the_index(recognize):
    recognize("one")
    assert sent_and_known(recognize("two", fresh=True)) == (1, 0)


def test_corrections_are_not_shared(recognize, tmp_path):
    def with_json(told: dict[str, Any]) -> None:
        told["sinks"].append({"plugin": "json", "path": "out/{document}.json"})

    recognize("one", changes=with_json)
    file = tmp_path / "one/out/a.json"
    form = json.loads(file.read_text())
    form["pages"][0]["lines"][0]["text"] = "corrected"
    file.write_text(json.dumps(form))
    recognize("one", changes=with_json, write_only=True, corrections=(file,))
    assert (tmp_path / "one/out/a.txt").read_text() == "corrected\n"
    assert sent_and_known(recognize("two")) == (0, 1)
    assert (tmp_path / "two/out/a.txt").read_text() == "a read\n"


def test_refusals_are_not_shared(recognize):
    assert recognize("one", "refuse").failed == 1
    assert sent_and_known(recognize("two")) == (1, 0)


def test_a_declined_page_is_passed_to_the_next_recognizers_result(recognize, tmp_path, calls):
    def two_recognizers(told: dict[str, Any]) -> None:
        second = {**told["recognizers"][0], "script": {}, "dialect": "second"}
        told["recognizers"].append(second)

    assert recognize("one", "decline", changes=two_recognizers).pages_read == 1
    calls()
    assert sent_and_known(recognize("two", "decline", changes=two_recognizers)) == (0, 1)
    assert calls() == []


def test_results_from_before_the_index_are_found_after_the_next_run(recognize, index):
    recognize("one", result_index=None)
    assert not index.exists()
    assert sent_and_known(recognize("one")) == (0, 1)
    assert sent_and_known(recognize("two")) == (0, 1)


def test_a_deleted_index_is_filled_again(recognize, index):
    recognize("one")
    shutil.rmtree(index.parent)
    assert sent_and_known(recognize("two")) == (1, 0)
    shutil.rmtree(index.parent)
    recognize("one")
    assert sent_and_known(recognize("three")) == (0, 1)


def test_results_are_indexed_while_the_run_goes_on(made, index, clock, draw):
    """A run that is killed right after a commit has its results in the index."""
    seen: list[int] = []
    update = ResultIndex.update

    def counted(self: ResultIndex, *arguments: Any) -> None:
        update(self, *arguments)
        connection = sqlite3.connect(index)
        seen.extend(connection.execute("SELECT count(*) FROM results").fetchone())
        connection.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ResultIndex, "update", counted)
        Run(made("one"), RunOptions(result_index=index), clock=clock).execute()
    assert seen[0] == 0
    assert seen[-2] == 1, "before the last commit, which stores the report"


def garbage(index: Path) -> None:
    index.write_bytes(b"x" * 5000)


def damaged_inside(index: Path) -> None:
    with index.open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


def newer(index: Path) -> None:
    connection = sqlite3.connect(index)
    connection.execute("PRAGMA user_version = 4711")
    connection.close()


def a_folder(index: Path) -> None:
    index.unlink()
    index.mkdir()


@pytest.mark.parametrize("spoil", [garbage, damaged_inside, newer, a_folder])
def test_an_index_that_cannot_be_used_is_one_warning(recognize, index, spoil):
    recognize("one")
    spoil(index)
    report = recognize("two")
    assert (report.exit_code, report.pages_sent) == (Exit.DONE, 1)
    (warning,) = report.warnings
    assert warning.what == f"the index of results {index}"
    assert "cannot be used" in warning.why
    assert "delete the file" in warning.hint
    assert recognize("two").pages_known == 1


def test_an_index_that_cannot_be_written_is_one_warning(recognize, index):
    recognize("one")
    connection = sqlite3.connect(index)
    connection.execute(
        "CREATE TRIGGER refused BEFORE INSERT ON results BEGIN SELECT raise(ABORT, 'read-only'); END"
    )
    connection.close()
    report = recognize("two", recognizer={"dialect": "old"})
    assert (report.exit_code, report.pages_read, len(report.warnings)) == (Exit.DONE, 1, 1)


def rows_of(index: Path) -> int:
    connection = sqlite3.connect(index)
    ((rows,),) = connection.execute("SELECT count(*) FROM results").fetchall()
    connection.close()
    return int(rows)


def folder_deleted(state: Path) -> None:
    shutil.rmtree(state)


def journal_damaged(state: Path) -> None:
    garbage(state / "journal.sqlite")


def journal_newer(state: Path) -> None:
    newer(state / "journal.sqlite")


def result_forgotten(state: Path) -> None:
    assert forget(state, "test", state.parent, everything=True).results == 1


@pytest.mark.parametrize("spoil", [folder_deleted, journal_damaged, journal_newer, result_forgotten])
def test_a_result_that_is_gone_is_a_miss_and_its_row_is_deleted(recognize, index, tmp_path, spoil):
    recognize("one")
    spoil(tmp_path / "one/.penstock")
    assert rows_of(index) == 1
    assert sent_and_known(recognize("two")) == (1, 0)
    assert rows_of(index) == 1, "the one of the second folder"
    connection = sqlite3.connect(index)
    ((path,),) = connection.execute("SELECT path FROM results JOIN folders ON id = folder").fetchall()
    connection.close()
    assert path == bytes(tmp_path.resolve() / "two/.penstock")


def test_a_damaged_result_is_not_copied(recognize, tmp_path):
    recognize("one")
    database = sqlite3.connect(tmp_path / "one/.penstock/journal.sqlite")
    database.execute("UPDATE answers SET answer = x'00'")
    database.commit()
    database.close()
    assert sent_and_known(recognize("two")) == (1, 0)


def test_forgotten_rows_do_not_hide_new_results(recognize, tmp_path):
    recognize("one")
    recognize("one", recognizer={"dialect": "old"})
    forget(tmp_path / "one/.penstock", "test", tmp_path / "one", everything=True)
    recognize("one", recognizer={"dialect": "new"})
    assert sent_and_known(recognize("two", recognizer={"dialect": "new"})) == (0, 1)


def test_a_dry_run_finds_results_and_writes_nothing(recognize, made, index, tmp_path):
    def surveyed() -> Survey:
        return survey(made("two"), RunOptions(result_index=index))

    assert (surveyed().known, surveyed().to_send) == (0, 1)
    assert not index.exists()
    recognize("one")
    before = index.read_bytes()
    assert (surveyed().known, surveyed().to_send) == (1, 0)
    shutil.rmtree(tmp_path / "one/.penstock")
    assert (surveyed().known, surveyed().to_send) == (0, 1)
    assert index.read_bytes() == before
    assert not (tmp_path / "two/.penstock").exists()


RUNS = """
import sys
from pathlib import Path
from penstock.config import check
from penstock.engine import RunOptions
from penstock.engine.run import run
from penstock.pipeline import Pipeline
from PIL import Image

folder, index, plugin = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
folder.mkdir()
for number in range(20):
    Image.new("RGB", (30, 20), (number, int(folder.name), 0)).save(folder / f"{number}.png")
tables = {
    "sources": [{"plugin": "files", "paths": ["."]}],
    "recognizers": [{"plugin": plugin, "first_poll": 0.0}],
    "sinks": [{"plugin": "text", "path": "out/{document}.txt"}],
}
report = run(Pipeline(check(tables, folder, where="test", name="test")), RunOptions(result_index=index))
print(report.pages_read, report.warnings)
"""


def test_many_processes_fill_one_index(tmp_path, index):
    processes = [
        subprocess.Popen(
            [
                *python_command(),
                "-c",
                RUNS,
                str(tmp_path / f"{number}"),
                str(index),
                double("scripted:Scripted"),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(5)
    ]
    assert [process.communicate(timeout=PATIENCE)[0] for process in processes] == ["20 ()\n"] * 5
    assert rows_of(index) == 100
