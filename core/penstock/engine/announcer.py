"""Tells the observers what happens, on one thread and in order, each by itself."""

from __future__ import annotations

import queue
from typing import Any

from penstock.engine.intake import problem_of
from penstock.engine.messages import Message, ObserverLost
from penstock.engine.threads import daemon
from penstock.pipeline import ObserverDoor

BACKLOG = 256
"""Events that may wait for slow observers before the run waits, too."""


class Announcer:
    """The observers' thread."""

    def __init__(self, observers: list[ObserverDoor], inbox: queue.SimpleQueue[Message]) -> None:
        self._observers = list(observers)
        self._inbox = inbox
        self._events: queue.Queue[tuple[str, dict[str, Any]] | None] = queue.Queue(BACKLOG)
        self._thread = daemon("penstock-observers", self._serve)

    def tell(self, event: str, **arguments: Any) -> None:
        """Queue an event for every observer."""
        if self._observers:
            self._events.put((event, arguments))

    def close(self) -> None:
        """Wait until everything was told."""
        self._events.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while (queued := self._events.get()) is not None:
            event, arguments = queued
            for observer in list(self._observers):
                try:
                    observer.notify(event, **arguments)
                except BaseException as error:  # a plugin may raise anything, SystemExit too
                    self._observers.remove(observer)
                    problem = problem_of(error, f"the observer {observer.name!r}")
                    self._inbox.put(ObserverLost(problem))


__all__ = ["Announcer"]
