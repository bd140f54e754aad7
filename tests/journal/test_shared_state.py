"""Several `penstock read` at once in one state folder, as processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from journal.killing import PATIENCE, CountingService, Pages, drawn_pages, finish, kill
from penstock.engine.journal import Journal
from penstock.engine.journal.database import Database
from penstock.engine.journal.submissions import Submissions
from penstock.engine.keys import ContentKey, RecognizerKey
from penstock.engine.state_folder import StateFolder, holder
from penstock.errors import StateBusy
from penstock.model import Document, Operation
from penstock.outputs import CompleteFile, file_digest
from penstock.spool import Spool
from processes import Process, python_command, started

# --- the command -------------------------------------------------------------------------------------


class Reads:
    """Starts `penstock read` in one folder, with one cache."""

    def __init__(self, folder: Path, service: CountingService) -> None:
        self._folder, self._service = folder, service
        self.state = folder / "cache/penstock/read"

    def start(self, scans: str, *more: str) -> Process:
        command = ["read", scans, "--with", "azure-read", "--to", "text,json", "--out", "out"]
        return started(
            self._folder,
            [*command, "--quiet", "--log-format", "json", *more],
            self._service.environment() | {"XDG_CACHE_HOME": str(self._folder / "cache")},
        )


def check_outputs(folder: Path, scans: str, pages: Pages) -> None:
    """Each page of a folder is a document of its own, written by both sinks."""
    words = [word for document in pages.documents.values() for word in document]
    written = [
        path.read_text().strip()
        for picture in sorted((folder / scans).rglob("*.png"))
        for path in (folder / "out").rglob(f"{picture.stem}.txt")
        if path.parent.name == picture.parent.name
    ]
    assert written == words
    assert not list(folder.rglob("*.part"))


def test_reads_of_different_pictures_do_not_disturb_each_other(tmp_path):
    folders = {
        f"scans{number}": drawn_pages(tmp_path / f"scans{number}", 8, first=8 * number) for number in range(4)
    }
    words = {digest: word for pages in folders.values() for digest, word in pages.words.items()}
    with CountingService(words, work=0.05) as service:
        reads = Reads(tmp_path, service)
        processes = [reads.start(scans, "--merge", scans) for scans in folders]
        for process in processes:
            code, report = finish(process)
            assert (code, report["pages_read"], report["warnings"]) == (0, 8, []), report
        assert service.taken() == dict.fromkeys(words, 1)
        for scans, pages in folders.items():
            words_of = [word for document in pages.documents.values() for word in document]
            assert (tmp_path / f"out/{scans}.txt").read_text().split() == words_of
    assert not list(tmp_path.rglob("*.part"))
    assert not list((reads.state / "runs").iterdir())


def test_reads_of_the_same_pictures_write_every_output(tmp_path):
    pages = drawn_pages(tmp_path / "scans", 10)
    with CountingService(pages.words, work=0.05) as service:
        reads = Reads(tmp_path, service)
        processes = [reads.start("scans") for _ in range(3)]
        for process in processes:
            code, report = finish(process)
            assert (code, report["failed"]) == (0, 0), report
        taken = service.taken()
        assert set(taken) == set(pages.words)
        assert all(times <= 3 for times in taken.values()), "each read pays at most once"
        check_outputs(tmp_path, "scans", pages)
        # Live runs number documents apart, so the next run may write the same outputs once more.
        code, report = finish(reads.start("scans"))
        assert (code, report["pages_known"], report["failed"]) == (0, 10, 0), report
        code, report = finish(reads.start("scans"))
        assert (code, report["pages_known"], report["documents_unchanged"]) == (0, 10, 10), report
        check_outputs(tmp_path, "scans", pages)
        assert service.taken() == taken


def test_killed_read_is_continued_by_the_next_one_and_a_live_one_is_left_alone(tmp_path):
    first, second = drawn_pages(tmp_path / "first", 6), drawn_pages(tmp_path / "second", 6, first=6)
    with CountingService(first.words | second.words, work=12) as service:
        reads = Reads(tmp_path, service)
        live = reads.start("second")
        killed = reads.start("first")
        wait_for_operations(reads.state, 12)
        assert kill(killed)
        assert live.poll() is None
        code, report = finish(reads.start("first"))
        assert (code, report["pages_sent"], report["pages_read"]) == (0, 0, 6), report
        code, report = finish(live)
        assert (code, report["pages_sent"], report["pages_read"]) == (0, 6, 6), report
        assert service.taken() == dict.fromkeys(first.words | second.words, 1)
    check_outputs(tmp_path, "first", first)
    check_outputs(tmp_path, "second", second)


def wait_for_operations(state: Path, count: int) -> None:
    """Wait until this many operations are stored."""
    for _ in range(PATIENCE * 20):
        if (database := Database.open_read_only(state)) is not None:
            ((stored,),) = database.rows("SELECT count(*) FROM submissions WHERE operation IS NOT NULL")
            database.close()
            if stored >= count:
                return
        threading.Event().wait(0.05)
    pytest.fail("the pages were not sent")


# --- the journal -------------------------------------------------------------------------------------

HOLDS = """
import sys
from pathlib import Path
from penstock.engine.journal import Journal
from penstock.engine.state_folder import StateFolder
from penstock.model import Operation

