"""The numbers of a run: what it may send and spend, and what its report counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from penstock.config import NAME_A_PRICE, NO_PRICE
from penstock.errors import Complaint, ConfigurationError
from penstock.model import Limits, Problem
from penstock.report import RunReport, money, rounded
from penstock.storage import Place

KEPT = 1000
"""Problems and outputs that a report lists. The others are only counted, so that memory stays bounded."""
_RAISE = "raise it, or run the same command again for the next pages"
_RAISE_OR_WAIT = "raise it, or run the same command again next month"

Item = TypeVar("Item")


def check_budget(budget: Budget, recognizers: Iterable[tuple[str, Limits]]) -> None:
    """Raise ConfigurationError for a bad budget, or if a remote recognizer has no price.

    ``recognizers`` are the locations in the configuration and the limits.
    """
    limits = {"budget": budget.budget, "budget_per_month": budget.budget_per_month}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    for name, limit in given.items():
        if not (math.isfinite(limit) and limit >= 0):
            raise ConfigurationError([Complaint(name, f"must be a number of 0 or more, got {limit}")])
    if not given:
        return
    unpriced = [where for where, limits in recognizers if limits.remote and limits.price_per_1000 is None]
    if unpriced:
        raise ConfigurationError([Complaint(where, NO_PRICE, NAME_A_PRICE) for where in unpriced])


@dataclass(slots=True)
class Budget:
    """Counts submits and their cost, so that no limit is exceeded.

    A submit counts from the moment it is started. It is given back only if it is known not to have arrived:
    a submit in doubt counts.
    """

    max_pages: int | None = None  # the most submits; None for no limit
    budget: float | None = None  # the most that they may cost, in the currency of the prices
    budget_per_month: float | None = None  # the same, with those of other runs in this calendar month
    other_runs: Callable[[], float] = lambda: 0.0  # what other runs have spent in this calendar month
    sent: int = 0  # submits that were accepted, or may have been
    billed: int = 0  # those of them that went to a remote service
    cost: float = 0.0  # of those whose recognizer has a price
    priced: bool = False
    _unanswered: int = 0
    _excess: Problem | None = None  # the budget that the page would exceed which was not sent

    def take(self, limits: Limits) -> bool:
        """Count a submit to a recognizer with these limits; False if it must not be made."""
        price = (limits.price_per_1000 or 0.0) / 1000
        self.priced = self.priced or limits.price_per_1000 is not None
        if self.max_pages is not None and self.sent >= self.max_pages:
            return False
        if price and self._exceeded(price):
            return False
        self.sent += 1
        self.billed += limits.remote
        self.cost += price
        self._unanswered += 1
        return True

    def _exceeded(self, price: float) -> Problem | None:
        """Return the problem of a budget that a page of this price would exceed, or None."""
        month = None if self.budget_per_month is None else self.cost + self.other_runs()
        self._excess = _excess("budget", self.cost, self.budget, price, _RAISE) or _excess(
            "budget_per_month", month or 0.0, self.budget_per_month, price, _RAISE_OR_WAIT
        )
        return self._excess

    def answered(self) -> None:
        """A submit returned, and counts."""
        self._unanswered -= 1

    def give_back(self, limits: Limits) -> None:
        """A submit returned, and is known not to have arrived."""
        self._unanswered -= 1
        self.sent -= 1
        self.billed -= limits.remote
        self.cost = max(0.0, self.cost - (limits.price_per_1000 or 0.0) / 1000)

    def used_up(self) -> Problem | None:
        """Return why nothing more can be sent; None while a running submit might still be given back."""
        if self._unanswered:
            return None
        if self.max_pages is not None and self.sent >= self.max_pages:
            pages = "1 page was" if self.sent == 1 else f"{self.sent} pages were"
            return Problem("max_pages", f"{pages} sent, as many as it allows", _RAISE)
        return self._excess


def _excess(name: str, spent: float, most: float | None, price: float, hint: str) -> Problem | None:
    # Rounding errors must not stop the run one page early.
    if most is None or spent + price <= most * (1 + 1e-9):
        return None
    why = f"{money(spent)} of {money(most)} is spent, and another page would exceed it"
    return Problem(name, why, hint)


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
    interrupted: bool = False
    spent_before: float | None = None  # by earlier runs; None if no price was known
    budget: Budget = field(default_factory=Budget)

    def _total_cost(self) -> float | None:
        if self.spent_before is None and not self.budget.priced:
            return None
        return rounded(self.budget.cost + (self.spent_before or 0.0))

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
            pages_born_digital=self.pages_born_digital,
            documents_unchanged=self.documents_unchanged,
            changed_outputs=self.changed_outputs,
            pages_sent=budget.sent,
            pages_billed=budget.billed,
            cost=rounded(budget.cost) if budget.priced else None,
            total_cost=self._total_cost(),
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
            stopped=self.stopped,
            interrupted=self.interrupted,
            seconds=now - self.started,
        )
