"""What a run would do: its pages counted, and those that were read before; nothing is sent or fetched."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from penstock.engine.journal import pipeline_key
from penstock.engine.journal.answers import Answers, Known, Outcome, Refused, Unread
from penstock.engine.journal.database import Database
from penstock.engine.journal.digests import Digests
from penstock.engine.journal.fresh import AFTER_ALL, FreshReading
from penstock.engine.journal.outputs import WrittenFiles
from penstock.engine.journal.submissions import Submissions
from penstock.engine.keys import content_of
from penstock.engine.plan import Plan, RunOptions, allowed, planned
from penstock.engine.state_folder import StateFolder
from penstock.engine.twins import Twins
from penstock.model import Document, Limits, Page, Problem
from penstock.pipeline import Pipeline
from penstock.report import Exit
from penstock.spool import Spool

KEPT = 1000
"""Problems that are given word for word; the rest is counted."""


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
    failed, failures
        Files and pages that cannot be had: how many, and the first of them.
    cost
        Of the pages to send, at the recognizers' prices; None if no price is known.
    stopped_by
        What would end the run before they are all sent: ``max_pages`` or ``budget``; None if nothing would.
    stopped_after, stopped_cost
        Pages that would be sent by then, and what they would cost.
    own_files
        Files in folders that penstock itself had written: they are no scans.
    not_asked
        Sources that would have to fetch something first: URLs, cameras.
    said
        What the other sources told people.
    """

    documents: int = 0
    pages: int = 0
    known: int = 0
    in_flight: int = 0
    refused: int = 0
    to_send: int = 0
    failed: int = 0
    failures: list[Problem] = field(default_factory=list)
    cost: float | None = None
    stopped_by: str | None = None
    stopped_after: int = 0
    stopped_cost: float = 0.0
    own_files: int = 0
    not_asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> Exit:
        """How the command ends: as the run would, whose failures these are."""
        return Exit.SOMETHING_FAILED if self.failed else Exit.DONE

    def cannot_have(self, problem: Problem) -> None:
        """Count what cannot be had; the first ones are kept."""
        self.failed += 1
        if len(self.failures) < KEPT:
            self.failures.append(problem)


def survey(pipeline: Pipeline, options: RunOptions | None = None) -> Survey:
    """Count what a run would do. Raises StateError if the journal cannot be looked at."""
    plan = planned(pipeline, options or RunOptions())
    state = StateFolder(pipeline.configuration.state, has_neighbours=plan.options.ad_hoc)
    with ExitStack() as opened:
        database = Database.to_look_at(state.path)
        if database is not None:
            opened.callback(database.close)
        return _Surveyor(plan, state, database, opened).walked()


class _Surveyor:
    """One walk over the sources."""

    def __init__(self, plan: Plan, state: StateFolder, database: Database | None, opened: ExitStack) -> None:
        self._plan = plan
        self._allowance = allowed(plan.pipeline, plan.options)
        self._spool = Spool(state.spool)
        self._survey = Survey(
            cost=0.0 if any(each.price_per_1000 is not None for each in plan.limits) else None
        )
        self._seen: set[bytes] = set()
        self._twins = Twins()
        self._database = database
        if database is not None:
            self._digests = Digests(database)
            self._submissions = Submissions(database)
            rewrite = plan.options.rewrite or plan.options.force
            self._written = WrittenFiles(database, state.path, rewrite=rewrite, neighbours=state.neighbours())
            opened.callback(self._written.close)
            self._answers = self._answers_in(database, state)

    def _answers_in(self, database: Database, state: StateFolder) -> Answers:
        """As the run would count them, which would be the next one."""
        plan, since = self._plan, None
        if plan.options.fresh:
            key = pipeline_key(state.path, plan.pipeline.name, plan.pipeline.configuration.folder)
            since = FreshReading(database, key, plan.sources_key).since() or AFTER_ALL
        return Answers(
            database,
            plan.recognizer_keys,
            run=-1,
            since=since,
            again=plan.options.retry,
            neighbours=self._written.neighbours,
        )

    def walked(self) -> Survey:
        """Walk every source that has what it gives."""
        for source in self._plan.pipeline.sources:
            if source.fetches:
                self._survey.not_asked.append(source.name)
                continue
            for item in source.find_documents(self._spool, partial(self._said, source.name)):
                if isinstance(item, Document):
                    self._document(item)
                elif item.path is None or not self._is_own(item.path):
                    self._survey.cannot_have(item)
        return self._survey

    def _said(self, source: str, text: str) -> None:
        if text:
            self._survey.said.append(f"{source}: {text}")

    def _document(self, document: Document) -> None:
        is_one = False
        for page in document.pages:
            if isinstance(page, Problem):
                self._survey.cannot_have(page)
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
        if page.existing_recognition is not None:
            self._survey.known += 1
            return
        past, content = self._past(page)
        # The journal knows nothing of a file's content of whose size it has met none.
        is_twin = content in self._seen if content else self._twins.is_one(page.picture)
        if is_twin or isinstance(past, Known):
            self._survey.known += 1
        elif isinstance(past, Refused):
            self._survey.refused += 1
        else:
            self._to_send(past, content)
        if content is not None:
            self._seen.add(content)

    def _past(self, page: Page) -> tuple[Outcome, bytes | None]:
        """What is known of a page, and its content where the journal could know it."""
        if self._database is None:
            return Unread(0), None
        try:
            digest = self._digests.looked_up(page.picture)
        except OSError:
            digest = None
        if digest is None:
            return Unread(0), None
        content = content_of(digest, page.picture.page_index, self._plan.transforms_key)
        return self._answers.peek(content) or Unread(0), content

    def _to_send(self, past: Outcome, content: bytes | None) -> None:
        first = past.recognizer if isinstance(past, Unread) else 0
        if content is not None:
            submission = self._submissions.find(content, self._plan.recognizer_keys[first])
            if submission and submission.operation and submission.operation.durable:
                self._survey.in_flight += 1
                return
        self._survey.to_send += 1
        limits = self._plan.limits[first]
        if self._survey.cost is not None and limits.price_per_1000 is not None:
            self._survey.cost += limits.price_per_1000 / 1000
        self._allow(limits)

    def _allow(self, limits: Limits) -> None:
        """Count a page as the run would, until it would stop."""
        found = self._survey
        if found.stopped_by:
            return
        if self._allowance.take(limits):
            self._allowance.answered()
        elif used_up := self._allowance.used_up():
            found.stopped_by = used_up.what
        found.stopped_after, found.stopped_cost = self._allowance.sent, self._allowance.cost


__all__ = ["Survey", "survey"]
