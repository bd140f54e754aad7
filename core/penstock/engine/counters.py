"""The numbers of a run: what its report counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from penstock.engine.budget import Budget
from penstock.engine.prices import amount
from penstock.model import Problem
from penstock.report import RecognizerCost, RunReport
from penstock.storage import Place

KEPT = 1000
"""Problems and outputs that a report lists. The others are only counted, so that memory stays bounded."""

Item = TypeVar("Item")


@dataclass(slots=True)
class BoundedList(Generic[Item]):
    """Counts items and keeps the first thousand."""

    kept: list[Item] = field(default_factory=list)
    count: int = 0

    def add(self, item: Item) -> None:
        self.count += 1
        if len(self.kept) < KEPT:
            self.kept.append(item)


@dataclass(slots=True)
class RunCounters:
    """The numbers of a run while it runs; changed on the main thread only.

    `RunReport` explains them. ``failed_pages`` counts only pages that failed in this run, for ``max_failed``.
    """

    pipeline: str
    started: float
    documents_found: int = 0
    documents_written: int = 0
    pages_found: int = 0
    pages_read: int = 0
    pages_known: int = 0
    pages_empty: int = 0
    pages_provisional: int = 0
    pages_to_improve: int = 0
    pages_born_digital: int = 0
    documents_unchanged: int = 0
    changed_outputs: int = 0
    failed_pages: int = 0
    unread_pages: int = 0
    doubtful_submits: int = 0
    lost_operations: int = 0
    skipped_outputs: int = 0
    failures: BoundedList[Problem] = field(default_factory=BoundedList)
    warnings: BoundedList[Problem] = field(default_factory=BoundedList)
    outputs: BoundedList[Place] = field(default_factory=BoundedList)
    stopped: Problem | None = None
    stopped_recognizer: Problem | None = None  # why a recognizer got no more pages, although the run went on
    interrupted: bool = False
    spent_before: int | None = None  # by earlier runs, in billionths; None if no price was known
    costs: tuple[RecognizerCost, ...] = ()  # set at the end of the run
    budget: Budget = field(default_factory=Budget)

    def _total_cost(self) -> float | None:
        if self.spent_before is None and not self.budget.priced:
            return None
        return amount(self.budget.cost + (self.spent_before or 0))

    def report(self, now: float) -> RunReport:
        budget = self.budget
        return RunReport(
            pipeline=self.pipeline,
            documents_found=self.documents_found,
            documents_written=self.documents_written,
            pages_found=self.pages_found,
            pages_read=self.pages_read,
            pages_known=self.pages_known,
            pages_empty=self.pages_empty,
            pages_provisional=self.pages_provisional,
            pages_to_improve=self.pages_to_improve,
            pages_born_digital=self.pages_born_digital,
            documents_unchanged=self.documents_unchanged,
            changed_outputs=self.changed_outputs,
            pages_sent=budget.sent,
            pages_billed=budget.billed,
            cost=amount(budget.cost) if budget.priced else None,
            total_cost=self._total_cost(),
            costs=self.costs,
            budgets=budget.uses(),
            unread_pages=self.unread_pages,
            doubtful_submits=self.doubtful_submits,
            lost_operations=self.lost_operations,
            failures=tuple(self.failures.kept),
            failed=self.failures.count,
            warnings=tuple(self.warnings.kept),
            warned=self.warnings.count,
            outputs=tuple(self.outputs.kept),
            outputs_written=self.outputs.count,
            skipped_outputs=self.skipped_outputs,
            stopped=self.stopped or self.stopped_recognizer,
            interrupted=self.interrupted,
            seconds=now - self.started,
        )
