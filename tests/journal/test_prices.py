"""Prices with steps, exact sums, and budgets whose day or month ends during a run."""

from __future__ import annotations

import calendar
import time

import pytest

from penstock import Limits, PriceStep
from penstock.engine.budget import Budget
from penstock.engine.prices import Spending, amount, billionths, page_price, today
from penstock.report import Exit

STEPS = (PriceStep(0, 2), PriceStep(1000, 4), PriceStep(500))
NAME = "azure-read"


def limits(price: float | tuple[PriceStep, ...]) -> Limits:
    return Limits(price_per_1000=price)


@pytest.fixture
def on_day(monkeypatch):
    """Return a function that sets the date."""

    def to(day: str) -> None:
        monkeypatch.setattr("penstock.engine.budget.today", lambda: day)

    to("2026-11-28")
    return to


def test_pages_of_a_month_have_the_prices_of_their_steps():
    assert [amount(page_price(STEPS, number)) for number in range(1, 7)] == [0, 0, 1, 1, 0.5, 0.5]
    assert amount(page_price(1.1, 1)) == 0.0011


def test_run_goes_on_where_earlier_runs_of_the_month_left_the_steps(run_tables, pipeline, draw):
    steps = [{"up_to": 2, "price": 0}, {"up_to": 4, "price": 1000}, {"price": 500}]
    for pages, cost in ((3, 1.0), (6, 2.0)):
        paths = [draw(f"{number}.png") for number in range(pages)]
        report = run_tables(pipeline(paths, price_per_1000=steps))
        assert (report.pages_billed, report.cost) == (3, cost)
    assert report.costs[0].month_cost == 3.0


def test_budget_ends_within_a_step(run_tables, pipeline, draw):
    paths = [draw(f"{number}.png") for number in range(6)]
    made = pipeline(paths, price_per_1000=[{"up_to": 2, "price": 0}, {"price": 1000}])
    made["engine"] = {"budget": 2}
    report = run_tables(made)
    assert (report.exit_code, report.pages_billed, report.cost) == (Exit.STOPPED, 4, 2.0)


def test_page_that_is_not_billed_moves_the_pages_behind_it_to_an_earlier_step():
    budget = Budget(budget=3)
    first, *_ = [budget.take(NAME, limits(STEPS)) for _ in range(5)]
    assert amount(budget.cost) == 2.5
    assert first is not None
    assert amount(budget.give_back(NAME, limits(STEPS), first)) == 0.5
    assert amount(budget.cost) == 2.0
    assert budget.take(NAME, limits(STEPS)) is not None
    assert amount(budget.cost) == 2.5


def test_steps_count_pages_of_other_runs_with_the_same_recognizer(on_day):
    on_day("2026-11-28")
    others = Spending()
    others.add("2026-11-01", NAME, 4, billionths(2))
    others.add("2026-11-01", "another", 4, billionths(2))
    budget = Budget(budget_per_month=5, other_runs=lambda _: others)
    charges = [budget.take(NAME, limits(STEPS)) for _ in range(3)]
    assert [charge and charge.cost for charge in charges] == [billionths(0.5)] * 2 + [None]
    assert budget.take("another", limits(STEPS)) is None


def test_budget_is_exact(on_day):
    on_day("2026-11-28")
    budget = Budget(budget=0.3)
    assert [budget.take(NAME, limits(100)) is not None for _ in range(4)] == [True, True, True, False]


def test_next_day_and_next_month_have_budgets_of_their_own(on_day):
    budget = Budget(budget_per_day=2, budget_per_month=3)

    def sent() -> int:
        taken = 0
        while budget.take(NAME, limits(1000)):
            taken += 1
        return taken

    numbers = []
    for day in ("2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"):
        on_day(day)
        numbers.append(sent())
    assert numbers == [2, 1, 2, 1]
    for _ in range(6):
        budget.answered()
    problem = budget.used_up()
    assert problem is not None
    assert problem.what == "budget_per_month"


def test_page_that_comes_back_after_midnight_counts_less_on_its_day(on_day):
    others = {"2026-10": Spending(), "2026-11": Spending()}
    others["2026-10"].add("2026-10-01", NAME, 4, 0)
    budget = Budget(budget_per_day=1, other_runs=others.__getitem__)
    on_day("2026-10-31")
    charge = budget.take(NAME, limits(STEPS))
    on_day("2026-11-01")
    assert charge is not None
    assert [budget.take(NAME, limits(STEPS)) is not None for _ in range(4)] == [True, True, True, False]
    assert amount(budget.give_back(NAME, limits(STEPS), charge)) == 0.5
    assert (amount(budget.cost), budget.take(NAME, limits(STEPS))) == (1, None)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-10-24 21:59 UTC", "2026-10-24"),
        ("2026-10-24 22:00 UTC", "2026-10-25"),  # midnight in summer time
        ("2026-10-25 01:30 UTC", "2026-10-25"),  # half past two for the second time
        ("2026-10-25 22:59 UTC", "2026-10-25"),
        ("2026-10-25 23:00 UTC", "2026-10-26"),  # the day had 25 hours
    ],
)
def test_day_is_the_local_one(monkeypatch, moment, day):
    seconds = calendar.timegm(time.strptime(moment, "%Y-%m-%d %H:%M UTC"))
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "Europe/Berlin")
        changed.setattr("penstock.engine.prices.time.time", lambda: seconds)
        time.tzset()
        said = today()
    time.tzset()
    assert said == day


def test_run_warns_once_of_each_budget(run_tables, pipeline, draw):
    made = pipeline([draw(f"{number}.png") for number in range(5)], price_per_1000=1000, in_flight=1)
    made["engine"] = {"budget": 5, "budget_per_day": 6, "budget_per_month": 10}
    report = run_tables(made)
    assert [(each.what, each.why) for each in report.warnings] == [
        ("budget", "4.00 of 5.00 is spent (80% of budget)"),
        ("budget_per_day", "5.00 of 6.00 is spent (83% of budget_per_day)"),
    ]
    assert [(each.name, each.spent) for each in report.budgets] == [
        ("budget", 5.0),
        ("budget_per_day", 5.0),
        ("budget_per_month", 5.0),
    ]
