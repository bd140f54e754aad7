"""Notices that the service of a recognizer is down, and decides when to try it again.

An outage is a state of the recognizer, not of its pages. While it lasts, all calls of the recognizer wait,
except one at a time, the *probe*, after growing waits. The first answer ends the outage.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import replace

from penstock.engine.context import RunContext
from penstock.engine.jobs import CallEnded, PageJob
from penstock.engine.limiter import RateLimiter
from penstock.engine.problems import is_answer, is_sign_of_outage, recognizer_problem
from penstock.errors import RecognizerError, Unreachable
from penstock.model import Problem
from penstock.report import duration

_log = logging.getLogger(__name__)

FAILURES_IN_A_ROW = 3
"""Failed calls, without an answer in between, after which a service is taken to be down."""


class Outage:
    """Whether the service of one recognizer is down; used on the main thread only.

    It is down after `FAILURES_IN_A_ROW` failed calls for different pages, because one page alone may be at
    fault. If no connection can be made, no page is at fault, and so many calls for one page are enough.
    """

    def __init__(self, recognizer: str, limiter: RateLimiter, context: RunContext) -> None:
        self._recognizer, self._limiter, self._context = recognizer, limiter, context
        self.is_down = False
        self._failed: set[PageJob] = set()  # pages with a failed call since the last answer
        self._unreachable = 0  # calls since the last answer that made no connection
        self._since = 0.0  # the end of the first failed call since the last answer
        self._since_date = 0.0  # the same as Unix time
        self._probe: PageJob | None = None  # the page of the running probe
        self._probes = 0  # failed ones
        self._next_probe = 0.0
        self._ended = 0.0  # seconds of all outages and pauses that have ended
        self._problem = Problem(recognizer, "")

    @property
    def free_at(self) -> float:
        """The time from which the outage allows a call; infinite while a probe is running."""
        if not self.is_down:
            return 0.0
        return math.inf if self._probe else self._next_probe

    def up_time(self) -> float:
        """Return the seconds on the run's clock without outages and pauses: deadlines of pages use it."""
        now = self._context.now()
        return (min(now, self._since) if self.is_down else now) - self._ended

    def note_pause(self, seconds: float) -> None:
        """Leave out a time in which no call was made, because the disk was full."""
        self._ended += seconds

    def seconds_left(self) -> float | None:
        """Return the seconds until the run must stop; None if the service is not down."""
        if not self.is_down:
            return None
        return max(0.0, self._since + self._context.engine.outage_deadline - self._context.now())

    def problem(self) -> Problem:
        """Return why a run stops that does not wait any longer."""
        seconds = round(self._context.now() - self._since)
        down = f" for {duration(seconds)}" if seconds else ""
        again = "run the same command again to continue; [engine] outage_deadline sets how long a run waits"
        hint = "; ".join(filter(None, [self._problem.hint, again]))
        return replace(self._problem, why=f"is down{down}: {self._problem.why}", hint=hint)

    def on_call_started(self, job: PageJob) -> None:
        if self.is_down:
            self._probe = job

    def on_call_dropped(self, job: PageJob) -> None:
        """A call was not made after all, or hangs."""
        if job is self._probe:
            self._probe = None

    def on_call_ended(self, message: CallEnded) -> None:
        """Learn from a call whether the service works."""
        job, error = message.call.job, message.error
        is_probe = job is self._probe
        self.on_call_dropped(job)
        if is_answer(message.answer, error):
            self._end()
        elif isinstance(error, RecognizerError) and is_sign_of_outage(error):
            self._problem = recognizer_problem(self._recognizer, error)
            if not self.is_down:
                self._count(job, error)
            elif is_probe:
                self._probes += 1
                self._wait()

    def _count(self, job: PageJob, error: RecognizerError) -> None:
        if not self._failed:
            self._since, self._since_date = self._context.now(), time.time()
        self._failed.add(job)
        self._unreachable += isinstance(error, Unreachable)
        if max(len(self._failed), self._unreachable) >= FAILURES_IN_A_ROW:
            self.is_down, self._probes = True, FAILURES_IN_A_ROW
            for page in self._failed:  # their failures so far were not their own
                page.failed_attempts = page.poll_failures = 0
            self._wait()

    def _wait(self) -> None:
        """Choose the time of the next probe, and tell people and observers of it."""
        now = self._context.now()
        probe = min(now + self._limiter.backoff(self._probes), now + (self.seconds_left() or 0.0))
        self._next_probe = max(probe, self._limiter.free_at("poll"))
        wait, down = self._next_probe - now, now - self._since
        _log.warning(
            "%s is down since %.0f s: %s; next try in %.1f s",
            self._problem.what,
            down,
            self._problem.why,
            wait,
        )
        self._context.observers.emit(
            "recognizer_down",
            recognizer=self._recognizer,
            problem=self._problem,
            since=self._since_date,
            wait=wait,
        )

    def _end(self) -> None:
        """Note that the service answered."""
        if self.is_down:
            seconds = self._context.now() - self._since
            self._ended += seconds
            self.is_down = False
            _log.warning("the recognizer %r answers again after %.0f s", self._recognizer, seconds)
            self._context.observers.emit("recognizer_up", recognizer=self._recognizer, seconds=seconds)
        self._failed.clear()
        self._unreachable = 0
