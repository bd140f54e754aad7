"""`penstock status`: how far a pipeline is, once or until its run ends."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import click

from penstock.cli.state_commands import journal_of
from penstock.engine import CurrentRun, Status, status_of
from penstock.model import Problem
from penstock.report import BudgetUse, Exit, counted, pace, pages_done, printable

MAX_WORKERS = 20  # lines about workers that are printed
MAX_FAILURES = 20  # failures that are printed; the others are counted
TERMINAL_SECONDS, LINE_SECONDS = 1.0, 10.0  # between two looks at a run, on a terminal and elsewhere

Read = Callable[[], Status | None]


def show_status(file: Path | None, *, as_json: bool, everywhere: bool, follow: bool) -> Exit:
    """Print the progress of a pipeline. Raises StateError if its journal cannot be opened."""
    if everywhere and file is not None:
        raise click.UsageError("--all is for `penstock read`: a pipeline file has one status")
    state, name, folder = journal_of(file)
    read = partial(status_of, state, name, None if everywhere else folder)
    shown = f"{name} in all folders" if everywhere else name
    if follow:
        # Ctrl-C ends the command; it does not concern the run.
        with suppress(KeyboardInterrupt):
            _follow(read, shown, state, as_json=as_json)
    else:
        _print(read(), shown, state, as_json=as_json)
    return Exit.DONE


def _print(status: Status | None, name: str, state: Path, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(status) if status else None, default=str))
    else:
        for line in status_lines(name, status, state):
            click.echo(printable(line))


def _follow(read: Read, name: str, state: Path, *, as_json: bool) -> None:
    on_terminal = sys.stdout.isatty() and not as_json
    with _shown_in_place() if on_terminal else _shown_in_lines() as show:
        for status in until_it_ends(read, TERMINAL_SECONDS if on_terminal else LINE_SECONDS):
            if as_json:
                _print(status, name, state, as_json=True)
            else:
                show(status_lines(name, status, state))


def until_it_ends(
    read: Read, seconds: float, wait: Callable[[float], None] = time.sleep
) -> Iterator[Status | None]:
    """Yield a status every so many seconds until no run is going on; the last one is that of its end."""
    while True:
        status = read()
        yield status
        if status is None or status.running is None:
            return
        wait(seconds)


@contextmanager
def _shown_in_place() -> Iterator[Callable[[Iterable[str]], None]]:
    """Show each status in place of the one before, on a terminal."""
    from rich.live import Live
    from rich.text import Text

    with Live(auto_refresh=False) as live:
        yield lambda lines: live.update(Text(printable_lines(lines)), refresh=True)


@contextmanager
def _shown_in_lines() -> Iterator[Callable[[Iterable[str]], None]]:
    """Print what is new since the status before."""
    before: list[str] = []

    def show(lines: Iterable[str]) -> None:
        new = list(lines)
        for line in new:
            if line not in before:
                click.echo(printable(line))
        sys.stdout.flush()
        before[:] = new

    yield show


def printable_lines(lines: Iterable[str]) -> str:
    return "\n".join(map(printable, lines))


def status_lines(name: str, status: Status | None, state: Path) -> list[str]:
    """Return the lines for people, the current run first."""
    if status is None:
        return [f"{name}: has never run (there is no journal in {state})"]
    run, pages = status.running, status.pages
    # Several `penstock read` share a state folder; the journal then names one of them.
    running = (
        f"running since {run.get('since', '?')}, process {run.get('pid', '?')}" if run else "not running"
    )
    lines = [f"{name}: {running}"]
    if status.current_run:
        lines.append(f"this run   {_of_run(status.current_run)}")
        lines += _worker_lines(status.current_run.workers)
    lines.append(
        f"documents  {status.documents} found, {status.complete} with all pages, {status.delivered} written"
    )
    if status.gone:
        missing = counted(status.gone, "document")
        lines.append(f"missing    {missing} that the last complete run did not find (results are kept)")
    failed = f", {pages['failed']} failed" if pages["failed"] else ""
    lines.append(f"pages      {pages_done(pages['read'], sum(pages.values()), 0)}{failed}")
    if status.provisional:
        kept = counted(status.provisional, "page")
        lines.append(f"kept       {kept} with a first reading that a rule did not accept")
    if status.submitted:
        lines.append(f"in flight  {counted(status.submitted, 'page')} at a service, to be polled")
    if status.in_doubt:
        doubtful = counted(status.in_doubt, "page")
        lines.append(
            f"sending    {doubtful}"
            if run
            else f"in doubt   {doubtful}: perhaps sent when the last run ended; the next run submits again"
        )
    lines += _failure_lines(status)
    lines += _budget_lines(status)
    if not run and (stopped := (status.last_run or {}).get("stopped")):
        lines.append(f"stopped    {stopped['what']}: {stopped['why']}")
    return lines


def _budget_lines(status: Status) -> list[str]:
    """Return how much of each budget is spent; after a run, only budgets of which it warned."""
    report = status.current_run.report if status.current_run else status.last_run or {}
    uses = [BudgetUse(**each) for each in report.get("budgets", ())]
    return [f"budget     {use}" for use in uses if status.current_run or use.is_nearly_spent]


def _worker_lines(workers: Sequence[str]) -> list[str]:
    shown = [f"workers    {line}" for line in workers[:MAX_WORKERS]]
    return (
        shown
        if len(workers) <= MAX_WORKERS
        else [*shown, f"workers    … {len(workers)} lines in all (--json)"]
    )


def _of_run(run: CurrentRun) -> str:
    """Return ``9 of at least 16 pages recognized (6 known), 1 failed, 0.4 pages/s, 0:00:17 left``."""
    report = run.report
    done = report["pages_read"] + report["pages_known"]
    failed = report["failed"]
    parts = [
        pages_done(done, run.total, report["pages_known"], at_least=not run.found_all),
        f"{failed} failed" if failed else "",
        pace(report["pages_read"], run.total - done - failed, run.seconds, at_least=not run.found_all),
    ]
    return ", ".join(filter(None, parts))


def _failure_lines(status: Status) -> list[str]:
    without_page = _failures_without_page(status)
    failures = [*status.failures, *without_page]
    lines = []
    for problem in failures[:MAX_FAILURES]:
        lines.append(f"failed     {problem.what}: {problem.why}")
        lines += [f"           {problem.hint}"] if problem.hint else []
    if len(failures) > MAX_FAILURES:
        total = status.pages["failed"] + len(without_page)
        lines.append(f"failed     … {total} in all (--json has the first thousand)")
    return lines


def _failures_without_page(status: Status) -> list[Problem]:
    """Return failures that only the last run's report has: files of which no page could be made.

    Empty during a run, which may have read the files by now.
    """
    if status.running or not status.last_run:
        return []
    pages = {problem.what for problem in status.failures}
    failures = [each for each in status.last_run.get("failures", ()) if each["what"] not in pages]
    return [Problem(each["what"], each["why"], each["hint"]) for each in failures]
