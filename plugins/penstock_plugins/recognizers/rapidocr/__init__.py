"""The ``rapidocr`` recognizer: offline, with rapidocr's models in worker processes."""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from penstock.errors import OperationLost, PageRefused, RecognizerError, StopRun
from penstock.hookspecs import hookimpl
from penstock.json_form import page_to_json, recognition_from_json
from penstock.model import Limits, Operation, Page, Pending, Recognition
from penstock_plugins.recognizers.rapidocr import handwriting_model
from penstock_plugins.recognizers.rapidocr.scripts import scripts_of
from penstock_plugins.recognizers.rapidocr.vocabulary_file import read_vocabulary
from penstock_plugins.recognizers.rapidocr.worker_pool import Job, WorkerPool

WORKER = "penstock_plugins.recognizers.rapidocr.worker"

PAGES_PER_WORKER = 3  # one in the worker, one queued, one whose result is on its way to the engine
SMALLEST_SIZE = 320

# Part of the cache key. Raise it when this package produces other results: pages are recognized again.
COMPOSITION = 6
# Seconds until the next poll of a page in a worker, and of a page in the queue.
RUNNING_POLL, QUEUED_POLL = 0.05, 0.2


@dataclass(eq=False)
class RapidOcr:
    """Recognizes pages on this machine with the models that the ``rapidocr`` package contains.

    Two networks recognize text. The first one reads Latin, Greek, Chinese and Japanese script. On pages in
    Latin script the second one, which was trained on handwriting, also reads the lines that the first one
    doubts, and the better reading is used. Pages in other scripts come out as letters that look alike; the
    report says so, and their words have a low confidence.

    Worker processes start with the first page. Leaving the context manager stops them; otherwise they end
    with this process. Raises PageRefused for a page that cannot be opened or recognized, and StopRun if
    rapidocr cannot be loaded or no worker can be started.

    Parameters
    ----------
    workers
        Number of worker processes; by default the number of cores that this process may use.
    working_size
        Longer side, in pixels, of the picture that lines are cut from; larger scans are scaled down to it.
        Limits the memory of a worker. Small print is read in a picture of up to twice the size.
    min_confidence
        Lines with a lower confidence (0 to 1) are dropped as noise.
    languages
        BCP 47 tags, such as ``["en", "fr"]``: only letters of the scripts of these languages are recognized,
        and doubtful words are decoded with the model of the one that fits a page best. Without any, the
        scripts and the language that the page as a whole makes plausible are used. There are models for
        Czech, English, French, German, Italian, Norwegian, Polish, Portuguese, Spanish and Swedish.
    vocabulary
        Text file with names and places, one per line, of one or more words. Doubtful words are decoded in
        favour of them. Entries with digits are ignored.
    quality
        ``"best"`` lets both networks read every line. It takes longer, above all for print.
    """

    workers: int | None = None
    working_size: int = 1600
    min_confidence: float = 0.5
    languages: tuple[str, ...] = ()
    vocabulary: Path | None = None
    quality: Literal["normal", "best"] = "normal"

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise ValueError(f"workers must be at least 1, got {self.workers}")
        if self.working_size < SMALLEST_SIZE:
            raise ValueError(f"working_size must be at least {SMALLEST_SIZE}, got {self.working_size}")
        if not 0 <= self.min_confidence <= 1:
            raise ValueError(f"min_confidence must be from 0 to 1, got {self.min_confidence}")
        scripts_of(self.languages)  # raises ValueError for a language that is not read
        file = read_vocabulary(self.vocabulary) if self.vocabulary is not None else None
        self._digest, self._remark = (file.digest, file.remark) if file else ("", "")
        if not handwriting_model.digest():
            self._remark = "; ".join(filter(None, (self._remark, handwriting_model.MISSING)))
        self._size = self.workers or _usable_cores()
        self._numbers = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._pool = self._new_pool()

    def __enter__(self) -> RapidOcr:
        return self

    def __exit__(self, *raised: object) -> None:
        self._pool.close()
        self._jobs.clear()
        self._pool = self._new_pool()

    @hookimpl
    def limits(self) -> Limits:
        """Return a few pages per worker, so that no worker is idle."""
        return Limits(
            in_flight=PAGES_PER_WORKER * self._size,
            first_poll=QUEUED_POLL,
            poll_interval=(RUNNING_POLL, QUEUED_POLL),
            remote=False,
        )

    @hookimpl
    def cache_key(self) -> dict[str, object]:
        """Return the versions of the models and of this package, and the options that change results."""
        key: dict[str, object] = {
            "rapidocr": version("rapidocr"),
            "composition": COMPOSITION,
            "working_size": self.working_size,
            "min_confidence": self.min_confidence,
            "languages": sorted(self.languages),
            "handwriting": handwriting_model.digest(),
            "quality": self.quality,
        }
        return key | ({"vocabulary": self._digest} if self._digest else {})

    @hookimpl
    def submit(self, page: Page) -> Operation:
        number = next(self._numbers)
        self._jobs[number] = self._pool.submit(page_to_json(page))
        return Operation({"job": number, "origin": page.origin, "process": os.getpid()})

    @hookimpl
    def poll(self, operation: Operation) -> Recognition | Pending:
        """Return the recognition, in pixels of the submitted page, or Pending."""
        job = self._jobs.get(operation.data["job"])
        if job is None or operation.data["process"] != os.getpid():
            raise OperationLost(f"{operation.data['origin']}: its worker belonged to another run")
        if job.result is None:
            return Pending(poll_after=QUEUED_POLL if self._pool.is_queued(job) else RUNNING_POLL)
        del self._jobs[operation.data["job"]]
        if "recognition" in job.result:
            recognition = recognition_from_json(job.result["recognition"])
            remark, self._remark = self._remark, ""  # said once
            notes = filter(None, (job.result.get("note"), remark))
            return replace(recognition, note="; ".join(notes))
        raise _error_of(operation.data["origin"], job.result)

    def _new_pool(self) -> WorkerPool:
        options = json.dumps(
            {
                "working_size": self.working_size,
                "min_confidence": self.min_confidence,
                "languages": self.languages,
                "vocabulary": (str(self.vocabulary), self._digest) if self.vocabulary else None,
                "quality": self.quality,
            }
        )
        # -P keeps modules in the current folder from shadowing libraries.
        return WorkerPool(self._size, [sys.executable, "-P", "-m", WORKER, options])


def _usable_cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def _error_of(origin: str, result: Mapping[str, Any]) -> RecognizerError:
    match result:
        case {"refused": str(message), "hint": str(hint)}:
            return PageRefused(message, hint)
        case {"stop": str(message), "hint": str(hint)}:
            return StopRun(message, hint)
        case {"cannot_load": str(why)}:
            hint = "install it with its runtime: python -m pip install 'rapidocr>=3.10,<4' onnxruntime"
            return StopRun(f"cannot load rapidocr: {why}", hint)
        case {"cannot_start": str(how)}:
            hint = "check that there is enough memory, or set workers = 1"
            return StopRun(f"cannot start a worker process: {how}", hint)
        case {"died": str(how)}:
            return PageRefused(
                f"{origin}: two worker processes died while they recognized this page; the last: {how}",
                "there may be too little memory: set workers = 1 or a smaller working_size",
            )
        case _:
            return PageRefused(f"{origin}: recognition failed: {result.get('error', result)}")


__all__ = ["RapidOcr"]
