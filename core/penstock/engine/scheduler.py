"""The state machine of pages between found and recognized: when to submit, poll, retry or give up.

The scheduler runs on the main thread. `calls` decides when a call may be made; the scheduler decides what
its end means for the page. What became of pages is put into `Scheduler.outcomes`, from where the run passes
it on to the page flow: the scheduler does not know about documents.
"""

from __future__ import annotations

import logging
from collections import deque
from contextlib import suppress
from dataclasses import replace

from penstock.engine.calls import Amending, CallQueue
from penstock.engine.context import CALL_THREADS, RunContext
from penstock.engine.jobs import (
    Call,
    CallEnded,
    CallKind,
    Failed,
    Outcome,
    PageJob,
    PageState,
    Recognized,
    Unread,
)
from penstock.engine.journal.submissions import Submission
from penstock.engine.keys import RecognizerKey
from penstock.engine.prices import amount
from penstock.engine.problems import (
    HANGING_HINT,
    SubmitEnd,
    asked_wait,
    end_of_submit,
    is_expense,
    recognizer_problem,
)
from penstock.engine.recognizer_queue import RecognizerQueue
from penstock.engine.sheet_queue import SheetQueue
from penstock.engine.threads import soonest
from penstock.errors import (
    InDoubt,
    NotAnswered,
    OperationLost,
    PageRefused,
    PictureError,
    PluginError,
    StopRun,
    TryAgain,
    Unreachable,
)
from penstock.model import Operation, Pending, Problem, Recognition, StageTiming

_log = logging.getLogger(__name__)

MOST_DOUBTS = 1
"""Submits in doubt, or lost operations, after which a page is submitted once more."""

_TAKEN_BY_NONE = "no recognizer of the pipeline takes it"
_ADD_ONE = "add one that recognizes such pages"
_RETRY_HINT = "`penstock retry` polls once more, and then sends the page again"


