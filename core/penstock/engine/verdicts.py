"""What becomes of a page after a call: it is read, sent or asked for again, or given up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from penstock.engine.allowance import Allowance
from penstock.engine.calls import Calls, Desk
from penstock.engine.journal.submissions import Submissions
from penstock.engine.keys import RecognizerKey
from penstock.engine.messages import PageJob
from penstock.engine.problems import asked_wait, page_problem, stop_problem
from penstock.engine.states import PageState
from penstock.errors import InDoubt, PageRefused, PictureError, StopRun
from penstock.model import Problem, Recognition

_RETRIED = "`penstock retry` asks once more, and then sends it again"

MOST_DOUBTS = 1
"""Submits in doubt, or lost operations, after which a page is submitted once more."""


@dataclass(slots=True)
class Counts:
    """What the report says of the calls."""

    doubtful: int = 0
    lost: int = 0


class PageEnds(Protocol):
    """Who is told what becomes of pages."""

    def submitted(self, job: PageJob) -> None:
        """A recognizer took the page."""

    def read(self, job: PageJob, reading: RecognizerKey, recognition: Recognition) -> None:
        """The page is read; the recognition stands in its own frame."""

    def read_late(self, job: PageJob, reading: RecognizerKey, recognition: Recognition) -> None:
        """A page that was given up is read after all."""

    def declined(self, job: PageJob, reading: RecognizerKey) -> None:
        """A recognizer left the page to the next one."""

    def refused(self, job: PageJob, reading: RecognizerKey, problem: Problem) -> None:
        """A recognizer will never read the page. `failed` follows."""

    def failed(self, job: PageJob, problem: Problem) -> None:
        """The page is given up."""

    def spoilt(self, job: PageJob, problem: Problem) -> PageJob | None:
        """The page's own file cannot be sent; gives a page of the same picture, if one waits."""

    def unread(self, job: PageJob) -> None:
        """The run ends with the page unread; it is not the page's fault."""

    def stop(self, problem: Problem) -> None:
        """No page will be read any more."""


class Verdicts:
    """Carries out what follows for a page, and keeps the journal's submissions and the allowance in step.

    Parameters
    ----------
    desks
        The recognizers', by their places.
    pages
        Told of each page that came to its end.
    """

    def __init__(
        self,
        desks: Sequence[Desk],
        *,
        calls: Calls,
        pages: PageEnds,
        submissions: Submissions,
        allowance: Allowance,
        now: Callable[[], float],
    ) -> None:
        self._desks, self._calls, self._pages = desks, calls, pages
        self._submissions, self._allowance, self._now = submissions, allowance, now
        self.counts = Counts()
        self.stopping = False
        """Whether nothing is sent any more."""

    def recognized(self, job: PageJob, recognition: Recognition) -> None:
        """The page is read, unless that cannot be placed on it."""
        desk = self._desks[job.recognizer]
        try:
            own = recognition.mapped(job.prepared.to_page)
        except Exception as error:
            why = f"what was read cannot be placed on the page: {error}"
            problem = Problem(job.page.origin, why, "tell the recognizer's author")
            self.give_up(job, problem, keep=True)
            return
        job.go(PageState.RECOGNIZED)
        self.nothing_out(job, desk)
        self._pages.read(job, desk.reading, own)

    def try_again(self, job: PageJob, desk: Desk, error: BaseException, attempt: int) -> None:
        """Submit a page again of which nothing arrived, as often as its recognizer's limits say."""
        if attempt >= desk.pace.limits.attempts or self.overdue(job, desk):
            self.give_up(job, page_problem(job.page, desk.door.name, error, tried=attempt))
            return
        job.go(PageState.FOUND)
        self.submit_again(job, asked_wait(error) or desk.pace.backoff(attempt))

    def once_more(self, job: PageJob, desk: Desk, error: BaseException, *, allowed: bool) -> None:
        """Submit a page again that may have been billed already: once, and counted."""
        job.doubts += 1
        if job.doubts > MOST_DOUBTS or not allowed or job.known:
            self.give_up(job, page_problem(job.page, desk.door.name, error), keep=isinstance(error, InDoubt))
        else:
            job.go(PageState.FOUND)
            self.submit_again(job, asked_wait(error) or desk.pace.backoff(1))

    def lost(self, job: PageJob, desk: Desk, error: BaseException) -> None:
        """Submit a page once more whose operation the service forgot, or nobody can make read."""
        job.last_chance = False
        self.counts.lost += job.known is None
        self.nothing_out(job, desk)
        self.once_more(job, desk, error, allowed=True)

    def spoilt(self, job: PageJob, desk: Desk, error: PictureError) -> None:
        """Give a page up whose file cannot be sent, and send the same picture from another file."""
        job.go(PageState.FAILED)
        if twin := self._pages.spoilt(job, page_problem(job.page, desk.door.name, error)):
            twin.recognizer, twin.doubts = job.recognizer, job.doubts
            self.submit_again(twin, 0.0)

    def fail(self, job: PageJob, desk: Desk, error: BaseException) -> None:
        """Give a page up, or the run, for what a call raised; a refusal is an answer, and is kept.

        After a fault of the plugin an operation is still out, and the next run asks for it.
        """
        if isinstance(error, StopRun):
            self.halt(job, error)
            return
        problem = page_problem(job.page, desk.door.name, error)
        if isinstance(error, PageRefused):
            self._pages.refused(job, desk.reading, problem)
            self.give_up(job, problem)
        else:
            self.give_up_for_now(job, desk, problem)

    def give_up_for_now(self, job: PageJob, desk: Desk, problem: Problem) -> None:
        """Fail a page whose operation, where it outlives the run, the next one asks for."""
        if job.operation and job.operation.durable and desk.pace.limits.remote:
            problem = replace(problem, hint="; ".join(filter(None, [problem.hint, _RETRIED])))
        self.give_up(job, problem, keep=job.operation is not None)

    def give_up(self, job: PageJob, problem: Problem, *, keep: bool = False) -> None:
        """Fail a page; ``keep`` what is out of it, for the next run to ask for."""
        job.go(PageState.FAILED)
        desk = self._desks[job.recognizer]
        if not keep:
            self.nothing_out(job, desk)
        elif desk.pace.limits.remote:
            self._submissions.note_given_up(job.content, desk.reading)
        self._pages.failed(job, problem)

    def halt(self, job: PageJob, error: StopRun | None) -> None:
        """The run ends with this page unread; it is not the page's fault."""
        if job.state is not PageState.FOUND:
            job.go(PageState.FOUND)
        if error:
            self._pages.stop(stop_problem(self._desks[job.recognizer].door.name, error))
        self._pages.unread(job)

    def submit_again(self, job: PageJob, wait: float) -> None:
        """Submit a page after a wait in seconds, unless nothing is sent any more."""
        if self.stopping:
            self.halt(job, None)
        else:
            self._calls.later(job, "submit", wait)

    def overdue(self, job: PageJob, desk: Desk) -> bool:
        """Whether a page has been on its way for longer than its recognizer's deadline."""
        return job.first_sent is not None and self._now() - job.first_sent > desk.pace.limits.deadline

    def not_taken(self, job: PageJob, desk: Desk) -> None:
        """A submit that is known to have come to nothing costs nothing."""
        self._allowance.give_back(desk.pace.limits)
        self.nothing_out(job, desk)

    def nothing_out(self, job: PageJob, desk: Desk) -> None:
        """Nobody owes an answer for the page."""
        if desk.pace.limits.remote:
            self._submissions.delete(job.content, desk.reading)


__all__ = ["Counts", "PageEnds", "Verdicts"]
