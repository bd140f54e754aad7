"""An observer that wraps stages: it times the service, and writes one JSON line for every page."""

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
    """What one page took: calls, and the seconds that they lasted."""

    submits: int = 0
    polls: int = 0
    in_calls: float = 0.0
    since: float = field(default_factory=time.monotonic)


@dataclass(eq=False)
class Stopwatch:
    """Times every submit and poll, and writes a JSON line for each page when it was read.

    Parameters
    ----------
    log
        The file that gets the lines.
    """

    log: Path = Path("stopwatch.jsonl")

    def __post_init__(self) -> None:
        # Stages are called on several threads, events on one.
        self._lock = threading.Lock()
        self._times: dict[str, Times] = {}
        self._page_of: dict[str, str] = {}

    @hookimpl(wrapper=True)
    def submit(self, page: Page) -> Generator[None, Submitted, Submitted]:
        """Yield once; what was raised comes out of the yield, and has to go on."""
        begun = time.monotonic()
        try:
            answer = yield
        finally:
            self._add(page.origin, begun, submits=1)
        self._remember(answer, page.origin)
        return answer

    @hookimpl(wrapper=True)
    def poll(self, operation: Operation) -> Generator[None, Polled, Polled]:
        """An operation says nothing of its page, so it is known by what `submit` returned."""
        origin = self._page_of.get(_key(operation), "")
        begun = time.monotonic()
        try:
            answer = yield
        finally:
            self._add(origin, begun, polls=1)
        self._remember(answer, origin)
        return answer

    @hookimpl
    def page_recognized(self, document: Document, page: Page, recognition: Recognition) -> None:
        """Write the line. Here, and not in a wrapper: what is raised here fails no page."""
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

    def _add(self, origin: str, begun: float, **calls: int) -> None:
        with self._lock:
            times = self._times.setdefault(origin, Times(since=begun))
            times.in_calls += time.monotonic() - begun
            for name, number in calls.items():
                setattr(times, name, getattr(times, name) + number)

    def _remember(self, answer: Any, origin: str) -> None:
        if isinstance(answer, Operation):
            with self._lock:
                self._page_of[_key(answer)] = origin


def _key(operation: Operation) -> str:
    return json.dumps(dict(operation.data), sort_keys=True)
