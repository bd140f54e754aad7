"""Takes documents in, page by page, as fast as the run lets pages go."""

from __future__ import annotations

import functools
import os
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from penstock.engine.gate import Gate, GateClosed
from penstock.engine.journal import Journal
from penstock.engine.keys import ContentKey, content_key
from penstock.engine.messages import (
    DocumentEnded,
    DocumentFound,
    DocumentLost,
    IntakeEnded,
    IntakeStopped,
    Message,
    Noted,
    OpenDocument,
    OutputSkipped,
    PageFound,
    PageJob,
    PageLost,
    SourceSaid,
)
from penstock.engine.problems import ends_the_run, problem_of
from penstock.errors import sort_of
from penstock.model import Document, Page, Problem
from penstock.pipeline import Pipeline, SourceStage
from penstock.spool import Spool


@dataclass(slots=True)
class _Taken:
    """How far the intake is with a document."""

    opened: OpenDocument | None = None
    passed_over: int = 0
    last: int = 0

    def numbered(self, page: Page) -> Page:
        """The page, with a number behind the last one's: a source may have given one twice."""
        self.last = max(page.number - self.passed_over, self.last + 1)
        return page if page.number == self.last else replace(page, number=self.last)

    def lost(self) -> int:
        """The number of a page that could not be had."""
        self.last += 1
        return self.last


