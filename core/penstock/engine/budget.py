"""What a run may send and spend."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from penstock.config import NAME_A_PRICE, NO_PRICE
from penstock.engine.prices import Spending, amount, billionths, month_of, page_price, today
from penstock.errors import Complaint, ConfigurationError
from penstock.model import Limits, Problem
from penstock.report import BudgetUse, money

_RAISE = "raise it, or run the same command again for the next pages"
_HINTS = {
    "budget": _RAISE,
    "budget_per_day": "raise it, or run the same command again tomorrow",
    "budget_per_month": "raise it, or run the same command again next month",
}


def check_budget(budget: Budget, recognizers: Iterable[tuple[str, Limits]]) -> None:
    """Raise ConfigurationError for a bad budget, or if a remote recognizer has no price.

    ``recognizers`` are the locations in the configuration and the limits.
    """
    given = budget.given()
    for name, limit in given.items():
        if not (math.isfinite(limit) and limit >= 0):
            raise ConfigurationError([Complaint(name, f"must be a number of 0 or more, got {limit}")])
    if not given:
        return
    unpriced = [where for where, limits in recognizers if limits.remote and limits.price_per_1000 is None]
    if unpriced:
        raise ConfigurationError([Complaint(where, NO_PRICE, NAME_A_PRICE) for where in unpriced])


def is_free(limits: Limits, *, sends_on: bool) -> bool:
    """Return whether no limit counts the pages of a recognizer.

    It costs nothing, and sends pages on to a later recognizer, whose pages are counted.
    """
    return sends_on and not limits.remote and not limits.price_per_1000


@dataclass(frozen=True, slots=True)
class Charge:
    """A submit that counts as an expense."""

    day: str  # local date on which it was started
    cost: int | None  # in billionths; None if the recognizer has no price


@dataclass(slots=True)
class Budget:
    """Counts submits and their cost, so that no limit is exceeded.

    A submit counts from the moment it is started. It is given back only if it is known not to have arrived:
    a submit in doubt counts. All costs are in billionths.
    """

    max_pages: int | None = None  # the most submits; None for no limit
    budget: float | None = None  # the most that they may cost, in the currency of the prices
    budget_per_day: float | None = None  # the same, with those of other runs on this day
    budget_per_month: float | None = None  # the same, with those of other runs in this calendar month
    other_runs: Callable[[str], Spending] = lambda _period: Spending()
    """What other runs have sent in a period."""
    sent: int = 0  # submits that were accepted, or may have been
    billed: int = 0  # those of them that went to a remote service
    cost: int = 0  # of those whose recognizer has a price
    priced: bool = False
    free: int = 0  # those of `sent` that no limit counts
    _own: Spending = field(default_factory=Spending)
    _others: Spending = field(default_factory=Spending)  # in the month of `_day`
    _day: str = ""
    _unanswered: int = 0
    _warned: set[str] = field(default_factory=set)  # names of budgets
    _excess: Problem | None = None  # the budget that the page would exceed which was not sent

    def given(self) -> dict[str, float]:
        """Return the budgets that are set, by name."""
        limits = {name: getattr(self, name) for name in _HINTS}
        return {name: limit for name, limit in limits.items() if limit is not None}

    def take(self, recognizer: str, limits: Limits) -> Charge | None:
        """Count a submit to a recognizer with these limits; None if it must not be made."""
        if self.max_pages is not None and self.sent - self.free >= self.max_pages:
            return None
        cost, day = None, today()
        if limits.price_per_1000 is not None:
            self.look()
            self.priced = True
            cost = page_price(limits.price_per_1000, self._pages_in_month(recognizer, day) + 1)
            if cost and self._exceeded(cost):
                return None
        self._count(recognizer, limits, day, 1, cost or 0)
        self._unanswered += 1
        return Charge(day, cost)

    def add_free(self, pages: int) -> Charge:
        """Count submits that cost nothing and that no limit counts; a negative number takes them back."""
        self.sent += pages
        self.free += pages
        return Charge(today(), None)

    def answered(self) -> None:
        """A submit returned, and counts."""
        self._unanswered -= 1

    def give_back(self, recognizer: str, limits: Limits, charge: Charge) -> int:
        """A submit returned, and is known not to have arrived. Returns what it has cost, in billionths.

        If the price has steps, that is the price of the month's last page: the pages that were sent after it
        move forward by one.
        """
        cost = charge.cost or 0
        if limits.price_per_1000 is not None:
            cost = page_price(limits.price_per_1000, self._pages_in_month(recognizer, charge.day))
        self._count(recognizer, limits, charge.day, -1, -cost)
        self._unanswered -= 1
        return cost

    def used_up(self) -> Problem | None:
        """Return why nothing more can be sent; None while a running submit might still be given back."""
        if self._unanswered:
            return None
        if self.max_pages is not None and (sent := self.sent - self.free) >= self.max_pages:
            pages = "1 page was" if sent == 1 else f"{sent} pages were"
            return Problem("max_pages", f"{pages} sent, as many as it allows", _RAISE)
        return self._excess

    def look(self) -> None:
        """Look at the date, and at what other runs have sent."""
        self._day = today()
        self._others = self.other_runs(month_of(self._day))

    def uses(self) -> tuple[BudgetUse, ...]:
        """Return how much of each budget is spent."""
        return tuple(
            BudgetUse(name, amount(self._spent(name)), limit) for name, limit in self.given().items()
        )

    def nearly_spent(self) -> list[BudgetUse]:
        """Return the budgets of which 80% are spent. Each one is returned once."""
        near = [use for use in self.uses() if use.name not in self._warned and use.is_nearly_spent]
        self._warned.update(use.name for use in near)
        return near

    def _count(self, recognizer: str, limits: Limits, day: str, pages: int, cost: int) -> None:
        self.sent += pages
        self.billed += pages * limits.remote
        self.cost += cost
        self._own.add(day, recognizer, pages, cost)

    def _pages_in_month(self, recognizer: str, day: str) -> int:
        month = month_of(day)
        is_current = month == month_of(self._day)
        others = self._others if is_current else self.other_runs(month)
        return self._own.pages(month, recognizer) + others.pages(month, recognizer)

    def _spent(self, name: str) -> int:
        if name == "budget":
            return self.cost
        period = self._day if name == "budget_per_day" else month_of(self._day)
        return self._own.cost(period) + self._others.cost(period)

    def _exceeded(self, cost: int) -> bool:
        """Note the first budget that a page of this cost would exceed; False if there is none."""
        self._excess = None
        for name, limit in self.given().items():
            if (spent := self._spent(name)) + cost > billionths(limit):
                why = f"{money(amount(spent))} of {money(limit)} is spent, and another page would exceed it"
                self._excess = Problem(name, why, _HINTS[name])
                return True
        return False
