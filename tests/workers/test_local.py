"""Worker processes of this machine, with recognizers that die, hang or cannot be made on command."""

from __future__ import annotations

import logging
import os
import queue
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from penstock.config import Configured
from penstock.errors import NotAnswered, PageRefused, PluginError, StopRun
from penstock.images import find_pages
from penstock.model import Page, Recognition, Resources
from penstock.plugins import find
from penstock.workers import Answer, Failure, LocalWorkers, Recipe, recipe_of
from penstock.workers.process import WorkerProcess

PATIENCE = 60.0

READER = """
import os, signal, subprocess, time
from dataclasses import dataclass
from pathlib import Path
from penstock import Line, NotAnswered, PageRefused, Quad, Recognition, StopRun, hookimpl

class NoLicence(StopRun):
    def __init__(self, product):
        super().__init__(f"no licence for {product}", "buy one", code="402")
        self.renew = lambda: None  # cannot be pickled

class Foreign(Recognition):
    def __reduce__(self):
        return __import__, ("only_in_the_worker",)

class NoMessage(StopRun):
    def __init__(self):
        pass

@dataclass(eq=False)
class Reader:
    mark: str = ""
    opening: str = ""

    def __enter__(self):
        if self.opening == "raise":
            raise OSError("no model")
        if self.opening == "exit":
            os.write(2, b"no such library")
            os._exit(1)
        self.opened = 1

    def __exit__(self, *raised):
        Path(self.mark).with_name("closed").touch()

    def first_time(self):
        if Path(self.mark).exists():
            return False
        Path(self.mark).touch()
        return True

    @hookimpl
    def cache_key(self):
        return {"changed": os.environ.get("CHANGED")}

    @hookimpl
    def read(self, page):
        do = page.origin.partition(" ")[0]
        if do == "hang" and self.first_time():
            program = subprocess.Popen(["sleep", "600"])
            Path(self.mark).write_text(str(program.pid))
            signal.pause()
        if do == "stay":
            signal.pause()
        if do == "die" or (do == "dieonce" and self.first_time()):
            os.kill(os.getpid(), signal.SIGKILL)
        if do == "refuse":
            raise PageRefused("too faint", "scan it again")
        if do == "decline":
            return None
        if do == "leave":
            raise NotAnswered("not mine")
        if do == "print":
            os.write(2, b"x" * 5000)
        if do == "exit":
            os.write(2, b"out of licences")
            os._exit(1)
        if do == "foreign":
            return Foreign()
        if do == "own":
            raise NoLicence("quill")
        if do == "incomplete":
            raise NoMessage
        if do == "stdin":
            subprocess.run(["cat"], check=True)
        if do == "fail":
            raise ValueError("a fault")
        if do == "wrong":
            return "text"
        print("libraries print to stdout")
        return Recognition((Line(f"{page.origin} {os.getpid()} {self.opened}", Quad.from_box(0, 0, 1, 1)),))
"""


def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        threading.Event().wait(0.005)


