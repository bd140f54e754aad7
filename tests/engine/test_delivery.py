"""A document ends once at each sink, even if the sink returns at the moment it is given up."""

from __future__ import annotations

import queue
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from penstock.engine.delivery import Delivery, PageCache
from penstock.engine.jobs import Message, OpenDocument, SinkEnded
from penstock.model import Document
from penstock.outputs import OutputRules
from pipelines import opened_journal

DEADLINE = 600.0
DONE = "done"


class Sink:
    """Stands for a sink's stage; writes until the test lets it end."""

    name = "slow"

    def __init__(self) -> None:
        self.began, self.may_end = threading.Event(), threading.Event()

    def write(self, document: Any, outputs: Any) -> None:
        self.began.set()
        self.may_end.wait(60)


class Inbox(queue.SimpleQueue[Message]):
    """An inbox that signals when it gets a message."""

    def __init__(self) -> None:
        self.has_any = threading.Event()

    def put(self, item: Message, block: bool = True, timeout: float | None = None) -> None:
        super().put(item, block, timeout)
        self.has_any.set()


class Clock:
    """Can jump past the deadline at the very moment at which the sink returns."""

    def __init__(self, sink: Sink, inbox: Inbox) -> None:
        self.sink, self.inbox = sink, inbox
        self.time = 0.0
        self.jumps = False

    def now(self) -> float:
        if not self.jumps:
            return self.time
        self.sink.may_end.set()
        # The sink's thread sends its message now, unless the lock keeps it from doing so.
        self.inbox.has_any.wait(0.3)
        return DEADLINE + 1


@pytest.fixture
def writing(tmp_path):
    """A delivery whose sink is writing a document, with its inbox and clock."""
    sink, inbox = Sink(), Inbox()
    clock = Clock(sink, inbox)
    with opened_journal(tmp_path / "state") as journal:
        rules = OutputRules(
            root=tmp_path, name="test", date="2026-01-01", registry=journal.outputs, force=False
        )
        context = SimpleNamespace(
            plan=SimpleNamespace(pipeline=SimpleNamespace(sinks=[sink])),
            engine=SimpleNamespace(call_deadline=DEADLINE),
            inbox=inbox,
            now=clock.now,
        )
        delivery = Delivery(context, rules, PageCache(journal))
        delivery.put(OpenDocument(1, Document("a", "a", ()), 1), [0])
        assert sink.began.wait(30)
        yield delivery, inbox, clock
        sink.may_end.set()
        delivery.close()


def ends(inbox: Inbox) -> list[str]:
    """Return why each document failed so far, or DONE."""
    found = [inbox.get() for _ in range(inbox.qsize())]
    return [end.error.why if end.error else DONE for end in found if isinstance(end, SinkEnded)]


def test_sink_that_returns_while_it_is_given_up_ends_its_document_once(writing):
    delivery, inbox, clock = writing
    clock.jumps = True
    delivery.give_up_hanging()
    assert len(ends(inbox)) == 1


def test_sink_that_is_given_up_fails_its_document_and_later_ones(writing):
    delivery, inbox, clock = writing
    assert delivery.give_up_hanging() == DEADLINE
    assert ends(inbox) == []
    clock.time = DEADLINE
    assert delivery.give_up_hanging() is None
    inbox.has_any.clear()
    delivery.put(OpenDocument(2, Document("b", "b", ()), 2), [0])
    assert inbox.has_any.wait(30)
    assert ends(inbox) == [f"has not come back from a for {DEADLINE:g} s"] * 2
    assert delivery.give_up_hanging() is None
