"""Workers that die, hang or never start, with processes that do so on command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from penstock_plugins.recognizers.rapidocr.crew import Crew, Job

PATIENCE = 60.0

WORKER = """
import os, signal, sys
from pathlib import Path
from penstock_plugins.recognizers.rapidocr.frames import read_frame, write_frame

write_frame(sys.stdout.buffer, {"ready": True})
while (message := read_frame(sys.stdin.buffer)) is not None:
    if message["do"] == "hang" and not Path(message["mark"]).exists():
        Path(message["mark"]).touch()
        signal.pause()
    if message["do"] == "die" or (message["do"] == "die once" and not Path(message["mark"]).exists()):
        Path(message.get("mark", os.devnull)).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    write_frame(sys.stdout.buffer, {"did": message["do"], "pid": os.getpid()})
"""


def until(condition: Callable[[], bool]) -> None:
    """Wait for other processes."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "nothing happened for too long"
        threading.Event().wait(0.005)


def answers(*jobs: Job) -> list[dict[str, object]]:
    until(lambda: all(job.answer is not None for job in jobs))
    return [dict(job.answer or {}) for job in jobs]


def is_running(process_id: int) -> bool:
    """Whether a process lives; one that nobody has waited for yet does not."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status != "Z"


@pytest.fixture
def make_crew(tmp_path: Path) -> Iterator[Callable[..., Crew]]:
    crews: list[Crew] = []

    def make(size: int = 2, source: str = WORKER) -> Crew:
        script = tmp_path / "worker.py"
        script.write_text(source)
        crews.append(Crew(size, [sys.executable, str(script)]))
        return crews[-1]

    yield make
    for crew in crews:
        crew.close()


def test_nothing_is_started_before_the_first_page(make_crew: Callable[..., Crew]) -> None:
    assert make_crew().process_ids() == []


def test_one_page_starts_one_worker_and_many_no_more_than_allowed(make_crew: Callable[..., Crew]) -> None:
    crew = make_crew(2)
    answers(crew.give({"do": "read"}))
    assert len(crew.process_ids()) == 1
    done = answers(*(crew.give({"do": f"page {n}"}) for n in range(20)))
    assert [answer["did"] for answer in done] == [f"page {n}" for n in range(20)]
    assert {answer["pid"] for answer in done} <= set(crew.process_ids())
    assert len(crew.process_ids()) <= 2


def test_a_killed_worker_costs_its_page_one_more_try(make_crew: Callable[..., Crew], tmp_path: Path) -> None:
    crew = make_crew()
    jobs = [crew.give({"do": "die once", "mark": str(tmp_path / "mark")})]
    jobs += [crew.give({"do": "read"}) for _ in range(5)]
    assert [answer["did"] for answer in answers(*jobs)] == ["die once", *["read"] * 5]


def test_a_page_that_kills_every_worker_is_given_up_and_no_other(make_crew: Callable[..., Crew]) -> None:
    crew = make_crew()
    jobs = [crew.give({"do": "die"}), *(crew.give({"do": "read"}) for _ in range(5))]
    killer, *others = answers(*jobs)
    assert killer == {"died": "it was killed by signal 9"}
    assert [answer["did"] for answer in others] == ["read"] * 5


def test_a_worker_killed_from_outside_while_it_reads(make_crew: Callable[..., Crew], tmp_path: Path) -> None:
    crew = make_crew(1)
    job = crew.give({"do": "hang", "mark": str(tmp_path / "mark")})
    until((tmp_path / "mark").exists)
    (killed,) = crew.process_ids()
    os.kill(killed, signal.SIGKILL)
    (answer,) = answers(job)
    assert answer["did"] == "hang"
    assert answer["pid"] != killed


def test_workers_that_never_start_give_up_every_page_with_their_last_words(
    make_crew: Callable[..., Crew],
) -> None:
    crew = make_crew(1, "import sys\nsys.exit('no such library')")
    for answer in answers(*(crew.give({"do": "read"}) for _ in range(3))):
        assert answer == {"cannot_start": "it ended with code 1; its last words: no such library"}


def test_closing_stops_workers_whatever_they_do(make_crew: Callable[..., Crew], tmp_path: Path) -> None:
    crew = make_crew()
    answers(crew.give({"do": "read"}), crew.give({"do": "read"}))
    for number in range(6):
        crew.give({"do": "hang", "mark": str(tmp_path / f"mark {number}")})
    before = crew.process_ids()
    crew.close()
    assert before
    assert not any(is_running(process_id) for process_id in before)
    assert crew.process_ids() == []


def test_workers_do_not_hear_the_terminals_interrupt(make_crew: Callable[..., Crew]) -> None:
    crew = make_crew(1)
    answers(crew.give({"do": "read"}))
    assert os.getpgid(crew.process_ids()[0]) != os.getpgrp()


def test_workers_go_when_their_parent_is_killed(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(WORKER)
    parent = textwrap.dedent(f"""
        import os, signal, sys
        from penstock_plugins.recognizers.rapidocr.crew import Crew
        crew = Crew(1, [sys.executable, {str(tmp_path / "worker.py")!r}])
        job = crew.give({{"do": "read"}})
        while job.answer is None:
            pass
        print(crew.process_ids()[0], flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    ended = subprocess.run([sys.executable, "-c", parent], capture_output=True, timeout=PATIENCE)
    assert ended.returncode == -signal.SIGKILL
    until(lambda: not is_running(int(ended.stdout)))
