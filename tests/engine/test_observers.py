"""Observers receive events on their own threads, and none blocks the run or another observer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from penstock.engine.jobs import Message
from penstock.engine.observers import BACKLOG, Observers
from penstock.report import RunReport

FINISHED = "run_finished"


class Observer:
    """Stands for an observer's stage: records events, and blocks at one of them until it is released."""

    def __init__(self, name: str, *, blocks_at: str = "") -> None:
        self.name = name
        self.configured = SimpleNamespace(kind="observer")
        self.received: list[str] = []
        self.blocks_at = blocks_at
        self.is_blocked, self.release = threading.Event(), threading.Event()

    def listens(self, event: str) -> bool:
        return event != "ignored"

    def notify(self, event: str, **_: Any) -> None:
        self.received.append(event)
        if event == self.blocks_at:
            self.is_blocked.set()
            self.release.wait(60)
        if event == "raise":
            raise ZeroDivisionError("the observer is broken")


@pytest.fixture
def start():
    """Start observers; returns them, and a function that returns the problems reported so far."""

    def make(*observers: Observer, patience: float = 30.0) -> tuple[Observers, Callable[[], list[str]]]:
        inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()

        def problems() -> list[str]:
            return [str(inbox.get().problem) for _ in range(inbox.qsize())]

        return Observers(list(observers), inbox, patience=patience), problems

    return make


def test_every_observer_receives_its_events_in_order(start):
    one, other = Observer("one"), Observer("other")
    observers, problems = start(one, other)
    for event in ("first", "ignored", "second"):
        observers.emit(event)
    observers.finish(RunReport("test"))
    assert one.received == other.received == ["first", "second", FINISHED]
    assert problems() == []


def test_slow_observer_misses_events_beyond_the_backlog_but_not_the_last(start):
    slow, well = Observer("slow", blocks_at="first"), Observer("well")
    observers, problems = start(slow, well)
    observers.emit("first")
    assert slow.is_blocked.wait(30)
    for _ in range(BACKLOG + 10):
        observers.emit("ignored")
        observers.emit("more")
    slow.release.set()
    observers.finish(RunReport("test"))
    assert slow.received == ["first"] + ["more"] * BACKLOG + [FINISHED]
    assert well.received[-1] == FINISHED
    (complaint,) = (each for each in problems() if "'slow'" in each)
    assert "is too slow: 10 events went unheard" in complaint


def test_hanging_observer_is_named_and_the_others_receive_the_end(start):
    hanging, well = Observer("hanging", blocks_at="first"), Observer("well")
    observers, problems = start(hanging, well, patience=0.2)
    observers.emit("first")
    assert hanging.is_blocked.wait(30)
    observers.finish(RunReport("test"))
    (complaint,) = problems()
    assert "'hanging'" in complaint
    assert "did not come back from first" in complaint
    assert well.received == ["first", FINISHED]
    hanging.release.set()


@pytest.mark.parametrize("events", [["raise", "more"], ["more", "raise"]])
def test_raising_observer_receives_nothing_more_and_is_named_once(start, events):
    broken = Observer("broken")
    observers, problems = start(broken)
    for event in events:
        observers.emit(event)
    observers.finish(RunReport("test"))
    assert broken.received == events[: events.index("raise") + 1]
    (complaint,) = problems()
    assert "'broken'" in complaint
    assert "ZeroDivisionError: the observer is broken" in complaint
