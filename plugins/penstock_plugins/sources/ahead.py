"""Threads that work a few items ahead of the run."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from queue import SimpleQueue
from typing import Generic, Self, TypeVar

from penstock.model import Problem

Item = TypeVar("Item")
Result = TypeVar("Result")


class Ahead(Generic[Item, Result]):
    """Calls a function for items on a few daemon threads. A context manager that stops them at its end.

    As many calls as there are threads are started before their results are needed.

    Parameters
    ----------
    work
        Called with an item on one of the threads. What it raises is raised where the result is needed.
    parallel
        Number of threads. They are started when they are needed.
    name
        Begins the names of the threads.
    """

    def __init__(self, work: Callable[[Item], Result], parallel: int, name: str) -> None:
        self.threads: list[threading.Thread] = []
        self._work, self._parallel, self._name = work, parallel, name
        self._jobs: SimpleQueue[tuple[Item, Future[Result]] | None] = SimpleQueue()
        # Guards `_pending` and `_is_stopped`: `stop` may be called on any thread.
        self._lock = threading.Lock()
        self._pending: set[Future[Result]] = set()
        self._is_stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Cancel all results. May be called from any thread, more than once. Waits for no call."""
        with self._lock:
            self._is_stopped = True
            for pending in self._pending:
                pending.cancel()
        for _ in self.threads:
            self._jobs.put(None)

    def results(self, items: Iterable[Item | Problem]) -> Iterator[tuple[Item, Future[Result]] | Problem]:
        """Yield the items in their order: problems as they are, others with their pending result."""
        ahead: deque[tuple[Item, Future[Result]] | Problem] = deque()
        for item in items:
            ahead.append(item if isinstance(item, Problem) else (item, self._start(item)))
            if len(ahead) >= self._parallel:
                yield ahead.popleft()
        yield from ahead

    def _start(self, item: Item) -> Future[Result]:
        pending: Future[Result] = Future()
        with self._lock:
            self._pending.add(pending)
            if self._is_stopped:
                pending.cancel()
        self._jobs.put((item, pending))
        if len(self.threads) < self._parallel:
            name = f"{self._name}-{len(self.threads) + 1}"
            self.threads.append(threading.Thread(name=name, target=self._run, daemon=True))
            self.threads[-1].start()
        return pending

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            item, pending = job
            # `stop` may have cancelled the result in the meantime.
            with suppress(InvalidStateError):
                try:
                    pending.set_result(self._work(item))
                except InvalidStateError:
                    raise
                except BaseException as error:  # raised again where the result is needed
                    pending.set_exception(error)
            with self._lock:
                self._pending.discard(pending)
