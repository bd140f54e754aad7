"""Walks the sources on a thread of its own, as fast as the run takes pages."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from penstock.engine.context import OPEN_DOCUMENTS, RunContext
from penstock.engine.delivery import OutputCheck
from penstock.engine.jobs import (
    DocumentEnded,
    DocumentFound,
    DocumentLost,
    IntakeEnded,
    IntakeStopped,
    OpenDocument,
    OutputSkipped,
    PageFound,
    PageJob,
    PageLost,
    SourceStatus,
    Warned,
)
from penstock.engine.journal.digests import Digests
from penstock.engine.keys import ContentKey, content_key
from penstock.engine.outage import FAILURES_IN_A_ROW
from penstock.engine.page_keys import PageKeys, page_keys, taken_by
from penstock.engine.problems import ends_the_run, problem_of
from penstock.engine.replay import Replay
from penstock.engine.room import Room
from penstock.engine.stopwatch import Stopwatch
from penstock.engine.threads import Deadline, Gate
from penstock.errors import sort_of
from penstock.model import Document, Page, Problem
from penstock.outputs import OutputRules
from penstock.stages import SourceStage
from penstock.storage import Address, Place, is_address

_log = logging.getLogger(__name__)


class GateClosed(Exception):
    """The run is stopping: the intake takes nothing more."""


@dataclass(slots=True)
class _Walk:
    """How far the walk over a document's pages has come."""

    opened: OpenDocument | None = None
    is_refused: bool = False
    skipped: int = 0
    last: int = 0

    def numbered(self, page: Page) -> Page:
        """Return the page with a number after the last one's: a source may yield a number twice."""
        self.last = max(page.number - self.skipped, self.last + 1)
        return page if page.number == self.last else replace(page, number=self.last)

    def next_number(self) -> int:
        self.last += 1
        return self.last


