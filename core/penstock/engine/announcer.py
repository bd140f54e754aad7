"""Tells the observers what happens, each on a thread of its own and in order; the run waits for none."""

from __future__ import annotations

import math
import queue
import time
import uuid
from typing import Any

from penstock.engine.messages import Message, ObserverLost
from penstock.engine.problems import problem_of
from penstock.engine.threads import daemon
from penstock.model import EventContext, Problem
from penstock.pipeline import ObserverStage
from penstock.report import RunReport, counted

BACKLOG = 8192
"""Events that may wait for one observer: a run over known pages finds thousands a second."""
HEAVY_BACKLOG = 512
"""Waiting events at most behind which one is queued that holds what stands on a page, some 200 KB."""
PATIENCE = 5.0
"""Seconds that an observer gets to hear the end; one that is in a single call for longer hangs."""


class Listener:
    """One observer, and what it has not heard yet.

    Parameters
    ----------
    inbox
        Told once if the observer raises, hangs, or is too slow.
    patience
        Seconds that one call may take at the end of the run.
    """

    def __init__(
        self, observer: ObserverStage, inbox: queue.SimpleQueue[Message], *, patience: float, run: str
    ) -> None:
        self._run = run
        self._observer, self._inbox, self._patience = observer, inbox, patience
        self._events: queue.SimpleQueue[tuple[str, dict[str, Any]] | None] = queue.SimpleQueue()
        self._unheard = 0
        self._raised = False
        self._call: tuple[str, float] = ("", math.inf)
        self._thread = daemon(f"penstock-observer-{observer.name}", self._serve)

    def tell(self, event: str, arguments: dict[str, Any]) -> None:
        """Queue an event, unless too many wait already: the run goes on, and its memory stays bounded."""
        if self._raised or not self._observer.listens(event):
            return
        if self._events.qsize() >= (HEAVY_BACKLOG if _is_heavy(arguments) else BACKLOG):
            self._unheard += 1
        else:
            self._events.put((event, arguments))

    def end(self, report: RunReport | None) -> None:
        """Let the thread go when everything is heard; the report is, however much waits."""
        if report and self._observer.listens("run_finished"):
            self._events.put(
                ("run_finished", {"report": report, "context": EventContext(time.time(), self._run)})
            )
        self._events.put(None)

    def wait(self) -> None:
        """Wait until everything is heard, or for as long as patience lasts; then say what was not."""
        until = _now() + self._patience
        while self._thread.is_alive() and (left := min(until, self._hangs_from()) - _now()) > 0:
            self._thread.join(left)
        if problem := self._complaint():
            self._inbox.put(ObserverLost(problem))

    def _hangs_from(self) -> float:
        """When the call that the observer is in, if it is in one, will have taken too long."""
        return self._call[1] + self._patience

    def _complaint(self) -> Problem | None:
        if self._raised:
            return None
        event, why = self._call[0], "is too slow"
        if self._thread.is_alive():
            self._unheard += self._events.qsize() - 1  # the last is the end of the queue
            if self._hangs_from() <= _now():
                why = f"did not come back from {event}"
        elif not self._unheard:
            return None
        why += f": {counted(self._unheard, 'event')} went unheard"
        return Problem(self._name, why, "tell the plugin's author")

    @property
    def is_source(self) -> bool:
        """Whether it gives documents, and listens besides."""
        return self._observer.configured.kind == "source"

    @property
    def _name(self) -> str:
        return f"the observer {self._observer.name!r}"

    def _serve(self) -> None:
        while (queued := self._events.get()) is not None:
            event, arguments = queued
            self._call = (event, _now())
            try:
                self._observer.notify(event, **arguments)
            except BaseException as error:  # a plugin may raise anything, SystemExit too
                self._raised = True
                self._inbox.put(ObserverLost(problem_of(error, self._name)))
                return
            self._call = ("", math.inf)


class Announcer:
    """All observers. An observer's calls take real time, whatever clock the run goes by.

    Parameters
    ----------
    inbox
        Told of observers that did not hear everything.
    patience
        Seconds that one call of an observer may take at the end of the run.
    """

    def __init__(
        self,
        observers: list[ObserverStage],
        inbox: queue.SimpleQueue[Message],
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._run = uuid.uuid4().hex
        self._listeners = [
            Listener(observer, inbox, patience=patience, run=self._run) for observer in observers
        ]

    def tell(self, event: str, **arguments: Any) -> None:
        """Queue an event for every observer that listens to it."""
        arguments["context"] = EventContext(time.time(), self._run)
        for listener in self._listeners:
            listener.tell(event, arguments)

    def tell_sources(self, event: str, **arguments: Any) -> None:
        """Queue an event for those listeners alone that give documents."""
        arguments["context"] = EventContext(time.time(), self._run)
        for listener in self._listeners:
            if listener.is_source:
                listener.tell(event, arguments)

    def finish(self, report: RunReport) -> None:
        """Tell the end, and wait for the observers that are well."""
        for listener in self._listeners:
            listener.end(report)
        for listener in self._listeners:
            listener.wait()

    def abandon(self) -> None:
        """Let the threads go without a word: the run did not come to an end."""
        for listener in self._listeners:
            listener.end(None)


def _is_heavy(arguments: dict[str, Any]) -> bool:
    page = arguments.get("page")
    return "recognition" in arguments or (page is not None and page.existing_recognition is not None)


def _now() -> float:
    return time.monotonic()


__all__ = ["BACKLOG", "HEAVY_BACKLOG", "PATIENCE", "Announcer"]
