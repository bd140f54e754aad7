"""The parts of a run while it runs, and which of them gets what message.

Every turn of the loop does three things in this order, and the order is the promise: it handles what has
come in, writes what that means into the journal, and only then makes calls and hands documents to sinks. So
an intent is on the disk before its page leaves, an operation before its first poll, and a recognition
before any sink sees it.
"""

from __future__ import annotations

import queue
import random
from datetime import datetime
from types import TracebackType

from penstock.engine.announcer import PATIENCE, Announcer
from penstock.engine.bookkeeping import Books
from penstock.engine.choice import choice
from penstock.engine.clock import Clock
from penstock.engine.delivery import HANGING, Delivery, owner_of
from penstock.engine.document_flow import DocumentFlow
from penstock.engine.gate import Gate
from penstock.engine.intake import Intake
from penstock.engine.journal import Journal
from penstock.engine.journal.outputs import OutputState
from penstock.engine.messages import (
    CallEnded,
    DocumentEnded,
    DocumentFound,
    DocumentLost,
    IntakeEnded,
    IntakeStopped,
    Message,
    Noted,
    ObserverLost,
    OutputSkipped,
    PageFound,
    PageLost,
    SinkEnded,
    SourceSaid,
    StopAsked,
)
from penstock.engine.page_flow import PageFlow
from penstock.engine.plan import Plan
from penstock.engine.problems import ends_the_run, problem_of
from penstock.engine.schedule import Schedule
from penstock.engine.shelf import Shelf
from penstock.engine.threads import Callers, daemon
from penstock.errors import OutputError
from penstock.model import Document, Problem
from penstock.outputs import OutputRules
from penstock.report import counted
from penstock.spool import Spool

GRACE_SECONDS = 30.0
"""How long a run that was stopped goes on asking for what is out."""
OPEN_DOCUMENTS = 64
"""Documents begun and not yet written, at most, besides one for each page in flight."""
AT_ONCE = 64
"""Messages handled before what they mean is written."""
ENOUGH_TO_JUDGE = 20
"""Pages before a share of failed ones says anything."""
BREATH = 1.0
"""Seconds between tries to write what could not be written."""


