"""Locks of the state folder, network disks, and journals that are damaged, newer or older."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from pathlib import Path

import pytest

from journal.killing import PATIENCE, CountingService, drawn_pages, finish, kill, pipeline_file, start
from penstock.engine import state_folder
from penstock.engine.state_folder import StateFolder, file_system, holder
from penstock.errors import JournalDamaged, StateBusy, StateError
from penstock.report import Exit
from penstock.spool import Spool
from pipelines import tables

# --- locks --------------------------------------------------------------------------------------------


def test_second_run_is_refused_with_the_holders_process(tmp_path, run_tables, draw):
    pipeline = tables([draw("a.png")])
    with StateFolder(tmp_path / ".penstock"), pytest.raises(StateBusy) as raised:
        run_tables(pipeline)
    assert f"process {os.getpid()} on " in raised.value.message
    assert "since " in raised.value.message
    assert "under [engine] state" in raised.value.hint
    assert holder(tmp_path / ".penstock") is None
    assert run_tables(pipeline).exit_code is Exit.DONE


def test_killed_run_releases_the_folder(tmp_path):
    pages = drawn_pages(tmp_path / "scans", 20)
    file = pipeline_file(tmp_path, ["text"])
    with CountingService(pages.words, work=3600) as service:
        first = start(file, service)
        service.wait_for_calls(5, first)
        second = start(file, service)
        said = second.communicate(timeout=PATIENCE)[1]
        assert second.returncode == 2
        assert f"used by another run (__main__.py run, process {first.pid} on " in said
        assert kill(first)
        assert holder(tmp_path / ".penstock") is None
        third = start(file, service)
        service.wait_for_calls(service.calls + 1, third)
        assert third.poll() is None
        kill(third)


def test_garbage_in_the_lock_file_is_replaced(tmp_path):
    with StateFolder(tmp_path) as state:
        (state.path / "lock").write_bytes(b"\xff\xfe no JSON")
        assert holder(tmp_path) in (None, {})
    (tmp_path / "lock").write_text('{"pid": 1, "host": "elsewhere"}')
    with StateFolder(tmp_path):
        assert (holder(tmp_path) or {})["pid"] == os.getpid()


def test_asking_for_the_holder_blocks_no_run(tmp_path):
    with StateFolder(tmp_path):
        pass
    looking = (tmp_path / "lock").open("r+b")
    fcntl.flock(looking, fcntl.LOCK_SH)
    waited: list[float] = []

    def look_no_longer(seconds: float) -> None:
        waited.append(seconds)
        looking.close()

    with StateFolder(tmp_path, wait=look_no_longer):
        assert (holder(tmp_path) or {})["pid"] == os.getpid()
    assert len(waited) == 1


def test_waits_less_than_half_a_second_for_a_used_folder(tmp_path):
    waited: list[float] = []
    with StateFolder(tmp_path), pytest.raises(StateBusy):
        StateFolder(tmp_path, wait=waited.append).__enter__()
    assert 0 < sum(waited) < 0.5


# --- network disks -----------------------------------------------------------------------------------

MOUNTS = """\
/dev/root / ext4 rw 0 0
server:/export /mnt/share nfs4 rw 0 0
server:/other /mnt/with\\040space cifs rw 0 0
/dev/sdb1 /mnt/share/local xfs rw 0 0
sshfs#host: /home/anna/far fuse.sshfs rw 0 0
/dev/sdc1 /mnt/caf\u00e9 ext4 rw 0 0
"""


@pytest.fixture
def mounts(tmp_path, monkeypatch):
    """The kernel's list of what is mounted, as it is here."""
    real = Path.read_text

    def read(path: Path, *arguments, **options) -> str:
        return MOUNTS if str(path) == "/proc/self/mounts" else real(path, *arguments, **options)

    monkeypatch.setattr(Path, "read_text", read)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/anna/letters", "ext4"),
        ("/mnt/share", "nfs4"),
        ("/mnt/share/box/.penstock", "nfs4"),
        ("/mnt/share/local/.penstock", "xfs"),
        ("/mnt/sharek/.penstock", "ext4"),
        ("/mnt/with space/.penstock", "cifs"),
        ("/home/anna/far/.penstock", "fuse.sshfs"),
        ("/mnt/caf\u00e9/.penstock", "ext4"),
    ],
)
def test_file_system_of_a_folder(mounts, path, kind):
    assert file_system(Path(path)) == kind


def test_network_share_is_used_with_a_warning(run_tables, draw, tmp_path, monkeypatch):
    monkeypatch.setattr(state_folder, "file_system", lambda path: "nfs4")
    pipeline = tables([draw("a.png")])
    for known in (0, 1):
        report = run_tables(pipeline)
        assert (report.exit_code, report.pages_known) == (Exit.DONE, known)
        (warning,) = report.warnings
        assert "network share (nfs4)" in warning.why
        assert "only one run" in warning.hint
    # WAL needs memory that two machines do not share.
    database = sqlite3.connect(tmp_path / ".penstock/journal.sqlite")
    assert database.execute("PRAGMA journal_mode").fetchone() != ("wal",)
    database.close()


# --- damaged, newer and older journals ---------------------------------------------------------------


