"""`penstock check --sample`: which share of the pages would go on to the next recognizer, for what money."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from penstock.api.inputs import user_result_index
from penstock.api.sample_estimates import Estimate, mean, share
from penstock.api.sampling import SampledPage, SampleReading
from penstock.cli.aligned import aligned
from penstock.cli.execute import interruptible
from penstock.cli.report_text import print_by_reason
from penstock.cli.streams import print_lines
from penstock.engine import PageSample, Run, RunOptions, costs_of
from penstock.engine.prices import today
from penstock.model.prices import Price, price_steps
from penstock.pipeline import Pipeline
from penstock.report import Exit, counted, money

THRESHOLDS = (0.7, 0.8, 0.9)
HEAD = ("accept", "go on", "pages", "cost", "wrong words on the pages that stay")


def check_sample(pipeline: Pipeline, sample: PageSample) -> Exit:
    """Read the sample with the first recognizer, and print what other thresholds would cost.

    After Ctrl-C, the pages that were read until then are the sample.
    """
    if not len(sample):
        print_lines("no sample: there are no pages to read")
        return Exit.DONE
    reading = SampleReading(pipeline, sample)
    run = Run(reading.pipeline, RunOptions(ad_hoc=True, result_index=user_result_index()))
    with interruptible(reading.pipeline, run, "text"):
        report = run.execute()
    print_by_reason("failed", report.failures, report.failed)
    pages = reading.pages()
    print_by_reason("failed", reading.faults, len(reading.faults))
    if pages:
        print_lines("", *_lines(pipeline, pages, sample))
    else:
        print_lines("no page of the sample was read")
    return Exit.SOMETHING_FAILED if reading.faults and not report.exit_code else report.exit_code


def _lines(pipeline: Pipeline, read: Sequence[SampledPage], sample: PageSample) -> list[str]:
    first, second, *_ = pipeline.recognizers
    price = second.limits().price_per_1000
    cost = None if price is None else partial(_cost, price, _sent_this_month(pipeline, second.name))
    rows = [
        _row(f"confidence = {threshold}", read, sample.offered, cost, _is_below(threshold))
        for threshold in THRESHOLDS
    ]
    if read[0].goes_on is not None:
        rows.append(_row("as in the file", read, sample.offered, cost, lambda page: page.goes_on is True))
    lines = [
        f"{len(read)} of {counted(sample.offered, 'page')} were read by {first.name}. With 95% intervals,",
        f"so many would go on to {second.name}:",
        *aligned([HEAD, *rows], texts=len(HEAD)),
    ]
    if price is None:
        lines.append(f"the cost is not known: set price_per_1000 of {second.name}")
    elif second.takes_lines:
        lines.append(
            f"the cost is that of whole pages; {second.name} gets sheets of lines, which are usually fewer"
        )
    if unsure := sum(page.confidence is None for page in read):
        lines.append(f"{counted(unsure, 'page')} without a confidence, which a rule on confidence sends on")
    return lines


def _is_below(threshold: float) -> Callable[[SampledPage], bool]:
    return lambda page: page.confidence is None or page.confidence < threshold


def _row(
    rule: str,
    read: Sequence[SampledPage],
    pages: int,
    cost: Callable[[float], float] | None,
    goes_on: Callable[[SampledPage], bool],
) -> tuple[str, ...]:
    part = share(sum(map(goes_on, read)), len(read), pages)
    wrong = mean([1 - page.confidence for page in read if not goes_on(page) and page.confidence is not None])
    sent = part.times(pages)
    return (
        rule,
        _shown(part, "{:.0%}".format),
        _shown(sent, "{:.0f}".format),
        _shown(sent, lambda count: money(cost(count))) if cost else "unknown",
        _shown(wrong, "{:.0%}".format) if wrong else "no page stays",
    )


def _sent_this_month(pipeline: Pipeline, recognizer: str) -> int:
    """Return the pages that all pipelines of the state folder have sent to a recognizer this month."""
    costs = costs_of(pipeline.configuration.state, date.fromisoformat(today()).replace(day=1))
    return sum(each.pages for each in costs.days if each.recognizer == recognizer) if costs else 0


def _cost(price: Price, before: float, pages: float) -> float:
    """Return the cost of so many pages after those that were sent in this month before."""
    cost, end = 0.0, before + pages
    for step in price_steps(price):
        until = end if step.up_to is None else min(end, step.up_to)
        cost += max(0.0, until - before) * step.price / 1000
        before = max(before, until)
    return cost


def _shown(estimate: Estimate, form: Callable[[float], str]) -> str:
    value, low, high = map(form, (estimate.value, estimate.low, estimate.high))
    return value if low == high else f"{value} ({low} to {high})"
