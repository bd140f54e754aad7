"""Observers are told what happens, and nobody waits for them: not the run, and none for another."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from penstock.engine.announcer import BACKLOG, HEAVY_BACKLOG, Announcer
from penstock.engine.messages import Message
from penstock.model import Page, Picture, Recognition
from penstock.report import RunReport

FINISHED = "run_finished"
PAGE = Page(1, "a.png", Picture(Path("a.png")), 10, 10)


class Observer:
    """A door to nobody: hears, and has one event in its hands until it is let go."""

    def __init__(self, name: str, *, held_at: str = "") -> None:
        self.name = name
        self.heard: list[str] = []
        self.held_at = held_at
        self.is_held, self.let_go = threading.Event(), threading.Event()

    def listens(self, event: str) -> bool:
        return event != "unheard"

    def notify(self, event: str, **_: Any) -> None:
        self.heard.append(event)
        if event == self.held_at:
            self.is_held.set()
            self.let_go.wait(60)
        if event == "raise":
            raise ZeroDivisionError("the observer is broken")


@pytest.fixture
def announce():
    """Announce to observers; gives the announcer and what it said of them so far."""

    def made(*observers: Observer, patience: float = 30.0) -> tuple[Announcer, Callable[[], list[str]]]:
        inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()

        def said() -> list[str]:
            return [str(inbox.get().problem) for _ in range(inbox.qsize())]

        return Announcer(list(observers), inbox, patience=patience), said

    return made


def test_everybody_hears_what_it_listens_to_in_order(announce):
    one, other = Observer("one"), Observer("other")
    announcer, said = announce(one, other)
    for event in ("first", "unheard", "second"):
        announcer.tell(event)
    announcer.finish(RunReport("test"))
    assert one.heard == other.heard == ["first", "second", FINISHED]
    assert said() == []


@pytest.mark.parametrize(
    ("told", "room"),
    [
        ({"page": PAGE}, BACKLOG),
        ({"page": PAGE, "recognition": Recognition()}, HEAVY_BACKLOG),
        ({"page": replace(PAGE, existing_recognition=Recognition())}, HEAVY_BACKLOG),
    ],
)
def test_less_waits_for_an_observer_of_what_takes_more_memory(announce, told, room):
    slow = Observer("slow", held_at="first")
    announcer, said = announce(slow)
    announcer.tell("first")
    assert slow.is_held.wait(30)
    for _ in range(BACKLOG + 10):
        announcer.tell("more", **told)
    slow.let_go.set()
    announcer.finish(RunReport("test"))
    assert slow.heard.count("more") == room
    assert f"{BACKLOG + 10 - room} events went unheard" in said()[0]


def test_who_is_slow_misses_what_there_is_no_room_for_but_not_the_end(announce):
    slow, well = Observer("slow", held_at="first"), Observer("well")
    announcer, said = announce(slow, well)
    announcer.tell("first")
    assert slow.is_held.wait(30)
    for _ in range(BACKLOG + 10):
        announcer.tell("unheard")
        announcer.tell("more")
    slow.let_go.set()
    announcer.finish(RunReport("test"))
    assert slow.heard == ["first"] + ["more"] * BACKLOG + [FINISHED]
    assert well.heard[-1] == FINISHED
    (complaint,) = (each for each in said() if "'slow'" in each)
    assert "is too slow: 10 events went unheard" in complaint


def test_who_hangs_is_named_and_keeps_the_end_from_nobody(announce):
    hanging, well = Observer("hanging", held_at="first"), Observer("well")
    announcer, said = announce(hanging, well, patience=0.2)
    announcer.tell("first")
    assert hanging.is_held.wait(30)
    announcer.finish(RunReport("test"))
    (complaint,) = said()
    assert "'hanging'" in complaint
    assert "did not come back from first" in complaint
    assert well.heard == ["first", FINISHED]
    hanging.let_go.set()


@pytest.mark.parametrize("events", [["raise", "more"], ["more", "raise"]])
def test_who_raises_is_told_nothing_more_and_named_once(announce, events):
    broken = Observer("broken")
    announcer, said = announce(broken)
    for event in events:
        announcer.tell(event)
    announcer.finish(RunReport("test"))
    assert broken.heard == events[: events.index("raise") + 1]
    (complaint,) = said()
    assert "'broken'" in complaint
    assert "ZeroDivisionError: the observer is broken" in complaint
