"""Read pages in worker processes, as a run does."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from contextlib import closing
from functools import partial

from penstock.errors import PenstockError
from penstock.model import Page, Recognition
from penstock.stages import RecognizerStage
from penstock.testing.conformance.errors import ConformanceError
from penstock.workers import Answer, Failure, LocalWorkers, recognizer_recipe

PROCESSES = 2


def read_in_workers(
    stage: RecognizerStage, pages: Sequence[Page], patience: float
) -> list[Recognition | None]:
    """Read pages in two worker processes at once. ``patience`` is the seconds that one page may take.

    Raises ConformanceError if the recognizer cannot be made there, or fails a page that it must read.
    """
    try:
        recipe = recognizer_recipe(stage)
    except PenstockError as error:
        raise ConformanceError(error.message, error.hint) from None
    ended: queue.SimpleQueue[tuple[int, Answer]] = queue.SimpleQueue()
    with closing(LocalWorkers(recipe, patience, PROCESSES)) as workers:
        for number, page in enumerate(pages):
            workers.start(page, partial(_put, ended, number))
        answers = dict(ended.get() for _ in pages)
    return [_checked(answers[number]) for number in range(len(pages))]


def _checked(answer: Answer) -> Recognition | None:
    if not isinstance(answer, Failure):
        return answer
    error = answer.error
    hint = error.hint if isinstance(error, PenstockError) else ""
    raise ConformanceError(f"it must read pages in a worker process, got {error}", hint or answer.trace)


def _put(ended: queue.SimpleQueue[tuple[int, Answer]], number: int, answer: Answer, _seconds: float) -> None:
    ended.put((number, answer))
