"""How many pages a run may send, and what they may cost."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from penstock.errors import Complaint, ConfigurationError
from penstock.model import Limits, Problem
from penstock.report import money

NAME_A_PRICE = (
    "add what a thousand pages cost, for example price_per_1000 = 1.50"
    " (to `penstock read`: --set recognizers.0.price_per_1000=1.50)"
)


def check_budget(budget: float | None, recognizers: Iterable[tuple[str, Limits]]) -> None:
    """Raise ConfigurationError if a budget could be passed because nobody said what a page costs.

    Parameters
    ----------
    budget
        What a run may spend; None for any sum.
    recognizers
        The place and the limits of each. One that reads on this machine bills nothing.
    """
    if budget is None:
        return
    if not (math.isfinite(budget) and budget >= 0):
        raise ConfigurationError([Complaint("budget", "is a sum of 0 or more")])
    what = "has no price_per_1000, and the budget needs one"
    unpriced = [place for place, limits in recognizers if limits.remote and limits.price_per_1000 is None]
    if unpriced:
        raise ConfigurationError([Complaint(place, what, NAME_A_PRICE) for place in unpriced])


@dataclass(slots=True)
class Allowance:
    """What a run may send, counted so that no limit is ever passed.

    Every submit is counted when it leaves, and given back if it is known not to have been taken: what is
    in doubt counts.

    Parameters
    ----------
    max_pages
        Submits at most; None for any number.
    budget
        What they may cost together, in the currency of the prices; None for any sum.
    sent
        Submits that were taken, or may have been.
    billed
        Those of them that left for a service, which counts them too.
    cost
        Of those whose recognizer's price is known.
    """

    max_pages: int | None = None
    budget: float | None = None
    sent: int = 0
    billed: int = 0
    cost: float = 0.0
    priced: bool = False
    _under_way: int = 0

    def take(self, limits: Limits) -> bool:
        """Count a submit that is about to leave for a recognizer of such limits; False if it must not."""
        price = (limits.price_per_1000 or 0.0) / 1000
        self.priced = self.priced or limits.price_per_1000 is not None
        if self.max_pages is not None and self.sent >= self.max_pages:
            return False
        # A millionth of a cent is no reason to stop one page early.
        if self.budget is not None and price and self.cost + price > self.budget * (1 + 1e-9):
            return False
        self.sent += 1
        self.billed += limits.remote
        self.cost += price
        self._under_way += 1
        return True

    def answered(self) -> None:
        """A submit came back, and counts."""
        self._under_way -= 1

    def give_back(self, limits: Limits) -> None:
        """A submit came back, and nothing was taken."""
        self._under_way -= 1
        self.sent -= 1
        self.billed -= limits.remote
        self.cost = max(0.0, self.cost - (limits.price_per_1000 or 0.0) / 1000)

    def used_up(self) -> Problem | None:
        """Why nothing more can be sent, when nothing that is out could still give room back."""
        if self._under_way:
            return None
        hint = "raise it, or run the same command again for the next pages"
        if self.max_pages is not None and self.sent >= self.max_pages:
            pages = "1 page was" if self.sent == 1 else f"{self.sent} pages were"
            return Problem("max_pages", f"{pages} sent, as many as it allows", hint)
        return Problem(
            "budget",
            f"{money(self.cost)} of {money(self.budget or 0.0)} is spent; another page is not in it",
            hint,
        )


__all__ = ["Allowance", "check_budget"]
