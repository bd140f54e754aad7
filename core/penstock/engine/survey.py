"""What a run would do: counts its pages and those that have results, without sending or fetching any."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

from penstock.engine.budget import Budget, is_free
from penstock.engine.context import Plan, RunOptions, allowed, planned
from penstock.engine.delivery import storage_of
from penstock.engine.journal import pipeline_key
from penstock.engine.journal.answers import Answers
from penstock.engine.journal.database import Database
from penstock.engine.journal.digests import Digests
from penstock.engine.journal.expenses import spending
from penstock.engine.journal.outcomes import Known, Outcome, Refused, Unrecognized
from penstock.engine.journal.outputs import WrittenFiles
from penstock.engine.journal.result_index import ResultIndex
from penstock.engine.journal.runs import NO_RESULTS, fresh_since
from penstock.engine.journal.submissions import is_pollable
from penstock.engine.keys import ContentKey
from penstock.engine.page_keys import Taken, page_keys, taken_by
from penstock.engine.page_sample import PageSample
from penstock.engine.prices import amount
from penstock.engine.problems import problem_of
from penstock.engine.sheets import lines_in_doubt, sheet_limits, strips_of
from penstock.engine.sink_recipes import notes_on_sinks
from penstock.engine.state_folder import SPOOL, obstacle
from penstock.errors import PenstockError, StorageError
from penstock.model import Document, Limits, Page, Problem
from penstock.montage import Strip, packed
from penstock.pipeline import Pipeline
from penstock.report import Exit, counted
from penstock.spool import Spool
from penstock.stages import SourceStage
from penstock.storage import Address, reach

MAX_FAILURES = 1000
"""Problems that are listed; all are counted."""
NEXT_RUN = -1
"""Stands for the id of the run that is surveyed: no stored result has it."""


@dataclass(slots=True)
class Survey:
    """What a run would do.

    Parameters
    ----------
    documents, pages
        Documents that the sources find, and their pages.
    known
        Pages that are already recognized, that their source has the text of, or whose picture occurs twice.
    in_flight
        Pages that an earlier run sent and that only have to be polled.
    refused
        Pages that a service refused in an earlier run.
    to_send
        Pages that the run would send.
    failed
        Files and pages that cannot be loaded.
    failures
        The first thousand of them.
    cost
        Price of the pages to send; None if no recognizer has a price.
    may_go_on
        Those of the pages to send that the rules of a recognizer may send on to the next one.
    cost_at_most
        The cost if all of them go on, and all pages are sent.
    stopped_by
        The limit that would stop the run before all pages are sent: ``max_pages``, ``budget``,
        ``budget_per_day`` or ``budget_per_month``; or None.
    stopped_after, stopped_cost
        Pages that would be sent before the run stops, and their price.
    skipped_outputs
        Files among the scans that penstock wrote itself.
    sources_not_counted
        Sources that would have to fetch something first: URLs, cameras.
    messages
        What recognizers and the other sources say.
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
    may_go_on: int = 0
    cost_at_most: float | None = None
    stopped_by: str | None = None
    stopped_after: int = 0
    stopped_cost: float = 0.0
    skipped_outputs: int = 0
    sources_not_counted: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> Exit:
        """The exit code of the run if nothing else fails."""
        return Exit.SOMETHING_FAILED if self.failed else Exit.DONE

    def add_failure(self, problem: Problem) -> None:
        self.failed += 1
        if len(self.failures) < MAX_FAILURES:
            self.failures.append(problem)


def survey(
    pipeline: Pipeline, options: RunOptions | None = None, *, sample: PageSample | None = None
) -> Survey:
    """Count what a run would do. Writes nothing. Raises StateError if the journal cannot be read.

    ``sample`` is offered every page that has no text of its own and whose picture has not occurred before.
    """
    plan = planned(pipeline, options or RunOptions())
    state = pipeline.configuration.state
    with ExitStack() as opened:
        database = Database.open_read_only(state)
        if database is None:
            # A pipeline that never ran has an empty journal.
            database = Database(Path(opened.enter_context(tempfile.TemporaryDirectory())))
        opened.enter_context(closing(database))
        index = opened.enter_context(closing(ResultIndex(plan.options.result_index, state, read_only=True)))
        return _Surveyor(plan, state, database, index, sample).survey()


