"""What was sent to services, and what it cost: by run, recognizer and day.

A page counts from the moment at which its intent is written, so a run that is killed is counted, too. It is
taken back only if it is known not to have arrived.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from penstock.engine.journal.database import Database
from penstock.engine.keys import RecognizerKey
from penstock.report import rounded

_COST = "sum(pages * price) / 1000"


@dataclass(frozen=True, slots=True)
class Expense:
    """The pages that were sent to one recognizer on one day."""

    day: str  # local date, as 2026-11-27
    recognizer: str  # name; empty if an older penstock sent the pages, which did not store it
    pages: int  # that were accepted, or may have been
    cost: float | None  # None if the recognizer had no price


@dataclass(frozen=True, slots=True)
class Costs:
    """What all pipelines that use a state folder have sent to services."""

    since: str | None  # the first day that is asked for
    days: tuple[Expense, ...]  # by day and recognizer
    pages: int
    cost: float | None  # None if no page had a price
    unpriced_pages: int  # pages without a price, which the cost leaves out
    month_cost: float | None  # of the current calendar month
    uncounted_runs: int
    """Runs that an older penstock could not count, because they were killed."""


class Expenses:
    """The expenses of a journal, as one run writes and reads them. Scheduling thread only."""

    def __init__(self, database: Database, *, run: int) -> None:
        self._database, self._run = database, run

    def note_sent(self, recognizer_key: RecognizerKey, recognizer: str, price: float | None) -> str:
        """Count a page, with the price of a thousand, and return the day for `note_not_sent`."""
        day = today()
        self._database.gather(
            "INSERT INTO expenses (run, reading, day, recognizer, pages, price) VALUES (?, ?, ?, ?, 1, ?)"
            " ON CONFLICT DO UPDATE SET pages = pages + 1",
            *(self._run, recognizer_key, day, recognizer, price),
        )
        return day

    def note_not_sent(self, recognizer_key: RecognizerKey, day: str) -> None:
        """Take a page back that did not arrive."""
        self._database.gather(
            "UPDATE expenses SET pages = pages - 1 WHERE run = ? AND reading = ? AND day = ?",
            *(self._run, recognizer_key, day),
        )

    def of_other_runs(self, since: str = "") -> float | None:
        """Return what the other runs have spent from a day on; None if no page had a price."""
        return spent(self._database, since=since, without=self._run)


def today() -> str:
    """Return the local date."""
    return time.strftime("%Y-%m-%d", time.localtime(time.time()))


def this_month() -> str:
    """Return the first day of the current month."""
    return today()[:8] + "01"


def spent(database: Database, *, since: str = "", without: int = -1) -> float | None:
    """Return the cost of all runs from a day on, except one run; None if no page had a price."""
    row = database.row(f"SELECT {_COST} FROM expenses WHERE day >= ? AND run != ?", since, without)  # noqa: S608
    return None if row is None or row[0] is None else float(row[0])


def costs_of(state: Path, since: date | None = None) -> Costs | None:
    """Return what was sent from a day on; None without a journal. Raises StateError if it cannot be read."""
    if (database := Database.open_read_only(state)) is None:
        return None
    with closing(database):
        first = since.isoformat() if since else ""
        days = [
            Expense(day, recognizer, pages, None if cost is None else rounded(cost))
            for day, recognizer, pages, cost in database.rows(
                f"SELECT day, recognizer, sum(pages), {_COST} FROM expenses WHERE day >= ?"  # noqa: S608
                " GROUP BY day, recognizer, price IS NULL HAVING sum(pages) > 0 ORDER BY day, recognizer",
                first,
            )
        ]
        ((uncounted,),) = database.rows("SELECT count(*) FROM runs WHERE NOT counted")
        return Costs(
            since=first or None,
            days=tuple(days),
            pages=sum(each.pages for each in days),
            cost=_total(each.cost for each in days),
            unpriced_pages=sum(each.pages for each in days if each.cost is None),
            month_cost=_total([spent(database, since=this_month())]),
            uncounted_runs=uncounted,
        )


def _total(costs: Iterable[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return rounded(sum(known)) if known else None
