"""The worker pool, with processes that die, hang or fail to start on command."""

from __future__ import annotations

import logging
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
from penstock_plugins.recognizers.rapidocr.worker_pool import Job, WorkerPool

PATIENCE = 60.0

WORKER = """
import os, signal, sys
from pathlib import Path
from penstock_plugins.recognizers.rapidocr.messages import read_message, write_message

write_message(sys.stdout.buffer, {"ready": True})
while (message := read_message(sys.stdin.buffer)) is not None:
    if message["do"] == "hang" and not Path(message["mark"]).exists():
        Path(message["mark"]).touch()
        signal.pause()
    if message["do"] == "die" or (message["do"] == "die once" and not Path(message["mark"]).exists()):
        Path(message.get("mark", os.devnull)).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    write_message(sys.stdout.buffer, {"did": message["do"], "pid": os.getpid()})
"""


def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        threading.Event().wait(0.005)


def results(*jobs: Job) -> list[dict[str, object]]:
    until(lambda: all(job.result is not None for job in jobs))
    return [dict(job.result or {}) for job in jobs]


def is_running(process_id: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status != "Z"


@pytest.fixture
def make_pool(tmp_path: Path) -> Iterator[Callable[..., WorkerPool]]:
    pools: list[WorkerPool] = []

    def make(size: int = 2, source: str = WORKER) -> WorkerPool:
        script = tmp_path / "worker.py"
        script.write_text(source)
        pools.append(WorkerPool(size, [sys.executable, str(script)]))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


def test_no_process_before_the_first_job(make_pool: Callable[..., WorkerPool]) -> None:
    assert make_pool().process_ids() == []


def test_processes_start_as_needed_up_to_the_size(make_pool: Callable[..., WorkerPool]) -> None:
    pool = make_pool(2)
    results(pool.submit({"do": "read"}))
    assert len(pool.process_ids()) == 1
    done = results(*(pool.submit({"do": f"page {n}"}) for n in range(20)))
    assert [answer["did"] for answer in done] == [f"page {n}" for n in range(20)]
    assert {answer["pid"] for answer in done} <= set(pool.process_ids())
    assert len(pool.process_ids()) <= 2


def test_job_of_a_killed_worker_is_tried_again(make_pool: Callable[..., WorkerPool], tmp_path: Path) -> None:
    pool = make_pool()
    jobs = [pool.submit({"do": "die once", "mark": str(tmp_path / "mark")})]
    jobs += [pool.submit({"do": "read"}) for _ in range(5)]
    assert [answer["did"] for answer in results(*jobs)] == ["die once", *["read"] * 5]


def test_job_that_kills_workers_fails_alone(make_pool: Callable[..., WorkerPool]) -> None:
    pool = make_pool()
    jobs = [pool.submit({"do": "die"}), *(pool.submit({"do": "read"}) for _ in range(5))]
    killer, *others = results(*jobs)
    assert killer == {"died": "it was killed by signal 9"}
    assert [answer["did"] for answer in others] == ["read"] * 5


def test_job_of_a_killed_busy_worker_is_tried_again(
    make_pool: Callable[..., WorkerPool], tmp_path: Path
) -> None:
    pool = make_pool(1)
    job = pool.submit({"do": "hang", "mark": str(tmp_path / "mark")})
    until((tmp_path / "mark").exists)
    (killed,) = pool.process_ids()
    os.kill(killed, signal.SIGKILL)
    (answer,) = results(job)
    assert answer["did"] == "hang"
    assert answer["pid"] != killed


def test_workers_that_never_start_fail_all_jobs_with_their_stderr(
    make_pool: Callable[..., WorkerPool],
) -> None:
    pool = make_pool(1, "import sys\nsys.exit('no such library')")
    for answer in results(*(pool.submit({"do": "read"}) for _ in range(3))):
        assert answer == {"cannot_start": "it exited with code 1; end of its stderr: no such library"}


def test_close_kills_busy_workers(make_pool: Callable[..., WorkerPool], tmp_path: Path) -> None:
    pool = make_pool()
    results(pool.submit({"do": "read"}), pool.submit({"do": "read"}))
    for number in range(6):
        pool.submit({"do": "hang", "mark": str(tmp_path / f"mark {number}")})
    before = pool.process_ids()
    pool.close()
    assert before
    assert not any(is_running(process_id) for process_id in before)
    assert pool.process_ids() == []


def test_close_lets_idle_workers_exit(
    make_pool: Callable[..., WorkerPool], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="penstock_plugins")
    pool = make_pool(1)
    results(pool.submit({"do": "read"}))
    (process_id,) = pool.process_ids()
    # The reply has arrived, but the pool's thread may not have noted it.
    until(lambda: pool._idle == 1)
    pool.close()
    assert caplog.messages[-1] == f"worker {process_id}: it exited with code 0"


def test_workers_are_in_another_process_group(make_pool: Callable[..., WorkerPool]) -> None:
    pool = make_pool(1)
    results(pool.submit({"do": "read"}))
    assert os.getpgid(pool.process_ids()[0]) != os.getpgrp()


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(WORKER)
    parent = textwrap.dedent(f"""
        import os, signal, sys
        from penstock_plugins.recognizers.rapidocr.worker_pool import WorkerPool
        pool = WorkerPool(1, [sys.executable, {str(tmp_path / "worker.py")!r}])
        job = pool.submit({{"do": "read"}})
        while job.result is None:
            pass
        print(pool.process_ids()[0], flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    ended = subprocess.run([sys.executable, "-c", parent], capture_output=True, timeout=PATIENCE)
    assert ended.returncode == -signal.SIGKILL
    until(lambda: not is_running(int(ended.stdout)))


def test_start_and_death_of_workers_are_logged(
    make_pool: Callable[..., WorkerPool], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "penstock_plugins.recognizers.rapidocr")
    results(make_pool(1).submit({"do": "die"}))
    endings = [message.partition(": ")[2] for message in caplog.messages]
    assert endings == ["started", "it was killed by signal 9"] * 2
