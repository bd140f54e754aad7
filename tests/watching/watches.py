"""A watch with real files and notices and with a simulated time."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.config import check
from penstock.errors import PenstockError
from penstock.model import Problem
from penstock.report import RunReport
from penstock.watching.messages import Message
from penstock.watching.origin import FixedPipeline, Origin
from penstock.watching.service_manager import ServiceManager
from penstock.watching.watch import Watch

Step = Callable[[], object]


@dataclass
class Told:
    """What a watch has told people. It ends the watch after some reports of runs."""

    most_reports: int = 100
    on_error: Callable[[], None] = lambda: None
    stop: Callable[[], None] = lambda: None
    notes: list[Problem] = field(default_factory=list)
    refusals: list[PenstockError] = field(default_factory=list)
    reports: list[RunReport] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)

    def note(self, problem: Problem) -> None:
        self.notes.append(problem)

    def refused(self, path: Path, error: PenstockError) -> None:
        self.refusals.append(error)

    def run_ended(self, report: RunReport) -> None:
        self.reports.append(report)
        if len(self.reports) >= self.most_reports:
            self.stop()

    def run_failed(self, error: BaseException) -> None:
        self.errors.append(error)
        self.on_error()

    def pages_read(self) -> int:
        return sum(report.pages_read for report in self.reports)


class Steps:
    """A clock that takes the next step whenever the watch has nothing to do, and ends it after the last one.

    Each step must change something that gives a notice. Time passes only while no run goes on.
    """

    def __init__(self, steps: Sequence[Step], *, polls: bool = False) -> None:
        self._steps, self._polls, self._time = list(steps), polls, 1000.0
        self.watch: Watch | None = None

    def now(self) -> float:
        return self._time

    def receive(self, inbox: queue.SimpleQueue[Message], timeout: float | None) -> Message | None:
        assert self.watch is not None
        is_running = any(each.running for each in self.watch.status.pipelines.values())
        is_quiet = timeout is None or (self._polls and timeout > 3)
        if is_quiet and not is_running:
            if not self._steps:
                self.watch.stop()
            else:
                self._steps.pop(0)()
            if self._polls:
                self._time += timeout or 0.0
                return None if self._steps else self._next(inbox, 0.05)
        if timeout is None or is_running:
            return inbox.get(timeout=30) if timeout is None else self._next(inbox, 0.05)
        message = self._next(inbox, 0.005)
        if message is None:
            self._time += timeout
        return message

    @staticmethod
    def _next(inbox: queue.SimpleQueue[Message], seconds: float) -> Message | None:
        try:
            return inbox.get(timeout=seconds)
        except queue.Empty:
            return None


def watch_tables(folder: Path, tables: dict[str, Any], steps: Sequence[Step], **options: Any) -> Told:
    """Watch a pipeline in a folder, given as tables, and return what was told; see `watch_origins`."""
    origin = FixedPipeline(lambda: check(tables, folder, where="test.toml", name="test"))
    return watch_origins([origin], steps, **options)


def watch_origins(
    origins: Sequence[Origin],
    steps: Sequence[Step],
    *,
    open_files: Callable[[], Iterable[tuple[int, int]]] = frozenset,
    poll: float | None = None,
    most_reports: int = 100,
    on_error: Callable[[], None] = lambda: None,
) -> Told:
    """Watch pipelines. The steps change files."""
    told, clock = Told(most_reports, on_error), Steps(steps, polls=poll is not None)
    watch = Watch(
        origins,
        told,
        clock=clock,
        poll=poll,
        open_files=lambda: frozenset(open_files()),
        manager=ServiceManager({}),
    )
    clock.watch, told.stop = watch, watch.stop
    watch.run()
    return told