class Scheduler:
    """All pages that are waiting for a recognizer, in flight, or being amended."""

    def __init__(self, context: RunContext) -> None:
        plan = context.plan
        self._context = context
        self._counters = context.counters
        self._queues = [
            RecognizerQueue(stage, key, limits, workers, context)
            for stage, key, limits, workers in zip(
                plan.pipeline.recognizers,
                plan.recognizer_keys,
                plan.limits,
                context.workers.readers,
                strict=True,
            )
        ]
        self.calls = CallQueue(self._queues, context)
        self._resubmits_in_doubt = plan.options.retry or context.engine.on_doubt == "submit"
        self.is_stopping = False
        """Whether nothing is sent any more."""
        self.outcomes: deque[Outcome] = deque()
        """What became of pages, for the page flow."""
        self._sheets = {
            index: SheetQueue(index, queue, context, self.outcomes.append, self.start)
            for index, queue in enumerate(self._queues)
            if queue.stage.takes_lines
        }
        self.all_found = False
        """Whether the sources have no more pages."""
        self.amending = Amending(context, self.calls, self.outcomes)

    @property
    def is_waiting(self) -> bool:
        """Whether a page is in flight or being amended. Operations of a service that is down do not count."""
        in_flight = any(each.in_flight and not each.outage.is_down for each in self._queues)
        return in_flight or self.amending.pages > 0 or self.calls.threads.running > 0

    def _put(self, outcome: Outcome) -> None:
        """Tell the page flow what became of a page; for a sheet, tell those that wait for its lines."""
        if outcome.job.sheet is None:
            self.outcomes.append(outcome)
        else:
            self._sheets[outcome.job.recognizer].on_outcome(outcome)

    # What the page flow asks for

    def submit(self, job: PageJob, wait: float = 0.0) -> None:
        """Submit a page after ``wait`` seconds, as soon as the limits allow it."""
        recognizer = self._queues[job.recognizer]
        if self._sends_nothing_to(recognizer):
            self._leave_unread(job)
        else:
            job.recognizer_name = recognizer.name
            self.calls.add(job, "submit", wait)

    def start(self, job: PageJob) -> None:
        """Continue with a page where an earlier run left it with its recognizer, or submit it."""
        recognizer = self._queues[job.recognizer]
        must_leave = self.is_stopping or recognizer.is_given_up
        submission = None if must_leave else recognizer.find_submission(job)
        is_pollable = submission is not None and submission.is_pollable
        sheets = None if job.sheet else self._sheets.get(job.recognizer)
        if sheets and submission is None and not self._sends_nothing_to(recognizer) and sheets.add(job):
            return
        if submission is None or (recognizer.is_stopped and not is_pollable):
            self.submit(job)
        else:
            self._resume(job, submission)

    def send_on(self, job: PageJob, recognizer: int) -> None:
        """Continue with a later recognizer: the rules did not accept what the page's recognizer returned."""
        job.go(PageState.FOUND)
        self._hand_over(job, recognizer)

    def _hand_over(self, job: PageJob, recognizer: int) -> None:
        """Give a page to another recognizer, for which its earlier calls do not count."""
        job.recognizer, job.operation = recognizer, None
        job.failed_attempts = job.poll_failures = job.polls = job.doubts = 0
        job.first_sent = None
        self.start(job)

    def _sends_nothing_to(self, recognizer: RecognizerQueue) -> bool:
        return self.is_stopping or recognizer.is_stopped

    def _resume(self, job: PageJob, submission: Submission) -> None:
        """Continue with a page that an earlier run submitted; poll its operation if that is possible."""
        recognizer, operation = self._queues[job.recognizer], submission.operation
        if operation is not None and submission.is_pollable:
            job.go(PageState.INTENT)
            job.go(PageState.SUBMITTED)
            recognizer.in_flight += 1
            # We do not know when the page was submitted, so its first poll must not count as one.
            job.operation, job.polls, job.submitted = operation, 1, self._context.now()
            job.first_sent = recognizer.outage.up_time()
            job.last_chance, job.recognizer_name = submission.last_chance, recognizer.name
            self.calls.add(job, "poll")
            return
        # The page is submitted once more. This counts as a doubt, so it is not submitted a third time.
        job.doubts += 1
        if operation is not None:
            self._counters.lost_operations += 1
            self.submit(job)
            return
        self._counters.doubtful_submits += 1
        if self._resubmits_in_doubt:
            self.submit(job)
        else:
            job.go(PageState.INTENT)
            why = "was being sent when the last run ended, and may have been billed"
            hint = '`penstock retry` sends it again; on_doubt = "submit" does so at once'
            self._give_up(job, Problem(job.page.origin, why, hint), keep=True)

    def find_pollable(self, job: PageJob, result_key: RecognizerKey) -> bool:
        """Return whether an earlier run left an operation for a page that has a result since.

        If so, the job is assigned to the operation's recognizer.
        """
        keys = [each.key for each in self._queues]
        last = keys.index(result_key) if result_key in keys else len(keys)
        while last < len(keys) and self._queues[last].sends_on:
            last += 1  # a later recognizer's result is the better one
        index = self._context.journal.submissions.first_pollable(job.content_key, keys, last)
        job.recognizer = index or 0
        return index is not None

    # What the run's loop asks for

    def stop_submitting(self) -> None:
        """Send nothing more. Polls and amend calls go on."""
        self.is_stopping = True
        for recognizer in range(len(self._queues)):
            self._drop(recognizer, "submit")

    def _stop_recognizer(self, recognizer: RecognizerQueue, problem: Problem) -> None:
        """Send nothing more to a recognizer. The run goes on if pages can do without it, else it ends.

        They can if an earlier recognizer sends pages on: its results are kept.
        """
        index = self._queues.index(recognizer)
        if not any(each.sends_on for each in self._queues[:index]):
            self._context.stop(problem)
        elif not recognizer.is_stopped:
            recognizer.is_stopped = True
            _log.warning("%s gets no more pages: %s: %s", recognizer.stage.title, problem.what, problem.why)
            if self._counters.stopped_recognizer:
                self._counters.warnings.add(problem)  # a report has one reason for stopping
            self._counters.stopped_recognizer = self._counters.stopped_recognizer or problem
            self._context.observers.emit("recognizer_stopped", recognizer=recognizer.name, problem=problem)
            self._drop(index, "submit")
            if recognizer.is_given_up:
                self._drop(index, "poll")

    def _drop(self, recognizer: int, kind: CallKind) -> None:
        """Leave the pages unread that wait for a call. The next run polls their operations."""
        for job in self.calls.drop(recognizer, kind):
            self._queues[recognizer].in_flight -= kind == "poll"
            self._leave_unread(job)
        if kind == "submit" and recognizer in self._sheets:
            self._sheets[recognizer].drop()

    def pick_due(self) -> float | None:
        """Choose the calls that may be made now, and note their intents for the next commit.

        Returns the seconds until there is something to do again; None if only a message can change that.
        """
        for call in self.calls.abandon_hanging():
            self._on_call_hung(call)
        sheet_due = self._send_sheets()
        for call in self.calls.pick_due():
            self._note_call(call)
        self._warn_of_budgets()
        for recognizer in self._queues:
            if problem := recognizer.used_up:
                recognizer.used_up = None
                self._stop_recognizer(recognizer, problem)
        return soonest(self.calls.seconds_to_next(), self._stop_after_outage(), sheet_due)

    def _send_sheets(self) -> float | None:
        """Send the lines that should wait no longer; returns the seconds until others should not."""
        waits = []
        for index, sheets in self._sheets.items():
            earlier = [each for each in range(index) if not self._queues[each].outage.is_down]
            may_grow = any(self.calls.has_pages(each) for each in earlier)
            waits.append(sheets.send(may_grow=may_grow, is_last=self.all_found))
        return soonest(*waits)

    def _warn_of_budgets(self) -> None:
        for use in self._counters.budget.nearly_spent():
            hint = "a run stops before it exceeds a budget"
            self._counters.warnings.add(Problem(use.name, str(use), hint))
            self._context.observers.emit("budget_warning", budget=use.name, spent=use.spent, limit=use.limit)

    def _stop_after_outage(self) -> float | None:
        """Stop a recognizer whose service is down for too long; returns the seconds until then."""
        for each in self._queues:
            if not each.is_stopped and each.outage.seconds_left() == 0:
                self._stop_recognizer(each, each.outage.problem())
        waiting = [each.outage.seconds_left() for each in self._queues if not each.is_stopped]
        return None if self.is_stopping else soonest(*waiting)

    def note_pause(self, seconds: float) -> None:
        """Leave a time out of the deadlines of pages: no call was made, because the disk was full."""
        for each in self._queues:
            each.outage.note_pause(seconds)

    def _note_call(self, call: Call) -> None:
        job = call.job
        if call.kind == "poll":
            job.polls += 1
        elif call.kind == "submit":
            job.go(PageState.INTENT)
            job.submits += 1
            recognizer = self._queues[job.recognizer]
            job.first_sent = recognizer.outage.up_time() if job.first_sent is None else job.first_sent
            recognizer.note_intent(job)

    def withdraw(self) -> None:
        """Make none of the picked calls, because their intents could not be written. They are due again."""
        for call in self.calls.withdraw():
            job = call.job
            recognizer = self._queues[job.recognizer]
            recognizer.outage.on_call_dropped(job)
            if call.kind == "submit":
                self._submit_anew(job, recognizer)
            else:
                job.polls -= call.kind == "poll"
                self.calls.add(job, call.kind, recognizer.limiter.backoff(1))

    # Ends of calls

    def on_call_ended(self, message: CallEnded) -> None:
        call, job = message.call, message.call.job
        is_in_time = self.calls.finish(message)
        if message.timing is not None:
            self._emit_timing(message, message.timing)
        if call.kind == "amend":
            if is_in_time:
                self.amending.on_call_ended(message)
            return
        recognizer = self._queues[job.recognizer]
        if not is_in_time:
            self._on_late_answer(job, recognizer, message)
            return
        if (wait := asked_wait(message.error)) and (problem := recognizer.pause(wait)):
            self._stop_recognizer(recognizer, problem)
        recognizer.outage.on_call_ended(message)
        if recognizer.secret_files.allow_another_try(call, message.error):
            self._repeat(call, recognizer)
        elif call.kind == "submit":
            self._on_submit_ended(job, recognizer, message)
        else:
            self._on_poll_ended(job, recognizer, message)

    def _emit_timing(self, message: CallEnded, timing: StageTiming) -> None:
        observers, job = self._context.observers, message.call.job
        if not observers.listen("stage_ended"):
            return
        is_charged = message.call.kind == "submit" and is_expense(message.answer, message.error)
        if is_charged and job.charge and job.charge.cost is not None:
            timing = replace(timing, cost=amount(job.charge.cost))
        if job.sheet is None:
            observers.emit_about(job, "stage_ended", page=job.page, timing=timing)
        else:
            sheet, name = job.document.document, job.recognizer_name
            observers.emit("stage_ended", recognizer=name, document=sheet, page=None, timing=timing)

    def _on_call_hung(self, call: Call) -> None:
        """Give up a page whose call does not return; too many such calls end the run."""
        job, recognizer = call.job, self._queues[call.job.recognizer]
        who = "an amender" if call.kind == "amend" else f"the recognizer {recognizer.name!r}"
        _log.warning("%s: %s hangs in %s", job.page.origin, who, call.kind)
        if call.kind == "amend":
            self.amending.on_call_hung(job)
        else:
            recognizer.in_flight -= 1
            recognizer.outage.on_call_dropped(job)
            if call.kind == "submit":
                recognizer.note_answered()
                self._counters.doubtful_submits += recognizer.limits.remote
            seconds = self._context.engine.call_deadline
            why = f"{recognizer.name!r} has not come back from {call.kind} for {seconds:g} s"
            # A page that hangs again on its last chance is not kept for another run.
            self._give_up(job, Problem(job.page.origin, why, HANGING_HINT), keep=not job.last_chance)
        if self.calls.threads.abandoned >= CALL_THREADS:
            problem = Problem(who, "hangs again and again", HANGING_HINT)
            if call.kind == "amend":
                self._context.stop(problem)
            else:
                self._stop_recognizer(recognizer, problem)

    def _on_late_answer(self, job: PageJob, recognizer: RecognizerQueue, message: CallEnded) -> None:
        """Store an answer that was paid for although its page was given up: the next run finds it."""
        if isinstance(message.answer, Operation):
            job.operation = message.answer
            recognizer.note_operation(job)
        elif isinstance(message.answer, Recognition):
            with suppress(Exception):  # a result that does not fit the page is no result
                mapped = message.answer.mapped(job.prepared.to_page)
                self._put(Recognized(job, recognizer.key, mapped, late=True))
                recognizer.delete_submission(job)

    def _repeat(self, call: Call, recognizer: RecognizerQueue) -> None:
        """Make a call again that was refused for a key which was replaced. It is no attempt of its page."""
        job = call.job
        if call.kind == "submit":
            self._submit_anew(job, recognizer)
        else:
            job.polls -= 1
            self.calls.add(job, "poll")

    def _submit_anew(self, job: PageJob, recognizer: RecognizerQueue) -> None:
        """Let a submit that sent nothing be made again, as if it had not been begun."""
        recognizer.in_flight -= 1
        recognizer.note_not_sent(job)
        job.submits -= 1
        job.go(PageState.FOUND)
        self.submit(job)

    # Submit

    def _on_submit_ended(self, job: PageJob, recognizer: RecognizerQueue, message: CallEnded) -> None:
        recognizer.in_flight -= 1
        if message.error is not None:
            self._on_submit_failed(job, recognizer, message.error)
        elif isinstance(message.answer, Operation):
            recognizer.note_answered()
            self._on_accepted(job, recognizer, message.answer)
        elif isinstance(message.answer, Recognition):
            recognizer.note_answered()
            self._on_recognized(job, recognizer, message.answer)
        else:
            self._on_declined(job, recognizer, NotAnswered(_TAKEN_BY_NONE, _ADD_ONE))

    def _on_accepted(self, job: PageJob, recognizer: RecognizerQueue, operation: Operation) -> None:
        job.go(PageState.SUBMITTED)
        recognizer.in_flight += 1
        job.operation, job.submitted = operation, self._context.now()
        job.polls, job.poll_failures = 0, 0
        recognizer.note_operation(job)
        if job.sheet:
            self._sheets[job.recognizer].on_accepted(job.sheet, job.submits)
        else:
            self._context.observers.emit_about(job, "page_submitted", attempt=job.submits, page=job.page)
        self.calls.add(job, "poll", max(recognizer.limiter.first_poll(), operation.poll_after or 0.0))

    def _on_declined(self, job: PageJob, recognizer: RecognizerQueue, reason: NotAnswered) -> None:
        recognizer.note_not_sent(job)
        recognizer.delete_submission(job)
        self._context.journal.answers.note_declined(job.content_key, recognizer.key)
        job.go(PageState.FOUND)
        if job.sheet or job.recognizer + 1 == len(self._queues):
            self._give_up(job, recognizer.problem(job, reason), is_answer=True)
            return
        self._hand_over(job, job.recognizer + 1)

    def _on_submit_failed(self, job: PageJob, recognizer: RecognizerQueue, error: BaseException) -> None:
        match end_of_submit(error):
            case SubmitEnd.IN_DOUBT:
                recognizer.note_answered()
                self._counters.doubtful_submits += 1
                self._submit_once_more(job, recognizer, error, is_allowed=self._resubmits_in_doubt)
            case SubmitEnd.UNKNOWN:
                recognizer.note_answered()
                self._counters.doubtful_submits += recognizer.limits.remote
                self._give_up(job, recognizer.problem(job, error), keep=True)
            case SubmitEnd.NOT_SENT:
                recognizer.note_not_sent(job)
                self._retry_submit(job, recognizer, error)
            case SubmitEnd.ANSWERED if isinstance(error, NotAnswered):
                self._on_declined(job, recognizer, error)
            case SubmitEnd.ANSWERED:
                recognizer.note_not_sent(job)
                if isinstance(error, PictureError):
                    job.go(PageState.FAILED)
                    problem = recognizer.problem(job, error)
                    self._put(Failed(job, problem, try_twin=True))
                else:
                    self._fail(job, recognizer, error)

    def _retry_submit(self, job: PageJob, recognizer: RecognizerQueue, error: BaseException) -> None:
        """Submit a page again that did not arrive, as often as the recognizer's limits allow.

        During an outage, the page waits for the end of it, and no attempt is counted.
        """
        if recognizer.outage.is_down:
            job.go(PageState.FOUND)
            self.submit(job)
            return
        job.failed_attempts += not isinstance(error, Unreachable)
        tried, limits = job.failed_attempts, recognizer.limits
        problem = recognizer.problem(job, error, tried)
        if tried >= limits.attempts or recognizer.is_overdue(job):
            self._give_up(job, problem, keep=job.doubts > 0)
            return
        job.go(PageState.FOUND)
        wait = asked_wait(error) or recognizer.limiter.backoff(max(1, tried))
        self._emit_retry(job, job.submits, problem, wait)
        self.submit(job, wait)

    def _submit_once_more(
        self, job: PageJob, recognizer: RecognizerQueue, error: BaseException, *, is_allowed: bool
    ) -> None:
        """Submit a page again that may have been billed already. This is done once, and counted."""
        problem = recognizer.problem(job, error)
        job.doubts += 1
        if job.doubts > MOST_DOUBTS and recognizer.outage.is_down:
            # Only such pages are left to try the service with, and each try may be billed.
            self._stop_recognizer(recognizer, recognizer.outage.problem())
            self._leave_unread(job)
            return
        if job.doubts > MOST_DOUBTS or not is_allowed or job.earlier_result:
            self._give_up(job, problem, keep=isinstance(error, InDoubt))
            return
        job.go(PageState.FOUND)
        if recognizer.outage.is_down:
            self.submit(job)
            return
        wait = asked_wait(error) or recognizer.limiter.backoff(1)
        self._emit_retry(job, job.polls or job.submits, problem, wait)
        self.submit(job, wait)

    # Poll

    def _on_poll_ended(self, job: PageJob, recognizer: RecognizerQueue, message: CallEnded) -> None:
        answer, elapsed = message.answer, self._context.now() - job.submitted
        if message.error is None and job.polls == 1:
            recognizer.limiter.learn(elapsed, too_early=isinstance(answer, Pending))
        if isinstance(answer, Recognition):
            recognizer.in_flight -= 1
            self._on_recognized(job, recognizer, answer)
        elif isinstance(answer, Operation | Pending):
            if isinstance(answer, Operation):
                job.operation, job.last_chance = answer, False
                recognizer.note_operation(job)
            if recognizer.limits.remote and not job.sheet:
                # A recognizer on this machine is polled many times a second.
                self._context.observers.emit_about(job, "page_polled", page=job.page)
            self._poll_again(job, recognizer, answer.poll_after, elapsed)
        else:
            self._on_poll_failed(job, recognizer, message.error or PluginError("poll returned nothing"))

    def _poll_again(
        self, job: PageJob, recognizer: RecognizerQueue, asked: float | None, elapsed: float
    ) -> None:
        job.poll_failures = 0
        if job.last_chance:
            recognizer.in_flight -= 1
            lost = OperationLost("was not recognized, although it was polled again")
            self._on_operation_lost(job, recognizer, lost)
        elif recognizer.is_overdue(job):
            recognizer.in_flight -= 1
            minutes = recognizer.limits.deadline / 60
            why = f"was not recognized within {minutes:g} minutes of being submitted"
            hint = "run again; raise the recognizer's deadline"
            self._give_up_for_now(job, recognizer, Problem(job.page.origin, why, hint))
        else:
            wait = recognizer.limiter.next_poll(elapsed) if asked is None else asked
            self.calls.add(job, "poll", wait)

    def _on_poll_failed(self, job: PageJob, recognizer: RecognizerQueue, error: BaseException) -> None:
        is_temporary = isinstance(error, TryAgain | InDoubt)
        if is_temporary and recognizer.is_given_up:
            recognizer.in_flight -= 1
            self._leave_unread(job)
            return
        if is_temporary and recognizer.outage.is_down:
            self.calls.add(job, "poll")
            return
        if is_temporary and not recognizer.is_overdue(job):
            job.poll_failures += 1
            wait = asked_wait(error) or recognizer.limiter.backoff(job.poll_failures)
            self._emit_retry(job, job.polls, recognizer.problem(job, error), wait)
            self.calls.add(job, "poll", wait)
            return
        recognizer.in_flight -= 1
        is_fault = not (is_temporary or isinstance(error, PageRefused | StopRun))
        if isinstance(error, OperationLost) or (is_fault and job.last_chance):
            self._on_operation_lost(job, recognizer, error)
        elif is_temporary:
            self._give_up_for_now(job, recognizer, recognizer.problem(job, error))
        else:
            self._fail(job, recognizer, error)

    def _on_operation_lost(self, job: PageJob, recognizer: RecognizerQueue, error: BaseException) -> None:
        """Submit a page once more whose operation cannot bring a result any more."""
        job.last_chance = False
        self._counters.lost_operations += job.earlier_result is None
        recognizer.delete_submission(job)
        self._submit_once_more(job, recognizer, error, is_allowed=True)

    def _on_recognized(self, job: PageJob, recognizer: RecognizerQueue, recognition: Recognition) -> None:
        try:
            mapped = recognition.mapped(job.prepared.to_page)
        except Exception as error:
            why = f"the result cannot be mapped to the page: {error}"
            problem = Problem(job.page.origin, why, "tell the recognizer's author")
            self._give_up(job, problem, keep=True)
            return
        job.go(PageState.RECOGNIZED)
        recognizer.delete_submission(job)
        self._put(Recognized(job, recognizer.key, mapped))

    # Ends of pages

    def _fail(self, job: PageJob, recognizer: RecognizerQueue, error: BaseException) -> None:
        """Fail a page, or stop the run. A refusal is an answer, and is stored."""
        if isinstance(error, StopRun):
            problem = recognizer_problem(recognizer.name, error)
            self._stop_recognizer(recognizer, recognizer.secret_files.explained(problem, error))
            self._leave_unread(job)
            return
        problem = recognizer.problem(job, error)
        if isinstance(error, PageRefused):
            if job.earlier_result is None and not self._may_go_on(job, recognizer):
                self._context.journal.answers.note_refused(job.content_key, recognizer.key, problem)
            self._give_up(job, problem, is_answer=True)
        else:
            self._give_up_for_now(job, recognizer, problem)

    def _give_up_for_now(self, job: PageJob, recognizer: RecognizerQueue, problem: Problem) -> None:
        """Fail a page whose operation the next run polls, if the operation outlives this one."""
        if job.operation and job.operation.durable and recognizer.limits.remote:
            problem = replace(problem, hint="; ".join(filter(None, [problem.hint, _RETRY_HINT])))
        self._give_up(job, problem, keep=job.operation is not None)

    def _give_up(
        self, job: PageJob, problem: Problem, *, keep: bool = False, is_answer: bool = False
    ) -> None:
        """Fail a page. ``keep`` its submission, so that the next run polls it or counts it as in doubt."""
        recognizer = self._queues[job.recognizer]
        if self._may_go_on(job, recognizer):
            self._go_on(job, recognizer, problem, is_answer=is_answer)
            return
        job.go(PageState.FAILED)
        if keep:
            recognizer.note_given_up(job)
        else:
            recognizer.delete_submission(job)
        self._put(Failed(job, problem, is_answer=is_answer))

    def _may_go_on(self, job: PageJob, recognizer: RecognizerQueue) -> bool:
        """Return whether a page that a recognizer gives up is for the next one.

        It is if the recognizer sends pages on. A page that a service may have billed fails.
        """
        is_last = job.recognizer + 1 == len(self._queues)
        is_for_next = recognizer.sends_on and not recognizer.limits.remote and job.sheet is None
        return is_for_next and not (is_last or job.earlier_result or self.is_stopping)

    def _go_on(self, job: PageJob, recognizer: RecognizerQueue, problem: Problem, *, is_answer: bool) -> None:
        """Give a page that a recognizer cannot read to the next one. A refusal is not asked for again."""
        if is_answer:
            self._context.journal.answers.note_declined(job.content_key, recognizer.key)
        following = self._queues[job.recognizer + 1].name
        why = f"{problem.why}; the page goes on to {following!r}"
        self._counters.warnings.add(replace(problem, why=why))
        job.go(PageState.FOUND)
        self._hand_over(job, job.recognizer + 1)

    def _leave_unread(self, job: PageJob) -> None:
        if job.state is not PageState.FOUND:
            job.go(PageState.FOUND)
        self._put(Unread(job))

    def _emit_retry(self, job: PageJob, attempt: int, problem: Problem, wait: float) -> None:
        if self._sends_nothing_to(self._queues[job.recognizer]) and job.state is PageState.FOUND:
            return  # the page is left unread instead
        _log.warning("%s: trying again in %.1f s: %s", job.page.origin, wait, problem.why)
        self._context.observers.emit_about(
            job, "page_retried", attempt=attempt, page=job.page, problem=problem, wait=wait
        )
