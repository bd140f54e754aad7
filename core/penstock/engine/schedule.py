"""The submit/poll schedule: a time-ordered queue of what is due, and what follows from each answer.

Runs on one thread. It makes no call itself: `start_due` gives calls to the callers' threads, and `ended`
takes their answers.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from penstock.engine.intake import problem_of
from penstock.engine.messages import CallEnded, Message, PageJob
from penstock.engine.pace import Call, Pace
from penstock.engine.states import PageState, SubmitEnd, end_of_submit
from penstock.engine.threads import Callers
from penstock.errors import (
    InDoubt,
    OperationLost,
    PageRefused,
    PluginError,
    RecognizerError,
    StopRun,
    TryAgain,
)
from penstock.model import Operation, Pending, Problem, Recognition
from penstock.pipeline import RecognizerDoor

MOST_DOUBTS = 1
"""Submits in doubt, or lost operations, after which a page is submitted once more."""


@dataclass(slots=True)
class Desk:
    """One recognizer, with what is ready for it."""

    door: RecognizerDoor
    pace: Pace
    in_flight: int
    polls: deque[PageJob] = field(default_factory=deque)
    submits: deque[PageJob] = field(default_factory=deque)

    def ready(self, call: Call) -> deque[PageJob]:
        """Jobs whose call is due."""
        return self.polls if call == "poll" else self.submits

    def may(self, call: Call) -> bool:
        """Whether a call of a kind can be made as far as pages in flight go."""
        return call == "poll" or self.pace.in_flight < self.in_flight


@dataclass(slots=True)
class Counts:
    """What the report says of the calls."""

    doubtful: int = 0
    lost: int = 0


class Schedule:
    """All pages that are on their way to a recognizer or back.

    Parameters
    ----------
    doors
        The recognizers, in the pipeline's order.
    in_flight
        Pages submitted and not yet read, at most, per recognizer.
    on_doubt
        ``"submit"`` or ``"fail"``.
    read, failed, submitted
        Called, on this thread, with each page that came to its end here, or was taken.
    stop
        Called when no page will be read any more.
    """

    def __init__(
        self,
        doors: list[RecognizerDoor],
        *,
        in_flight: int,
        on_doubt: str,
        inbox: queue.SimpleQueue[Message],
        callers: Callers,
        now: Callable[[], float],
        random_source: random.Random,
        read: Callable[[PageJob, Recognition], None],
        failed: Callable[[PageJob, Problem], None],
        submitted: Callable[[PageJob], None],
        stop: Callable[[Problem], None],
    ) -> None:
        self._desks = []
        for door in doors:
            limits = door.limits()
            most = min(in_flight, limits.in_flight or in_flight)
            self._desks.append(Desk(door, Pace(limits, random_source), most))
        self._on_doubt = on_doubt
        self._inbox = inbox
        self._callers = callers
        self._now = now
        self._read = read
        self._failed = failed
        self._submitted = submitted
        self._stop = stop
        self._later: list[tuple[float, int, PageJob, Call]] = []
        self._order = itertools.count()
        self._stopping = False
        self.counts = Counts()

    @property
    def in_flight(self) -> int:
        """Pages submitted, or being submitted, and not yet read."""
        return sum(desk.pace.in_flight for desk in self._desks)

    def add(self, job: PageJob) -> None:
        """Take a page that was found."""
        self._desks[job.recognizer].submits.append(job)

    def stop_submitting(self) -> list[PageJob]:
        """Send nothing any more; gives back the pages that are neither sent nor read."""
        self._stopping = True
        unsent = [job for desk in self._desks for job in desk.submits]
        unsent += [job for _, _, job, call in self._later if call == "submit"]
        self._later = [entry for entry in self._later if entry[3] == "poll"]
        heapq.heapify(self._later)
        for desk in self._desks:
            desk.submits.clear()
        return unsent

    def start_due(self) -> float | None:
        """Start every call that may be made now; seconds until the next one may, None if there is none."""
        now = self._now()
        while self._later and self._later[0][0] <= now:
            _, _, job, call = heapq.heappop(self._later)
            self._desks[job.recognizer].ready(call).append(job)
        wake = [self._later[0][0]] if self._later else []
        for desk in self._desks:
            for call in ("poll", "submit"):
                wake += self._start(desk, call, now)
        return max(0.0, min(wake) - now) if wake else None

    def _start(self, desk: Desk, call: Call, now: float) -> list[float]:
        """Start what is ready for one recognizer; when to come back for the rest of it, if by the clock."""
        ready = desk.ready(call)
        while ready and desk.may(call):
            if (free_at := desk.pace.free_at(call)) > now:
                return [free_at]
            if not self._callers.free:
                return []
            desk.pace.take(call, now)
            self._call(desk, ready.popleft(), call, now)
        return []

    def _call(self, desk: Desk, job: PageJob, call: Call, now: float) -> None:
        if call == "submit":
            job.go(PageState.INTENT)
            job.first_sent = now if job.first_sent is None else job.first_sent
            desk.pace.in_flight += 1
            door, page = desk.door, job.prepared
            self._callers.start(lambda: self._inbox.put(_answer(job, "submit", lambda: door.submit(page))))
        elif (operation := job.operation) is not None:
            job.polls += 1
            door = desk.door
            self._callers.start(lambda: self._inbox.put(_answer(job, "poll", lambda: door.poll(operation))))

    def ended(self, message: CallEnded) -> None:
        """Go on with a page whose call came back."""
        self._callers.ended()
        job, desk = message.job, self._desks[message.job.recognizer]
        self._hold(desk, message.error)
        if message.call == "submit":
            self._submit_ended(job, desk, message)
        else:
            self._poll_ended(job, desk, message)

    def _hold(self, desk: Desk, error: BaseException | None) -> None:
        """Keep to the wait that a service asked for; one beyond the deadline ends the run."""
        asked = _asked(error) if error else None
        if asked is None:
            return
        if asked > desk.pace.limits.deadline:
            why = f"asks to wait {asked:.0f} seconds, longer than its deadline allows"
            self._stop(Problem(f"the recognizer {desk.door.name!r}", why, "run the same command again then"))
        desk.pace.hold(self._now() + asked)

    def _submit_ended(self, job: PageJob, desk: Desk, message: CallEnded) -> None:
        desk.pace.in_flight -= 1
        if message.error is not None:
            self._submit_failed(job, desk, message.error)
        elif isinstance(message.answer, Operation):
            desk.pace.in_flight += 1
            job.go(PageState.SUBMITTED)
            job.operation, job.submitted, job.polls, job.poll_failures = message.answer, self._now(), 0, 0
            self._submitted(job)
            self._poll_later(job, max(desk.pace.first_poll(), message.answer.poll_after or 0.0))
        elif isinstance(message.answer, Recognition):
            self._recognized(job, message.answer)
        else:
            self._declined(job)

    def _declined(self, job: PageJob) -> None:
        job.go(PageState.FOUND)
        job.recognizer += 1
        job.attempts = 0
        if job.recognizer == len(self._desks):
            job.recognizer -= 1
            why = "no recognizer of the pipeline takes it"
            self._give_up(job, Problem(job.page.origin, why, "add one to the pipeline that reads such pages"))
        else:
            self._submit_again(job, 0.0)

    def _submit_failed(self, job: PageJob, desk: Desk, error: BaseException) -> None:
        if isinstance(error, StopRun):
            self._halt(job, error)
            return
        end = end_of_submit(error)
        if end is SubmitEnd.NOT_SENT:
            job.attempts += 1
            self._try_again(job, desk, error, job.attempts)
        elif end is SubmitEnd.IN_DOUBT:
            self.counts.doubtful += 1
            self._once_more(job, desk, error, allowed=self._on_doubt == "submit")
        else:
            self._give_up(job, _page_problem(job, desk, error))

    def _poll_ended(self, job: PageJob, desk: Desk, message: CallEnded) -> None:
        error, elapsed = message.error, self._now() - job.submitted
        if error is None and job.polls == 1:
            desk.pace.learn(elapsed, too_early=isinstance(message.answer, Pending))
        if isinstance(message.answer, Recognition):
            desk.pace.in_flight -= 1
            self._recognized(job, message.answer)
        elif isinstance(message.answer, Operation):
            job.operation = message.answer
            self._wait_on(job, desk, message.answer.poll_after, elapsed)
        elif isinstance(message.answer, Pending):
            self._wait_on(job, desk, message.answer.poll_after, elapsed)
        else:
            self._poll_failed(job, desk, error or PluginError("poll gave nothing"))

    def _wait_on(self, job: PageJob, desk: Desk, asked: float | None, elapsed: float) -> None:
        job.poll_failures = 0
        if self._overdue(job, desk):
            desk.pace.in_flight -= 1
            minutes = desk.pace.limits.deadline / 60
            why = f"was not read within {minutes:g} minutes of being submitted"
            self._give_up(job, Problem(job.page.origin, why, "run again; raise the recognizer's deadline"))
        else:
            self._poll_later(job, desk.pace.next_poll(elapsed) if asked is None else asked)

    def _poll_failed(self, job: PageJob, desk: Desk, error: BaseException) -> None:
        if isinstance(error, TryAgain | InDoubt) and not self._overdue(job, desk):
            job.poll_failures += 1
            self._poll_later(job, _asked(error) or desk.pace.backoff(job.poll_failures))
            return
        desk.pace.in_flight -= 1
        if isinstance(error, StopRun):
            self._halt(job, error)
        elif isinstance(error, OperationLost):
            self.counts.lost += 1
            self._once_more(job, desk, error, allowed=True)
        else:
            self._give_up(job, _page_problem(job, desk, error))

    def _once_more(self, job: PageJob, desk: Desk, error: BaseException, *, allowed: bool) -> None:
        """Submit a page again that may have been billed already: once, and counted."""
        job.doubts += 1
        if job.doubts > MOST_DOUBTS or not allowed:
            self._give_up(job, _page_problem(job, desk, error))
        else:
            job.go(PageState.FOUND)
            self._submit_again(job, _asked(error) or desk.pace.backoff(1))

    def _try_again(self, job: PageJob, desk: Desk, error: BaseException, attempt: int) -> None:
        if attempt >= desk.pace.limits.attempts or self._overdue(job, desk):
            self._give_up(job, _page_problem(job, desk, error, tried=attempt))
            return
        job.go(PageState.FOUND)
        self._submit_again(job, _asked(error) or desk.pace.backoff(attempt))

    def _submit_again(self, job: PageJob, wait: float) -> None:
        if self._stopping:
            self._halt(job, None)
        else:
            heapq.heappush(self._later, (self._now() + wait, next(self._order), job, "submit"))

    def _poll_later(self, job: PageJob, wait: float) -> None:
        heapq.heappush(self._later, (self._now() + wait, next(self._order), job, "poll"))

    def _overdue(self, job: PageJob, desk: Desk) -> bool:
        return job.first_sent is not None and self._now() - job.first_sent > desk.pace.limits.deadline

    def _recognized(self, job: PageJob, recognition: Recognition) -> None:
        try:
            own = recognition.mapped(job.prepared.to_frame)
        except Exception as error:
            why = f"what was read cannot be placed on the page: {error}"
            self._give_up(job, Problem(job.page.origin, why, "tell the recognizer's author"))
            return
        job.go(PageState.RECOGNIZED)
        self._read(job, own)

    def _give_up(self, job: PageJob, problem: Problem) -> None:
        job.go(PageState.FAILED)
        self._failed(job, problem)

    def _halt(self, job: PageJob, error: StopRun | None) -> None:
        """The run ends with this page unread; it is not the page's fault."""
        if job.state is not PageState.FOUND:
            job.go(PageState.FOUND)
        if error:
            self._stop(_stop_problem(self._desks[job.recognizer].door.name, error))
        job.document.unread += 1
        job.document.outstanding -= 1


def _answer(
    job: PageJob, call: Call, made: Callable[[], Recognition | Operation | Pending | None]
) -> CallEnded:
    try:
        return CallEnded(job, call, made(), None)
    except BaseException as error:  # a plugin may raise anything, SystemExit too
        return CallEnded(job, call, None, error)


def _asked(error: BaseException) -> float | None:
    return error.retry_after if isinstance(error, RecognizerError) else None


def _page_problem(job: PageJob, desk: Desk, error: BaseException, tried: int = 0) -> Problem:
    who = f"the recognizer {desk.door.name!r}"
    problem = problem_of(error, job.page.origin, job.page.picture.path, who)
    code = f" [{error.code}]" if isinstance(error, RecognizerError) and error.code else ""
    times = f", {tried} times" if tried > 1 else ""
    known = isinstance(error, PageRefused | TryAgain | InDoubt | OperationLost)
    return Problem(problem.what, problem.why + code + (times if known else ""), problem.hint, problem.path)


def _stop_problem(name: str, error: StopRun) -> Problem:
    code = f" [{error.code}]" if error.code else ""
    return Problem(f"the recognizer {name!r}", error.message + code, error.hint)


__all__ = ["Schedule"]
