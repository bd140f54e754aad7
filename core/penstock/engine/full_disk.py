"""Waits for room on a disk that is full, and decides when to try to write again.

Like an outage of a service, a full disk is no fault of a page or a document. Nothing more is sent or written
while it lasts, except one try at a time, after growing waits. Answers that arrive meanwhile are kept.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from penstock.engine.context import RunContext
from penstock.engine.limiter import LONGEST_WAIT, backoff
from penstock.model import Problem
from penstock.report import duration

_log = logging.getLogger(__name__)


class FullDisk:
    """Whether one disk is full. Used on the main thread; `time_with_room` also on others."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._problem: Problem | None = None
        self._since = self._since_date = 0.0  # of the first failed write; the second one is Unix time
        self._began = 0.0  # the beginning of this wait
        self._next_try = 0.0
        self._tries = 0
        self._freed = float("-inf")  # the end of the last wait
        self._waited = 0.0  # seconds of all waits that have ended
        self._is_given_up = False

    @property
    def is_full(self) -> bool:
        """Whether the run waits for room."""
        return self._problem is not None

    @property
    def is_due(self) -> bool:
        """Whether it is time for the next try."""
        return self.is_full and self._context.now() >= self._next_try

    def note(self, problem: Problem) -> bool:
        """Note a write that failed for lack of room; return whether the run waits for room.

        Writes that fail before the next try is due were begun earlier, and tell nothing new.
        """
        if self._is_given_up or self._context.engine.outage_deadline == 0:
            return False
        now = self._context.now()
        if not self.is_full:
            self._began = now
            # A disk that is full again at once was not emptied: the deadline counts from the first time.
            if now - self._freed > LONGEST_WAIT:
                self._since, self._since_date, self._tries = now, time.time(), 0
        if not self.is_full or self.is_due:
            self._problem = problem
            if not self._stop_if_overdue(problem):
                self._wait(problem)
        return True

    def _wait(self, problem: Problem) -> None:
        """Choose the time of the next try, and tell people and observers of it."""
        self._tries += 1
        now = self._context.now()
        wait = min(backoff(self._context.random, self._tries), self._deadline - now)
        self._next_try = now + wait
        _log.warning("%s: %s; next try in %.1f s", problem.what, problem.why, wait)
        self._context.observers.emit("disk_full", problem=problem, since=self._since_date, wait=wait)

    def note_room(self) -> float:
        """Note a try that succeeded; return the seconds for which the run has waited."""
        if not self.is_full:
            return 0.0
        self._problem, self._freed = None, self._context.now()
        seconds = self._freed - self._began
        self._waited += seconds
        _log.warning("there is room on the disk again after %.0f s", seconds)
        self._context.observers.emit("disk_freed", seconds=seconds)
        return seconds

    @property
    def _deadline(self) -> float:
        return self._since + self._context.engine.outage_deadline

    def time_with_room(self) -> float:
        """Return the time on the run's clock without the waits for room. Any thread."""
        now = self._context.now()
        return (min(now, self._began) if self.is_full else now) - self._waited

    def seconds_to_next(self) -> float | None:
        """Return the seconds until the next try; None if the disk is not full."""
        return max(0.0, self._next_try - self._context.now()) if self.is_full else None

    def _stop_if_overdue(self, problem: Problem) -> bool:
        """Stop a run that has waited for too long, and return whether it did."""
        now = self._context.now()
        if now < self._deadline:
            return False
        why = f"{problem.why} for {duration(round(now - self._since))}"
        limit = "[engine] outage_deadline sets how long a run waits"
        hint = "; ".join(filter(None, [problem.hint, limit]))
        self._context.stop(replace(problem, why=why, hint=hint))
        return True

    def give_up(self) -> None:
        """Wait no longer, because the run is ending."""
        self._is_given_up, self._problem = True, None
