"""One recognizer: when it may be called, its pages that are due or in flight, and its submissions."""

from __future__ import annotations

import logging
import sys
from collections import deque

from penstock.engine.budget import Charge, is_free
from penstock.engine.context import RunContext
from penstock.engine.jobs import CallKind, PageJob
from penstock.engine.journal.submissions import Submission
from penstock.engine.keys import RecognizerKey
from penstock.engine.limiter import RateLimiter
from penstock.engine.outage import Outage
from penstock.engine.problems import page_problem
from penstock.engine.secret_files import SecretFiles
from penstock.model import Limits, Problem
from penstock.stages import RecognizerStage
from penstock.workers import Workers

_log = logging.getLogger(__name__)


class RecognizerQueue:
    """A recognizer and its pages; used on the main thread only."""

    def __init__(
        self,
        stage: RecognizerStage,
        key: RecognizerKey,
        limits: Limits,
        workers: Workers | None,
        context: RunContext,
    ) -> None:
        self.stage, self.name, self.key, self.limits = stage, stage.name, key, limits
        self.workers = workers
        """The workers that read pages for it; None for a service."""
        self.limiter = RateLimiter(limits, context.random)
        self.outage = Outage(self.name, self.limiter, context)
        self.secret_files = SecretFiles(stage.configured.options)
        self.sends_on = context.plan.sends_on(stage)
        """Whether pages may go on to the next recognizer although they have its result."""
        self.is_free = is_free(limits, sends_on=self.sends_on)
        """Whether neither a budget nor ``max_pages`` counts its pages."""
        self.used_up: Problem | None = None
        """Why nothing more may be sent to it; None while the budget allows it."""
        self.is_stopped = False
        """Whether it gets no more pages in this run, although the run goes on."""
        self.in_flight = 0
        """Pages that are submitted, or being submitted, and not yet recognized."""
        # Workers say themselves how many pages they can have.
        most = context.engine.in_flight if workers is None else sys.maxsize
        self._most = min(most, limits.in_flight or most)
        self._polls: deque[PageJob] = deque()
        self._submits: deque[PageJob] = deque()
        self._submissions, self._expenses = context.journal.submissions, context.journal.expenses
        self._context = context

    def due(self, kind: CallKind) -> deque[PageJob]:
        return self._polls if kind == "poll" else self._submits

    def take_due(self, kind: CallKind) -> PageJob:
        """Remove and return the next page that is due for a call."""
        due = self.due(kind)
        if kind == "poll" or not self.outage.is_down:
            return due.popleft()
        # A probe does not send a page again that may have been billed while there is another page.
        job = min(due, key=lambda each: each.doubts)
        due.remove(job)
        return job

    def free_at(self, kind: CallKind) -> float:
        """Return the time from which the next call of this kind may be made; infinite if another must end."""
        return max(self.limiter.free_at(kind), self.outage.free_at)

    def has_room(self, kind: CallKind) -> bool:
        """Return whether the number of pages in flight allows a call."""
        room = self.in_flight < self._most and (self.workers is None or self.in_flight < self.workers.room)
        return kind == "poll" or room

    def is_overdue(self, job: PageJob) -> bool:
        """Return whether a page was first sent longer ago than the deadline. Outages do not count."""
        return job.first_sent is not None and self.outage.up_time() - job.first_sent > self.limits.deadline

    def problem(self, job: PageJob, error: BaseException, tried: int = 0) -> Problem:
        return page_problem(job.page, self.name, error, tried)

    @property
    def is_given_up(self) -> bool:
        """Whether it gets no more pages because its service is down: nothing is polled either."""
        return self.is_stopped and self.outage.is_down

    def take_budget(self) -> Charge | None:
        """Count a submit; None if the budget does not allow it."""
        budget = self._context.counters.budget
        if self.is_free:
            return budget.add_free(1)
        charge = budget.take(self.name, self.limits)
        self.used_up = None if charge else budget.used_up()
        return charge

    def note_answered(self) -> None:
        """A submit returned, and counts."""
        if not self.is_free:
            self._context.counters.budget.answered()

    def pause(self, wait: float) -> Problem | None:
        """Make no calls for as long as the service asked.

        Returns why the recognizer must be stopped if the pause goes beyond its deadline.
        """
        _log.warning("recognizer %s asks for a pause of %.0f s", self.name, wait)
        self._context.observers.emit("recognizer_throttled", recognizer=self.name, wait=wait)
        self.limiter.pause_until(self._context.now() + wait)
        if wait <= self.limits.deadline:
            return None
        why = f"asks to wait {wait:.0f} seconds, longer than its deadline allows"
        return Problem(f"the recognizer {self.name!r}", why, "run the same command again then")

    # Only submits that leave the machine are noted: local ones cost nothing when they are repeated.

    def find_submission(self, job: PageJob) -> Submission | None:
        return self._submissions.find(job.content_key, self.key)

    def note_intent(self, job: PageJob) -> None:
        """Note that a page is about to be sent. The journal is committed before the call is made."""
        if self.limits.remote and job.charge:
            self._submissions.note_intent(job.content_key, self.key, self.name, job.page.origin)
            self._expenses.note_sent(self.key, self.name, job.charge)

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
        """Note that a submit did not arrive, and give its cost back to the budget.

        A page that an earlier submit may have got billed stays noted, so that the next run counts it as in
        doubt.
        """
        if self.is_free:
            self._context.counters.budget.add_free(-1)
        if not job.doubts:
            self.delete_submission(job)
        if job.charge is None or self.is_free:
            return
        cost = self._context.counters.budget.give_back(self.name, self.limits, job.charge)
        if self.limits.remote:
            self._expenses.note_not_sent(self.key, job.charge, cost)
