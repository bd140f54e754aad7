"""Hands documents to the sinks: each sink on a thread of its own, one document at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from penstock.engine.messages import Message, OpenDocument, SinkEnded
from penstock.engine.problems import ends_the_run, problem_of
from penstock.engine.shelf import Shelf, ShelfWalk
from penstock.engine.threads import daemon
from penstock.model import Problem, RecognizedDocument
from penstock.outputs import OutputRules, Outputs
from penstock.pipeline import SinkStage

HANGING = "this is a fault of the plugin; [engine] call_deadline says how long is long"


def owner_of(index: int, sink: SinkStage) -> str:
    """Whose an output is: no two documents, and no two sinks, write one file."""
    return f"{index}/{sink.name}"


@dataclass
class Counter:
    """One sink's thread, and the documents that wait for it.

    Parameters
    ----------
    place
        The sink's in the pipeline.
    alive_at
        When it last asked for a page, or began with a document.
    writing
        The document that it has in its hands.
    hangs
        Why it gets no more documents; None while it does.
    judged
        Held by who ends a document: the sink's thread that is done, or who gives the sink up.
    """

    place: int
    sink: SinkStage
    rules: OutputRules
    shelf: Shelf
    inbox: queue.SimpleQueue[Message]
    now: Callable[[], float]
    waiting: queue.SimpleQueue[OpenDocument | None] = field(default_factory=queue.SimpleQueue)
    alive_at: float = 0.0
    writing: OpenDocument | None = None
    hangs: Problem | None = None
    judged: threading.Lock = field(default_factory=threading.Lock)

    def serve(self) -> None:
        """Write document after document until None comes."""
        while (opened := self.waiting.get()) is not None:
            if self.hangs is not None:
                self.inbox.put(SinkEnded(opened, self.place, (), (), self.hangs))
                continue
            with self.judged:
                self.alive_at, self.writing = self.now(), opened
            ended = self._write(opened)
            with self.judged:
                self.writing = None
                if self.hangs is None:
                    self.inbox.put(ended)

    def give_up(self, deadline: float) -> float | None:
        """Fail what the sink has in its hands, and all that comes, if it hangs.

        Gives the seconds until it would; None if it is not at work, or is given up.
        """
        with self.judged:
            opened = self.writing
            if opened is None or self.hangs is not None:
                return None
            quiet = self.now() - self.alive_at
            if quiet < deadline:
                return deadline - quiet
            why = f"has not come back from {opened.document.origin} for {deadline:g} s"
            self.hangs = Problem(opened.document.origin, why, HANGING)
            self.inbox.put(SinkEnded(opened, self.place, (), (), self.hangs))
        daemon(f"penstock-sink-{self.sink.name}-hangs", self.serve)
        return None

    def _alive(self) -> None:
        self.alive_at = self.now()

    def _write(self, opened: OpenDocument) -> SinkEnded:
        warnings: list[Problem] = []
        found = opened.document
        walk = ShelfWalk(self.shelf, opened.number, opened.read, self._alive)
        document = RecognizedDocument(found.name, found.origin, walk, found.folder, found.beside)
        outputs = Outputs(self.rules, document, owner_of(opened.index, self.sink), warnings.append)
        problem, stop = None, False
        try:
            self.sink.write(document, outputs)
        except BaseException as error:  # a plugin may raise anything, SystemExit too
            problem = problem_of(error, document.origin, who=f"the sink {self.sink.name!r}")
            stop = ends_the_run(error)
        return SinkEnded(opened, self.place, tuple(outputs.written), tuple(warnings), problem, stop)


class Delivery:
    """All sinks."""

    def __init__(
        self,
        sinks: list[SinkStage],
        rules: OutputRules,
        shelf: Shelf,
        inbox: queue.SimpleQueue[Message],
        now: Callable[[], float],
    ) -> None:
        self._counters = [Counter(place, sink, rules, shelf, inbox, now) for place, sink in enumerate(sinks)]
        for counter in self._counters:
            daemon(f"penstock-sink-{counter.sink.name}", counter.serve)

    def name(self, sink: int) -> str:
        """A sink's name, by its place."""
        return self._counters[sink].sink.name

    def hand_over(self, opened: OpenDocument, sinks: Iterable[int]) -> None:
        """Give a read document to some sinks; each answers with a `SinkEnded`."""
        for sink in sinks:
            self._counters[sink].waiting.put(opened)

    def give_up_hanging(self, deadline: float) -> float | None:
        """Fail what a sink has had in its hands for longer than ``deadline`` seconds without a sign of life.

        Gives the seconds until the next one would be given up; None if no sink is at work.
        """
        left = [counter.give_up(deadline) for counter in self._counters]
        return min((seconds for seconds in left if seconds is not None), default=None)

    def close(self) -> None:
        """Let the threads go when their documents are written."""
        for counter in self._counters:
            counter.waiting.put(None)
            if counter.hangs is not None:
                counter.waiting.put(None)


__all__ = ["Delivery", "owner_of"]