class Intake:
    """The walk over all sources, on a thread of its own.

    Parameters
    ----------
    journal
        Asked what is known of a page, so that nothing is prepared in vain.
    inbox
        Where what is found goes.
    spool
        Where sources and transforms keep pictures.
    preparing
        The digest of the transforms.
    prepares
        Whether pages are prepared at all: where nothing is sent, nothing is.
    documents, pages
        Gates: how many documents and pages may be open at once.
    refusal
        Why a document, counted from 1, cannot be written, known before any of its pages is sent; None if
        it can.
    takes
        Whether a source is to be walked.
    wanted
        Whether a document, by its number in the journal, is to be taken in.
    finally_take
        Called with this, on its thread, when all sources were walked: what else is to be taken in.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        journal: Journal,
        *,
        inbox: queue.SimpleQueue[Message],
        spool: Spool,
        preparing: bytes,
        prepares: bool,
        documents: Gate,
        pages: Gate,
        refusal: Callable[[Document, int], Problem | None],
        takes: Callable[[SourceStage], bool],
        wanted: Callable[[int], bool],
        finally_take: Callable[[Intake], None],
    ) -> None:
        self._pipeline, self._journal = pipeline, journal
        self._inbox, self._spool, self._preparing = inbox, spool, preparing
        self._transforms = pipeline.transforms if prepares else []
        self._documents, self._pages = documents, pages
        self._refusal, self._takes, self._wanted = refusal, takes, wanted
        self._finally_take = finally_take
        self._found = 0
        self._has_lost = False
        self._prepared_pages = 0
        self.preparing: tuple[int, str] | None = None
        """The page that transforms have in their hands: how many there were, and what it is called."""

    def walk(self) -> None:
        """Take everything in. Raises nothing: what goes wrong becomes a message."""
        met_all = False
        try:
            for source in self._pipeline.sources:
                if self._takes(source):
                    self._walk_source(source)
            self._finally_take(self)
            met_all = not self._has_lost
        except GateClosed:
            pass
        except BaseException as error:  # only what ends the run comes here
            self._inbox.put(IntakeStopped(problem_of(error, "taking pages in")))
        finally:
            self._inbox.put(IntakeEnded(met_all))

    def _walk_source(self, source: SourceStage) -> None:
        show_status = functools.partial(self._say, source.name)
        try:
            for item in source.find_documents(self._spool, show_status):
                if isinstance(item, Document):
                    self._take(item, source)
                elif item.path is None or not self._passed_over(item.path, source):
                    self.lose_document(item)
        except GateClosed:
            raise
        except BaseException as error:  # a plugin may raise anything, SystemExit too
            if ends_the_run(error):
                raise
            self.lose_document(problem_of(error, f"the source {source.name!r}"))

    def lose_document(self, problem: Problem) -> None:
        """Something that was to be a document, and cannot be had."""
        self._has_lost = True
        self._inbox.put(DocumentLost(problem))

    def _say(self, source: str, text: str) -> None:
        self._inbox.put(SourceSaid(source, text))

    def _passed_over(self, path: Path, source: SourceStage) -> bool:
        """Whether a file that a source came upon, and did not fetch, is one of penstock's own."""
        ledger = self._journal.outputs
        if not (ledger.is_ours(path) if source.fetches else ledger.is_no_scan(path)):
            return False
        self._inbox.put(OutputSkipped(path))
        return True

    def _take(self, document: Document, source: SourceStage) -> None:
        """Take one document in; whatever goes wrong with it costs no other one anything."""
        taken = _Taken()
        try:
            self._take_pages(document, source, taken)
        except GateClosed:
            raise
        except BaseException as error:  # a plugin may raise anything, SystemExit too
            if ends_the_run(error):
                raise
            problem = problem_of(error, document.origin, who=f"the source {source.name!r}")
            if taken.opened:
                self._inbox.put(PageLost(taken.opened, taken.lost(), problem))
            else:
                self.lose_document(problem)
        if taken.opened:
            self.close(taken.opened)

    def _take_pages(self, document: Document, source: SourceStage, taken: _Taken) -> None:
        """Take one document's pages in. A document of nothing but our own outputs is none."""
        for item in document.pages:
            if isinstance(item, Page):
                if self._passed_over(item.picture.path, source):
                    taken.passed_over += 1
                    continue
                self._journal.outputs.note_input(item.picture.path)
                item = taken.numbered(item)  # noqa: PLW2901  a page must not take another's place
            taken.opened = taken.opened or self._open(document)
            if taken.opened is None:
                return
            self._take_page(taken, taken.opened, item)
        if taken.opened is None and not taken.passed_over:
            self.lose_document(Problem(document.origin, "has no pages"))

    def _open(self, document: Document) -> OpenDocument | None:
        """Begin with a document; None if it is not wanted, or could not be written anyway."""
        number = self._journal.documents.identity(document)
        return self.open(document, number) if self._wanted(number) else None

    def open(self, document: Document, number: int, *, recalled: bool = False) -> OpenDocument | None:
        """Begin with a document of that number in the journal; None if it could not be written anyway."""
        self._found += 1
        if problem := self._refusal(document, self._found):
            self.lose_document(problem)
            return None
        self._documents.enter()
        opened = OpenDocument(self._found, document, number, recalled)
        self._inbox.put(DocumentFound(opened))
        return opened

    def take_job(self, job: PageJob) -> None:
        """Take a page in that the journal has; it is prepared as far as it may be sent."""
        self._journal.outputs.note_input(job.page.picture.path)
        self._pages.enter()
        with self._failing_alone(job):
            if job.reading is None and job.failed is None:
                job.prepared = self._prepared(job.page, job.content)
            self._inbox.put(PageFound(job))

    def lose(self, opened: OpenDocument, number: int, problem: Problem) -> None:
        """A page that could not be had, and still cannot."""
        self._inbox.put(PageLost(opened, number, problem, before=True))

    def close(self, opened: OpenDocument) -> None:
        """All of a document's pages were taken in."""
        self._inbox.put(DocumentEnded(opened))

    def _take_page(self, taken: _Taken, opened: OpenDocument, item: object) -> None:
        if isinstance(item, Problem):
            self._inbox.put(PageLost(opened, taken.lost(), item))
            return
        if not isinstance(item, Page):
            why = f"the source gave {sort_of(item)} for a page"
            problem = Problem(opened.document.origin, why, "tell the plugin's author")
            self._inbox.put(PageLost(opened, taken.lost(), problem))
            return
        if item.note:
            self._inbox.put(Noted(Problem(item.origin, item.note, path=item.picture.path)))
        self._pages.enter()
        job = PageJob(opened, item, item)
        with self._failing_alone(job):
            job.content = self._content(item)
            job.prepared = self._prepared(item, job.content)
            self._inbox.put(PageFound(job))

    @contextmanager
    def _failing_alone(self, job: PageJob) -> Iterator[None]:
        """Let whatever a transform raises cost its own page alone, which is kept as it is for another try."""
        try:
            yield
        except BaseException as error:  # a plugin may raise anything, SystemExit too
            if ends_the_run(error):
                raise
            self._pages.leave()
            page = job.page
            problem = problem_of(error, page.origin, page.picture.path, "a transform")
            had = (page, job.content) if job.content else (None, None)
            self._inbox.put(PageLost(job.document, page.number, problem, *had))

    def _content(self, page: Page) -> ContentKey:
        """The digest of a page as it is sent; one of its own for a page whose file cannot be read."""
        try:
            digest = self._journal.digests.of(page.picture)
        except OSError:
            digest = os.urandom(32)
        return content_key(digest, page.picture.page_index, self._preparing)

    def _prepared(self, page: Page, content: ContentKey) -> Page:
        """The page as it is to be sent; as it is, if it need not be."""
        if page.existing_recognition or not self._transforms or self._journal.answers.is_known(content):
            return page
        self._prepared_pages += 1
        prepared, self.preparing = page, (self._prepared_pages, page.origin)
        try:
            for transform in self._transforms:
                prepared = transform.prepare(prepared, self._spool)
        finally:
            self.preparing = None
        return replace(prepared, number=page.number)


__all__ = ["Intake"]
