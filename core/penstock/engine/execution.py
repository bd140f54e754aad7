"""The parts of a run while it runs, and what each message does to them."""

from __future__ import annotations

import queue
import random
from datetime import datetime
from types import TracebackType

from penstock.engine.announcer import Announcer
from penstock.engine.bookkeeping import Books
from penstock.engine.clock import Clock
from penstock.engine.delivery import Delivery, owner_of
from penstock.engine.intake import Gate, Intake, problem_of
from penstock.engine.journal import Journal
from penstock.engine.messages import (
    CallEnded,
    DocumentEnded,
    DocumentFound,
    DocumentLost,
    IntakeEnded,
    Message,
    ObserverLost,
    OpenDocument,
    OutputSkipped,
    PageFound,
    PageJob,
    PageLost,
    SinkEnded,
    StopAsked,
)
from penstock.engine.schedule import Schedule
from penstock.engine.shelf import Shelf, ShelfWalk
from penstock.engine.states import PageState
from penstock.engine.threads import Callers, daemon
from penstock.errors import OutputError
from penstock.model import Document, Problem, ReadDocument, ReadPage, Recognition
from penstock.outputs import OutputRules
from penstock.pipeline import Pipeline
from penstock.spool import Spool

GRACE_SECONDS = 30.0
"""How long a run that was stopped goes on asking for what is out."""
OPEN_DOCUMENTS = 64
"""Documents begun and not yet written, at most, besides one for each page in flight."""


