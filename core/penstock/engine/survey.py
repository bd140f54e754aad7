"""What a run would do: its pages counted, and those that were read before; nothing is sent or fetched."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from penstock.engine.journal.answers import Answers, Known, Past, Refused, Unread
from penstock.engine.journal.database import Database
from penstock.engine.journal.digests import Digests
from penstock.engine.journal.submissions import Submissions
from penstock.engine.journal.written_files import WrittenFiles
from penstock.engine.plan import Plan, RunOptions, planned
from penstock.engine.signatures import content_of
from penstock.engine.state_folder import StateFolder
from penstock.model import Document, Page, Problem
from penstock.pipeline import Pipeline
from penstock.spool import Spool


@dataclass(slots=True)
class Survey:
    """What a run would do.

    Parameters
    ----------
    documents, pages
        That the sources give.
    known
        Pages that were read before, or that nobody has to read, or that are another's twin.
    in_flight
        Pages that an earlier run sent and that only have to be asked for.
    refused
        Pages that a recognizer said it will never read.
    to_send
        Pages that would be sent.
    failed
        Files and pages that cannot be had.
    cost
        Of the pages to send, at the recognizers' prices; None if no price is known.
    own_files
        Files in folders that penstock itself had written: they are no scans.
    not_asked
        Sources that would have to fetch something first: URLs, cameras.
    """

    documents: int = 0
    pages: int = 0
    known: int = 0
    in_flight: int = 0
    refused: int = 0
    to_send: int = 0
    failed: int = 0
    cost: float | None = None
    own_files: int = 0
    not_asked: list[str] = field(default_factory=list)


def survey(pipeline: Pipeline, options: RunOptions | None = None) -> Survey:
    """Count what a run would do. Raises StateError if the journal cannot be looked at."""
    plan = planned(pipeline, options or RunOptions())
    state = StateFolder(pipeline.configuration.state, has_neighbours=plan.options.elsewhere_if_busy)
    with ExitStack() as opened:
        database = Database.to_look_at(state.path)
        if database is not None:
            opened.callback(database.close)
        return _Surveyor(plan, state, database, opened).walked()


class _Surveyor:
    """One walk over the sources."""

    def __init__(self, plan: Plan, state: StateFolder, database: Database | None, opened: ExitStack) -> None:
        self._plan = plan
        self._spool = Spool(state.spool)
        self._survey = Survey(
            cost=0.0 if any(each.price_per_1000 is not None for each in plan.limits) else None
        )
        self._seen: set[bytes] = set()
        self._database = database
        if database is not None:
            self._digests = Digests(database)
            self._submissions = Submissions(database)
            rewrite = plan.options.rewrite or plan.options.force
            self._written = WrittenFiles(database, state.path, rewrite=rewrite, neighbours=state.neighbours())
            opened.callback(self._written.close)
            fresh, again = plan.options.fresh, plan.options.retry
            self._answers = Answers(database, plan.readings, run=-1, fresh=fresh, again=again)

    def walked(self) -> Survey:
        """Walk every source that has what it gives."""
        for source in self._plan.pipeline.sources:
            if source.fetches:
                self._survey.not_asked.append(source.name)
                continue
            for item in source.find_documents(self._spool, lambda _text: None):
                if isinstance(item, Document):
                    self._document(item)
                elif item.path is None or not self._is_own(item.path):
                    self._survey.failed += 1
        return self._survey

    def _document(self, document: Document) -> None:
        is_one = False
        for page in document.pages:
            if isinstance(page, Problem):
                self._survey.failed += 1
            elif self._is_own(page.picture.path):
                continue
            else:
                self._page(page)
            is_one = True
        self._survey.documents += is_one

    def _is_own(self, path: Path) -> bool:
        is_own = self._database is not None and self._written.is_no_scan(path)
        self._survey.own_files += is_own
        return is_own

    def _page(self, page: Page) -> None:
        self._survey.pages += 1
        if page.known is not None:
            self._survey.known += 1
            return
        past, content = self._past(page)
        if content in self._seen or isinstance(past, Known):
            self._survey.known += 1
        elif isinstance(past, Refused):
            self._survey.refused += 1
        else:
            self._to_send(past, content)
        if content is not None:
            self._seen.add(content)

    def _past(self, page: Page) -> tuple[Past, bytes | None]:
        """What is known of a page, and its content where the journal could know it."""
        if self._database is None:
            return Unread(0), None
        try:
            digest = self._digests.looked_up(page.picture)
        except OSError:
            digest = None
        if digest is None:
            return Unread(0), None
        content = content_of(digest, page.picture.frame, self._plan.preparing)
        return self._answers.past(content) or Unread(0), content

    def _to_send(self, past: Past, content: bytes | None) -> None:
        first = past.recognizer if isinstance(past, Unread) else 0
        if content is not None:
            submission = self._submissions.find(content, self._plan.readings[first])
            if submission and submission.operation and submission.operation.durable:
                self._survey.in_flight += 1
                return
        self._survey.to_send += 1
        price = self._plan.limits[first].price_per_1000
        if self._survey.cost is not None and price is not None:
            self._survey.cost += price / 1000


__all__ = ["Survey", "survey"]
