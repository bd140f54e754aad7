"""An observer that wraps a recognizer's hooks: it writes how long the calls for each page took."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock import Document, Operation, Page, Pending, Recognition, hookimpl

Submitted = Operation | Recognition | None
Polled = Recognition | Pending | Operation


@dataclass
class Times:
    """The calls for one page, and their duration in seconds."""

    submits: int = 0
    polls: int = 0
    in_calls: float = 0.0
    since: float = field(default_factory=time.monotonic)


@dataclass(eq=False)
class Stopwatch:
    """Measures every submit and poll, and writes a JSON line for each recognized page.

    Parameters
    ----------
    log
        The file to append to.
    """

    log: Path = Path("stopwatch.jsonl")

    def __post_init__(self) -> None:
        # Stages are called on several threads, events on one: the lock guards both dictionaries.
        self._lock = threading.Lock()
        self._times: dict[str, Times] = {}
        self._page_of: dict[str, str] = {}

    @hookimpl(wrapper=True)
    def submit(self, page: Page) -> Generator[None, Submitted, Submitted]:
        """Measure a submit. A wrapper yields once; exceptions of the hook are raised at the yield."""
        started = time.monotonic()
        try:
            answer = yield
        finally:
            self._add(page.origin, started, submits=1)
        self._remember(answer, page.origin)
        return answer

    @hookimpl(wrapper=True)
    def poll(self, operation: Operation) -> Generator[None, Polled, Polled]:
        """Measure a poll. An operation does not name its page, so `submit` has recorded whose it is."""
        origin = self._page_of.get(_key(operation), "")
        started = time.monotonic()
        try:
            answer = yield
        finally:
            self._add(origin, started, polls=1)
        self._remember(answer, origin)
        return answer

    @hookimpl
    def page_recognized(self, document: Document, page: Page, recognition: Recognition) -> None:
        """Write the line. An exception in an event fails no page; in a wrapper it would."""
        with self._lock:
            times = self._times.pop(page.origin, Times())
        line = {
            "document": document.name,
            "page": page.number,
            "recognizer": recognition.recognizer,
            "submits": times.submits,
            "polls": times.polls,
            "seconds_in_calls": round(times.in_calls, 4),
            "seconds": round(time.monotonic() - times.since, 4),
        }
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _add(self, origin: str, started: float, **calls: int) -> None:
        with self._lock:
            times = self._times.setdefault(origin, Times(since=started))
            times.in_calls += time.monotonic() - started
            for name, number in calls.items():
                setattr(times, name, getattr(times, name) + number)

    def _remember(self, answer: Any, origin: str) -> None:
        if isinstance(answer, Operation):
            with self._lock:
                self._page_of[_key(answer)] = origin


def _key(operation: Operation) -> str:
    return json.dumps(dict(operation.data), sort_keys=True)