class Execution:
    """The parts of a run while it runs, and what each message does to them."""

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        journal: Journal,
        shelf: Shelf,
        spool: Spool,
        inbox: queue.SimpleQueue[Message],
        books: Books,
        clock: Clock,
        random_source: random.Random,
        force: bool,
    ) -> None:
        engine = pipeline.configuration.engine
        self._pipeline, self._journal, self._shelf, self._spool = pipeline, journal, shelf, spool
        self._clock, self._inbox, self._books = clock, inbox, books
        self._keep_incomplete = engine.on_failed_page == "skip"
        self._rules = OutputRules(
            root=pipeline.configuration.folder,
            name=pipeline.name,
            date=datetime.now().astimezone().date().isoformat(),
            ledger=journal,
            force=force,
        )
        self._callers = Callers()
        self._schedule = Schedule(
            pipeline.recognizers,
            in_flight=engine.in_flight,
            on_doubt=engine.on_doubt,
            inbox=self._inbox,
            callers=self._callers,
            now=self._clock.now,
            random_source=random_source,
            read=self._page_read,
            failed=self._page_failed,
            submitted=lambda job: self._announcer.tell(
                "page_submitted", document=job.document.document, page=job.page
            ),
            stop=self._stop,
        )
        self._documents = Gate(engine.in_flight + OPEN_DOCUMENTS)
        self._pages = Gate(2 * engine.in_flight)
        self._announcer = Announcer(pipeline.observers, self._inbox)
        self._delivery = Delivery(pipeline.sinks, self._rules, self._inbox)
        self._open: dict[int, OpenDocument] = {}
        self._intake_ended = False
        self._give_up_at: float | None = None

    def __enter__(self) -> Execution:
        self._announcer.tell("run_started", pipeline=self._pipeline.name)
        intake = Intake(
            pipeline=self._pipeline,
            inbox=self._inbox,
            spool=self._spool,
            documents=self._documents,
            pages=self._pages,
            is_own_output=self._journal.is_ours,
            note_input=self._journal.note_input,
            refusal=self._refusal,
        )
        daemon("penstock-intake", intake.walk)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._documents.close()
        self._pages.close()
        self._delivery.close()
        self._callers.close()
        if kind is None:
            self._announcer.tell("run_finished", report=self._books.report(self._clock.now()))
            self._announcer.close()

    def loop(self) -> None:
        """Schedule and handle messages until nothing is left to do."""
        while not (self._inbox.empty() and self._finished()):
            wait = self._schedule.start_due()
            if self._give_up_at is not None:
                left = max(0.0, self._give_up_at - self._clock.now())
                wait = left if wait is None else min(wait, left)
            message = self._clock.receive(self._inbox, wait, calls_running=self._callers.running > 0)
            if message is not None:
                self._handle(message)
        self._books.unread_pages = sum(opened.unread + opened.outstanding for opened in self._open.values())
        self._books.doubtful_submits = self._schedule.counts.doubtful
        self._books.lost_operations = self._schedule.counts.lost

    def _finished(self) -> bool:
        """Whether everything that can still come to an end has."""
        if self._give_up_at is None:
            return self._intake_ended and not self._open
        writing = any(opened.sinks_left for opened in self._open.values())
        polling = self._schedule.in_flight and self._clock.now() < self._give_up_at
        return not writing and not polling

    def _handle(self, message: Message) -> None:
        match message:
            case CallEnded():
                self._schedule.ended(message)
                self._settle(message.job.document)
            case PageFound(job=job):
                self._page_found(job)
            case PageLost(document=opened, problem=problem):
                opened.pages += 1
                self._books.pages_found += 1
                self._note_failure(opened, problem)
            case DocumentFound(document=opened):
                self._open[opened.index] = opened
                self._books.documents_found += 1
                self._announcer.tell("document_found", document=opened.document)
            case DocumentEnded(document=opened):
                opened.complete = True
                self._settle(opened)
            case DocumentLost(problem=problem):
                self._books.failures.add(problem)
                self._announcer.tell("document_failed", problem=problem)
            case SinkEnded():
                self._sink_ended(message)
            case OutputSkipped():
                self._books.skipped_outputs += 1
            case ObserverLost(problem=problem):
                self._books.warnings.add(problem)
            case IntakeEnded():
                self._intake_ended = True
            case StopAsked():
                self._books.interrupted = True
                self._wind_down()

    def _page_found(self, job: PageJob) -> None:
        job.document.pages += 1
        self._books.pages_found += 1
        self._announcer.tell("page_found", document=job.document.document, page=job.page)
        if self._give_up_at is not None:
            job.document.unread += 1
            return
        job.document.outstanding += 1
        if job.page.known is None:
            self._schedule.add(job)
        else:
            self._page_read(job, job.page.known)
            self._settle(job.document)

    def _page_read(self, job: PageJob, recognition: Recognition) -> None:
        try:
            self._shelf.put(job.document.index, ReadPage(job.page, recognition))
        except OutputError as error:
            self._stop(problem_of(error, "what was read cannot be kept"))
            job.document.unread += 1
            self._page_left(job)
            return
        except Exception as error:
            job.go(PageState.FAILED)
            self._page_failed(job, problem_of(error, job.page.origin, who="the recognizer"))
            return
        self._books.pages_read += 1
        self._announcer.tell(
            "page_recognized", document=job.document.document, page=job.page, recognition=recognition
        )
        self._page_left(job)

    def _page_failed(self, job: PageJob, problem: Problem) -> None:
        self._note_failure(job.document, problem)
        self._page_left(job)

    def _page_left(self, job: PageJob) -> None:
        job.document.outstanding -= 1
        self._pages.leave()

    def _note_failure(self, opened: OpenDocument, problem: Problem) -> None:
        opened.failed += 1
        self._books.failures.add(problem)
        self._announcer.tell("page_failed", document=opened.document, problem=problem)

    def _settle(self, opened: OpenDocument) -> None:
        """Deliver a document whose pages have all come to their ends, or close it."""
        if not opened.complete or opened.outstanding or opened.unread or opened.sinks_left:
            return
        read = self._shelf.count(opened.index)
        if read and (not opened.failed or self._keep_incomplete):
            document = opened.document
            walk = ShelfWalk(self._shelf, opened.index)
            self._delivery.hand_over(
                opened,
                ReadDocument(document.name, document.origin, walk, document.folder, document.beside),
            )
            return
        if read:
            why = f"not written, because {opened.failed} of its {opened.pages} pages failed"
            hint = 'on_failed_page = "skip" writes a document without its failed pages'
            problem = Problem(opened.document.origin, why, hint)
            self._announcer.tell("document_failed", problem=problem)
            self._books.failures.add(problem)
        self._close(opened)

    def _sink_ended(self, message: SinkEnded) -> None:
        opened = message.document
        opened.sinks_left -= 1
        for path in message.outputs:
            self._books.outputs.add(path)
        for warning in message.warnings:
            self._books.warnings.add(warning)
        if message.error:
            opened.failed_sinks += 1
            problem = message.error
            named = Problem(problem.what, f"sink {message.sink!r}: {problem.why}", problem.hint, problem.path)
            self._books.failures.add(named)
            self._announcer.tell("document_failed", problem=named)
            if message.stop:
                self._stop(problem)
        if not opened.sinks_left:
            self._written(opened)

    def _written(self, opened: OpenDocument) -> None:
        if not opened.failed_sinks:
            self._books.documents_written += 1
            self._announcer.tell("document_written", document=opened.document)
        self._close(opened)

    def _close(self, opened: OpenDocument) -> None:
        del self._open[opened.index]
        self._shelf.drop(opened.index)
        self._documents.leave()

    def _stop(self, problem: Problem) -> None:
        self._books.stopped = self._books.stopped or problem
        self._wind_down()

    def _wind_down(self) -> None:
        """Send nothing more; from here on only what is out and what is complete comes to its end."""
        if self._give_up_at is not None:
            return
        self._give_up_at = self._clock.now() + GRACE_SECONDS
        self._documents.close()
        self._pages.close()
        for job in self._schedule.stop_submitting():
            job.document.unread += 1
            job.document.outstanding -= 1

    def _refusal(self, document: Document, index: int) -> Problem | None:
        """Why a document cannot be written, found out before its pages are sent; on the intake's thread."""
        for sink in self._pipeline.sinks:
            template = sink.template
            if template is None or "{page}" in template:
                continue
            try:
                place = self._rules.place(template, document)
                self._rules.check_free(place, owner_of(index, sink), document.origin)
            except Exception as error:
                return problem_of(error, document.origin, document.beside, "the source")
        return None


__all__ = ["Execution"]
