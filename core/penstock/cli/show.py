"""What the command prints: complaints, a pipeline as understood, and a run's report."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from penstock.errors import ConfigurationError, PenstockError
from penstock.report import counted, money, printable

if TYPE_CHECKING:
    from penstock.config import Configuration
    from penstock.engine import Survey
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
            say(f"error: {complaint}")
        say(f"{counted(len(error.complaints), 'thing')} to mend; nothing was started")
        return
    say(f"error: {error.message}", *([f"       {error.hint}"] if error.hint else []))


def complain_in_json(error: PenstockError) -> None:
    """Say on stderr what is wrong, an object a line."""
    if isinstance(error, ConfigurationError):
        for each in error.complaints:
            say_object("error", place=each.place, what=each.what, hint=each.instead)
    else:
        say_object("error", what=error.message, hint=error.hint)


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


def show_survey(survey: Survey) -> None:
    """Print what a run would do."""
    found = f"{counted(survey.pages, 'page')} in {counted(survey.documents, 'document')}"
    parts = [f"{survey.known} known already"] if survey.known else []
    parts += [f"{survey.in_flight} sent before and to be asked for"] if survey.in_flight else []
    parts += [f"{survey.refused} refused before"] if survey.refused else []
    parts.append(f"{survey.to_send} to send")
    cost = "" if survey.cost is None else f", for about {money(survey.cost)} at the given prices"
    say(f"{found}: {', '.join(parts)}{cost}")
    if survey.stopped_by:
        say(_stop(survey))
    _by_reason("cannot be had", survey.failures, survey.failed)
    if survey.own_files:
        say(f"not counted: {counted(survey.own_files, 'file')} that penstock itself had written")
    for name in survey.not_asked:
        say(f"not counted: what the source {name!r} would fetch")
    for text in survey.said:
        say(text)


def _stop(survey: Survey) -> str:
    if not survey.stopped_after:
        return f"{survey.stopped_by} would stop the run before a page is sent"
    cost = "" if survey.cost is None else f", for about {money(survey.stopped_cost)}"
    pages = counted(survey.stopped_after, "page")
    return f"{survey.stopped_by} would stop the run after {pages}{cost}; the same command goes on"


def _show_options(options: dict[str, Any]) -> None:
    for name, value in options.items():
        click.echo(f"    {name} = {_plain(value)}")


def _plain(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(_plain(item) for item in value) + "]"
    return repr(str(value)) if isinstance(value, Path) else repr(value)


def show_report(report: RunReport, *, quiet: bool, nothing: str = "nothing was read") -> None:
    """Print the end of a run on stderr: what was written, what failed and why, what to do.

    Parameters
    ----------
    nothing
        What is said of a run that found no page.
    """
    if not quiet:
        say(_summary(report) if report.pages_found else nothing)
        _list("wrote", (shorter(path) for path in report.outputs), report.outputs_written)
        if report.cost is not None or report.pages_billed:
            service = " to a service" if report.pages_billed else ""
            cost = "" if report.cost is None else f", for about {money(report.cost)} at the given prices"
            say(f"sent {counted(report.pages_sent, 'page')}{service}{cost}")
        if report.changed_outputs:
            say(
                f"left {counted(report.changed_outputs, 'output')} as somebody changed them; "
                "--rewrite writes them again"
            )
        if report.skipped_outputs:
            say(f"passed over {counted(report.skipped_outputs, 'file')} that penstock itself had written")
        _by_reason("warning", report.warnings, report.warned)
    _by_reason("failed", report.failures, report.failed)
    if report.doubtful_submits:
        are = "is" if report.doubtful_submits == 1 else "are"
        say(
            f"{counted(report.doubtful_submits, 'submit')} {are} in doubt: answers lost, perhaps billed twice"
        )
    if report.lost_operations:
        say(f"{counted(report.lost_operations, 'operation')} lost, and submitted once more")
    if report.stopped:
        _with_hint(f"stopped: {report.stopped.what}: {report.stopped.why}", report.stopped.hint)
    if report.unread_pages:
        say(f"{counted(report.unread_pages, 'page')} found and not read; the same command reads them")
    elif report.interrupted:
        say("interrupted; the same command does the rest")


def show_report_in_json(report: RunReport) -> None:
    """Print the whole report as one object on one line of stderr."""
    say_object("report", **dataclasses.asdict(report), exit_code=int(report.exit_code))


def _summary(report: RunReport) -> str:
    rate = f", {report.pages_read / report.seconds:.1f} pages a second" if report.pages_read > 1 else ""
    known = f" ({report.pages_known} known already)" if report.pages_known else ""
    there = f" ({report.documents_unchanged} there already)" if report.documents_unchanged else ""
    return (
        f"{report.pages_read} of {counted(report.pages_found, 'page')} read{known}, "
        f"{report.documents_written} of {counted(report.documents_found, 'document')} written{there} "
        f"in {report.seconds:.1f} s{rate}"
    )


def _by_reason(head: str, problems: Iterable[Problem], count: int) -> None:
    """Print problems by reason: a folder of broken files has few reasons and many names."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for problem in problems:
        reasons.setdefault((problem.why, problem.hint), []).append(problem.what)
    for (why, hint), names in list(reasons.items())[:SHOWN]:
        _with_hint(f"{head}: {_some(names)}: {why}", hint)
    if len(reasons) > SHOWN or count > sum(map(len, reasons.values())):
        say(f"{head}: … {count} in all")


def _with_hint(text: str, hint: str) -> None:
    say(text, *([f"        {hint}"] if hint else []))


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:NAMES])
    return shown if len(names) <= NAMES else f"{shown} and {len(names) - NAMES} more"


def _list(head: str, items: Iterable[str], count: int) -> None:
    for number, item in enumerate(items):
        if number == SHOWN:
            say(f"{head} … and {count - SHOWN} more")
            return
        say(f"{head} {item}")


def say(*lines: str) -> None:
    """Print lines on stderr; what would steer a terminal is written out."""
    _print("".join(printable(line) + "\n" for line in lines))


def say_object(event: str, **facts: Any) -> None:
    """Print an object on one line of stderr; a path becomes text."""
    _print(json.dumps({"event": event, **facts}, default=str) + "\n")


def _print(text: str) -> None:
    try:
        click.echo(text, nl=False, err=True)
    except BrokenPipeError:
        # Whoever listened has gone (a pipe to head): the run ends as if it were still there.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stderr.fileno())
        os.close(nowhere)


def shorter(path: Path) -> str:
    """A path from here, where it is below here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
