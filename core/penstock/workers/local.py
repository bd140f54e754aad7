"""Workers that are processes of this machine. The death of any of them costs one page one more try.

Each process is owned by one thread. The thread takes the next page from the queue, sends it to its process
and waits for the answer. The callers never wait. Processes start when pages queue up. A process that died is
started again for the next page.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from dataclasses import dataclass

from penstock.errors import PageRefused, RecognizerError, StopRun
from penstock.model import Page
from penstock.workers.answers import Answer, Failure, with_seconds
from penstock.workers.machine import processes_for
from penstock.workers.process import WorkerDied, WorkerProcess
from penstock.workers.recipe import Recipe
from penstock.workers.workers import OnEnd

MAX_DEATHS = 2  # workers that may die over one page; then the page itself is blamed
MAX_FAILED_STARTS = 3  # processes in a row that may die before they are ready; then all pages fail
PAGES_PER_PROCESS = 2  # one that is read, and one that waits for its end

COMMAND = (sys.executable, "-P", "-m", "penstock.workers")
"""Starts a worker. -P: the current folder is not searched for modules unless this process does so, too."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that limit the threads of numeric libraries."""


@dataclass(eq=False, slots=True)
class _Job:
    page: Page
    on_end: OnEnd
    deaths: int = 0  # workers that died over it


class LocalWorkers:
    """Processes of this machine that read the pages of one recognizer; see `Workers`.

    Parameters
    ----------
    recipe
        Makes the recognizer in each process.
    timeout
        Seconds until a process that does not answer is killed.
    size
        Most processes; by default what the recognizer's `Resources` and this machine allow.
    command
        Starts a process; ``python -m penstock.workers`` by default.
    """

    def __init__(
        self, recipe: Recipe, timeout: float, size: int | None = None, command: tuple[str, ...] | None = None
    ) -> None:
        self._title, self._timeout = recipe.title, timeout
        self.size = size or processes_for(recipe.resources)
        """Most processes."""
        self._command = command or COMMAND
        self._greeting = (list(sys.path), recipe)
        self._environment = dict.fromkeys(THREADS, str(recipe.resources.cores))
        # Guards all fields below; its waiters are the idle threads.
        self._changed = threading.Condition()
        self._queue: deque[_Job] = deque()
        self._processes: list[WorkerProcess] = []
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._failed_starts = 0
        self._under_way = 0  # pages that have no answer yet
        self._closed = False

    @property
    def is_at_rest(self) -> bool:
        """Whether no page is under way, and the last process that was started became ready."""
        with self._changed:
            return not (self._under_way or self._failed_starts)

    @property
    def room(self) -> int:
        """Pages that may be under way at once."""
        return PAGES_PER_PROCESS * self.size

    @property
    def slots(self) -> int:
        """Pages that can be read at once."""
        return self.size

    def start(self, page: Page, on_end: OnEnd) -> None:
        """Queue a page, and return at once."""
        with self._changed:
            self._queue.append(_Job(page, on_end))
            self._under_way += 1
            if self._idle < len(self._queue) and len(self._threads) < self.size:
                self._add_process()
            self._changed.notify()

    def describe(self) -> list[str]:
        """Return how many processes there are at most."""
        return [f"{self.size} process{'es' if self.size > 1 else ''} of this machine"]

    def process_ids(self) -> list[int]:
        """Return the ids of the running processes."""
        with self._changed:
            return [pid for process in self._processes if (pid := process.process_id) is not None]

    def close(self) -> None:
        """Kill busy processes, let idle ones exit, drop queued pages, and wait for the processes to end."""
        with self._changed:
            self._closed = True
            self._queue.clear()
            self._changed.notify_all()
        # Outside of the lock: the threads need it to end.
        for process in self._processes:
            process.stop()
        for thread in self._threads:
            thread.join()

    def _add_process(self) -> None:
        process = WorkerProcess(self._command, self._greeting, self._environment, self._timeout)
        thread = threading.Thread(target=self._serve, args=(process,), name="penstock-worker", daemon=True)
        self._processes.append(process)
        self._threads.append(thread)
        thread.start()

    def _serve(self, process: WorkerProcess) -> None:
        """Have pages read by one process until the workers are closed."""
        while (job := self._next_job()) is not None:
            try:
                reply = process.request(job.page)
                self._failed_starts = 0
                self._end(job, *with_seconds(reply))
            except WorkerDied as death:
                self._handle_death(job, death)
            except OSError as error:
                self._end(job, self._cannot_start(str(error)))
        process.reap()

    def _next_job(self) -> _Job | None:
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._queue or self._closed)
            self._idle -= 1
            return None if self._closed else self._queue.popleft()

    def _end(self, job: _Job, answer: Answer, seconds: float = 0.0) -> None:
        with self._changed:
            self._under_way -= 1
        if not self._closed:
            job.on_end(answer, seconds)

    def _handle_death(self, job: _Job, death: WorkerDied) -> None:
        """Fail the page, or put it back at the front of the queue."""
        with self._changed:
            # A process that never became ready says nothing about the page.
            if death.was_ready:
                job.deaths += 1
            else:
                self._failed_starts += 1
            is_lost = job.deaths >= MAX_DEATHS or self._failed_starts >= MAX_FAILED_STARTS
            if not is_lost:
                self._queue.appendleft(job)
                self._changed.notify()
                return
        if job.deaths >= MAX_DEATHS:
            self._end(job, Failure(_refusal(job.page, death.how)))
        else:
            self._end(job, self._cannot_start(death.how))

    def _cannot_start(self, how: str) -> Failure:
        return Failure(
            StopRun(
                f"{self._title}: a worker process cannot be started: {how}",
                "check that there is enough memory, or use fewer workers",
            )
        )


def _refusal(page: Page, how: str) -> RecognizerError:
    return PageRefused(
        f"{page.origin}: two worker processes ended while they read this page; the last: {how}",
        "it may need more memory (use fewer workers) or more time ([engine] call_deadline)",
    )
