"""One recognizer: when it may be called, its pages that are due or in flight, and its submissions."""

from __future__ import annotations

import logging
import random
from collections import deque
from dataclasses import dataclass, field

from penstock.engine.context import RunContext
from penstock.engine.jobs import CallKind, PageJob
from penstock.engine.journal.submissions import Submission
from penstock.engine.keys import RecognizerKey
from penstock.engine.problems import page_problem
from penstock.model import Limits, Problem
from penstock.pipeline import RecognizerStage

_log = logging.getLogger(__name__)

SHARE_TOO_EARLY = 0.15
"""Share of first polls that may come too early. The others find the result, so one poll mostly suffices."""
STEP = 0.12
"""Relative increase of the expected time after a first poll that came too early."""
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
GROWTH = 2.0


@dataclass(slots=True)
class _Bucket:
    """One call per interval, in seconds. There are no bursts, because services count bursts as too fast."""

    interval: float
    free_at: float = 0.0

    def take(self, now: float) -> None:
        self.free_at = max(now, self.free_at) + self.interval


@dataclass(slots=True)
class RateLimiter:
    """The rates and waits of one recognizer; used on the main thread only."""

    limits: Limits
    random: random.Random  # source of the jitter
    _paused_until: float = 0.0
    _expected: float = 0.0
    _buckets: dict[CallKind, list[_Bucket]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        limits = self.limits
        self._expected = limits.first_poll
        shared = _buckets(limits.calls_per_second)
        self._buckets = {
            "submit": shared + _buckets(limits.submits_per_second),
            "poll": shared + _buckets(limits.polls_per_second),
        }

    def free_at(self, kind: CallKind) -> float:
        """Return the time from which the next call of this kind may be made."""
        return max([self._paused_until, *(bucket.free_at for bucket in self._buckets[kind])])

    def take(self, kind: CallKind, now: float) -> None:
        for bucket in self._buckets[kind]:
            bucket.take(now)

    def pause_until(self, time: float) -> None:
        """Make no call before a time, because the service asked for it. A pause is never shortened."""
        self._paused_until = max(self._paused_until, time)

    def first_poll(self) -> float:
        """Return the seconds from a submit to its first poll."""
        return self._expected

    def next_poll(self, elapsed: float) -> float:
        """Return the seconds to the next poll of an operation that is ``elapsed`` seconds old."""
        shortest, longest = self.limits.poll_interval
        return min(longest, max(shortest, elapsed / 4))

    def learn(self, elapsed: float, *, too_early: bool) -> None:
        """Adjust the time of first polls by one that was made ``elapsed`` seconds after its submit.

        This estimates a quantile without a history. It grows by `STEP` after a poll that came too early and
        shrinks by a fraction of `STEP` otherwise, so it settles where `SHARE_TOO_EARLY` of the polls are
        too early. Many polls may have been timed by one old estimate, so a single estimate never moves
        further than one step away from the time that was tried.
        """
        if too_early:
            step = 1 + STEP
            self._expected = min(self._expected * step, max(self._expected, elapsed * step))
        else:
            step = 1 - STEP * SHARE_TOO_EARLY / (1 - SHARE_TOO_EARLY)
            self._expected = max(self._expected * step, min(self._expected, elapsed * step))

    def backoff(self, attempt: int) -> float:
        """Return the seconds to wait after failed attempts: growing, and cut by up to half at random."""
        wait = min(LONGEST_WAIT, FIRST_WAIT * GROWTH ** (attempt - 1))
        return wait * self.random.uniform(0.5, 1.0)


def _buckets(rate: float | None) -> list[_Bucket]:
    return [_Bucket(1 / rate)] if rate else []


class RecognizerQueue:
    """A recognizer and its pages; used on the main thread only."""

    def __init__(
        self, stage: RecognizerStage, key: RecognizerKey, limits: Limits, context: RunContext
    ) -> None:
        self.stage, self.name, self.key, self.limits = stage, stage.name, key, limits
        self.limiter = RateLimiter(limits, context.random)
        self.in_flight = 0
        """Pages that are submitted, or being submitted, and not yet recognized."""
        self._most = min(context.engine.in_flight, limits.in_flight or context.engine.in_flight)
        self._polls: deque[PageJob] = deque()
        self._submits: deque[PageJob] = deque()
        self._submissions, self._context = context.journal.submissions, context

    def due(self, kind: CallKind) -> deque[PageJob]:
        return self._polls if kind == "poll" else self._submits

    def has_room(self, kind: CallKind) -> bool:
        """Return whether the number of pages in flight allows a call."""
        return kind == "poll" or self.in_flight < self._most

    def is_overdue(self, job: PageJob) -> bool:
        """Return whether a page was first sent longer ago than the recognizer's deadline."""
        return job.first_sent is not None and self._context.now() - job.first_sent > self.limits.deadline

    def problem(self, job: PageJob, error: BaseException, tried: int = 0) -> Problem:
        return page_problem(job.page, self.name, error, tried)

    def pause(self, wait: float) -> None:
        """Make no calls for as long as the service asked; a pause beyond its deadline ends the run."""
        _log.warning("recognizer %s asks for a pause of %.0f s", self.name, wait)
        self._context.observers.emit("recognizer_throttled", recognizer=self.name, wait=wait)
        if wait > self.limits.deadline:
            why = f"asks to wait {wait:.0f} seconds, longer than its deadline allows"
            hint = "run the same command again then"
            self._context.stop(Problem(f"the recognizer {self.name!r}", why, hint))
        self.limiter.pause_until(self._context.now() + wait)

    # Only submits that leave the machine are noted: local ones cost nothing when they are repeated.

    def find_submission(self, job: PageJob) -> Submission | None:
        return self._submissions.find(job.content_key, self.key)

    def note_intent(self, job: PageJob) -> None:
        """Note that a page is about to be sent. The journal is committed before the call is made."""
        if self.limits.remote:
            self._submissions.note_intent(job.content_key, self.key, self.name, job.page.origin)

    def note_operation(self, job: PageJob) -> None:
        """Note the operation that the service returned. The journal is committed before the first poll."""
        if self.limits.remote and job.operation is not None:
            self._submissions.note_operation(job.content_key, self.key, job.operation)

    def note_given_up(self, job: PageJob) -> None:
        """Note that a page failed while it was in flight, so that the next run continues with it."""
        if self.limits.remote:
            self._submissions.note_given_up(job.content_key, self.key)

    def delete_submission(self, job: PageJob) -> None:
        """Note that nothing of a page is in flight any more."""
        if self.limits.remote:
            self._submissions.delete(job.content_key, self.key)

    def note_not_sent(self, job: PageJob) -> None:
        """Note that a submit did not arrive, and give its cost back to the budget."""
        self._context.counters.budget.give_back(self.limits)
        self.delete_submission(job)
