"""Prices of pages, and exact sums: in whole billionths of the currency, which have no rounding errors.

A *period* is the beginning of a date: ``2026-11-28``, ``2026-11``, or nothing for all time.
"""

from __future__ import annotations

import time
from decimal import ROUND_HALF_EVEN, Decimal

from penstock.model.prices import Price, price_steps

BILLION = 10**9


def billionths(amount: float) -> int:
    """Return an amount of money in billionths."""
    return int((Decimal(str(amount)) * BILLION).to_integral_value(ROUND_HALF_EVEN))


def amount(cost: int) -> float:
    """Return billionths as an amount of money."""
    return cost / BILLION


def page_price(price: Price, number: int) -> int:
    """Return the price in billionths of the page with this number, from 1, in its month."""
    step = next(each for each in price_steps(price) if each.up_to is None or number <= each.up_to)
    return int((Decimal(str(step.price)) * (BILLION // 1000)).to_integral_value(ROUND_HALF_EVEN))


def today() -> str:
    """Return the local date."""
    return time.strftime("%Y-%m-%d", time.localtime(time.time()))


def month_of(day: str) -> str:
    """Return the calendar month of a date, as a period."""
    return day[:7]


class Spending:
    """Pages that were sent, and what they cost, by day and recognizer."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], tuple[int, int]] = {}

    def add(self, day: str, recognizer: str, pages: int, cost: int) -> None:
        """Add pages and their cost in billionths, which may be negative."""
        before = self._rows.get((day, recognizer), (0, 0))
        self._rows[day, recognizer] = (before[0] + pages, before[1] + cost)

    def cost(self, period: str) -> int:
        """Return the cost of a period in billionths."""
        return sum(cost for (day, _), (_, cost) in self._rows.items() if day.startswith(period))

    def pages(self, period: str, recognizer: str) -> int:
        """Return the pages that a recognizer was sent in a period."""
        rows = self._rows.items()
        return sum(pages for (day, name), (pages, _) in rows if name == recognizer and day.startswith(period))
