"""What a run takes in: what the sources give, what failed, or what the journal has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from penstock.engine.intake import Intake
from penstock.engine.journal import Journal
from penstock.engine.journal.documents import PageRow
from penstock.engine.messages import OpenDocument, PageJob
from penstock.engine.plan import RunOptions
from penstock.model import Problem
from penstock.pipeline import SourceStage


class Choice(TypedDict):
    """What the intake is told."""

    takes: Callable[[SourceStage], bool]
    wanted: Callable[[int], bool]
    finally_take: Callable[[Intake], None]


def choice(options: RunOptions, journal: Journal) -> Choice:
    """What a run takes in.

    To write again needs no source: the journal has every page. To retry walks the sources, since a file
    may have been mended, for documents that failed; those of a camera, which gives other pictures every
    time, come from the journal.
    """
    if options.write_only:
        every = _Recollection(journal, wanted=None, retry=False)
        return Choice(takes=lambda _: False, wanted=lambda _: False, finally_take=every.take)
    if options.retry:
        failed = {number for number, _ in journal.documents.iterate(failed_only=True)}
        rest = _Recollection(journal, wanted=failed, retry=True)
        return Choice(takes=lambda source: not source.is_live, wanted=rest.met, finally_take=rest.take)
    return Choice(takes=lambda _: True, wanted=lambda _: True, finally_take=lambda _: None)


class _Recollection:
    """Documents as the journal has them, in the place of the sources.

    Parameters
    ----------
    wanted
        Their numbers; None for all.
    retry
        Whether what failed is to be tried again.
    """

    def __init__(self, journal: Journal, *, wanted: set[int] | None, retry: bool) -> None:
        self._journal = journal
        self._wanted = wanted
        self._retry = retry
        self._met: set[int] = set()

    def met(self, number: int) -> bool:
        """Whether a document that a source gives is wanted; it need not be recalled then."""
        if self._wanted is None or number not in self._wanted:
            return False
        self._met.add(number)
        return True

    def take(self, intake: Intake) -> None:
        """Take in what is wanted and was not met."""
        for number, document in self._journal.documents.iterate(failed_only=self._retry):
            if number in self._met or (self._wanted is not None and number not in self._wanted):
                continue
            if not self._journal.documents.is_complete(number):
                why = "was not taken in to its end when the last run stopped"
                intake.lose_document(Problem(document.origin, why, "`penstock run` goes on with it"))
            elif opened := intake.open(document, number, recalled=True):
                self._take_pages(intake, opened)
                intake.close(opened)

    def _take_pages(self, intake: Intake, opened: OpenDocument) -> None:
        number = 0
        while rows := self._journal.documents.pages_after(opened.number, number):
            for row in rows:
                number = row.number
                self._take_page(intake, opened, row)

    def _take_page(self, intake: Intake, opened: OpenDocument, row: PageRow) -> None:
        failed = Problem(opened.document.origin, row.why, row.hint or "") if row.why else None
        page = row.page()
        if page is None or row.content_key is None:
            if failed:
                intake.lose(opened, row.number, failed)
            return
        job = PageJob(opened, page, page, row.content_key)
        if not self._retry:
            job.reading, job.failed = row.recognizer_key, failed
        intake.take_job(job)


__all__ = ["Choice", "choice"]