def is_running(process_id: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status != "Z"


class Crew:
    """Workers, and what they answer."""

    def __init__(self, folder: Path, size: int, timeout: float, **options: Any) -> None:
        Image.new("L", (4, 4)).save(folder / "page.png")
        (self._page,) = find_pages(folder / "page.png", "page")
        self.recipe = self.recipe_in(folder, **options)
        self.workers = LocalWorkers(self.recipe, timeout, size)
        self.answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()

    @staticmethod
    def recipe_in(folder: Path, **options: Any) -> Recipe:
        (folder / "reader.py").write_text(READER)
        component = find("recognizer", "./reader.py:Reader", folder)(mark=str(folder / "mark"), **options)
        configured = Configured("recognizer", "./reader.py:Reader", "", component)
        return recipe_of(configured, "the recognizer 'reader'", Resources(), component.cache_key())

    def page(self, do: str) -> Page:
        return replace(self._page, origin=do)

    def start(self, *do: str) -> None:
        for each in do:
            self.workers.start(self.page(each), lambda answer, _seconds: self.answers.put(answer))

    def read(self, *do: str) -> list[Answer]:
        self.start(*do)
        return [self.answers.get(timeout=PATIENCE) for _ in do]


@pytest.fixture
def make_crew(tmp_path: Path) -> Iterator[Callable[..., Crew]]:
    crews: list[Crew] = []

    def make(size: int = 2, timeout: float = PATIENCE, **options: Any) -> Crew:
        crews.append(Crew(tmp_path, size, timeout, **options))
        return crews[-1]

    yield make
    for crew in crews:
        crew.workers.close()


def texts(answers: list[Answer]) -> list[str]:
    assert all(isinstance(answer, Recognition) for answer in answers), answers
    return [answer.text for answer in answers if isinstance(answer, Recognition)]


def test_processes_start_as_needed_up_to_the_size(make_crew: Callable[..., Crew]) -> None:
    crew = make_crew(2)
    assert crew.workers.process_ids() == []
    assert crew.workers.room == 4
    crew.read("page 0")
    assert len(crew.workers.process_ids()) == 1
    found = texts(crew.read(*(f"page {number}" for number in range(20))))
    assert {text.rpartition(" ")[0].rpartition(" ")[0] for text in found} == {f"page {n}" for n in range(20)}
    assert {int(text.split()[-2]) for text in found} <= set(crew.workers.process_ids())
    assert len(crew.workers.process_ids()) <= 2


def test_what_a_recognizer_returns_and_raises_arrives(make_crew: Callable[..., Crew]) -> None:
    crew = make_crew(1)
    declined, refused, left, failed, wrong = (
        crew.read(do)[0] for do in ("decline", "refuse", "leave", "fail", "wrong")
    )
    assert declined is None
    errors = [answer.error for answer in (refused, left, failed, wrong) if isinstance(answer, Failure)]
    assert [type(error) for error in errors] == [PageRefused, NotAnswered, PluginError, PluginError]
    assert str(errors[0]) == "too faint (scan it again)"
    assert str(errors[2]).startswith(
        "ValueError: a fault (this is a fault of the recognizer 'reader' (reader.py"
    )
    assert "read must return a Recognition or None, got a str" in str(errors[3])
    assert isinstance(failed, Failure)
    assert "raise ValueError" in failed.trace


def test_a_plugins_own_class_of_exception_means_what_its_base_class_means(
    make_crew: Callable[..., Crew],
) -> None:
    own, incomplete = (make_crew(1).read(do)[0] for do in ("own", "incomplete"))
    assert isinstance(own, Failure)
    assert type(own.error) is StopRun
    assert (own.error.message, own.error.hint, own.error.code) == ("no licence for quill", "buy one", "402")
    assert isinstance(incomplete, Failure)
    assert "NoMessage" in str(incomplete.error)


@pytest.mark.usefixtures("impatient")
def test_programs_that_a_recognizer_starts_have_an_empty_stdin(make_crew: Callable[..., Crew]) -> None:
    assert len(texts(make_crew(1).read("stdin"))) == 1


def test_what_libraries_print_does_not_fill_the_disk(
    make_crew: Callable[..., Crew], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.workers.process.MOST_STDERR", 1000)
    crew = make_crew(1)
    crew.read("print", "print")
    (process,) = crew.workers.process_ids()
    assert Path(f"/proc/{process}/fd/2").stat().st_size == 0
    (failure,) = crew.read("exit")
    assert isinstance(failure, Failure)
    assert str(failure.error).count("end of its stderr: out of licences (") == 1


def test_an_answer_that_the_run_cannot_load_fails_its_page_alone(make_crew: Callable[..., Crew]) -> None:
    crew = make_crew(1)
    failure, passed = (crew.read(do)[0] for do in ("foreign", "page"))
    assert isinstance(failure, Failure)
    assert "its reply cannot be loaded: ModuleNotFoundError" in str(failure.error)
    assert isinstance(passed, Recognition)


def test_page_of_a_killed_worker_is_read_again(make_crew: Callable[..., Crew]) -> None:
    assert len(texts(make_crew().read("dieonce", *["page"] * 5))) == 6


def test_page_that_kills_workers_fails_alone(make_crew: Callable[..., Crew]) -> None:
    answers = make_crew().read("die", *["page"] * 5)
    (failure,) = (answer for answer in answers if isinstance(answer, Failure))
    assert isinstance(failure.error, PageRefused)
    assert failure.error.message == (
        "die: two worker processes ended while they read this page; the last: it was killed by signal 9"
    )
    assert len(texts([answer for answer in answers if answer is not failure])) == 5


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait only for a moment for pages that hang, and long enough for everything else."""
    reply_to, waits = WorkerProcess._reply_to, {"stay": [0.2, 0.2], "hang": [2.0], "stdin": [5.0, 5.0]}

    def hurried(self: WorkerProcess, process: Any, message: Any, *, was_ready: bool) -> Any:
        left = waits.get(message.origin, []) if isinstance(message, Page) else []
        self._timeout = left.pop() if left else PATIENCE
        return reply_to(self, process, message, was_ready=was_ready)

    monkeypatch.setattr(WorkerProcess, "_reply_to", hurried)


@pytest.mark.usefixtures("impatient")
def test_worker_that_hangs_is_killed_and_its_page_read_again(
    make_crew: Callable[..., Crew], tmp_path: Path
) -> None:
    (answer,) = make_crew(1).read("hang")
    program = int((tmp_path / "mark").read_text())
    assert isinstance(answer, Recognition)
    until(lambda: not is_running(program))


@pytest.mark.usefixtures("impatient")
def test_page_that_hangs_again_fails(make_crew: Callable[..., Crew]) -> None:
    failed, passed = make_crew(1).read("stay", "page")
    assert isinstance(failed, Failure)
    assert "it did not reply for 0.2 seconds" in str(failed.error)
    assert isinstance(passed, Recognition)


@pytest.mark.parametrize(
    ("opening", "why"),
    [
        ("raise", "could not be opened in a worker: OSError: no model (this is a fault of the plugin"),
        ("exit", "cannot be started: it exited with code 1; end of its stderr: no such library"),
    ],
)
def test_recognizer_that_cannot_be_opened_stops_the_run(
    make_crew: Callable[..., Crew], opening: str, why: str
) -> None:
    (failure,) = make_crew(1, opening=opening).read("page")
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, StopRun)
    assert why in str(failure.error)


def test_worker_that_would_give_other_results_stops_the_run(
    make_crew: Callable[..., Crew], monkeypatch: pytest.MonkeyPatch
) -> None:
    crew = make_crew(1)
    monkeypatch.setenv("CHANGED", "yes")
    (failure,) = crew.read("page")
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, StopRun)
    assert "changed is None for the run and 'yes' in the worker" in str(failure.error)


def test_close_kills_busy_workers_and_drops_pages(make_crew: Callable[..., Crew]) -> None:
    crew = make_crew()
    crew.read("page", "page")
    crew.start(*["stay"] * 6)
    before = crew.workers.process_ids()
    crew.workers.close()
    assert before
    assert not any(is_running(process_id) for process_id in before)
    assert crew.workers.process_ids() == []
    assert crew.answers.empty()


def test_close_lets_idle_workers_close_their_recognizer(
    make_crew: Callable[..., Crew], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="penstock.workers")
    crew = make_crew(1)
    crew.read("page")
    (process_id,) = crew.workers.process_ids()
    # The answer has arrived, but the thread may not have taken the next page.
    until(lambda: crew.workers._idle == 1)
    crew.workers.close()
    assert caplog.messages[-1].startswith(f"worker {process_id}: it exited with code 0")
    assert (tmp_path / "closed").exists()


def test_workers_are_in_another_process_group(make_crew: Callable[..., Crew]) -> None:
    crew = make_crew(1)
    crew.read("page")
    assert os.getpgid(crew.workers.process_ids()[0]) != os.getpgrp()


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    parent = textwrap.dedent(f"""
        import os, pathlib, signal, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from test_local import Crew
        crew = Crew(pathlib.Path({str(tmp_path)!r}), 1, 60.0)
        crew.read("page")
        print(crew.workers.process_ids()[0], flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    ended = subprocess.run([sys.executable, "-c", parent], capture_output=True, timeout=PATIENCE)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    until(lambda: not is_running(int(ended.stdout)))


def test_module_in_current_folder_does_not_shadow_a_library(
    make_crew: Callable[..., Crew], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy.py").write_text("raise ImportError('not the real one')")
    (tmp_path / "PIL.py").write_text("raise ImportError('not the real one')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    assert texts(make_crew(1).read("page"))


def test_death_of_workers_is_logged(make_crew: Callable[..., Crew], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "penstock.workers")
    make_crew(1).read("die")
    endings = [message.partition(": ")[2].partition(";")[0] for message in caplog.messages]
    assert endings == ["started", "it was killed by signal 9"] * 2
