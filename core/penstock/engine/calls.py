"""The calls of recognizers: which are due, which may be made now, which are under way, which never come back.

`pick_due` chooses calls and notes the intents; `launch` makes them on the callers' threads once that is
written.
"""

from __future__ import annotations

import functools
import heapq
import itertools
import queue
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from penstock.engine.allowance import Allowance
from penstock.engine.journal.submissions import Submissions
from penstock.engine.keys import RecognizerKey
from penstock.engine.messages import CallEnded, Message, PageJob
from penstock.engine.pace import Call, Pace
from penstock.engine.states import PageState
from penstock.engine.threads import Callers
from penstock.model import Operation, Pending, Problem, Recognition
from penstock.pipeline import RecognizerStage


@dataclass(slots=True)
class Desk:
    """One recognizer, with what is ready for it.

    Parameters
    ----------
    reading
        The digest of what changes what it reads.
    in_flight
        Pages submitted to it and not yet read, at most.
    """

    door: RecognizerStage
    reading: RecognizerKey
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


@dataclass(frozen=True, slots=True)
class Ticket:
    """A call that is under way."""

    job: PageJob
    desk: Desk
    call: Call
    started: float


class CallEnds(Protocol):
    """Who is told of calls that are not made, or do not come back."""

    def withdrawn(self, ticket: Ticket) -> None:
        """A call that was picked is not made: what was noted of it could not be written."""

    def hung(self, ticket: Ticket) -> None:
        """A call has not come back, and is given up."""

    def used_up(self, problem: Problem) -> None:
        """Nothing more may be sent."""


class Calls:
    """What is due at every recognizer's desk, and what is under way.

    Parameters
    ----------
    deadline
        Seconds after which a call that has not come back is given up.
    ends
        Told of calls that are not made, or do not come back.
    """

    def __init__(
        self,
        desks: Sequence[Desk],
        *,
        deadline: float,
        allowance: Allowance,
        submissions: Submissions,
        inbox: queue.SimpleQueue[Message],
        callers: Callers,
        now: Callable[[], float],
        ends: CallEnds,
    ) -> None:
        self._desks = desks
        self._deadline = deadline
        self._allowance = allowance
        self._submissions = submissions
        self._inbox = inbox
        self._callers = callers
        self._now = now
        self._ends = ends
        self._later: list[tuple[float, int, PageJob, Call]] = []
        self._picked: list[tuple[int, Ticket]] = []
        self._under_way: dict[int, Ticket] = {}
        self._order = itertools.count()

    def soon(self, job: PageJob) -> None:
        """Submit a page when its turn comes."""
        self._desks[job.recognizer].submits.append(job)

    def later(self, job: PageJob, call: Call, wait: float) -> None:
        """Make a call in so many seconds, when its turn comes then."""
        heapq.heappush(self._later, (self._now() + wait, next(self._order), job, call))

    def drop_submits(self) -> list[PageJob]:
        """Make no submit any more that is not under way; gives back the pages they were for."""
        dropped = [job for desk in self._desks for job in desk.submits]
        dropped += [job for _, _, job, call in self._later if call == "submit"]
        self._later = [entry for entry in self._later if entry[3] == "poll"]
        heapq.heapify(self._later)
        for desk in self._desks:
            desk.submits.clear()
        return dropped

    def pick_due(self) -> float | None:
        """Choose every call that may be made now; seconds until the next one may, None if there is none."""
        now = self._now()
        self._give_up_hanging(now)
        while self._later and self._later[0][0] <= now:
            _, _, job, call = heapq.heappop(self._later)
            self._desks[job.recognizer].ready(call).append(job)
        wake = [self._later[0][0]] if self._later else []
        wake += [ticket.started + self._deadline for ticket in self._under_way.values()]
        for desk in self._desks:
            for call in ("poll", "submit"):
                wake += self._pick(desk, call, now)
        return max(0.0, min(wake) - now) if wake else None

    def _pick(self, desk: Desk, call: Call, now: float) -> list[float]:
        """Pick what is ready for one recognizer; when to come back for the rest of it, if by the clock."""
        ready = desk.ready(call)
        while ready and desk.may(call):
            if (free_at := desk.pace.free_at(call)) > now:
                return [free_at]
            if self._callers.free <= len(self._picked):
                return []
            if call == "submit" and not self._allowance.take(desk.pace.limits):
                if problem := self._allowance.used_up():
                    self._ends.used_up(problem)
                return []
            desk.pace.take(call, now)
            self._prepare(desk, ready.popleft(), call, now)
        return []

    def _prepare(self, desk: Desk, job: PageJob, call: Call, now: float) -> None:
        """Note what is about to be done."""
        if call == "submit":
            job.go(PageState.INTENT)
            job.first_sent = now if job.first_sent is None else job.first_sent
            desk.pace.in_flight += 1
            if desk.pace.limits.remote:
                self._submissions.note_intent(job.content, desk.reading, desk.door.name, job.page.origin)
        else:
            job.polls += 1
        self._picked.append((next(self._order), Ticket(job, desk, call, now)))

    def launch(self) -> None:
        """Make the calls that were picked; what was noted of them is written."""
        for number, ticket in self._picked:
            self._under_way[number] = ticket
            self._callers.start(functools.partial(_make, number, ticket, self._inbox))
        self._picked.clear()

    def withdraw(self) -> None:
        """Make none of the calls that were picked."""
        picked, self._picked = self._picked, []
        for _, ticket in picked:
            self._ends.withdrawn(ticket)

    def _give_up_hanging(self, now: float) -> None:
        late = [n for n, ticket in self._under_way.items() if now - ticket.started >= self._deadline]
        for number in late:
            self._callers.give_up()
            self._ends.hung(self._under_way.pop(number))

    def came_back(self, number: int) -> bool:
        """A call came back; False if it had been given up."""
        if self._under_way.pop(number, None) is None:
            self._callers.came_back()
            return False
        self._callers.ended()
        return True


def _make(number: int, ticket: Ticket, inbox: queue.SimpleQueue[Message]) -> None:
    """Make a call, on a caller's thread, and say what came of it."""
    job, door, operation = ticket.job, ticket.desk.door, ticket.job.operation
    answer: Recognition | Operation | Pending | None = None
    error: BaseException | None = None
    try:
        if ticket.call == "submit":
            answer = door.submit(job.prepared)
        elif operation is not None:
            answer = door.poll(operation)
    except BaseException as raised:  # a plugin may raise anything, SystemExit too
        error = raised
    inbox.put(CallEnded(number, job, ticket.call, answer, error))


__all__ = ["CallEnds", "Calls", "Desk", "Ticket"]
