"""A document comes to one end at each sink, also where the sink is given up in the moment it is done."""

from __future__ import annotations

import queue
import threading
from typing import Any

import pytest

from penstock.engine.delivery import Delivery
from penstock.engine.messages import Message, OpenDocument, SinkEnded
from penstock.engine.shelf import Shelf
from penstock.model import Document
from penstock.outputs import OutputRules
from pipelines import opened_journal

DEADLINE = 600.0
DONE = "done"


class Sink:
    """A door to a sink that is done when it is told to be."""

    name = "slow"

    def __init__(self) -> None:
        self.began, self.may_end = threading.Event(), threading.Event()

    def write(self, document: Any, outputs: Any) -> None:
        self.began.set()
        self.may_end.wait(60)


class Inbox(queue.SimpleQueue[Message]):
    """Says when something is put into it."""

    def __init__(self) -> None:
        self.has_any = threading.Event()

    def put(self, item: Message, block: bool = True, timeout: float | None = None) -> None:
        super().put(item, block, timeout)
        self.has_any.set()


class Clock:
    """Jumps behind the deadline once, in the very moment in which the sink is done."""

    def __init__(self, sink: Sink, inbox: Inbox) -> None:
        self.sink, self.inbox = sink, inbox
        self.is_set = False

    def now(self) -> float:
        if not self.is_set:
            return 0.0
        self.sink.may_end.set()
        # The sink's thread says so now, unless it has to wait for who is just judging it.
        self.inbox.has_any.wait(0.3)
        return DEADLINE + 1


@pytest.fixture
def at_work(tmp_path):
    """A delivery whose sink has a document in its hands, with all that belongs to it."""
    sink, inbox = Sink(), Inbox()
    clock = Clock(sink, inbox)
    with opened_journal(tmp_path / "state") as journal:
        rules = OutputRules(
            root=tmp_path, name="test", date="2026-01-01", registry=journal.outputs, force=False
        )
        delivery = Delivery([sink], rules, Shelf(journal), inbox, clock.now)
        delivery.hand_over(OpenDocument(1, Document("a", "a", ()), 1), [0])
        assert sink.began.wait(30)
        yield delivery, inbox, clock
        sink.may_end.set()
        delivery.close()


def ends(inbox: Inbox) -> list[str]:
    """The ends of documents so far: why, or that nothing was wrong."""
    found = [inbox.get() for _ in range(inbox.qsize())]
    return [end.error.why if end.error else DONE for end in found if isinstance(end, SinkEnded)]


def test_a_sink_that_is_done_in_the_moment_it_is_given_up_ends_its_document_once(at_work):
    delivery, inbox, clock = at_work
    clock.is_set = True
    delivery.give_up_hanging(DEADLINE)
    assert len(ends(inbox)) == 1


def test_a_sink_that_is_given_up_fails_what_it_has_and_what_comes_later(at_work):
    delivery, inbox, _ = at_work
    assert delivery.give_up_hanging(DEADLINE) == DEADLINE
    assert ends(inbox) == []
    assert delivery.give_up_hanging(0.0) is None
    inbox.has_any.clear()
    delivery.hand_over(OpenDocument(2, Document("b", "b", ()), 2), [0])
    assert inbox.has_any.wait(30)
    assert ends(inbox) == ["has not come back from a for 0 s"] * 2
    assert delivery.give_up_hanging(0.0) is None