folder, name = Path(sys.argv[1]), sys.argv[2]
with StateFolder(folder, shared=True) as state, Journal(state, name="test", folder=folder.parent) as journal:
    part = folder.parent / f"{name}.part"
    journal.outputs.note_part(part, finished=False)
    part.write_text("unfinished")
    for page in sys.argv[3:]:
        journal.submissions.note_intent(page.encode(), b"recognizer", "scripted", page)
        if page.startswith("sent"):
            operation = Operation({"by": name}, durable=True)
            journal.submissions.note_operation(page.encode(), b"recognizer", operation)
    journal.commit()
    print("ready", flush=True)
    sys.stdin.read()
"""
"""A run that has sent pages, writes an output, and ends when its input does."""

Holding = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def holding(tmp_path) -> Iterator[Holding]:
    processes = []

    def start(name: str, *pages: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDS, str(tmp_path / "state"), name, *pages],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in processes:
        process.communicate(timeout=PATIENCE)


@contextmanager
def opened(folder: Path) -> Iterator[Journal]:
    with (
        StateFolder(folder, shared=True) as state,
        Journal(state, name="test", folder=folder.parent) as journal,
    ):
        yield journal


def operation_of(submissions: Submissions, page: str) -> object:
    submission = submissions.find(page.encode(), b"recognizer")  # type: ignore[arg-type]
    return submission and submission.operation and dict(submission.operation.data)


def test_only_dead_runs_are_adopted_and_only_once(tmp_path, holding):
    dead, _live = holding("dead", "sent by dead"), holding("live", "sent by live")
    dead.send_signal(signal.SIGKILL)
    dead.communicate(timeout=PATIENCE)
    assert (tmp_path / "dead.part").exists()
    with opened(tmp_path / "state") as journal:
        assert journal.submissions.left == {b"sent by dead"}
        assert operation_of(journal.submissions, "sent by dead") == {"by": "dead"}
        assert operation_of(journal.submissions, "sent by live") is None
        assert not (tmp_path / "dead.part").exists()
        assert (tmp_path / "live.part").exists()
        with opened(tmp_path / "state") as next_one:
            assert next_one.submissions.left == frozenset()
        assert operation_of(journal.submissions, "sent by dead") == {"by": "dead"}


def test_an_operation_is_adopted_before_an_intent_for_the_same_page(tmp_path, holding):
    dead = holding("dead", "both", "intended")
    dead.send_signal(signal.SIGKILL)
    dead.communicate(timeout=PATIENCE)
    database = Database(tmp_path / "state")
    database.write_now(
        "INSERT INTO submissions SELECT content, reading, 99, recognizer, origin, '{}', 1, at, 0"
        " FROM submissions WHERE content = ?",
        b"both",
    )
    database.close()
    with opened(tmp_path / "state") as journal:
        assert journal.submissions.left == {b"intended", b"both"}
        assert operation_of(journal.submissions, "both") == {}
        assert operation_of(journal.submissions, "intended") is None
        rows = journal.database.rows("SELECT run FROM submissions")
        assert rows == [(journal.run.id,)] * 2


def test_a_page_that_a_live_run_has_recognized_is_not_adopted(tmp_path, holding):
    dead = holding("dead", "sent")
    with opened(tmp_path / "state") as later:
        later.answers.note_declined(b"sent", b"recognizer")  # type: ignore[arg-type]
        later.commit()
        dead.send_signal(signal.SIGKILL)
        dead.communicate(timeout=PATIENCE)
        with opened(tmp_path / "state") as journal:
            assert journal.submissions.left == frozenset()


def test_a_shared_folder_is_closed_to_runs_that_need_it_alone(tmp_path, holding):
    live = holding("live")
    with pytest.raises(StateBusy, match=f"process {live.pid} on "):
        StateFolder(tmp_path / "state").__enter__()
    assert (holder(tmp_path / "state") or {})["pid"] == live.pid
    live.communicate(timeout=PATIENCE)
    with StateFolder(tmp_path / "state"), pytest.raises(StateBusy):
        StateFolder(tmp_path / "state", shared=True).__enter__()
    assert holder(tmp_path / "state") is None


def test_many_runs_open_a_new_folder_at_once(tmp_path):
    command = [*python_command(), "-c", HOLDS, str(tmp_path / "state")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    processes = [subprocess.Popen([*command, f"run{number}"], text=True, **pipes) for number in range(6)]
    for process in processes:
        said, complaints = process.communicate(timeout=PATIENCE)
        assert (process.returncode, said) == (0, "ready\n"), complaints
    with opened(tmp_path / "state") as journal:
        assert journal.run.id == 7


@pytest.mark.parametrize(
    "order",
    [
        ["note a", "note b", "rename a", "written a", "rename b", "written b"],
        ["note a", "note b", "rename a", "rename b", "written b", "written a"],
        ["note a", "rename a", "note b", "written a", "rename b", "written b"],
        ["note a", "rename a", "note b", "rename b", "written a", "written b"],
    ],
)
def test_an_output_that_two_runs_write_is_known_to_be_penstocks(tmp_path, order):
    place = tmp_path / "out.txt"
    parts = {name: tmp_path / f"{name}.part" for name in "ab"}
    for name, part in parts.items():
        part.write_text(f"written by {name}")
    digests = {name: file_digest(part) for name, part in parts.items()}
    with opened(tmp_path / "state") as first, opened(tmp_path / "state") as second:
        outputs = {"a": first.outputs, "b": second.outputs}
        for step in order:
            action, name = step.split()
            match action:
                case "note":
                    outputs[name].about_to_write(CompleteFile.of(parts[name]), place)
                case "rename":
                    parts[name].replace(place)
                case "written":
                    outputs[name].written(place, digests[name])
        assert first.outputs.is_ours(place)
        os.utime(place, ns=(1, 1))
        assert second.outputs.is_ours(place), "by its digest, too"


KEEPS = """
import os, sys
from pathlib import Path
from penstock.spool import Spool

