"""The calls of recognizers and amenders: which are due, which may be made now, and which are running.

`CallQueue.pick_due` chooses calls; the scheduler notes their intents, the journal is committed, and only
then `CallQueue.launch` makes them on the call threads, or gives their pages to workers.
"""

from __future__ import annotations

import functools
import heapq
import itertools
import logging
import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from penstock.engine.context import CALL_THREADS, RunContext
from penstock.engine.jobs import (
    Amended,
    Call,
    CallEnded,
    CallKind,
    Failed,
    Message,
    Outcome,
    PageJob,
    PageState,
)
from penstock.engine.journal.outcomes import Known
from penstock.engine.keys import RecognizerKey, amended_key
from penstock.engine.problems import HANGING_HINT, ends_the_run, problem_of
from penstock.engine.recognizer_queue import RecognizerQueue
from penstock.engine.sheets import Sheet
from penstock.engine.stopwatch import Stopwatch, error_name
from penstock.engine.threads import Deadline, soonest, start_daemon
from penstock.errors import PluginError
from penstock.model import Operation, Pending, Problem, Recognition, StageTiming
from penstock.stages import RecognizerStage
from penstock.workers import Answer as WorkerAnswer
from penstock.workers import Failure, Workers

_log = logging.getLogger(__name__)

Answer = Recognition | Operation | Pending | None


class CallThreads:
    """Daemon threads that make calls; their counters belong to the main thread.

    A `concurrent.futures` pool joins its threads when the process ends, so a hanging plugin would keep the
    command from ending. These threads are never joined, and a hanging call's thread is replaced.
    """

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self.running = 0  # calls that will return by themselves
        self.abandoned = 0  # calls that hang

    def start(self, call: Callable[[], None]) -> None:
        self.running += 1
        # Abandoned calls still occupy their threads.
        if self.running + self.abandoned > len(self._threads):
            self._threads.append(start_daemon(f"penstock-call-{len(self._threads) + 1}", self._serve))
        self._work.put(call)

    def close(self) -> None:
        for _ in self._threads:
            self._work.put(None)

    def _serve(self) -> None:
        while (call := self._work.get()) is not None:
            call()


