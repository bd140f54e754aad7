"""The main loop of a run: handles messages, writes the journal, and starts calls and sinks.

Every turn of the loop does three things, in this order: handle the messages that have arrived; commit what
they mean to the journal; start calls and give documents to sinks. The order is what makes a run safe to
kill at any moment: an intent is on the disk before its page is sent, an operation before its first poll,
and a result before a sink uses it.
"""

from __future__ import annotations

import json
import queue
import random
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from types import TracebackType

from penstock.engine.computation import described
from penstock.engine.context import (
    COMMIT_RETRY_SECONDS,
    GRACE_SECONDS,
    MESSAGES_PER_COMMIT,
    OpenedWorkers,
    Plan,
    RunContext,
)
from penstock.engine.counters import RunCounters
from penstock.engine.delivery import Delivery, PageCache, loaded_document
from penstock.engine.document_flow import DocumentFlow
from penstock.engine.full_disk import FullDisk
from penstock.engine.intake import Intake
from penstock.engine.jobs import (
    CallEnded,
    DiskFull,
    DocumentEnded,
    DocumentFound,
    DocumentLost,
    IntakeEnded,
    IntakeStopped,
    Message,
    OutputSkipped,
    PageFound,
    PageLost,
    SinkEnded,
    SourceStatus,
    StopAsked,
    Warned,
)
from penstock.engine.journal import Journal
from penstock.engine.journal.runs import FOUND_ALL, WORKERS
from penstock.engine.observers import PATIENCE, Observers
from penstock.engine.page_flow import PageFlow
from penstock.engine.problems import HANGING_HINT, problem_of
from penstock.engine.room import Room
from penstock.engine.scheduler import Scheduler
from penstock.engine.sinks_in_workers import sinks_in_workers
from penstock.engine.sinks_on_cluster import SinksOnCluster
from penstock.engine.staged import Load, SinksElsewhere
from penstock.engine.threads import Clock, soonest, start_daemon
from penstock.errors import NoSpace, OutputError
from penstock.model import Problem
from penstock.outputs import OutputRules
from penstock.report import counted
from penstock.spool import Spool

PROGRESS_SECONDS = 1.0
"""Shortest time between two notes of how far the run is; for `penstock status`."""
ENOUGH_TO_JUDGE = 20
"""Pages found before ``max_failed`` as a share can stop a run."""