def fsync(_):
    print("ready", flush=True)
    sys.stdin.read()

os.fsync = fsync
Spool(Path(sys.argv[1])).keep(b"a picture", ".png")
"""


@pytest.mark.parametrize("dies", [False, True])
def test_unfinished_spool_file_is_removed_only_if_its_process_is_dead(tmp_path, dies):
    process = subprocess.Popen(
        [sys.executable, "-c", KEEPS, str(tmp_path / "spool")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    spool = Spool(tmp_path / "spool")
    if dies:
        process.kill()
        process.wait(PATIENCE)
    spool.remove_parts()
    assert len(list(tmp_path.rglob("*.part"))) == (not dies)
    process.communicate(timeout=PATIENCE)
    assert [path.read_bytes() for _, path in spool.kept()] == ([] if dies else [b"a picture"])
    assert not list(tmp_path.rglob("*.part"))


# --- rows of live and dead runs ----------------------------------------------------------------------


@contextmanager
def shared_journal(folder: Path) -> Iterator[Journal]:
    with StateFolder(folder, shared=True) as state, Journal(state, name="read", folder=folder.parent) as each:
        yield each


def test_documents_of_two_live_runs_have_different_numbers(tmp_path):
    document = Document("diary", "diary", ())
    with shared_journal(tmp_path / "state") as first:
        number = first.documents.identity(document)
        with shared_journal(tmp_path / "state") as second:
            assert second.documents.identity(document) != number
        # The second run has ended, so its number is free again; the first one's is not.
        with shared_journal(tmp_path / "state") as third:
            assert third.documents.identity(document) != number
    with shared_journal(tmp_path / "state") as last:
        assert last.documents.identity(document) == number


def test_a_run_adopts_the_submissions_of_pages_that_it_finds_and_leaves_the_others(tmp_path):
    one, two = ContentKey(b"1" * 16), ContentKey(b"2" * 16)
    key = RecognizerKey(b"r" * 16)
    with shared_journal(tmp_path / "state") as dead:
        for content in (one, two):
            dead.submissions.note_intent(content, key, "service", "a.png")
            dead.submissions.note_operation(content, key, Operation({"id": 1}, durable=True))
        dead.commit()
    with shared_journal(tmp_path / "state") as first, shared_journal(tmp_path / "state") as second:
        assert first.submissions.find(one, key) is not None
        assert second.submissions.find(one, key) is None, "the first run polls it"
        assert second.submissions.find(two, key) is not None
        assert first.submissions.find(two, key) is None, "the second run polls it"
