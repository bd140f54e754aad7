"""How many pages a run may send, and what they may cost."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from penstock.errors import Complaint, ConfigurationError
from penstock.model import Limits, Problem
from penstock.report import money

NAME_A_PRICE = (
    "add the price of a thousand pages, for example price_per_1000 = 1.50"
    " (with `penstock read`: --set recognizers.0.price_per_1000=1.50)"
)


def check_budget(budget: float | None, recognizers: Iterable[tuple[str, Limits]]) -> None:
    """Raise ConfigurationError for a bad budget, or if a remote recognizer has no price.

    Parameters
    ----------
    budget
        The most that a run may spend; None for no limit.
    recognizers
        For each recognizer, its location in the configuration and its limits.
    """
    if budget is None:
        return
    if not (math.isfinite(budget) and budget >= 0):
        raise ConfigurationError([Complaint("budget", f"must be a number of 0 or more, got {budget}")])
    what = "has no price_per_1000, which a budget needs"
    unpriced = [where for where, limits in recognizers if limits.remote and limits.price_per_1000 is None]
    if unpriced:
        raise ConfigurationError([Complaint(where, what, NAME_A_PRICE) for where in unpriced])


@dataclass(slots=True)
class Budget:
    """Counts submits and their cost, so that no limit is exceeded.

    A submit counts from the moment it is started. It is given back only if it is known not to have arrived:
    a submit in doubt counts.

    Parameters
    ----------
    max_pages
        The most submits; None for no limit.
    budget
        The most that they may cost, in the currency of the prices; None for no limit.
    sent
        Submits that were accepted, or may have been.
    billed
        Those of them that went to a remote service.
    cost
        The cost of those whose recognizer has a price.
    """

    max_pages: int | None = None
    budget: float | None = None
    sent: int = 0
    billed: int = 0
    cost: float = 0.0
    priced: bool = False
    _unanswered: int = 0

    def take(self, limits: Limits) -> bool:
        """Count a submit to a recognizer with these limits; False if it must not be made."""
        price = (limits.price_per_1000 or 0.0) / 1000
        self.priced = self.priced or limits.price_per_1000 is not None
        if self.max_pages is not None and self.sent >= self.max_pages:
            return False
        # Rounding errors must not stop the run one page early.
        if self.budget is not None and price and self.cost + price > self.budget * (1 + 1e-9):
            return False
        self.sent += 1
        self.billed += limits.remote
        self.cost += price
        self._unanswered += 1
        return True

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
        hint = "raise it, or run the same command again for the next pages"
        if self.max_pages is not None and self.sent >= self.max_pages:
            pages = "1 page was" if self.sent == 1 else f"{self.sent} pages were"
            return Problem("max_pages", f"{pages} sent, as many as it allows", hint)
        why = f"{money(self.cost)} of {money(self.budget or 0.0)} is spent, and another page would exceed it"
        return Problem("budget", why, hint)


__all__ = ["Budget", "check_budget"]
