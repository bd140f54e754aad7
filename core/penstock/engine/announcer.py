"""Tells the observers what happens, on one thread and in order, each by itself."""

from __future__ import annotations

import queue
from contextlib import suppress
from typing import Any

from penstock.engine.faults import problem_of
from penstock.engine.messages import Message, ObserverLost
from penstock.engine.threads import daemon
from penstock.model import Problem
from penstock.pipeline import ObserverDoor

BACKLOG = 256
"""Events that may wait for slow observers before the run waits, too."""


class Announcer:
    """The observers' thread."""

    def __init__(
        self, observers: list[ObserverDoor], inbox: queue.SimpleQueue[Message], *, deadline: float
    ) -> None:
        self._observers = list(observers)
        self._inbox = inbox
        self._deadline = deadline
        self._listening: ObserverDoor | None = None
        self._events: queue.Queue[tuple[str, dict[str, Any]] | None] = queue.Queue(BACKLOG)
        self._thread = daemon("penstock-observers", self._serve)

    def tell(self, event: str, **arguments: Any) -> None:
        """Queue an event for every observer."""
        if not self._observers:
            return
        try:
            self._events.put((event, arguments), timeout=self._deadline)
        except queue.Full:
            self._leave_out_hanging()

    def _leave_out_hanging(self) -> None:
        """Tell nobody any more: the observers' thread is in a call that does not come back."""
        name = self._listening.name if self._listening else "?"
        self._observers.clear()
        why = f"has not come back for {self._deadline:g} s; no observer is told anything any more"
        self._inbox.put(ObserverLost(Problem(f"the observer {name!r}", why, "tell the plugin's author")))

    def close(self) -> None:
        """Wait until everything was told, or an observer hangs."""
        with suppress(queue.Full):
            self._events.put(None, timeout=self._deadline if self._observers else 0.0)
            self._thread.join(self._deadline if self._observers else 0.0)

    def _serve(self) -> None:
        while (queued := self._events.get()) is not None:
            event, arguments = queued
            for observer in list(self._observers):
                self._listening = observer
                try:
                    observer.notify(event, **arguments)
                except BaseException as error:  # a plugin may raise anything, SystemExit too
                    self._observers = [other for other in self._observers if other is not observer]
                    problem = problem_of(error, f"the observer {observer.name!r}")
                    self._inbox.put(ObserverLost(problem))


__all__ = ["Announcer"]
