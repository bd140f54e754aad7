"""The pages that the server has accepted, and their results."""

from __future__ import annotations

import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.model import Operation, Pending, Recognition
from penstock.testing.azure.apis import Api

POLL_SECONDS = 0.05

Answers = Recognition | Sequence[Recognition] | Callable[[bytes], Recognition]


@dataclass(frozen=True, slots=True)
class Job:
    """One accepted page."""

    api: Api
    result: Future[Recognition]
    width: int
    height: int
    ready_at: float  # on `time.monotonic`: polls return the result from then on
    fault: str = ""  # a `Misbehaviour.how`, if the operation misbehaves


class JobQueue:
    """Accepts pages, and returns their results after some seconds. Thread-safe."""

    def __init__(self, answers: Answers, seconds: float) -> None:
        self._answers = answers
        self._seconds = seconds
        self._jobs: dict[str, Job] = {}
        self._answered = 0
        self._billed = 0
        self._lock = threading.Lock()
        self._workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="azure-double")

    def close(self) -> None:
        """Wait for running jobs, and cancel the others."""
        self._workers.shutdown(cancel_futures=True)

    def add(self, api: Api, picture: bytes, size: tuple[int, int], fault: str) -> str:
        """Start recognizing a picture, and return the operation's id."""
        job_id = str(uuid.uuid4())
        job = Job(api, self._recognize(picture), *size, time.monotonic() + self._seconds, fault)
        with self._lock:
            self._jobs[job_id] = job
            self._billed += 1
        return job_id

    @property
    def billed(self) -> int:
        with self._lock:
            return self._billed

    def find(self, job_id: str) -> Job | None:
        """Return a job; None if it does not exist, was deleted, or is to be forgotten."""
        with self._lock:
            job = self._jobs.get(job_id)
        return None if job is None or job.fault == "forget" else job

    def delete(self, job_id: str) -> None:
        with self._lock:
            self._jobs.pop(job_id, None)

    def _recognize(self, picture: bytes) -> Future[Recognition]:
        if callable(self._answers):
            return self._workers.submit(self._answers, picture)
        done: Future[Recognition] = Future()
        done.set_result(self._next_answer(self._answers))
        return done

    def _next_answer(self, answers: Recognition | Sequence[Recognition]) -> Recognition:
        if isinstance(answers, Recognition):
            return answers
        with self._lock:
            index = min(self._answered, len(answers) - 1)
            self._answered += 1
        return answers[index]


def recognize_with(recognizer: Any) -> Callable[[bytes], Recognition]:
    """Return a function that recognizes a picture's bytes, to be used as the answers of `AzureReadServer`.

    If the recognizer is a context manager, the caller must enter it.
    """

    def recognize(picture: bytes) -> Recognition:
        from penstock.images import find_pages

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture"
            path.write_bytes(picture)
            answer = recognizer.submit(next(find_pages(path, "picture")))
            while not isinstance(answer, Recognition):
                answer = _poll(recognizer, answer)
        return answer

    return recognize


def _poll(recognizer: Any, operation: Operation | None) -> Recognition | Operation:
    if operation is None:
        raise ValueError("the recognizer declined the picture")
    answer = recognizer.poll(operation)
    if isinstance(answer, Pending):
        time.sleep(POLL_SECONDS)
        return operation
    return answer  # type: ignore[no-any-return]  # any recognizer, found at run time
