"""Worker processes that outlive a run, so that the next run need not load the models again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from penstock.workers.local import LocalWorkers
from penstock.workers.recipe import Recipe

Made = tuple[Recipe, float, int | None]
"""The arguments of `LocalWorkers`."""


class WorkerPool:
    """Keeps the workers of one pipeline's recognizers from run to run. Can be used from any thread.

    Runs that go on at the same time do not share workers. Only one set of workers is kept for each
    recognizer, and only if no page was under way when its run ended and its processes could be started.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the two below
        self._kept: dict[int, tuple[Made, LocalWorkers]] = {}  # by the recognizer's index
        self._is_closed = False

    @property
    def is_empty(self) -> bool:
        """Whether no workers are kept now."""
        with self._lock:
            return not self._kept

    @contextmanager
    def lent(
        self, recognizer: int, recipe: Recipe, timeout: float, size: int | None
    ) -> Iterator[LocalWorkers]:
        """Lend the workers of a recognizer to a run.

        Those of an earlier run are used if they were made in the same way; otherwise they are closed.

        Parameters
        ----------
        recognizer
            Index of the recognizer in its pipeline.
        recipe, timeout, size
            As of `LocalWorkers`.
        """
        made = recipe, timeout, size
        workers = self._taken(recognizer, made) or LocalWorkers(recipe, timeout, size)
        try:
            yield workers
        finally:
            if not self._keeps(recognizer, made, workers):
                workers.close()

    def _taken(self, recognizer: int, made: Made) -> LocalWorkers | None:
        with self._lock:
            made_before, workers = self._kept.pop(recognizer, (made, None))
        if workers is not None and made_before != made:
            workers.close()
            return None
        return workers

    def _keeps(self, recognizer: int, made: Made, workers: LocalWorkers) -> bool:
        with self._lock:
            if self._is_closed or recognizer in self._kept or not workers.is_at_rest:
                return False
            self._kept[recognizer] = made, workers
            return True

    def close(self) -> None:
        """Let the kept processes exit. Workers that a run still has are closed when it ends."""
        with self._lock:
            self._is_closed = True
            kept, self._kept = self._kept, {}
        for _, workers in kept.values():
            workers.close()
