"""The way of a page through submit and poll: what follows from each answer.

Runs on one thread. `calls` says which call is made when; here is what its answer, or the lack of one, means
for the page.
"""

from __future__ import annotations

import queue
import random
from collections.abc import Callable, Sequence
from contextlib import suppress

from penstock.engine.allowance import Allowance
from penstock.engine.calls import Calls, Desk, Ticket
from penstock.engine.journal.submissions import Submission, Submissions
from penstock.engine.keys import RecognizerKey
from penstock.engine.messages import CallEnded, Message, PageJob
from penstock.engine.pace import Pace
from penstock.engine.problems import asked_wait, page_problem
from penstock.engine.states import PageState, SubmitEnd, end_of_submit
from penstock.engine.threads import CALL_THREADS, Callers
from penstock.engine.verdicts import PageEnds, Verdicts
from penstock.errors import (
    InDoubt,
    OperationLost,
    PageRefused,
    PictureError,
    PluginError,
    StopRun,
    TryAgain,
)
from penstock.model import Limits, Operation, Pending, Problem, Recognition
from penstock.pipeline import RecognizerStage

_HANGING = (
    "this is a fault of the plugin, or of what it waits for; [engine] call_deadline says how long is long"
)


class Schedule:
    """All pages that are on their way to a recognizer or back.

    Parameters
    ----------
    recognizers
        In the pipeline's order, each with the digest of what changes what it reads.
    limits
        Of each.
    in_flight
        Pages submitted and not yet read, at most, per recognizer.
    on_doubt
        ``"submit"`` or ``"fail"``.
    call_deadline
        Seconds after which a call that has not come back is given up.
    pages
        Told, on this thread, of each page that came to its end here, or was taken.
    """

    def __init__(
        self,
        recognizers: Sequence[tuple[RecognizerStage, RecognizerKey]],
        limits: Sequence[Limits],
        *,
        in_flight: int,
        on_doubt: str,
        call_deadline: float,
        allowance: Allowance,
        submissions: Submissions,
        inbox: queue.SimpleQueue[Message],
        callers: Callers,
        now: Callable[[], float],
        random_source: random.Random,
        pages: PageEnds,
    ) -> None:
        self._desks = [
            Desk(door, reading, Pace(limit, random_source), min(in_flight, limit.in_flight or in_flight))
            for (door, reading), limit in zip(recognizers, limits, strict=True)
        ]
        self._on_doubt = on_doubt
        self._call_deadline = call_deadline
        self._allowance = allowance
        self._submissions = submissions
        self._callers = callers
        self._now = now
        self._pages = pages
        self.calls = Calls(
            self._desks,
            deadline=call_deadline,
            allowance=allowance,
            submissions=submissions,
            inbox=inbox,
            callers=callers,
            now=now,
            ends=self,
        )
        self._verdicts = Verdicts(
            self._desks,
            calls=self.calls,
            pages=pages,
            submissions=submissions,
            allowance=allowance,
            now=now,
        )
        self.counts = self._verdicts.counts

    @property
    def in_flight(self) -> int:
        """Pages submitted, or being submitted, and not yet read."""
        return sum(desk.pace.in_flight for desk in self._desks)

    def reading(self, recognizer: int) -> RecognizerKey:
        """The digest of what changes what a recognizer, by its place, reads."""
        return self._desks[recognizer].reading

    def to_ask_for(self, job: PageJob, known: RecognizerKey) -> bool:
        """Whether an earlier run has a page out that is known by a reading; it is put where it is out."""
        place = self._submissions.first_pollable(job.content, [desk.reading for desk in self._desks], known)
        job.recognizer = place or 0
        return place is not None

    def add(self, job: PageJob) -> None:
        """Take a page that was found."""
        self.calls.soon(job)

    def resume(self, job: PageJob, submission: Submission) -> None:
        """Take a page that an earlier run sent to its recognizer: nothing is sent again while that holds."""
        desk, operation = self._desks[job.recognizer], submission.operation
        if operation is not None and operation.durable:
            job.go(PageState.INTENT)
            job.go(PageState.SUBMITTED)
            desk.pace.in_flight += 1
            # How long this page has been taking is not known, so nothing is learnt from its first poll.
            job.operation, job.polls, job.submitted, job.first_sent = operation, 1, self._now(), self._now()
            job.last_chance = submission.last_chance
            self.calls.later(job, "poll", 0.0)
            return
        # It is submitted once more, and not once more again if that comes to nothing, too.
        job.doubts += 1
        if operation is not None:
            self.counts.lost += 1
            self.add(job)
            return
        self.counts.doubtful += 1
        if self._on_doubt == "submit":
            self.add(job)
        else:
            job.go(PageState.INTENT)
            why = "was being sent when the last run ended, and may have been billed"
            hint = '`penstock retry` sends it again; on_doubt = "submit" does so at once'
            self._verdicts.give_up(job, Problem(job.page.origin, why, hint), keep=True)

    def stop_submitting(self) -> list[PageJob]:
        """Send nothing any more; gives back the pages that are neither sent nor read."""
        self._verdicts.stopping = True
        return self.calls.drop_submits()

    def withdrawn(self, ticket: Ticket) -> None:
        """A call that was picked is not made."""
        if ticket.call == "poll":
            ticket.job.polls -= 1
            self.calls.later(ticket.job, "poll", ticket.desk.pace.backoff(1))
            return
        ticket.desk.pace.in_flight -= 1
        self._verdicts.not_taken(ticket.job, ticket.desk)
        self._verdicts.halt(ticket.job, None)

    def hung(self, ticket: Ticket) -> None:
        """Go on without a call that does not come back; a plugin that hangs again and again ends the run."""
        name = ticket.desk.door.name
        ticket.desk.pace.in_flight -= 1
        if ticket.call == "submit":
            self._allowance.answered()
            self.counts.doubtful += ticket.desk.pace.limits.remote
        why = f"{name!r} has not come back from {ticket.call} for {self._call_deadline:g} s"
        # One that hangs again when it is tried again will not come back, whoever asks for it.
        problem = Problem(ticket.job.page.origin, why, _HANGING)
        self._verdicts.give_up(ticket.job, problem, keep=not ticket.job.last_chance)
        if self._callers.given_up >= CALL_THREADS:
            self._pages.stop(Problem(f"the recognizer {name!r}", "hangs again and again", _HANGING))

    def used_up(self, problem: Problem) -> None:
        """Nothing more may be sent."""
        self._pages.stop(problem)

    def ended(self, message: CallEnded) -> None:
        """Go on with a page whose call came back."""
        job, desk = message.job, self._desks[message.job.recognizer]
        if not self.calls.came_back(message.ticket):
            self._too_late(job, desk, message)
            return
        self._hold(desk, message.error)
        if message.call == "submit":
            self._submit_ended(job, desk, message)
        else:
            self._poll_ended(job, desk, message)

    def _too_late(self, job: PageJob, desk: Desk, message: CallEnded) -> None:
        """The page was given up long ago, but what comes was paid for: the next run finds it."""
        if isinstance(message.answer, Operation) and desk.pace.limits.remote:
            self._submissions.note_operation(job.content, desk.reading, message.answer)
        elif isinstance(message.answer, Recognition):
            with suppress(Exception):  # one that cannot be placed is no answer
                self._pages.read_late(job, desk.reading, message.answer.mapped(job.prepared.to_page))
                self._verdicts.nothing_out(job, desk)

    def _hold(self, desk: Desk, error: BaseException | None) -> None:
        """Keep to the wait that a service asked for; one beyond the deadline ends the run."""
        asked = asked_wait(error) if error else None
        if asked is None:
            return
        if asked > desk.pace.limits.deadline:
            why = f"asks to wait {asked:.0f} seconds, longer than its deadline allows"
            problem = Problem(f"the recognizer {desk.door.name!r}", why, "run the same command again then")
            self._pages.stop(problem)
        desk.pace.hold(self._now() + asked)

    def _submit_ended(self, job: PageJob, desk: Desk, message: CallEnded) -> None:
        desk.pace.in_flight -= 1
        if message.error is not None:
            self._submit_failed(job, desk, message.error)
        elif isinstance(message.answer, Operation):
            self._allowance.answered()
            desk.pace.in_flight += 1
            self._taken(job, desk, message.answer)
            self.calls.later(job, "poll", max(desk.pace.first_poll(), message.answer.poll_after or 0.0))
        elif isinstance(message.answer, Recognition):
            self._allowance.answered()
            self._verdicts.recognized(job, message.answer)
        else:
            self._declined(job, desk)

    def _taken(self, job: PageJob, desk: Desk, operation: Operation) -> None:
        job.go(PageState.SUBMITTED)
        job.operation, job.submitted, job.polls, job.poll_failures = operation, self._now(), 0, 0
        self._note_operation(job, desk)
        self._pages.submitted(job)

    def _note_operation(self, job: PageJob, desk: Desk) -> None:
        if desk.pace.limits.remote and job.operation is not None:
            self._submissions.note_operation(job.content, desk.reading, job.operation)

    def _declined(self, job: PageJob, desk: Desk) -> None:
        self._verdicts.not_taken(job, desk)
        self._pages.declined(job, desk.reading)
        job.go(PageState.FOUND)
        job.recognizer += 1
        job.attempts = 0
        if job.recognizer == len(self._desks):
            job.recognizer -= 1
            why = "no recognizer of the pipeline takes it"
            hint = "add one to the pipeline that reads such pages"
            self._verdicts.give_up(job, Problem(job.page.origin, why, hint))
            return
        job.first_sent = None
        out = self._submissions.find(job.content, self.reading(job.recognizer))
        if out and not self._verdicts.stopping:
            self.resume(job, out)
        else:
            self._verdicts.submit_again(job, 0.0)

    def _submit_failed(self, job: PageJob, desk: Desk, error: BaseException) -> None:
        match end_of_submit(error):
            case SubmitEnd.IN_DOUBT:
                self._allowance.answered()
                self.counts.doubtful += 1
                self._verdicts.once_more(job, desk, error, allowed=self._on_doubt == "submit")
            case SubmitEnd.UNKNOWN:
                self._allowance.answered()
                self.counts.doubtful += desk.pace.limits.remote
                self._verdicts.give_up(job, page_problem(job.page, desk.door.name, error), keep=True)
            case SubmitEnd.NOT_SENT:
                self._verdicts.not_taken(job, desk)
                job.attempts += 1
                self._verdicts.try_again(job, desk, error, job.attempts)
            case SubmitEnd.ANSWERED:
                self._verdicts.not_taken(job, desk)
                if isinstance(error, PictureError):
                    self._verdicts.spoilt(job, desk, error)
                else:
                    self._verdicts.fail(job, desk, error)

    def _poll_ended(self, job: PageJob, desk: Desk, message: CallEnded) -> None:
        error, elapsed = message.error, self._now() - job.submitted
        if error is None and job.polls == 1:
            desk.pace.learn(elapsed, too_early=isinstance(message.answer, Pending))
        if isinstance(message.answer, Recognition):
            desk.pace.in_flight -= 1
            self._verdicts.recognized(job, message.answer)
        elif isinstance(message.answer, Operation):
            job.operation, job.last_chance = message.answer, False
            self._note_operation(job, desk)
            self._wait_on(job, desk, message.answer.poll_after, elapsed)
        elif isinstance(message.answer, Pending):
            self._wait_on(job, desk, message.answer.poll_after, elapsed)
        else:
            self._poll_failed(job, desk, error or PluginError("poll gave nothing"))

    def _wait_on(self, job: PageJob, desk: Desk, asked: float | None, elapsed: float) -> None:
        job.poll_failures = 0
        if job.last_chance:
            desk.pace.in_flight -= 1
            self._verdicts.lost(job, desk, OperationLost("was not read, though it was asked for again"))
        elif self._verdicts.overdue(job, desk):
            desk.pace.in_flight -= 1
            minutes = desk.pace.limits.deadline / 60
            why = f"was not read within {minutes:g} minutes of being submitted"
            hint = "run again; raise the recognizer's deadline"
            self._verdicts.give_up_for_now(job, desk, Problem(job.page.origin, why, hint))
        else:
            self.calls.later(job, "poll", desk.pace.next_poll(elapsed) if asked is None else asked)

    def _poll_failed(self, job: PageJob, desk: Desk, error: BaseException) -> None:
        if isinstance(error, TryAgain | InDoubt) and not self._verdicts.overdue(job, desk):
            job.poll_failures += 1
            self.calls.later(job, "poll", asked_wait(error) or desk.pace.backoff(job.poll_failures))
            return
        desk.pace.in_flight -= 1
        is_fault = not isinstance(error, PageRefused | StopRun | TryAgain | InDoubt)
        if isinstance(error, OperationLost) or (is_fault and job.last_chance):
            self._verdicts.lost(job, desk, error)
        elif isinstance(error, TryAgain | InDoubt):
            self._verdicts.give_up_for_now(job, desk, page_problem(job.page, desk.door.name, error))
        else:
            self._verdicts.fail(job, desk, error)


__all__ = ["Schedule"]