class CallQueue:
    """Calls that are due later, due now, picked or running; used on the main thread only."""

    def __init__(self, queues: Sequence[RecognizerQueue], context: RunContext) -> None:
        self._queues, self._context = queues, context
        self.threads = CallThreads()
        self.reading = 0
        """Pages that workers have."""
        self._amends: deque[PageJob] = deque()
        self._later: list[tuple[float, int, PageJob, CallKind]] = []
        self._order = itertools.count()
        self._picked: list[Call] = []
        self._running: set[Call] = set()

    def add(self, job: PageJob, kind: CallKind, wait: float = 0.0) -> None:
        """Make a call after ``wait`` seconds, as soon as the limits allow it."""
        if wait:
            heapq.heappush(self._later, (self._context.now() + wait, next(self._order), job, kind))
        else:
            self._due(job, kind).append(job)

    def _due(self, job: PageJob, kind: CallKind) -> deque[PageJob]:
        return self._amends if kind == "amend" else self._queues[job.recognizer].due(kind)

    def drop(self, recognizer: int, kind: CallKind) -> list[PageJob]:
        """Remove the calls of a recognizer, by its index, that were not started; return their jobs."""
        due = self._queues[recognizer].due(kind)
        is_dropped = [job.recognizer == recognizer and each == kind for _, _, job, each in self._later]
        dropped = [*due, *(entry[2] for entry in itertools.compress(self._later, is_dropped))]
        due.clear()
        self._later = [entry for entry, drop in zip(self._later, is_dropped, strict=True) if not drop]
        heapq.heapify(self._later)
        return dropped

    def has_pages(self, recognizer: int) -> bool:
        """Return whether a recognizer, by its index, has pages or will be given some again."""
        queue = self._queues[recognizer]
        is_due = bool(queue.due("submit") or queue.due("poll") or queue.in_flight)
        later = (job for _, _, job, kind in self._later if kind != "amend")
        return is_due or any(job.recognizer == recognizer for job in later)

    def pick_due(self) -> list[Call]:
        """Choose the calls that may be made now, and count them against every limit."""
        now = self._context.now()
        while self._later and self._later[0][0] <= now:
            _, _, job, kind = heapq.heappop(self._later)
            self._due(job, kind).append(job)
        # Results and polls first: they free memory and places for further submits.
        while self._amends and self._has_thread:
            self._pick(self._amends.popleft(), "amend", now)
        for recognizer in self._queues:
            for kind in ("poll", "submit"):
                self._pick_from(recognizer, kind, now)
        return self._picked

    @property
    def _has_thread(self) -> bool:
        picked = sum(self._workers_of(call) is None for call in self._picked)
        return self.threads.running + picked < CALL_THREADS

    def _workers_of(self, call: Call) -> Workers | None:
        """Return the workers that have a call's page read; None for a call that is made on a thread."""
        return self._queues[call.job.recognizer].workers if call.kind == "submit" else None

    def _pick_from(self, recognizer: RecognizerQueue, kind: CallKind, now: float) -> None:
        due = recognizer.due(kind)
        while due and recognizer.has_room(kind) and recognizer.free_at(kind) <= now:
            if recognizer.workers is None and not self._has_thread:
                return
            charge = recognizer.take_budget() if kind == "submit" else None
            if kind == "submit" and charge is None:
                return
            # Counted now, not when the call is made: the next call of this turn must see the limits used.
            recognizer.limiter.take(kind, now)
            recognizer.in_flight += kind == "submit"
            job = recognizer.take_due(kind)
            job.charge = charge or job.charge
            recognizer.outage.on_call_started(job)
            self._pick(job, kind, now)

    def _pick(self, job: PageJob, kind: CallKind, now: float) -> None:
        deadline = Deadline(self._context.engine.call_deadline, self._context.now)
        call = Call(job, kind, now, deadline, self._queues[job.recognizer].secret_files.times_read)
        if self._workers_of(call) is None:  # workers have deadlines of their own
            deadline.start()
        self._picked.append(call)

    def seconds_to_next(self) -> float | None:
        """Return the seconds until a call is due, allowed by its rate, or hanging; None without any.

        What waits for a thread, a place in flight, a probe or the budget goes on when a running call ends.
        """
        now = self._context.now()
        allowed_at = [
            recognizer.free_at(kind)
            for recognizer in self._queues
            for kind in ("poll", "submit")
            if recognizer.due(kind) and recognizer.has_room(kind)
        ]
        waits = [at - now for at in allowed_at if now < at < math.inf]
        if self._later:
            waits.append(max(0.0, self._later[0][0] - now))
        return soonest(*waits, *(call.deadline.left() for call in self._running))

    def launch(self) -> None:
        """Make the picked calls. The journal must have been committed: it holds their intents."""
        for call in self._picked:
            self._running.add(call)
            if (workers := self._workers_of(call)) is None:
                self.threads.start(functools.partial(_make, call, self._target(call), self._context.inbox))
            else:
                self._give(call, workers)
        self._picked = []

    def _give(self, call: Call, workers: Workers) -> None:
        job = call.job
        self.reading += 1
        self._context.observers.emit_about(job, "page_submitted", attempt=job.submits, page=job.page)
        workers.start(job.prepared, functools.partial(_take_answer, call, self._context.inbox))

    def withdraw(self) -> list[Call]:
        picked, self._picked = self._picked, []
        return picked

    def _target(self, call: Call) -> Callable[[], Answer]:
        job = call.job
        if call.kind == "amend":
            return functools.partial(amend, self._context, job)
        stage = self._queues[job.recognizer].stage
        if call.kind == "submit" and job.sheet is not None:
            return functools.partial(_submit_sheet, stage, job, job.sheet)
        if call.kind == "poll" and job.operation is not None:
            return functools.partial(stage.poll, job.operation)
        return functools.partial(stage.submit, job.prepared, job.page, job.document.document)

    def abandon_hanging(self) -> list[Call]:
        """Give up the calls that hang, and return them. Other threads take the places of theirs."""
        hanging = [call for call in self._running if call.deadline.overdue() is not None]
        for call in hanging:
            self._running.remove(call)
            self.threads.running -= 1
            self.threads.abandoned += 1
        return hanging

    def finish(self, message: CallEnded) -> bool:
        """Count a call that returned; False if it had been given up as hanging."""
        call = message.call
        took = self._context.now() - call.started
        result = type(message.answer if message.error is None else message.error).__name__
        _log.debug("%s of %s: %s after %.2f s", call.kind, call.job.page.origin, result, took)
        if call in self._running:  # else `abandon_hanging` has counted it out
            self._running.remove(call)
            if self._workers_of(call) is None:
                self.threads.running -= 1
            else:
                self.reading -= 1
            return True
        self.threads.abandoned -= 1
        return False