class _Surveyor:
    """One walk over the sources."""

    def __init__(
        self, plan: Plan, state: Path, database: Database, index: ResultIndex, sample: PageSample | None
    ) -> None:
        self._plan, self._state, self._database, self._sample = plan, state, database, sample
        self._allowance = allowed(plan.pipeline, plan.options)
        self._allowance.other_runs = lru_cache(maxsize=2)(partial(spending, database))
        self._total = Budget(other_runs=self._allowance.other_runs)
        self._most = Budget(other_runs=self._allowance.other_runs)
        has_price = any(limits.price_per_1000 is not None for limits in plan.limits)
        self._survey = Survey(cost=0.0 if has_price else None)
        self._seen: set[ContentKey] = set()
        self._strips: dict[int, list[list[Strip]]] = {}  # of each page with lines to send, by recognizer
        self._last_output: Path | None = None
        self._digests = Digests(database, read_only=True)
        self._file_digests = Digests(database, read_only=True)
        rewrite = plan.options.rewrite or plan.options.force
        self._written = WrittenFiles(database, state, rewrite=rewrite)
        self._answers = Answers(
            database,
            plan.recognizer_keys,
            run=NEXT_RUN,
            since=self._since() if plan.options.fresh else None,
            retry=plan.options.retry,
            index=index,
            acceptance=plan.acceptance,
        )

    def _since(self) -> int:
        """The run whose unfinished fresh run would be continued."""
        configuration = self._plan.pipeline.configuration
        key = pipeline_key(self._state, self._plan.pipeline.name, configuration.folder)
        since = fresh_since(self._database, key, self._plan.sources_key)
        return NO_RESULTS if since is None else since

    def survey(self) -> Survey:
        """Walk every source that fetches nothing."""
        if problem := obstacle(self._state):
            self._survey.add_failure(problem)
        for address in storage_of(self._plan.pipeline.sinks):
            self._check_reached(address, "whether it may be written to shows with the first output")
        for stage in self._plan.pipeline.recognizers:
            if note := stage.note():
                self._survey.messages.append(f"{stage.title}: {note}")
        if self._plan.pipeline.configuration.engine.sinks != "coordinator":
            self._survey.messages += notes_on_sinks(self._plan.pipeline)
        for source in self._plan.pipeline.sources:
            if source.fetches:
                self._survey.sources_not_counted.append(source.name)
                for address in source.storage:
                    self._check_reached(address, "its objects are listed by a run")
                continue
            try:
                self._walk(source)
            except PenstockError:
                raise
            except (Exception, SystemExit) as error:  # a plugin may raise anything
                title = f"the source {source.name!r}"
                self._survey.add_failure(problem_of(error, title, who=title))
        self._bill_sheets()
        for problem in self._plan.acceptance.faults.values():
            self._survey.add_failure(problem)
        return self._survey

    def _check_reached(self, address: Address, beyond: str) -> None:
        """Check that the bucket or host of a folder exists. ``beyond`` says what is not checked."""
        root = Address(address.scheme, address.root, "")
        try:
            reach(address)
        except StorageError as error:
            self._survey.add_failure(problem_of(error, str(root)))
        else:
            self._survey.messages.append(f"{root} can be reached; {beyond}")

    def _walk(self, source: SourceStage) -> None:
        show_status = partial(self._note_status, source.name)
        for item in source.find_documents(Spool(self._state / SPOOL), show_status):
            if isinstance(item, Document):
                self._count_document(item)
            elif item.path is None or not self._is_own(item.path):
                self._survey.add_failure(item)

    def _note_status(self, source: str, text: str) -> None:
        if text:
            self._survey.messages.append(f"{source}: {text}")

    def _count_document(self, document: Document) -> None:
        """Count a document and its pages. One with only files that penstock wrote does not count."""
        counts = False
        for page in document.pages:
            if isinstance(page, Problem):
                self._survey.add_failure(page)
            elif self._is_own(page.picture.path):
                continue
            else:
                self._count_page(page, document)
            counts = True
        self._survey.documents += counts

    def _is_own(self, path: Path) -> bool:
        is_own = self._written.is_no_scan(path)
        if is_own:
            self._survey.skipped_outputs += path != self._last_output  # its pages follow each other
            self._last_output = path
        return is_own

    def _count_page(self, page: Page, document: Document) -> None:
        self._survey.pages += 1
        if page.existing_recognition is not None:
            self._survey.known += 1
            return
        taken = taken_by(self._plan.pipeline.recognizers, page, document)
        key = self._content_key(page, taken)
        outcome = self._answers.peek(key, page=page) if key else None
        if self._sample is not None and key not in self._seen:
            self._sample.offer(page, document)
        if key in self._seen or isinstance(outcome, Known):
            self._survey.known += 1
        elif isinstance(outcome, Refused):
            self._survey.refused += 1
        else:
            self._count_unrecognized(page, outcome, key, taken)
        if key:
            self._seen.add(key)

    def _content_key(self, page: Page, taken: Taken) -> ContentKey | None:
        """The page's key; None if its file cannot be read, which the recognizer will report."""
        try:
            keys = page_keys(page.picture, self._digests, self._answers, self._plan.transforms_key)
        except OSError:
            return None
        return taken.extended(keys, self._file_digests).content

    def _count_unrecognized(
        self, page: Page, outcome: Outcome | None, key: ContentKey | None, taken: Taken
    ) -> None:
        index = outcome.recognizer if isinstance(outcome, Unrecognized) else 0
        while index in taken.reasons and index + 1 < len(self._plan.limits):
            index += 1
        if index in taken.reasons:
            self._survey.add_failure(problem_of(taken.reasons[index], page.origin, page.picture.path))
            return
        if key and is_pollable(self._database, key, self._plan.recognizer_keys[index]):
            self._survey.in_flight += 1
            return
        self._survey.to_send += 1
        if key and isinstance(outcome, Unrecognized) and self._add_lines(page, key, outcome):
            return
        self._bill(index)
        if self._plan.acceptance.compares:
            for later in range(index + 1, len(self._plan.limits)):
                if later not in taken.reasons:
                    self._bill(later)

    def _add_lines(self, page: Page, key: ContentKey, outcome: Unrecognized) -> bool:
        """Collect the lines of a page that would be sent; False if the whole page would be sent."""
        plan, provisional = self._plan, outcome.provisional
        if provisional is None or not plan.pipeline.recognizers[outcome.recognizer].takes_lines:
            return False
        reader = plan.pipeline.recognizers[plan.recognizer_keys.index(provisional.recognizer_key)]
        try:
            recognition = self._answers.load(key, provisional.recognizer_key)
        except KeyError:  # the result is in another state folder
            return False
        lines = lines_in_doubt(reader, recognition)
        if lines:
            self._strips.setdefault(outcome.recognizer, []).append(strips_of(recognition, lines, page))
        return bool(lines)

    def _bill_sheets(self) -> None:
        """Count the sheets of the lines that were collected."""
        for index, pages in self._strips.items():
            strips = [strip for page in pages for strip in page]
            sheets = len(packed(strips, sheet_limits(self._plan.limits[index])))
            for _ in range(sheets):
                self._bill(index)
            title = self._plan.pipeline.recognizers[index].title
            found = f"{counted(len(strips), 'line')} of {counted(len(pages), 'page')}"
            self._survey.messages.append(f"{title}: {found} would be billed as {counted(sheets, 'page')}")

    def _bill(self, index: int) -> None:
        """Count a page or sheet that would be sent to a recognizer."""
        name, limits = self._plan.pipeline.recognizers[index].name, self._plan.limits[index]
        self._total.take(name, limits)
        if self._survey.cost is not None:
            self._survey.cost = amount(self._total.cost)
        if not self._plan.acceptance.compares:
            self._count_going_on(index)
        if not is_free(limits, sends_on=self._plan.sends_on(self._plan.pipeline.recognizers[index])):
            self._count_allowed(name, limits)

    def _count_going_on(self, index: int) -> None:
        """Count a page that the recognizer at an index may send on, with what all of them would cost."""
        stages = self._plan.pipeline.recognizers
        self._survey.may_go_on += bool(stages[index].rules)
        while True:
            self._most.take(stages[index].name, self._plan.limits[index])
            if not stages[index].rules:
                break
            index += 1
        if self._survey.cost is not None:
            self._survey.cost_at_most = amount(self._most.cost)

    def _count_allowed(self, name: str, limits: Limits) -> None:
        """Take a page from the budget as the run would, until the run would stop."""
        survey = self._survey
        if survey.stopped_by:
            return
        if self._allowance.take(name, limits):
            self._allowance.answered()
        elif used_up := self._allowance.used_up():
            survey.stopped_by = used_up.what
        survey.stopped_after, survey.stopped_cost = self._allowance.sent, amount(self._allowance.cost)
