"""A pool of worker processes that survives the death of any of them.

Each worker process is owned by one thread. The thread takes the next job from the queue, sends it to its
process and waits for the reply. The callers never wait. Processes start when jobs queue up. A process that
died is started again for the next job.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock_plugins.recognizers.rapidocr.worker_process import WorkerDied, WorkerProcess

MAX_DEATHS = 2  # workers that may die over one job; then the job itself is blamed
MAX_FAILED_STARTS = 3  # processes in a row that may die before they are ready; then all jobs fail


@dataclass(eq=False, slots=True)
class Job:
    """One message for a worker, and its result."""

    message: Mapping[str, Any]
    deaths: int = 0  # workers that died over it
    # The worker's reply, or {"died": how} or {"cannot_start": how}; None until then. Written once, by a
    # pool thread, so that other threads can read it without a lock.
    result: Mapping[str, Any] | None = None


class WorkerPool:
    """Distributes jobs over worker processes. All methods can be called from any thread."""

    def __init__(self, size: int, command: Sequence[str]) -> None:
        self._size = size  # largest number of processes
        self._command = command  # starts one process, which must behave as `WorkerProcess` describes
        # Guards all fields below; its waiters are the idle threads of the pool.
        self._changed = threading.Condition()
        self._queue: deque[Job] = deque()
        self._workers: list[WorkerProcess] = []
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._failed_starts = 0
        self._closed = False

    def submit(self, message: Mapping[str, Any]) -> Job:
        """Queue one message and return its job at once."""
        job = Job(message)
        with self._changed:
            self._queue.append(job)
            if self._idle < len(self._queue) and len(self._threads) < self._size:
                self._add_worker()
            self._changed.notify()
        return job

    def is_queued(self, job: Job) -> bool:
        with self._changed:
            return job in self._queue

    def process_ids(self) -> list[int]:
        """Return the ids of the running processes."""
        with self._changed:
            return [pid for worker in self._workers if (pid := worker.process_id) is not None]

    def close(self) -> None:
        """Kill busy workers, let idle ones exit, drop queued jobs, and wait until the processes are gone."""
        with self._changed:
            self._closed = True
            self._queue.clear()
            self._changed.notify_all()
        # Outside of the lock: the threads need it to end.
        for worker in self._workers:
            worker.stop()
        for thread in self._threads:
            thread.join()

    def _add_worker(self) -> None:
        worker = WorkerProcess(self._command)
        thread = threading.Thread(target=self._serve, args=(worker,), name="rapidocr worker", daemon=True)
        self._workers.append(worker)
        self._threads.append(thread)
        thread.start()

    def _serve(self, worker: WorkerProcess) -> None:
        """Run jobs on one worker until the pool is closed."""
        while (job := self._next_job()) is not None:
            try:
                job.result = worker.request(job.message)
                self._failed_starts = 0
            except WorkerDied as death:
                self._handle_death(job, death)
            except OSError as error:
                job.result = {"cannot_start": str(error)}
        worker.reap()

    def _next_job(self) -> Job | None:
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._queue or self._closed)
            self._idle -= 1
            return None if self._closed else self._queue.popleft()

    def _handle_death(self, job: Job, death: WorkerDied) -> None:
        """Fail the job, or put it back at the front of the queue."""
        with self._changed:
            # A process that never became ready says nothing about the job.
            if death.was_ready:
                job.deaths += 1
            else:
                self._failed_starts += 1
            if self._failed_starts >= MAX_FAILED_STARTS:
                job.result = {"cannot_start": death.how}
            elif job.deaths >= MAX_DEATHS:
                job.result = {"died": death.how}
            else:
                self._queue.appendleft(job)
                self._changed.notify()