@pytest.fixture
def journal(tmp_path, run_tables, draw):
    """The file of a journal with some forty pages in it, as a run left it."""
    run_tables(tables([draw(f"scans/{number}.png") for number in range(40)]))
    file = tmp_path / ".penstock/journal.sqlite"
    assert not file.with_name("journal.sqlite-wal").exists()
    return file


def truncated(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def beheaded(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.write(b"this is not an SQLite database...")


def emptied_in_the_middle(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(4096)
        opened.write(b"\xa5" * (file.stat().st_size - 4096))


def emptied(file: Path) -> None:
    os.truncate(file, 0)


@pytest.mark.parametrize("damage", [truncated, beheaded, emptied_in_the_middle, emptied])
def test_damaged_journal_is_reported_and_not_changed(journal, run_tables, tmp_path, damage):
    damage(journal)
    before = journal.read_bytes()
    with pytest.raises(JournalDamaged) as raised:
        run_tables(tables([tmp_path / "scans"]))
    assert str(journal) in raised.value.message
    assert "is damaged" in raised.value.message
    assert "restore a copy, or move the file away" in raised.value.hint
    assert journal.read_bytes() == before


@pytest.mark.parametrize("table", ["answers", "pages", "outputs"])
def test_damaged_table_stops_the_run_before_anything_is_sent(journal, run_tables, tmp_path, table):
    database = sqlite3.connect(journal)
    ((root,),) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchall()
    database.close()
    with journal.open("r+b") as opened:
        opened.seek((root - 1) * 4096)
        opened.write(b"\xa5" * 4096)
    log = tmp_path / "calls"
    pipeline = tables([tmp_path / "scans"])
    pipeline["recognizers"][0]["log"] = str(log)
    with pytest.raises(JournalDamaged, match="is damaged"):
        report = run_tables(pipeline)
        assert report.exit_code is Exit.STOPPED, report
        assert report.stopped is not None
        raise JournalDamaged(report.stopped.why)
    assert not log.exists(), "nothing is sent that may have been paid for"


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("UPDATE answers SET answer = ?", b"no answer"),
        ("UPDATE documents SET name = CAST(? AS TEXT)", b"\xff\xfe"),
        ("UPDATE outputs SET digest = CAST(? AS TEXT)", b"\xff"),
    ],
)
def test_invalid_row_stops_the_run_without_advising_another_folder(
    journal, run_tables, tmp_path, statement, value
):
    database = sqlite3.connect(journal)
    database.execute(statement, (value,))
    database.execute("DELETE FROM deliveries")
    database.commit()
    database.close()
    pipeline = tables([tmp_path / "scans"])
    pipeline["recognizers"][0]["log"] = str(tmp_path / "calls")
    report = run_tables(pipeline, write_only=True)
    assert report.exit_code is Exit.STOPPED, report
    assert report.stopped is not None
    assert "is damaged" in report.stopped.why
    assert "another" not in report.stopped.hint
    assert not (tmp_path / "calls").exists()


def test_newer_journal_is_not_changed(journal, run_tables, tmp_path):
    database = sqlite3.connect(journal)
    database.execute("PRAGMA user_version = 4711")
    database.close()
    before = journal.read_bytes()
    for _ in range(2):
        with pytest.raises(StateError, match=r"newer penstock \(its journal has version 4711") as raised:
            run_tables(tables([tmp_path / "scans"]))
        assert "update penstock" in raised.value.hint
        assert journal.read_bytes() == before


def test_spooled_pictures_among_the_scans_are_not_scans(tmp_path, run_tables, draw):
    draw("scans/a.png")
    pipeline = tables(["scans"], engine={"state": "scans/state"})
    assert run_tables(pipeline).pages_found == 1
    Spool(tmp_path / "scans/state/spool").keep(draw("made-by-a-transform.png").read_bytes(), ".png")
    report = run_tables(pipeline)
    assert (report.pages_found, report.documents_found, report.skipped_outputs) == (1, 1, 1)


# --- the clock ---------------------------------------------------------------------------------------

JUMPS = """
import itertools, time
real = time.time
years = itertools.cycle([0, 30, -30, 7, -50, 1000])
time.time = lambda: real() + next(years) * 365 * 86400
time.time_ns = lambda: int(time.time() * 1e9)
"""


def test_jumping_wall_clock_changes_nothing(tmp_path):
    (tmp_path / "injected").mkdir()
    (tmp_path / "injected/sitecustomize.py").write_text(JUMPS)
    pages = drawn_pages(tmp_path / "scans", 20)
    file = pipeline_file(tmp_path, ["text", "json"], in_flight=10)
    with CountingService(pages.words, work=0.02) as service:
        jumping = service.environment() | {"PYTHONPATH": str(tmp_path / "injected")}
        code, report = finish(start(file, service, environment=jumping))
        assert code == 0, report
        assert report["seconds"] < PATIENCE
        (tmp_path / "out/box0001.text").unlink()
        code, report = finish(start(file, service, environment=jumping))
        assert (code, report["pages_known"], report["documents_written"]) == (0, 20, 1)
        assert service.taken() == dict.fromkeys(pages.words, 1)
    database = sqlite3.connect(tmp_path / ".penstock/journal.sqlite")
    ((least, most),) = database.execute("SELECT min(at), max(at) FROM answers").fetchall()
    database.close()
    assert most - least > 365 * 86400, "the clock did jump"
    assert json.loads((tmp_path / "out/box0001.json").read_text())["pages"]
