"""What the command prints: complaints, a pipeline as understood, and a run's report."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock.errors import ConfigurationError, PenstockError

if TYPE_CHECKING:
    from penstock.config import Configuration
    from penstock.model import Problem
    from penstock.report import RunReport

SHOWN = 20
"""Items of one list that the report prints; the rest is counted."""
NAMES = 5
"""Names that it prints for one reason of failing."""


def complain(error: PenstockError) -> None:
    """Say on stderr what is wrong, and what to do."""
    if isinstance(error, ConfigurationError):
        for complaint in error.complaints:
            click.echo(f"error: {complaint}", err=True)
        count = len(error.complaints)
        click.echo(f"{count} thing{'s' if count > 1 else ''} to mend; nothing was started", err=True)
        return
    click.echo(f"error: {error.message}", err=True)
    if error.hint:
        click.echo(f"       {error.hint}", err=True)


def show_pipeline(configuration: Configuration) -> None:
    """Print a pipeline as it is understood."""
    click.echo(f"pipeline {configuration.name} in {configuration.folder}")
    for configured in configuration.components:
        click.echo(f"\n{configured.place}")
        _show_options(configured.options)
    click.echo("\n[engine]")
    _show_options(
        {
            each.name: getattr(configuration.engine, each.name)
            for each in dataclasses.fields(configuration.engine)
        }
    )


def _show_options(options: dict[str, Any]) -> None:
    for name, value in options.items():
        click.echo(f"    {name} = {_plain(value)}")


def _plain(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(_plain(item) for item in value) + "]"
    return repr(str(value)) if isinstance(value, Path) else repr(value)


def show_report(report: RunReport, *, quiet: bool) -> None:
    """Print the end of a run on stderr: what was written, what failed and why, what to do."""
    if not quiet:
        _say(_summary(report))
        _list("wrote", (shorter(path) for path in report.outputs), report.outputs_written)
        if report.skipped_outputs:
            _say(f"passed over {report.skipped_outputs} files that penstock itself had written")
    _list("warning:", map(str, report.warnings), report.warned)
    _show_failures(report)
    if report.doubtful_submits:
        _say(f"{report.doubtful_submits} submits are in doubt: answers lost, perhaps billed twice")
    if report.lost_operations:
        _say(f"{report.lost_operations} operations were lost, and their pages submitted once more")
    if report.stopped:
        _say(f"stopped: {_two_lines(report.stopped)}")
    if report.unread_pages or report.interrupted:
        _say(f"{_count(report.unread_pages, 'page')} found and not read; the same command reads them")


def _summary(report: RunReport) -> str:
    if not report.pages_found:
        return "nothing was read"
    rate = f", {report.pages_read / report.seconds:.1f} pages a second" if report.pages_read > 1 else ""
    return (
        f"{report.pages_read} of {_count(report.pages_found, 'page')} read, "
        f"{report.documents_written} of {_count(report.documents_found, 'document')} written "
        f"in {report.seconds:.1f} s{rate}"
    )


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


def _show_failures(report: RunReport) -> None:
    """Print what failed, by reason: a folder of broken files has few reasons and many names."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for problem in report.failures:
        reasons.setdefault((problem.why, problem.hint), []).append(problem.what)
    for (why, hint), names in list(reasons.items())[:SHOWN]:
        _say(f"failed: {_some(names)}: {why}" + (f"\n        {hint}" if hint else ""))
    if len(reasons) > SHOWN or report.failed > len(report.failures):
        _say(f"failed: … {report.failed} in all")


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:NAMES])
    return shown if len(names) <= NAMES else f"{shown} and {len(names) - NAMES} more"


def _two_lines(problem: Problem) -> str:
    return f"{problem.what}: {problem.why}" + (f"\n        {problem.hint}" if problem.hint else "")


def _list(head: str, items: Iterable[str], count: int) -> None:
    for number, item in enumerate(items):
        if number == SHOWN:
            _say(f"{head} … and {count - SHOWN} more")
            return
        _say(f"{head} {item}")


def _say(text: str) -> None:
    click.echo(text, err=True)


def shorter(path: Path) -> str:
    """A path from here, where it is below here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
