"""`penstock forget` deletes and keeps what docs/privacy.md says."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest

from penstock.engine.journal.maintenance import forget
from penstock.report import Exit
from pipelines import tables

ALL = {"everything": True}


@pytest.fixture
def state(run_tables, draw, tmp_path):
    """The state folder after a run of three documents, one of which failed."""
    names = ("letter.png", "note.png", "bill.png")
    run_tables(tables([draw(name) for name in names], script={"bill": ["refuse"]}))
    folder = tmp_path / ".penstock"
    assert counted(folder, "answers") == 3  # a refusal is one, too
    return folder


def counted(folder, table):
    with closing(sqlite3.connect(folder / "journal.sqlite")) as journal:
        ((number,),) = journal.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608
    return number


def content(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("drop", "texts", "documents"),
    [(ALL, 0, 0), ({"older_than": -60.0}, 0, 3), ({"documents": ["letter"]}, 2, 2)],
)
def test_forget_deletes_texts_and_documents(state, tmp_path, drop, texts, documents):
    forget(state, "test", tmp_path, **drop)
    assert (counted(state, "answers"), counted(state, "documents")) == (texts, documents)


def test_forget_keeps_paths_so_that_outputs_are_recognized_as_ours(state, run_tables, draw, tmp_path):
    forget(state, "test", tmp_path, **ALL)
    assert b"letter.txt" in content(state)
    report = run_tables(tables([draw("letter.png")]))
    assert (report.exit_code, report.pages_read, report.pages_known) == (Exit.DONE, 1, 0)


def test_forget_keeps_reports_of_runs(state, tmp_path):
    forget(state, "test", tmp_path, **ALL)
    kept = content(state)
    assert b"the service cannot read this page" in kept
    assert b"bill.png" in kept


def test_outputs_are_foreign_files_after_the_state_folder_is_deleted(state, run_tables, draw):
    shutil.rmtree(state)
    report = run_tables(tables([draw("letter.png")]))
    assert report.exit_code is Exit.SOMETHING_FAILED
    assert "letter.txt exists" in report.failures[0].why
