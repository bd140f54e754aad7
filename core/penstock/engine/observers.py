"""Sends events to the observers, each on its own thread so that a slow one cannot block the run."""

from __future__ import annotations

import queue
import time
from typing import Any

from penstock.engine.jobs import Message, PageJob, Warned
from penstock.engine.problems import problem_of
from penstock.engine.threads import Deadline, start_daemon
from penstock.model import EventContext, Problem
from penstock.report import RunReport, counted
from penstock.stages import ObserverStage

BACKLOG = 2048
"""Events that may wait for one observer; it bounds memory, for an event can hold a page's whole result."""
PATIENCE = 5.0
"""Seconds that an observer has at the end of the run to receive the events that still wait for it."""


class ObserverThread:
    """One observer, its thread, and the events that wait for it.

    The main thread puts events into the queue; the observer's thread takes them out and calls the hooks. The
    inbox gets one message if the observer raises, hangs, or is too slow. At the end of the run, one call may
    take ``patience`` seconds of real time, on every clock.
    """

    def __init__(
        self, observer: ObserverStage, inbox: queue.SimpleQueue[Message], *, patience: float
    ) -> None:
        self._observer, self._inbox, self._patience = observer, inbox, patience
        self._name = f"the observer {observer.name!r}"
        self.is_source = observer.configured.kind == "source"
        self._events: queue.SimpleQueue[tuple[str, dict[str, Any]] | None] = queue.SimpleQueue()
        self._missed = 0
        self._has_raised = False
        self._call = Deadline(patience, time.monotonic)
        self._thread = start_daemon(f"penstock-observer-{observer.name}", self._serve)

    def listens(self, event: str) -> bool:
        """Return whether the observer still takes an event."""
        return not self._has_raised and self._observer.listens(event)

    def put(self, event: str, arguments: dict[str, Any]) -> None:
        """Queue an event, or count it as missed if too many wait already."""
        if not self.listens(event):
            return
        # `qsize` is exact enough: only this thread adds events.
        if self._events.qsize() >= BACKLOG:
            self._missed += 1
        else:
            self._events.put((event, arguments))

    def end(self, last: dict[str, Any] | None) -> None:
        """Let the thread end after the queued events, and after ``run_finished`` with these arguments."""
        if last and self._observer.listens("run_finished"):
            self._events.put(("run_finished", last))
        self._events.put(None)

    def wait(self) -> None:
        """Wait until all events are received or the patience is over, and report an observer that is late."""
        until = time.monotonic() + self._patience
        while self._thread.is_alive() and (left := until - time.monotonic()) > 0:
            in_call = self._call.left()
            if in_call == 0.0:
                break
            self._thread.join(left if in_call is None else min(left, in_call))
        if problem := self._late():
            self._inbox.put(Warned(problem))

    def _late(self) -> Problem | None:
        if self._has_raised:
            return None
        why = "is too slow"
        if self._thread.is_alive():
            self._missed += self._events.qsize() - 1  # the last item ends the queue and is no event
            if event := self._call.overdue():
                why = f"did not come back from {event}"
        elif not self._missed:
            return None
        why += f": {counted(self._missed, 'event')} went unheard"
        return Problem(self._name, why, "tell the plugin's author")

    def _serve(self) -> None:
        while (queued := self._events.get()) is not None:
            event, arguments = queued
            self._call.start(event)
            try:
                self._observer.notify(event, **arguments)
            except BaseException as error:  # a plugin may raise anything, even SystemExit
                self._has_raised = True
                self._inbox.put(Warned(problem_of(error, self._name)))
                return
            self._call.clear()


class Observers:
    """All observers of a run. Events are emitted on the main thread."""

    def __init__(
        self,
        observers: list[ObserverStage],
        inbox: queue.SimpleQueue[Message],
        *,
        run: str = "",
        patience: float = PATIENCE,
    ) -> None:
        self._run = run
        self._threads = [ObserverThread(observer, inbox, patience=patience) for observer in observers]

    def listen(self, event: str) -> bool:
        """Return whether an observer listens to an event, so that it is worth preparing."""
        return any(thread.listens(event) for thread in self._threads)

    def emit(
        self,
        event: str,
        *,
        page_key: str = "",
        recognizer: str = "",
        attempt: int = 0,
        document_key: str = "",
        sources_only: bool = False,
        **arguments: Any,
    ) -> None:
        """Queue an event for every observer that listens to it, or only for those that are sources."""
        arguments["context"] = EventContext(
            time.time(), self._run, page_key, recognizer, attempt, document_key
        )
        for thread in self._threads:
            if not sources_only or thread.is_source:
                thread.put(event, arguments)

    def emit_about(self, job: PageJob, event: str, *, attempt: int | None = None, **arguments: Any) -> None:
        """Queue an event about a page. ``attempt`` is the number of its polls, or else of its submits."""
        self.emit(
            event,
            page_key=job.page_key,
            recognizer=job.recognizer_name,
            attempt=job.polls or job.submits if attempt is None else attempt,
            document_key=job.document.key,
            document=job.document.document,
            **arguments,
        )

    def finish(self, report: RunReport) -> None:
        """Emit ``run_finished``, and wait for the observers that are not hanging."""
        for thread in self._threads:
            thread.end({"report": report, "context": EventContext(time.time(), self._run)})
        for thread in self._threads:
            thread.wait()

    def abandon(self) -> None:
        """Let the threads end without ``run_finished``, because the run failed."""
        for thread in self._threads:
            thread.end(None)
