"""A journal of version 2, as an earlier penstock left it, is migrated with everything in it."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import tarfile
import textwrap
from pathlib import Path

import pytest

from journal.killing import PATIENCE
from penstock.config import check
from penstock.engine import Run, RunOptions
from penstock.engine.journal.schema import VERSION
from penstock.engine.keys import recognizer_key
from penstock.errors import StateError
from penstock.pipeline import Pipeline
from penstock.report import RunReport
from pipelines import double
from processes import python_command

NAMES = "abcde"
OLD = Path(__file__).parent / "data/version-2.tar.gz"
"""Pages a, b and d are recognized and written, b is corrected, c was refused, e is in flight, and a run was
killed while it wrote a's text. The recognizer was the scripted one."""


@pytest.fixture
def letters(tmp_path) -> Path:
    with tarfile.open(OLD) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "letters"


def pipeline(folder: Path, **script: list[str]) -> Pipeline:
    recognizer = {"plugin": double("scripted:Scripted"), "script": script, "durable": True}
    tables = {
        "sources": [{"plugin": "files", "paths": [f"{name}.png" for name in NAMES]}],
        "recognizers": [recognizer | {"log": "calls"}],
        "sinks": [{"plugin": sink, "path": f"out/{{document}}.{suffix}"} for sink, suffix in SINKS.items()],
    }
    return Pipeline(check(tables, folder, where="test.toml", name="test"))


SINKS = {"text": "txt", "json": "json"}


def version_of(journal: Path) -> int:
    database = sqlite3.connect(journal)
    ((version,),) = database.execute("PRAGMA user_version").fetchall()
    database.close()
    return int(version)


def test_results_corrections_outputs_and_submissions_survive(letters, clock):
    journal = letters / ".penstock/journal.sqlite"
    made = pipeline(letters, e=["read"])
    part = letters / "out/.a.txt.0badcafe.part"
    part.write_text("unfinished")
    database = sqlite3.connect(journal)
    # The folder was somewhere else, and the key of a recognizer in a file has changed since.
    database.execute("UPDATE parts SET path = ?", (bytes(part),))
    for table in ("answers", "submissions"):
        database.execute(
            f"UPDATE {table} SET reading = ? WHERE length(reading) = 16",  # noqa: S608
            (recognizer_key(made.recognizers[0], letters),),
        )
    database.commit()
    database.close()
    assert version_of(journal) == 2
    before = {path: path.read_bytes() for path in (letters / "out").iterdir() if path != part}

    report: RunReport = Run(made, RunOptions(), clock=clock).execute()

    assert version_of(journal) == VERSION
    assert (report.pages_known, report.pages_read, report.pages_sent, report.failed) == (3, 1, 0, 1)
    assert "cannot read this page" in report.failures[0].why
    assert (letters / "calls").read_text().split() == ["poll", "e"]
    # JSON has another form now, so it is written again.
    assert (report.documents_unchanged, report.documents_written) == (0, 4)
    assert {path: path.read_bytes() for path in before if path.suffix == ".txt"} == {
        path: content for path, content in before.items() if path.suffix == ".txt"
    }
    assert (letters / "out/b.txt").read_text() == "corrected\n"
    assert (letters / "out/e.txt").read_text() == "e read\n"
    assert not part.exists()


DIES = textwrap.dedent(
    """
    import os, signal, sqlite3, sys
    from pathlib import Path
    from penstock.engine.journal import schema
    from penstock.engine.journal.database import Database

    schema._AFTER_2_TO_3 += "SELECT die();"
    connect = sqlite3.connect

    def connected(*arguments, **options):
        made = connect(*arguments, **options)
        made.create_function("die", 0, lambda: os.kill(os.getpid(), signal.SIGKILL))
        return made

    sqlite3.connect = connected
    Database(Path(sys.argv[1]))
    """
)


def test_killed_migration_leaves_version_2(letters):
    journal = letters / ".penstock/journal.sqlite"
    ended = subprocess.run([sys.executable, "-c", DIES, str(journal.parent)], timeout=PATIENCE)
    assert ended.returncode == -signal.SIGKILL
    assert version_of(journal) == 2
    database = sqlite3.connect(journal)
    columns = [column[1] for column in database.execute("PRAGMA table_info(submissions)")]
    assert "run" not in columns
    assert database.execute("SELECT count(*) FROM submissions").fetchall() == [(1,)]
    database.close()


MIGRATES = (
    "import sys; from pathlib import Path; from penstock.engine.journal.database import Database;"
    "sys.stdin.read(); Database(Path(sys.argv[1])).close()"
)


def test_several_processes_migrate_once(letters):
    state = letters / ".penstock"
    processes = [
        subprocess.Popen(
            [*python_command(), "-c", MIGRATES, str(state)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    for process in processes:
        complaints = process.communicate(timeout=PATIENCE)[1]
        assert process.returncode == 0, complaints
    database = sqlite3.connect(state / "journal.sqlite")
    assert database.execute("SELECT run, count(*) FROM submissions").fetchall() == [(0, 1)]
    database.close()


def test_version_1_is_refused_and_not_changed(letters):
    journal = letters / ".penstock/journal.sqlite"
    database = sqlite3.connect(journal)
    database.execute("PRAGMA user_version = 1")
    database.close()
    before = journal.read_bytes()
    with pytest.raises(StateError, match="the oldest that can be migrated is 2"):
        Run(pipeline(letters), RunOptions()).execute()
    assert journal.read_bytes() == before