class Intake:
    """The walk over all sources. Its methods run on the intake thread; it talks to the run by messages.

    It also reads the journal (from any thread, as `Answers.is_known` and others promise) so that pages
    with a result are not prepared.
    """

    def __init__(self, context: RunContext, rules: OutputRules, room: Room, now: Callable[[], float]) -> None:
        self._context, self._journal, self._room = context, context.journal, room
        self._put, self._plan = context.inbox.put, context.plan
        self._file_digests = Digests(context.journal.database)
        self._in_flight = in_flight = context.engine.in_flight
        self.document_gate = Gate(in_flight + OPEN_DOCUMENTS)
        # An outage shows in the failures of different pages.
        self.page_gate = Gate(in_flight + max(in_flight, FAILURES_IN_A_ROW))
        # Time in which a transform waits for room on the disk does not count.
        self.preparing = Deadline(context.engine.call_deadline, now)
        """Runs while a transform has a page, which it names."""
        self._check = OutputCheck(context, rules)
        self._inputs_incomplete = rules.inputs_incomplete
        self._replay = Replay(self._plan.options, self._journal)
        # With --force every input must be noted before the first output is written, so the sources are
        # walked to their ends even if the run stops.
        self._notes_all = self._plan.options.force
        self._is_closed = False
        self._documents = 0
        self._has_lost = False
        self._is_cut_short = False
        self._last_output: Place | None = None

    def walk(self) -> None:
        """Walk the sources and the journal. Raises nothing: errors become messages."""
        self._room.enter_intake()
        walked_all = False
        try:
            if self._notes_all:
                self._replay.note_inputs()
            for source in self._plan.pipeline.sources:
                if self._replay.walks(source):
                    self._walk_source(source)
            walked_all = not self._is_cut_short
            if not self._is_closed:
                self._replay.add_documents(self)
        except GateClosed:
            self._is_closed = True
        except BaseException as error:  # only errors that end the run come here
            self._put(IntakeStopped(problem_of(error, "taking pages in")))
        finally:
            # The last message in every case: the run waits for it.
            met_all = walked_all and not self._has_lost and not self._is_closed
            self._put(IntakeEnded(walked_all, met_all))

    def expect(self, in_flight: int) -> None:
        """Walk further ahead if more pages may be in flight than before. Called on the main thread."""
        if (more := in_flight - self._in_flight) > 0:
            self._in_flight = in_flight
            self.document_gate.widen(more)
            self.page_gate.widen(2 * more)

    def close(self) -> None:
        """Take nothing more. Called on the main thread."""
        self._room.close()
        self.document_gate.close()
        self.page_gate.close()

    def _walk_source(self, source: SourceStage) -> None:
        if not self._goes_on(source):
            return
        _log.info("source %s: start", source.name)

        def show_status(text: str) -> None:
            self._put(SourceStatus(source.name, text))

        try:
            for item in source.find_documents(self._context.spool, show_status):
                self._take(item, source)
                if not self._goes_on(source):
                    break
        except GateClosed:
            raise
        except BaseException as error:  # a plugin may raise anything, even SystemExit
            if ends_the_run(error):
                raise
            self._note_failed(source)
            self.lose_document(problem_of(error, f"the source {source.name!r}"))
        _log.info("source %s: end", source.name)

    def _note_failed(self, source: SourceStage) -> None:
        """Note that a source has inputs that it did not name: with --force they must not be replaced."""
        # What is fetched lies in the state folder, but outputs may be written beside objects.
        if not source.fetches or source.storage:
            self._inputs_incomplete.set()

    def _goes_on(self, source: SourceStage) -> bool:
        """Return whether a source is walked further; after the gates closed only to note its inputs."""
        if self._is_closed and source.fetches:
            self._note_failed(source)
            return False  # to go on would fetch everything
        if self._is_closed and source.is_live:
            self._is_cut_short = True  # the source may never end
            return False
        return True

    def _take(self, item: Document | Problem, source: SourceStage) -> None:
        if isinstance(item, Document):
            self._take_document(item, source)
        elif item.path is None or not self._is_output(item.path, source):
            self._note_input_of(item)
            self.lose_document(item)

    def lose_document(self, problem: Problem) -> None:
        """Report a document that could not be found or must not be written."""
        self._has_lost = True
        if not self._is_closed:
            self._put(DocumentLost(problem))

    def _is_output(self, path: Place, source: SourceStage) -> bool:
        """Return whether a file that a source found was written by penstock and so is not an input."""
        outputs = self._journal.outputs
        if not (outputs.is_ours(path) if source.fetches else outputs.is_no_scan(path)):
            return False
        if path != self._last_output:  # its pages follow each other
            self._put(OutputSkipped(path))
        self._last_output = path
        return True

    def _note_input_of(self, problem: Problem) -> None:
        """Note a file that could not be opened: with --force it must not be replaced either."""
        if not self._notes_all:
            return
        if problem.path is not None:
            self._journal.outputs.note_input(problem.path)
        elif is_address(problem.what):
            self._journal.outputs.note_input(Address.parse(problem.what))

    def _take_document(self, document: Document, source: SourceStage) -> None:
        """Take a document. An error costs no other document anything."""
        walk = _Walk()
        try:
            self._take_pages(document, source, walk)
        except GateClosed:
            raise
        except BaseException as error:  # a plugin may raise anything, even SystemExit
            if ends_the_run(error):
                raise
            self._note_failed(source)
            problem = problem_of(error, document.origin, who=f"the source {source.name!r}")
            if walk.opened:
                self._put(PageLost(walk.opened, walk.next_number(), problem))
            else:
                self.lose_document(problem)
        if walk.opened and not self._is_closed:
            self.close_document(walk.opened)

    def _take_pages(self, document: Document, source: SourceStage, walk: _Walk) -> None:
        """Take a document's pages. A document is passed over if all its files are outputs of penstock."""
        for item in document.pages:
            if isinstance(item, Page):
                if self._is_output(item.picture.place, source):
                    walk.skipped += 1
                    continue
                self._journal.outputs.note_input(item.picture.place)
            elif isinstance(item, Problem):
                self._note_input_of(item)
            try:
                self._take_page(document, walk, item)
            except GateClosed:
                self._is_closed = True
                if not self._notes_all:
                    raise
            is_bounded = self._notes_all and not (source.is_live or source.fetches)
            if not self._goes_on(source):
                return
            if walk.is_refused and not is_bounded:
                self._note_failed(source)
                return
        if walk.opened is None and not walk.skipped and not walk.is_refused and not self._is_closed:
            self.lose_document(Problem(document.origin, "has no pages"))

    def _take_page(self, document: Document, walk: _Walk, item: object) -> None:
        if walk.is_refused or self._is_closed:
            return
        if isinstance(item, Page):
            item = walk.numbered(item)
        if walk.opened is None:
            number = self._journal.documents.identity(document)
            walk.opened = self.open_document(document, number) if self._replay.wants(number) else None
            walk.is_refused = walk.opened is None
        if walk.opened is None:
            return
        if not isinstance(item, Page):
            self._put(PageLost(walk.opened, walk.next_number(), _problem_with(item, walk.opened)))
            return
        if item.note:
            self._put(Warned(Problem(item.origin, item.note, path=item.picture.path)))
        self._enter(self.page_gate)
        job = PageJob(walk.opened, item, item)
        with self._failing_alone(job):
            job.content_key, job.file_key = self._keys(item, document)
            self._prepare(job)
            self._put(PageFound(job))

    def open_document(
        self, document: Document, number: int, *, from_journal: bool = False
    ) -> OpenDocument | None:
        """Begin a document with this number in the journal; None if its outputs could not be written."""
        self._documents += 1
        if problem := self._check.problem(document, self._documents):
            self.lose_document(problem)
            return None
        self._enter(self.document_gate)
        opened = OpenDocument(self._documents, document, number, from_journal)
        self._put(DocumentFound(opened))
        return opened

    def close_document(self, opened: OpenDocument) -> None:
        self._put(DocumentEnded(opened))

    def add_page(self, job: PageJob) -> None:
        """Take a page from the journal, and prepare it if it may be sent."""
        self._journal.outputs.note_input(job.page.picture.place)
        self._enter(self.page_gate)
        with self._failing_alone(job):
            job.file_key = self._stored_file_key(job)
            if job.stored_key is None and job.earlier_problem is None:
                self._prepare(job)
            self._put(PageFound(job))

    def add_lost_page(self, opened: OpenDocument, number: int, problem: Problem) -> None:
        """Report a page that an earlier run could not find."""
        self._put(PageLost(opened, number, problem, before=True))

    @staticmethod
    def _enter(gate: Gate) -> None:
        if not gate.enter():
            raise GateClosed

    @contextmanager
    def _failing_alone(self, job: PageJob) -> Iterator[None]:
        """Fail one page for an exception of a transform; the page is kept for another try."""
        try:
            yield
        except BaseException as error:  # a plugin may raise anything, even SystemExit
            if ends_the_run(error):
                raise
            self.page_gate.leave()
            page = job.page
            problem = problem_of(error, page.origin, page.picture.path, "a transform")
            found, key = (page, job.content_key) if job.content_key else (None, None)
            self._put(PageLost(job.document, page.number, problem, found, key, preparing=job.preparing))

    def _keys(self, page: Page, document: Document) -> PageKeys:
        """Return a page's keys; random ones if its file cannot be read, so that they equal no others."""
        journal, transforms = self._journal, self._plan.transforms_key
        try:
            keys = page_keys(page.picture, journal.digests, journal.answers, transforms)
        except OSError:
            key = content_key(os.urandom(32), page.picture.page_index, transforms)
            return PageKeys(key, key)
        if page.existing_recognition is not None:
            return keys
        taken = taken_by(self._plan.pipeline.recognizers, page, document)
        for file in (each.path for each in taken.files if each):
            # A file that penstock wrote may be replaced when its page is written again.
            if not journal.outputs.is_ours(file):
                journal.outputs.note_input(file)
        return taken.extended(keys, self._file_digests)

    def _stored_file_key(self, job: PageJob) -> ContentKey:
        """Return the key of a page from the journal that changes with its file."""
        picture = job.page.picture
        digest = self._journal.digests.of_unread_pdf(picture)
        if digest is None:
            return job.content_key
        return content_key(digest, picture.page_index, self._plan.transforms_key)

    def _prepare(self, job: PageJob) -> None:
        """Transform the page as it is to be sent. A page that will not be sent stays as it is."""
        page, transforms = job.page, self._plan.pipeline.transforms
        is_sent = not (self._plan.options.write_only or page.existing_recognition)
        if not is_sent or not transforms:
            return
        if self._journal.answers.is_known(job.content_key, page):
            job.is_prepared = False
            return
        prepared, error = page, None
        watch = Stopwatch()
        self.preparing.start(page.origin)
        try:
            for transform in transforms:
                prepared = transform.prepare(prepared, self._context.spool)
        except BaseException as raised:
            error = raised
            raise
        finally:
            self.preparing.clear()
            job.preparing = watch.timing("prepare", error=error)
        job.prepared = replace(prepared, number=page.number)


def _problem_with(item: object, opened: OpenDocument) -> Problem:
    """Return the problem that a source yielded in place of a page, or the one with what it yielded."""
    if isinstance(item, Problem):
        return item
    why = f"the source gave {sort_of(item)} for a page"
    return Problem(opened.document.origin, why, "tell the plugin's author")
