"""Several `penstock read` at once: each has a state folder of its own, and they know of one another."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from penstock.config import check
from penstock.engine import RunOptions, forget, status_of, survey
from penstock.engine.state_folder import StateFolder
from penstock.errors import StateBusy
from penstock.pipeline import Pipeline
from penstock.report import Exit, RunReport
from penstock.testing.scripted import DEFAULT


@pytest.fixture
def read(run_tables, draw, pipeline):
    """Run as `penstock read` does: in ``read``, or in the first neighbour of it that is free."""

    def made(*steps: str, **options) -> RunReport:
        told = pipeline([draw("a.png")], {"a": list(steps or DEFAULT)}, durable=True)
        return run_tables(told | {"engine": {"state": "read"}}, ad_hoc=True, **options)

    return made


@pytest.fixture
def beside(read, tmp_path):
    """Run while another one holds ``read``."""

    def made(*steps: str, **options) -> RunReport:
        with StateFolder(tmp_path / "read"):
            return read(*steps, **options)

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
def test_a_neighbour_that_is_of_no_use_is_passed_over_and_said(read, beside, tmp_path, spoil):
    assert beside().exit_code is Exit.DONE
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


def test_what_a_read_beside_another_one_had_out_is_asked_for_by_the_next(read, beside, calls):
    assert beside("operation", "stop").exit_code is Exit.STOPPED
    assert calls() == ["submit a", "poll a"]
    report = read("pending", "read")
    assert (report.exit_code, report.pages_read, report.pages_sent) == (Exit.DONE, 1, 0)
    assert calls() == ["poll a", "poll a"]
    assert beside().pages_known == 1
    assert calls() == []


def test_what_a_read_beside_another_one_was_sending_is_in_doubt_for_the_next(read, beside, tmp_path, calls):
    beside("operation", "stop")
    calls()
    database = sqlite3.connect(tmp_path / "read-2/journal.sqlite")
    database.execute("UPDATE submissions SET operation = NULL, durable = 0")
    database.commit()
    database.close()
    report = read()
    assert (report.exit_code, report.doubtful_submits) == (Exit.DONE, 1)
    assert calls() == ["submit a", "poll a"]


def test_what_is_out_of_a_read_that_is_under_way_is_left_to_it(read, beside, tmp_path, calls):
    beside("operation", "stop")
    calls()
    with StateFolder(tmp_path / "read-2"):
        assert read().pages_sent == 1
    calls()
    assert beside("read").pages_sent == 0
    assert calls() == ["poll a"]


def test_who_was_killed_while_taking_over_asks_twice_and_pays_once(read, beside, tmp_path, calls):
    beside("operation", "stop")
    neighbour = tmp_path / "read-2/journal.sqlite"
    before = neighbour.read_bytes()
    assert read("stop").exit_code is Exit.STOPPED
    neighbour.write_bytes(before)  # as if the other half of taking over had never come to be
    assert read("read").pages_read == 1
    neighbour.write_bytes(before)
    calls()
    report = read()
    assert (report.pages_known, report.pages_sent) == (1, 0)
    assert calls() == []
    status = status_of(tmp_path / "read", "test", tmp_path)
    assert status is not None
    assert (status.submitted, status.in_doubt) == (0, 0)


def test_what_was_read_beside_is_known_and_outlives_the_neighbour(read, beside, tmp_path, calls):
    assert beside().pages_read == 1
    calls()
    assert read().pages_known == 1
    shutil.rmtree(tmp_path / "read-2")
    (tmp_path / "out/a.txt").unlink()
    assert read().documents_written == 1
    assert (tmp_path / "out/a.txt").read_text() == "a read\n"
    assert calls() == []


def test_a_dry_run_knows_what_was_read_beside(read, beside, draw, tmp_path, pipeline):
    read("crash")
    assert beside().pages_read == 1
    told = pipeline([draw("a.png")], durable=True) | {"engine": {"state": "read"}}
    configuration = check(told, tmp_path, where="test.toml", name="test")
    found = survey(Pipeline(configuration), RunOptions(ad_hoc=True))
    assert (found.known, found.to_send) == (1, 0)


def test_what_was_read_in_a_folder_that_is_held_is_known_beside_it(read, beside, calls):
    assert read().pages_read == 1
    calls()
    assert beside().pages_known == 1
    assert calls() == []


def test_a_refusal_beside_is_one_here_until_it_is_tried_again(read, beside, calls):
    beside("refuse")
    calls()
    assert read().failed == 1
    assert calls() == []
    assert read(retry=True).pages_read == 1


def test_a_fresh_reading_takes_nothing_from_beside(read, beside, calls):
    beside()
    calls()
    assert read(fresh=True).pages_read == 1
    assert calls() == ["submit a", "poll a"]


def test_what_is_forgotten_is_forgotten_beside_too(read, beside, tmp_path, calls):
    beside()
    read()
    calls()
    with StateFolder(tmp_path / "read-2"), pytest.raises(StateBusy):
        forget(tmp_path / "read", "test", tmp_path, everything=True, neighbours=True)
    assert read().pages_known == 1, "all of them forget, or none does"
    forgotten = forget(tmp_path / "read", "test", tmp_path, documents=["a"], neighbours=True)
    assert (forgotten.results, forgotten.documents) == (2, 2)
    assert read().pages_read == 1
    assert calls() == ["submit a", "poll a"]
