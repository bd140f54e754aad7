"""Several `penstock read` at once: each has a state folder of its own, and they know of one another."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from penstock.engine.state_folder import StateFolder
from penstock.report import Exit
from pipelines import tables


@pytest.fixture
def read(run_tables, draw):
    """Run as `penstock read` does: in ``read``, or in the first neighbour of it that is free."""

    def made(**options):
        return run_tables(
            tables([draw("a.png")], engine={"state": "read"}), elsewhere_if_busy=True, **options
        )

    return made


def newer(journal: Path) -> None:
    database = sqlite3.connect(journal)
    database.execute("PRAGMA user_version = 4711")
    database.close()


def damaged(journal: Path) -> None:
    journal.write_bytes(b"x" * 5000)


def damaged_further_on(journal: Path) -> None:
    with journal.open("r+b") as opened:
        size = opened.seek(0, 2)
        opened.seek(4096)
        opened.write(b"\xa5" * (size - 4096))


@pytest.mark.parametrize("spoil", [newer, damaged, damaged_further_on])
def test_a_neighbour_that_is_of_no_use_is_passed_over_and_said(read, tmp_path, spoil):
    with StateFolder(tmp_path / "read"):
        assert read().exit_code is Exit.DONE
    journal = tmp_path / "read-2/journal.sqlite"
    spoil(journal)
    before = journal.read_bytes()
    (tmp_path / "out/a.txt").unlink()
    report = read()
    assert report.exit_code is Exit.DONE, report
    (warning,) = report.warnings
    assert warning.what == f"the neighbouring state folder {tmp_path / 'read-2'}"
    assert "is not known" in warning.why
    assert warning.hint
    assert journal.read_bytes() == before
