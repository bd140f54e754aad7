"""The crew: worker processes that read pages, each owned by one thread, each dying alone.

A keeper is a thread with one process. It takes the next page, sends it down the pipe and waits for the
answer, so that nobody else ever waits. Processes are started when pages queue up, and again when one died
and there is still something to read.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock_plugins.recognizers.rapidocr.process import Worker, WorkerDied

TRIES = 2
"""How often a page is given to a worker before it is held to be what kills them."""

FALSE_STARTS = 3
"""How many processes in a row may die before they are ready, until all reading is given up."""


@dataclass(eq=False, slots=True)
class Job:
    """One page on its way through the crew.

    Parameters
    ----------
    message
        What the worker is sent.
    tries
        How many workers have died over it.
    answer
        What a worker answered, once one has; or ``{"died": how}``, ``{"cannot_start": how}``.
    """

    message: Mapping[str, Any]
    tries: int = 0
    answer: Mapping[str, Any] | None = None


class Crew:
    """Gives pages to worker processes, and their answers to whoever asks.

    Parameters
    ----------
    size
        Processes at most.
    command
        Starts one process, which sends a message once it can read, and then one for each that it gets.
    environment
        Of the processes; None for this process's own.
    """

    def __init__(
        self, size: int, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        self._size = size
        self._command = command
        self._environment = environment
        self._changed = threading.Condition()
        self._queue: deque[Job] = deque()
        self._workers: list[Worker] = []
        self._keepers: list[threading.Thread] = []
        self._idle = 0
        self._false_starts = 0
        self._closed = False

    def give(self, message: Mapping[str, Any]) -> Job:
        """Queue one page; comes back at once. The job's answer is there when it has been read."""
        job = Job(message)
        with self._changed:
            self._queue.append(job)
            if self._idle < len(self._queue) and len(self._keepers) < self._size:
                self._hire()
            self._changed.notify()
        return job

    def waiting(self, job: Job) -> bool:
        """Whether no worker has begun with it."""
        with self._changed:
            return job in self._queue

    def process_ids(self) -> list[int]:
        """Of the workers that are running."""
        with self._changed:
            return [pid for worker in self._workers if (pid := worker.process_id) is not None]

    def close(self) -> None:
        """Stop all workers, whatever they are doing, and come back when they are gone."""
        with self._changed:
            self._closed = True
            self._queue.clear()
            self._changed.notify_all()
        for worker in self._workers:
            worker.stop()
        for keeper in self._keepers:
            keeper.join()

    def _hire(self) -> None:
        worker = Worker(self._command, self._environment)
        keeper = threading.Thread(target=self._keep, args=(worker,), name="rapidocr keeper", daemon=True)
        self._workers.append(worker)
        self._keepers.append(keeper)
        keeper.start()

    def _keep(self, worker: Worker) -> None:
        """Feed one worker until the crew is closed."""
        while (job := self._next()) is not None:
            try:
                job.answer = worker.ask(job.message)
                self._false_starts = 0
            except WorkerDied as death:
                self._mourn(job, death)
            except OSError as error:
                job.answer = {"cannot_start": str(error)}
        worker.bury()

    def _next(self) -> Job | None:
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._queue or self._closed)
            self._idle -= 1
            return None if self._closed else self._queue.popleft()

    def _mourn(self, job: Job, death: WorkerDied) -> None:
        with self._changed:
            if death.was_ready:
                job.tries += 1
            else:
                self._false_starts += 1
            if self._false_starts >= FALSE_STARTS:
                job.answer = {"cannot_start": death.how}
            elif job.tries >= TRIES:
                job.answer = {"died": death.how}
            else:
                self._queue.appendleft(job)
                self._changed.notify()