def _submit_sheet(stage: RecognizerStage, job: PageJob, sheet: Sheet) -> Answer:
    """Draw a sheet, and send it. Called on a call thread."""
    sheet.draw()
    return stage.submit(job.prepared, job.page, job.document.document)


def _make(call: Call, target: Callable[[], Answer], inbox: queue.SimpleQueue[Message]) -> None:
    """Make a call on a call thread, and send what it returned or raised to the main thread."""
    answer: Answer = None
    error: BaseException | None = None
    watch = Stopwatch()
    try:
        answer = target()
    except BaseException as raised:  # a plugin may raise anything, even SystemExit
        error = raised
    cause = error.__cause__ if isinstance(error, AmenderError) else error
    component = "" if call.kind == "amend" else call.job.recognizer_name
    inbox.put(CallEnded(call, answer, error, watch.timing(call.kind, component, cause)))


def _take_answer(call: Call, inbox: queue.SimpleQueue[Message], answer: WorkerAnswer, seconds: float) -> None:
    """Send what a worker said about a page to the main thread. Called on a thread of the workers."""
    result: Answer = None
    error: BaseException | None = None
    if isinstance(answer, Failure):
        error = answer.error
        if answer.trace:
            error.add_note(answer.trace)
    else:
        result = answer
    started = time.time() - seconds  # the clocks of other machines may differ
    timing = StageTiming("read", call.job.recognizer_name, started, seconds, error_name(error))
    inbox.put(CallEnded(call, result, error, timing if seconds else None))


class AmenderError(Exception):
    """An amender raised; ``__cause__`` is its exception. The argument names the amender."""


class Amending:
    """The pages whose results are being amended; used on the main thread.

    Amending sends nothing: no rate and no budget applies, and a run that stops still does it.
    """

    def __init__(self, context: RunContext, calls: CallQueue, outcomes: deque[Outcome]) -> None:
        self._context, self._calls, self._outcomes = context, calls, outcomes
        self.pages = 0
        """Pages that are being amended."""

    def key_for(self, result: Known) -> RecognizerKey | None:
        """Return the key of a result's amended form; None if the result must stay as it is.

        Only results of the pipeline's recognizers are amended, not corrections by hand and not text that
        the source had. A run without recognizers uses the results that the documents table names.
        """
        plan = self._context.plan
        if not plan.amenders_key or result.recognizer_key not in plan.recognizer_keys:
            return None
        return amended_key(result.recognizer_key, plan.amenders_key, result.digest)

    def start(self, job: PageJob, unamended: Known, recognition: Recognition | None = None) -> None:
        """Amend a result; it is loaded from the journal if ``recognition`` is None."""
        job.go(PageState.AMENDING)
        job.unamended, job.recognition = unamended, recognition
        self.pages += 1
        self._calls.add(job, "amend")

    def on_call_ended(self, message: CallEnded) -> None:
        job, error = message.call.job, message.error
        if isinstance(message.answer, Recognition):
            self.pages -= 1
            job.go(PageState.RECOGNIZED)
            self._outcomes.append(Amended(job, message.answer))
            return
        who = "an amender"
        if isinstance(error, AmenderError):
            who, error = str(error), error.__cause__
        error = error or PluginError("amend returned nothing")
        problem = problem_of(error, job.page.origin, job.page.picture.path, who)
        if ends_the_run(error):
            self._context.stop(problem)
        self._fail(job, problem)

    def on_call_hung(self, job: PageJob) -> None:
        why = f"an amender has not come back for {self._context.engine.call_deadline:g} s"
        self._fail(job, Problem(job.page.origin, why, HANGING_HINT, job.page.picture.path))

    def _fail(self, job: PageJob, problem: Problem) -> None:
        """Fail a page. The recognizer's result stays in the journal, and the next run amends it."""
        self.pages -= 1
        job.go(PageState.FAILED)
        self._outcomes.append(Failed(job, problem))


def amend(context: RunContext, job: PageJob) -> Recognition:
    """Return the amended result of a page. Called on a call thread.

    Raises AmenderError if an amender raises, and StateError if the recognizer's result cannot be loaded.
    """
    if job.unamended is None:
        raise RuntimeError("a page is amended that has no result")
    # A result of this run is still in memory, and may not be committed yet.
    answers = context.journal.answers
    recognition = job.recognition or answers.load(job.content_key, job.unamended.recognizer_key)
    for stage in context.plan.pipeline.amenders:
        try:
            recognition = stage.amend(job.page, recognition)
        except BaseException as error:  # a plugin may raise anything, even SystemExit
            raise AmenderError(stage.title) from error
    return recognition
