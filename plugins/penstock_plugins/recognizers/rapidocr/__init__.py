"""The offline recognizer: rapidocr's models in worker processes, and what it takes to read letters so."""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from types import TracebackType
from typing import Any

from penstock.errors import OperationLost, PageRefused, RecognizerError, StopRun
from penstock.hookspecs import hookimpl
from penstock.json_form import page_to_json, recognition_from_json
from penstock.model import Limits, Operation, Page, Pending, Recognition
from penstock_plugins.recognizers.rapidocr.crew import Crew, Job

WORKER = "penstock_plugins.recognizers.rapidocr.worker"

PAGES_PER_WORKER = 3
"""One being read, one that follows at once, one on its way to the engine."""

SMALLEST_SIZE = 320

COMPOSITION = 1
"""Raised when our own part in reading changes what comes out: pages are then read again."""

READING, QUEUED = 0.05, 0.2
"""Seconds until it makes sense to ask again for a page that is being read, and for one that waits."""


@dataclass(eq=False)
class RapidOcr:
    """Reads pages on this machine with the models that come inside the ``rapidocr`` package.

    Nothing is started before the first page is submitted. A context manager: leaving it stops the
    workers. Without a ``with`` they end with this process.

    Parameters
    ----------
    workers
        Processes that read side by side; by default as many as this process may use cores.
    working_size
        Long side, in pixels, of the picture that text is cut from; larger scans are scaled down to it.
        Bounds a worker's memory.
    min_confidence
        Lines that were read with less (0 to 1) are taken for noise and dropped.
    """

    workers: int | None = None
    working_size: int = 1600
    min_confidence: float = 0.5

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise ValueError(f"workers: at least one process has to read, not {self.workers}")
        if self.working_size < SMALLEST_SIZE:
            raise ValueError(f"working_size: nothing can be read below {SMALLEST_SIZE} pixels")
        if not 0 <= self.min_confidence <= 1:
            raise ValueError(f"min_confidence: is from 0 to 1, not {self.min_confidence}")
        self._size = self.workers or _cores()
        self._tickets = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._crew = self._assemble()

    def __enter__(self) -> RapidOcr:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._crew.close()
        self._jobs.clear()
        self._crew = self._assemble()

    @hookimpl
    def limits(self) -> Limits:
        """A few pages per worker, so that none is idle; polls cost nothing but are not wasted."""
        return Limits(
            in_flight=PAGES_PER_WORKER * self._size,
            first_poll=QUEUED,
            poll_interval=(READING, QUEUED),
            remote=False,
        )

    @hookimpl
    def cache_key(self) -> dict[str, object]:
        """The models by their package, what we make of their answers, and the options that count."""
        return {
            "rapidocr": version("rapidocr"),
            "composition": COMPOSITION,
            "working_size": self.working_size,
            "min_confidence": self.min_confidence,
        }

    @hookimpl
    def submit(self, page: Page) -> Operation:
        """Queue the page for the next worker that is free."""
        ticket = next(self._tickets)
        self._jobs[ticket] = self._crew.give(page_to_json(page))
        return Operation({"ticket": ticket, "origin": page.origin, "process": os.getpid()})

    @hookimpl
    def poll(self, operation: Operation) -> Recognition | Pending:
        """What was read, or Pending; places are in the pixels of the page as it was submitted."""
        job = self._jobs.get(operation.data["ticket"])
        if job is None or operation.data["process"] != os.getpid():
            raise OperationLost(f"{operation.data['origin']}: no worker knows of this page any more")
        if job.answer is None:
            return Pending(poll_after=QUEUED if self._crew.waiting(job) else READING)
        del self._jobs[operation.data["ticket"]]
        if "recognition" in job.answer:
            return recognition_from_json(job.answer["recognition"])
        raise _failure(operation.data["origin"], job.answer)

    def _assemble(self) -> Crew:
        options = json.dumps({"working_size": self.working_size, "min_confidence": self.min_confidence})
        return Crew(self._size, [sys.executable, "-P", "-m", WORKER, options])


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no affinity to ask for
        return os.cpu_count() or 1


def _failure(origin: str, answer: Mapping[str, Any]) -> RecognizerError:
    """The error that a worker's answer stands for."""
    match answer:
        case {"refused": str(message), "hint": str(hint)}:
            return PageRefused(message, hint)
        case {"cannot_load": str(why)}:
            return StopRun(
                f"rapidocr cannot be loaded: {why}",
                "install it with its runtime: python -m pip install 'rapidocr>=3.10,<4' onnxruntime",
            )
        case {"cannot_start": str(how)}:
            return StopRun(
                f"no worker for reading can be started: {how}",
                "check that there is memory for it, or set workers = 1",
            )
        case {"died": str(how)}:
            return PageRefused(
                f"{origin}: the worker that read it died, and so did a second one; {how}",
                "there may be too little memory: set workers = 1, or a smaller working_size",
            )
        case _:
            return PageRefused(f"{origin}: could not be read; {answer.get('fault', answer)}")


__all__ = ["RapidOcr"]
