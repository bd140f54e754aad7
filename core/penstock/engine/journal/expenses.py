"""What was sent to services, and what it cost: by run, recognizer and day, in billionths of the currency.

A page counts from the moment at which its intent is written, so a run that is killed is counted, too. It is
taken back only if it is known not to have arrived.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from penstock.engine.budget import Charge
from penstock.engine.journal.database import Database
from penstock.engine.keys import RecognizerKey
from penstock.engine.prices import Spending, amount, month_of, today
from penstock.report import RecognizerCost


@dataclass(frozen=True, slots=True)
class Expense:
    """The pages that a pipeline sent to one recognizer on one day."""

    day: str  # local date, as 2026-11-27
    pipeline: str  # name; followed by its folder if several pipelines have the name
    recognizer: str  # name; empty if an older penstock sent the pages, which did not store it
    pages: int  # that were accepted, or may have been
    cost: float | None  # None if the recognizer had no price


@dataclass(frozen=True, slots=True)
class Costs:
    """What all pipelines that use a state folder have sent to services."""

    since: str | None  # the first day that is asked for
    days: tuple[Expense, ...]  # by day, pipeline and recognizer
    pages: int
    cost: float | None  # None if no page had a price
    unpriced_pages: int  # pages without a price, which the cost leaves out
    day_cost: float | None  # of today; None if no page had a price, as `month_cost`
    month_cost: float | None  # of the current calendar month
    uncounted_runs: int
    """Runs that an older penstock could not count, because they were killed."""


class Expenses:
    """The expenses of a journal, as one run writes and reads them. Scheduling thread only."""

    def __init__(self, database: Database, *, run: int) -> None:
        self._database, self._run = database, run

    def note_sent(self, recognizer_key: RecognizerKey, recognizer: str, charge: Charge) -> None:
        """Count a page."""
        self._database.gather(
            "INSERT INTO expenses (run, reading, day, recognizer, pages, cost) VALUES (?, ?, ?, ?, 1, ?)"
            " ON CONFLICT DO UPDATE SET pages = pages + 1, cost = cost + excluded.cost",
            *(self._run, recognizer_key, charge.day, recognizer, charge.cost),
        )

    def note_not_sent(self, recognizer_key: RecognizerKey, charge: Charge, cost: int) -> None:
        """Take a page back that did not arrive, and what the month costs less."""
        self._database.gather(
            "UPDATE expenses SET pages = pages - 1, cost = cost - ?"
            " WHERE run = ? AND reading = ? AND day = ?",
            *(cost, self._run, recognizer_key, charge.day),
        )

    def of_other_runs(self, period: str) -> Spending:
        """Return what the other runs have sent in a period."""
        return spending(self._database, period, without=self._run)

    def spent_before(self) -> int | None:
        """Return what all other runs have spent; None if no page had a price."""
        return _cost(self._database, "run != ?", self._run)

    def of_run(self) -> tuple[RecognizerCost, ...]:
        """Return what this run has sent, by recognizer."""
        rows = self._database.rows(
            "SELECT recognizer, sum(pages), sum(cost) FROM expenses WHERE run = ? GROUP BY recognizer"
            " HAVING sum(pages) > 0 ORDER BY recognizer",
            self._run,
        )
        return tuple(self._of_recognizer(*row) for row in rows)

    def _of_recognizer(self, recognizer: str, pages: int, cost: int | None) -> RecognizerCost:
        where, day = "recognizer = ? AND substr(day, 1, length(?2)) = ?2", today()
        return RecognizerCost(
            recognizer,
            pages,
            _amount(cost),
            _amount(_cost(self._database, where, recognizer, day)),
            _amount(_cost(self._database, where, recognizer, month_of(day))),
        )


def spending(database: Database, period: str, *, without: int = -1) -> Spending:
    """Return what all runs have sent in a period, except one run."""
    sums = Spending()
    for row in database.rows(
        "SELECT day, recognizer, sum(pages), coalesce(sum(cost), 0) FROM expenses"
        " WHERE substr(day, 1, length(?1)) = ?1 AND run != ?2 GROUP BY day, recognizer",
        *(period, without),
    ):
        sums.add(*row)
    return sums


def _cost(database: Database, condition: str, *values: str | int) -> int | None:
    """Return what the pages cost that an SQL condition selects; None if none of them had a price."""
    row = database.row(f"SELECT sum(cost) FROM expenses WHERE {condition}", *values)  # noqa: S608
    return None if row is None or row[0] is None else int(row[0])


def _amount(cost: int | None) -> float | None:
    return None if cost is None else amount(cost)


def costs_of(state: Path, since: date | None = None) -> Costs | None:
    """Return what was sent from a day on; None without a journal. Raises StateError if it cannot be read."""
    if (database := Database.open_read_only(state)) is None:
        return None
    with closing(database):
        first = since.isoformat() if since else ""
        rows = database.rows(
            "SELECT day, coalesce(pipeline, ''), recognizer, sum(pages), sum(cost) FROM expenses"
            " LEFT JOIN runs ON runs.id = expenses.run WHERE day >= ?"
            " GROUP BY day, pipeline, recognizer, cost IS NULL HAVING sum(pages) > 0 OR sum(cost) != 0"
            " ORDER BY day, pipeline, recognizer",
            first,
        )
        names = _names({pipeline for _, pipeline, *_ in rows})
        days = [
            Expense(day, names[pipeline], recognizer, pages, _amount(cost))
            for day, pipeline, recognizer, pages, cost in rows
        ]
        ((uncounted,),) = database.rows("SELECT count(*) FROM runs WHERE NOT counted")
        return Costs(
            since=first or None,
            days=tuple(days),
            pages=sum(each.pages for each in days),
            cost=_amount(_cost(database, "day >= ?", first)),
            unpriced_pages=sum(each.pages for each in days if each.cost is None),
            day_cost=_amount(_cost(database, "day = ?", today())),
            month_cost=_amount(_cost(database, "substr(day, 1, 7) = ?", month_of(today()))),
            uncounted_runs=uncounted,
        )


def _names(pipelines: set[str]) -> dict[str, str]:
    """Return the names of pipelines by their keys; the whole key if several have the name."""
    names = {key: key.rpartition(" in ")[0] for key in pipelines}
    return {key: name if [*names.values()].count(name) == 1 else key for key, name in names.items()}
