"""Documents that a run takes from the journal instead of the sources (`penstock retry` and `write`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from penstock.engine.context import RunOptions
from penstock.engine.jobs import OpenDocument, PageJob
from penstock.engine.journal import Journal
from penstock.engine.journal.documents import PageRow
from penstock.model import Document, Problem
from penstock.stages import SourceStage

if TYPE_CHECKING:
    from penstock.engine.intake import Intake


class Replay:
    """Which documents of the sources and of the journal a run takes; used on the intake thread.

    ``write`` takes all documents from the journal, or some by their numbers, and walks no source. ``retry``
    walks the sources for documents that failed, because files may have been corrected. It takes failed
    documents of live sources, which find other pictures each time, from the journal.
    """

    def __init__(self, options: RunOptions, journal: Journal) -> None:
        self._options, self._journal = options, journal
        self._found: set[int] = set()
        self._failed: set[int] | None = None
        if options.retry and not options.write_only:
            self._failed = {number for number, _ in journal.documents.iterate(failed_only=True)}

    def walks(self, source: SourceStage) -> bool:
        return not (self._options.write_only or (self._options.retry and source.is_live))

    def wants(self, number: int) -> bool:
        """Return whether to take a document that a source yielded; it is then not taken from the journal."""
        if self._failed is None:
            return True
        self._found.add(number)
        return number in self._failed

    def note_inputs(self) -> None:
        """Note the input files of all documents in the journal, for a run that takes only some of them."""
        if not (self._options.write_only or self._options.retry):
            return
        for document, _ in self._journal.documents.iterate():
            number = 0
            while rows := self._journal.documents.pages_after(document, number):
                number = rows[-1].number
                for page in filter(None, (row.page() for row in rows)):
                    self._journal.outputs.note_input(page.picture.place)

    def add_documents(self, intake: Intake) -> None:
        """Let the intake take the wanted documents that no source yielded."""
        if not (self._options.write_only or self._options.retry):
            return
        failed_only = self._failed is not None
        for number, document in self._documents(failed_only=failed_only):
            if number in self._found or (self._failed is not None and number not in self._failed):
                continue
            if not self._journal.documents.is_complete(number):
                why = "was not found completely before the last run stopped"
                intake.lose_document(Problem(document.origin, why, "`penstock run` continues with it"))
            elif opened := intake.open_document(document, number, from_journal=True):
                self._add_pages(intake, opened)
                intake.close_document(opened)

    def _documents(self, *, failed_only: bool) -> Iterator[tuple[int, Document]]:
        if self._options.documents is None:
            yield from self._journal.documents.iterate(failed_only=failed_only)
            return
        for number in sorted(self._options.documents):
            if document := self._journal.documents.find(number):
                yield number, document

    def _add_pages(self, intake: Intake, opened: OpenDocument) -> None:
        number = 0
        while rows := self._journal.documents.pages_after(opened.number, number):
            for row in rows:
                number = row.number
                self._add_page(intake, opened, row)

    def _add_page(self, intake: Intake, opened: OpenDocument, row: PageRow) -> None:
        failed = Problem(opened.document.origin, row.why, row.hint or "") if row.why else None
        page = row.page()
        if page is None or row.content_key is None:
            if failed:
                intake.add_lost_page(opened, row.number, failed)
            return
        job = PageJob(opened, page, page, row.content_key)
        if self._failed is None:  # nothing is tried again
            job.stored_key, job.earlier_problem = row.recognizer_key, failed
        intake.add_page(job)
