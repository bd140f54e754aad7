"""Hands documents to the sinks: each sink on a thread of its own, one document at a time."""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import dataclass, field

from penstock.engine.intake import problem_of
from penstock.engine.messages import Message, OpenDocument, SinkEnded
from penstock.engine.threads import daemon
from penstock.errors import NoSpace
from penstock.model import Problem, ReadDocument
from penstock.outputs import OutputRules, Outputs
from penstock.pipeline import SinkDoor


@dataclass(frozen=True, slots=True)
class Parcel:
    """A document for a sink."""

    opened: OpenDocument
    document: ReadDocument


def owner_of(index: int, sink: SinkDoor) -> str:
    """Whose an output is: no two documents, and no two sinks, write one file."""
    return f"{index}/{sink.name}"


@dataclass
class Counter:
    """One sink's thread, and the documents that wait for it."""

    sink: SinkDoor
    rules: OutputRules
    inbox: queue.SimpleQueue[Message]
    waiting: queue.SimpleQueue[Parcel | None] = field(default_factory=queue.SimpleQueue)

    def serve(self) -> None:
        """Write document after document until None comes."""
        while (parcel := self.waiting.get()) is not None:
            self.inbox.put(self._write(parcel))

    def _write(self, parcel: Parcel) -> SinkEnded:
        warnings: list[Problem] = []
        owner = owner_of(parcel.opened.index, self.sink)
        outputs = Outputs(self.rules, parcel.document, owner, warnings.append)
        problem, stop = None, False
        try:
            self.sink.write(parcel.document, outputs)
        except BaseException as error:  # a plugin may raise anything, SystemExit too
            problem = problem_of(error, parcel.document.origin, who=f"the sink {self.sink.name!r}")
            stop = isinstance(error, NoSpace)
        return SinkEnded(
            parcel.opened, self.sink.name, tuple(outputs.written), tuple(warnings), problem, stop
        )


class Delivery:
    """All sinks."""

    def __init__(
        self,
        sinks: list[SinkDoor],
        rules: OutputRules,
        inbox: queue.SimpleQueue[Message],
        start: Callable[[str, Callable[[], None]], object] = daemon,
    ) -> None:
        self._counters = [Counter(sink, rules, inbox) for sink in sinks]
        for counter in self._counters:
            start(f"penstock-sink-{counter.sink.name}", counter.serve)

    def hand_over(self, opened: OpenDocument, document: ReadDocument) -> None:
        """Give a read document to every sink; each answers with a `SinkEnded`."""
        opened.sinks_left = len(self._counters)
        for counter in self._counters:
            counter.waiting.put(Parcel(opened, document))

    def close(self) -> None:
        """Let the threads go when their documents are written."""
        for counter in self._counters:
            counter.waiting.put(None)


__all__ = ["Delivery", "owner_of"]