class Execution:
    """The parts of a run while it runs, and which of them gets what message."""

    def __init__(
        self,
        plan: Plan,
        *,
        journal: Journal,
        spool: Spool,
        inbox: queue.SimpleQueue[Message],
        books: Books,
        clock: Clock,
        random_source: random.Random,
    ) -> None:
        pipeline, engine = plan.pipeline, plan.pipeline.configuration.engine
        self._plan, self._pipeline, self._journal, self._engine = plan, pipeline, journal, engine
        self._spool, self._inbox, self._books, self._clock = spool, inbox, books, clock
        self._rules = OutputRules(
            root=pipeline.configuration.folder,
            name=pipeline.name,
            date=datetime.now().astimezone().date().isoformat(),
            registry=journal.outputs,
            force=plan.options.force,
        )
        self._callers = Callers()
        self._documents_gate = Gate(engine.in_flight + OPEN_DOCUMENTS)
        self._pages_gate = Gate(2 * engine.in_flight)
        self._announcer = Announcer(pipeline.observers, inbox, patience=min(PATIENCE, engine.call_deadline))
        shelf = Shelf(journal)
        self._delivery = Delivery(pipeline.sinks, self._rules, shelf, inbox, clock.now)
        self._documents = DocumentFlow(
            journal=journal,
            shelf=shelf,
            books=books,
            announcer=self._announcer,
            delivery=self._delivery,
            sinks=plan.writings,
            keep_incomplete=engine.on_failed_page == "skip",
            rewrite=plan.options.rewrite or plan.options.force,
            again=plan.options.write_again,
            left=self._documents_gate.leave,
            stop=self._stop,
        )
        self._pages = PageFlow(
            journal=journal,
            shelf=shelf,
            books=books,
            announcer=self._announcer,
            keep_raw=engine.keep_answers,
            asks_again=_asks_again(plan),
            left=self._pages_gate.leave,
            settle=self._documents.settle,
            stop=self._stop,
        )
        self._schedule = Schedule(
            list(zip(pipeline.recognizers, plan.readings, strict=True)),
            plan.limits,
            in_flight=engine.in_flight,
            on_doubt="submit" if plan.options.retry else engine.on_doubt,
            call_deadline=engine.call_deadline,
            allowance=books.allowance,
            submissions=journal.submissions,
            inbox=inbox,
            callers=self._callers,
            now=clock.now,
            random_source=random_source,
            pages=self._pages,
        )
        self._intake = self._made_intake()
        self._preparing_since = (0, 0.0)
        self._intake_ended = False
        self.met_all = False
        """Whether every document that the sources have was met."""
        self._unwritten = False
        self._give_up_at: float | None = None

    def _made_intake(self) -> Intake:
        return Intake(
            self._pipeline,
            self._journal,
            inbox=self._inbox,
            spool=self._spool,
            preparing=self._plan.preparing,
            prepares=not self._plan.options.write_only,
            documents=self._documents_gate,
            pages=self._pages_gate,
            refusal=self._refusal,
            **choice(self._plan.options, self._journal),
        )

    def __enter__(self) -> Execution:
        self._announcer.tell("run_started", pipeline=self._pipeline.name)
        daemon("penstock-intake", self._intake.walk)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._documents_gate.close()
        self._pages_gate.close()
        self._delivery.close()
        self._callers.close()
        if kind is not None:
            self._announcer.abandon()
            return
        self._announcer.finish(self._books.report(self._clock.now()))
        while (message := self._next_waiting()) is not None:
            if isinstance(message, ObserverLost):
                self._books.warnings.add(message.problem)

    def loop(self) -> None:
        """Go on until nothing is left to do."""
        while not (self._inbox.empty() and self._finished()):
            wait = self._advance()
            message = self._clock.receive(self._inbox, wait, calls_running=self._is_at_work)
            try:
                if message is not None:
                    self._handle_all(message)
            except OutputError as error:  # the journal cannot be read
                self._stop(problem_of(error, "the journal"))
        self._write()
        self._books.unread_pages = self._documents.unread_pages
        self._books.doubtful_submits = self._schedule.counts.doubtful
        self._books.lost_operations = self._schedule.counts.lost

    @property
    def _is_at_work(self) -> bool:
        """Whether a plugin has something in its hands, and will come back by itself."""
        return bool(self._callers.running or self._documents.any_at_a_sink or self._intake.preparing)

    def _advance(self) -> float | None:
        """Choose what is due, write what that means, and start it; seconds until something is due again."""
        waits = [self._schedule.calls.pick_due()]
        if self._write():
            self._schedule.calls.launch()
            self._documents.release()
        else:
            self._schedule.calls.withdraw()
            waits.append(BREATH)
        waits += [self._delivery.give_up_hanging(self._engine.call_deadline), self._watch_transforms()]
        if self._give_up_at is not None:
            waits.append(max(0.0, self._give_up_at - self._clock.now()))
        return min((wait for wait in waits if wait is not None), default=None)

    def _write(self) -> bool:
        """Write into the journal what was noted; a run that cannot sends and writes nothing more."""
        try:
            self._journal.commit()
            self._unwritten = False
        except OutputError as error:
            self._unwritten = True
            self._stop(problem_of(error, "the journal"))
        return not self._unwritten

    def _watch_transforms(self) -> float | None:
        """End a run whose intake is stuck in a transform; seconds until it would be."""
        if (preparing := self._intake.preparing) is None or self._give_up_at is not None:
            return None
        number, page = preparing
        if number != self._preparing_since[0]:
            self._preparing_since = (number, self._clock.now())
        left = self._engine.call_deadline - (self._clock.now() - self._preparing_since[1])
        if left <= 0:
            why = f"a transform has not come back for {self._engine.call_deadline:g} s"
            self._stop(Problem(page, why, HANGING))
        return max(0.0, left)

    def _finished(self) -> bool:
        """Whether everything that can still come to an end has."""
        if self._give_up_at is None:
            return self._intake_ended and not self._documents.any_open
        if self._unwritten:
            return not self._documents.any_at_a_sink and not self._callers.running
        polling = self._schedule.in_flight and self._clock.now() < self._give_up_at
        return not (self._documents.any_at_a_sink or self._documents.any_ready or polling)

    def _handle_all(self, message: Message) -> None:
        """Handle a message and those that wait behind it: what they mean is written as one."""
        self._handle(message)
        for _ in range(AT_ONCE):
            if (waiting := self._next_waiting()) is None:
                break
            self._handle(waiting)
        if problem := _too_many_failed(self._engine.max_failed, self._books):
            self._stop(problem)

    def _next_waiting(self) -> Message | None:
        try:
            return self._inbox.get_nowait()
        except queue.Empty:
            return None

    def _handle(self, message: Message) -> None:
        match message:
            case CallEnded():
                self._schedule.ended(message)
            case PageFound(job=job):
                self._pages.found(job, self._schedule, stopping=self._give_up_at is not None)
            case PageLost():
                self._pages.lost(message)
            case DocumentFound(document=opened):
                self._documents.found(opened)
            case DocumentEnded(document=opened):
                self._documents.complete(opened)
            case DocumentLost(problem=problem):
                self._documents.lost(problem)
            case SinkEnded():
                self._documents.sink_ended(message)
            case OutputSkipped():
                self._books.skipped_outputs += 1
            case ObserverLost(problem=problem) | Noted(problem=problem):
                self._books.warnings.add(problem)
            case SourceSaid(source=source, text=text):
                self._announcer.tell("source_status", source=source, text=text)
            case IntakeStopped(problem=problem):
                self._stop(problem)
            case IntakeEnded(met_all=met_all):
                self._intake_ended, self.met_all = True, met_all
            case StopAsked():
                self._books.interrupted = True
                self._wind_down()

    def _stop(self, problem: Problem) -> None:
        self._books.stopped = self._books.stopped or problem
        self._wind_down()

    def _wind_down(self) -> None:
        """Send nothing more; from here on only what is out and what is complete comes to its end."""
        if self._give_up_at is not None:
            return
        self._give_up_at = self._clock.now() + GRACE_SECONDS
        self._documents_gate.close()
        self._pages_gate.close()
        for job in self._schedule.stop_submitting():
            self._pages.unread(job)

    def _refusal(self, document: Document, index: int) -> Problem | None:
        """Why a document cannot be written, found out before its pages are sent; on the intake's thread."""
        for sink in self._pipeline.sinks:
            template = sink.output_template
            if template is None or "{page}" in template:
                continue
            try:
                place = self._rules.place(template, document)
                if self._journal.outputs.state(place) is OutputState.CHANGED:
                    # Perhaps nothing is to be written there; if it is, the sink says so.
                    self._journal.outputs.claim(place, owner_of(index, sink), document.origin)
                else:
                    self._rules.check_free(place, owner_of(index, sink), document.origin)
            except Exception as error:
                if ends_the_run(error):
                    raise
                return problem_of(error, document.origin, document.beside, "the source")
        return None


def _asks_again(plan: Plan) -> str:
    """How a page that a service refused is sent again; what reads here says the same once more."""
    has_pipeline = not plan.options.elsewhere_if_busy
    has_service = any(limits.remote for limits in plan.limits)
    return "`penstock retry` asks again" if has_pipeline and has_service else ""


def _too_many_failed(most: float | None, books: Books) -> Problem | None:
    """Why a run is hopeless; None if it is not."""
    if most is None or books.failed_pages == 0:
        return None
    if most >= 1:
        hopeless = books.failed_pages > most
    else:
        hopeless = books.pages_found >= ENOUGH_TO_JUDGE and books.failed_pages > most * books.pages_found
    pages = counted(books.pages_found, "page")
    why = f"{books.failed_pages} of {pages} failed, more than [engine] max_failed allows"
    return Problem("max_failed", why, "mend what is wrong, and run again to go on") if hopeless else None


__all__ = ["Execution"]
