"""The command `penstock costs`: what was sent to services, and what it cost."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from pathlib import Path

import click

from penstock.cli.aligned import aligned
from penstock.cli.state_commands import journal_of
from penstock.engine import Costs, Expense, costs_of
from penstock.report import Exit, counted, money, printable

UNKNOWN = "unknown"
"""Stands for a recognizer that an older penstock did not store, and for the cost of pages without a price."""


def show_costs(file: Path | None, since: date | None, *, as_json: bool) -> Exit:
    """Print what all pipelines of a state folder sent. Raises StateError if its journal cannot be read."""
    state, name, _ = journal_of(file)
    costs = costs_of(state, since)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(costs or _nothing(since))))
    elif costs is None:
        click.echo(printable(f"{name}: has never run (there is no journal in {state})"))
    else:
        for line in _lines(costs):
            click.echo(printable(line))
    return Exit.DONE


def _nothing(since: date | None) -> Costs:
    """Return the costs of a pipeline that has never run."""
    return Costs(since.isoformat() if since else None, (), 0, None, 0, None, None, 0)


def _lines(costs: Costs) -> list[str]:
    if not costs.days:
        lines = ["nothing was sent to a service" + (f" since {costs.since}" if costs.since else "")]
    else:
        rows = [
            (each.day, each.pipeline, each.recognizer or UNKNOWN, f"{each.pages:,}", *_amounts(each))
            for each in costs.days
        ]
        lines = aligned(
            [
                ("day", "pipeline", "recognizer", "pages", "per 1,000", "cost"),
                *rows,
                ("total", "", "", f"{costs.pages:,}", "", _amount(costs.cost)),
            ],
            texts=3,
        )
    if costs.month_cost is not None:
        lines.append(f"today: {money(costs.day_cost or 0.0)}, this month: {money(costs.month_cost)}")
    return lines + _notes(costs)


def _notes(costs: Costs) -> list[str]:
    """Say what the sums leave out."""
    notes = []
    if costs.unpriced_pages:
        pages = counted(costs.unpriced_pages, "page")
        notes.append(
            f"not in the sum: {pages} without a price; set price_per_1000 of the recognizer before a run"
        )
    if costs.uncounted_runs:
        runs = counted(costs.uncounted_runs, "run")
        notes.append(f"not counted: pages of {runs} that an older penstock did not finish")
    return notes


def _amounts(expense: Expense) -> tuple[str, str]:
    """Return the average price of a thousand pages, and their cost."""
    if expense.cost is None:
        return UNKNOWN, UNKNOWN
    price = money(1000 * expense.cost / expense.pages) if expense.pages else ""
    return price, money(expense.cost)


def _amount(cost: float | None) -> str:
    return UNKNOWN if cost is None else money(cost)