class Execution:
    """The parts of a run, and its main loop. A context manager; everything in it runs on the main thread."""

    def __init__(
        self,
        plan: Plan,
        *,
        run_id: str,
        workers: OpenedWorkers,
        journal: Journal,
        spool: Spool,
        room: Room,
        inbox: queue.SimpleQueue[Message],
        counters: RunCounters,
        clock: Clock,
        random_source: random.Random,
    ) -> None:
        pipeline, self._engine = plan.pipeline, plan.pipeline.configuration.engine
        self._plan, self._journal, self._inbox, self._clock = plan, journal, inbox, clock
        self._counters, self._workers = counters, workers
        patience = min(PATIENCE, self._engine.call_deadline)
        self._observers = Observers(pipeline.observers, inbox, run=run_id, patience=patience)
        context = RunContext(
            plan=plan,
            engine=self._engine,
            workers=workers,
            journal=journal,
            spool=spool,
            inbox=inbox,
            counters=counters,
            observers=self._observers,
            now=clock.now,
            random=random_source,
            stop=self._stop,
        )
        rules = OutputRules(
            root=pipeline.configuration.folder,
            name=pipeline.name,
            date=datetime.now().astimezone().date().isoformat(),
            registry=journal.outputs,
            force=plan.options.force,
            uploads=spool.folder / "uploads",
            objects=journal.outputs.objects,
        )
        cache = PageCache(journal, names_missing=self._engine.on_failed_page == "placeholder")
        self._spool, self._room = spool, room
        self._state_disk = FullDisk(context)
        self._intake = Intake(context, rules, room, self._state_disk.time_with_room)
        load = partial(loaded_document, cache)
        self._delivery = Delivery(context, rules, cache, _sinks_elsewhere(context, rules, load))
        self._documents = DocumentFlow(context, self._delivery, cache, self._intake.document_gate)
        self._scheduler = Scheduler(context)
        self._pages = PageFlow(context, self._scheduler, self._documents, cache, self._intake.page_gate)
        self._intake_ended = self._walked_all = False
        self.met_all = False
        """Whether every document that the sources have was found."""
        self._is_unwritten = False
        self._slots: dict[str, int] = {}  # by recognizer, as observers know them
        self._progress_at = clock.now() + PROGRESS_SECONDS
        self._give_up_at: float | None = None

    def __enter__(self) -> Execution:
        self._observers.emit("run_started", pipeline=self._plan.pipeline.name)
        start_daemon("penstock-intake", self._intake.walk)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._intake.close()
        self._delivery.close()
        self._scheduler.calls.threads.close()
        if kind is not None:
            self._observers.abandon()
            return
        self._observers.finish(self._counters.report(self._clock.now()))
        # The loop has ended, so only what observers complain about is still of interest.
        while (message := self._next_waiting()) is not None:
            if isinstance(message, Warned):
                self._counters.warnings.add(message.problem)

    def loop(self) -> None:
        """Run until nothing is left to do."""
        while not (self._inbox.empty() and self._is_finished()):
            wait = self._advance()
            message = self._clock.receive(self._inbox, wait, calls_running=self._is_plugin_running)
            try:
                if message is not None:
                    self._handle_all(message)
            except OutputError as error:  # the journal cannot be read
                self._stop(problem_of(error, "the journal"))
        self._commit()
        self._documents.warn_of_held()
        for problem in self._plan.pipeline.ignored_changes:
            self._counters.warnings.add(problem)
        if self._counters.stopped and self._counters.stopped_recognizer:
            self._counters.warnings.add(self._counters.stopped_recognizer)  # the report has one reason
        self._counters.unread_pages = self._documents.unread_pages
        if self._walked_all and not (self._counters.unread_pages or self._documents.any_held):
            self._counters.interrupted = False  # Ctrl-C came too late to leave anything undone

    @property
    def _is_plugin_running(self) -> bool:
        """Whether a plugin is at work, so that a message will follow."""
        # On a full disk, a transform may be waiting for room.
        preparing = self._intake.preparing.left() is not None and not self._state_disk.is_full
        calls = self._scheduler.calls
        return bool(calls.threads.running or calls.reading or self._documents.any_writing or preparing)

    def _advance(self) -> float | None:
        """Choose calls, commit, and start them; returns the seconds until something is due again."""
        self._intake.expect(max((each.room for each in self._workers.readers if each is not None), default=0))
        self._note_workers()
        is_full = self._state_disk.is_full
        waits = [None if is_full else self._scheduler.pick_due()]
        # Picking can end pages too: a call hangs, or the budget is used up. Their ends belong to this commit.
        self._pages.take_outcomes()
        if self._commit():
            self._scheduler.calls.launch()
            self._documents.release()
        else:
            self._scheduler.withdraw()
            self._pages.take_outcomes()
            waits.append(None if self._state_disk.is_full else COMMIT_RETRY_SECONDS)
        if is_full and not self._state_disk.is_full:
            waits.append(0.0)  # choose the calls that waited
        # Outputs are not written, nor tried, before there is room for the journal.
        is_full = self._state_disk.is_full
        waits.append((self._state_disk if is_full else self._documents).seconds_to_next())
        waits += [self._delivery.give_up_hanging(), self._stop_if_transform_hangs()]
        if self._give_up_at is not None:
            waits.append(max(0.0, self._give_up_at - self._clock.now()))
        return soonest(*waits)

    def _note_workers(self) -> None:
        """Tell observers how many pages the workers of each recognizer can read, if that has changed."""
        if not self._observers.listen("workers_changed"):
            return
        for stage, workers in zip(self._plan.pipeline.recognizers, self._workers.readers, strict=True):
            if workers is not None and self._slots.get(stage.name) != (slots := workers.slots):
                self._slots[stage.name] = slots
                self._observers.emit("workers_changed", recognizer=stage.name, slots=slots)

    def _commit(self) -> bool:
        """Commit what was noted to the journal. If that fails, wait for room, or stop sending and writing.

        Returns whether everything is committed and there is room for more.
        """
        self._note_progress()
        self._is_unwritten = True
        try:
            self._journal.commit()
            self._is_unwritten = False
            if self._state_disk.is_due:
                self._try_for_room()
        except OutputError as error:
            problem = problem_of(error, "the journal")
            if not (isinstance(error, NoSpace) and self._state_disk.note(problem)):
                self._stop(problem)
        return not (self._is_unwritten or self._state_disk.is_full)

    def _try_for_room(self) -> None:
        """Go on if there is room on the disk of the state folder again. Raises NoSpace if not."""
        self._journal.hold_reserve()
        self._spool.check_room()
        self._scheduler.note_pause(self._state_disk.note_room())
        self._room.let_try()

    def _note_progress(self) -> None:
        if (now := self._clock.now()) >= self._progress_at:
            self._progress_at = now + PROGRESS_SECONDS
            report = replace(self._counters.report(now), failures=(), warnings=(), outputs=())
            where = described(self._plan.pipeline, self._workers)
            form = {**asdict(report), FOUND_ALL: self._intake_ended, WORKERS: where}
            self._journal.run.note_progress(json.dumps(form, default=str))

    def _stop_if_transform_hangs(self) -> float | None:
        """Stop a run whose intake hangs in a transform; returns the seconds until it would count as such."""
        if self._give_up_at is not None:
            return None
        if page := self._intake.preparing.overdue():
            why = f"a transform has not come back for {self._engine.call_deadline:g} s"
            self._stop(Problem(page, why, HANGING_HINT))
        return self._intake.preparing.left()

    def _is_finished(self) -> bool:
        """Return whether everything that can still end has ended."""
        if self._give_up_at is None:
            return self._intake_ended and not self._documents.any_open
        if self._is_unwritten:
            return not self._documents.any_writing and not self._scheduler.calls.threads.running
        is_waiting = self._scheduler.is_waiting or (self._documents.any_held and not self._intake_ended)
        may_wait = self._clock.now() < self._give_up_at
        is_writing = self._documents.any_writing or self._documents.any_ready
        return not (is_writing or (is_waiting and may_wait))

    def _handle_all(self, message: Message) -> None:
        """Handle a message and those that wait behind it, so that they share one commit."""
        self._handle(message)
        for _ in range(MESSAGES_PER_COMMIT):
            if (waiting := self._next_waiting()) is None:
                break
            self._handle(waiting)
        if problem := _too_many_failed(self._engine.max_failed, self._counters):
            self._stop(problem)

    def _next_waiting(self) -> Message | None:
        try:
            return self._inbox.get_nowait()
        except queue.Empty:
            return None

    def _handle(self, message: Message) -> None:
        match message:
            case CallEnded():
                self._scheduler.on_call_ended(message)
            case PageFound(job=job):
                self._pages.on_page_found(job)
            case PageLost():
                self._pages.on_page_lost(message)
            case DocumentFound(document=opened):
                self._documents.on_document_found(opened)
            case DocumentEnded(document=opened):
                self._documents.on_document_ended(opened)
            case DocumentLost(problem=problem):
                self._documents.record_failure(problem)
            case SinkEnded():
                self._documents.on_sink_ended(message)
            case DiskFull(problem=problem):
                if not self._state_disk.note(problem):
                    self._room.close()
            case OutputSkipped():
                self._counters.skipped_outputs += 1
            case Warned(problem=problem):
                self._counters.warnings.add(problem)
            case SourceStatus(source=source, text=text):
                self._observers.emit("source_status", source=source, text=text)
            case IntakeStopped(problem=problem):
                self._stop(problem)
            case IntakeEnded():
                self._on_intake_ended(message)
            case StopAsked():
                self._counters.interrupted = True
                self._wind_down()
        # At once, because the next message may be about a twin of the page.
        self._pages.take_outcomes()

    def _on_intake_ended(self, message: IntakeEnded) -> None:
        self._intake_ended, self.met_all = True, message.met_all
        self._walked_all = message.walked_all
        self._scheduler.all_found = True
        if message.walked_all:
            self._documents.on_sources_walked()

    def _stop(self, problem: Problem) -> None:
        """End the run for a problem; the first one is reported."""
        self._counters.stopped = self._counters.stopped or problem
        self._wind_down()

    def _wind_down(self) -> None:
        """Send nothing more. Open operations are polled for a while, and complete documents are written."""
        if self._give_up_at is None:
            self._give_up_at = self._clock.now() + GRACE_SECONDS
            self._state_disk.give_up()
            self._documents.disk.give_up()
            self._intake.close()
            self._scheduler.stop_submitting()


def _sinks_elsewhere(context: RunContext, rules: OutputRules, load: Load) -> SinksElsewhere | None:
    """Return what writes documents outside of this process; None if the run writes all of them itself."""
    if context.workers.writers is not None:
        return SinksOnCluster(context, rules, load, context.workers.writers)
    return sinks_in_workers(context, rules, load) if context.engine.sinks == "processes" else None


def _too_many_failed(most: float | None, counters: RunCounters) -> Problem | None:
    """Return why a run stops because of ``max_failed``; None if it goes on."""
    failed, found = counters.failed_pages, counters.pages_found
    if most is None or failed == 0:
        return None
    is_too_many = failed > most if most >= 1 else found >= ENOUGH_TO_JUDGE and failed > most * found
    why = f"{failed} of {counted(found, 'page')} failed, more than [engine] max_failed allows"
    return Problem("max_failed", why, "correct the cause, and run again") if is_too_many else None
