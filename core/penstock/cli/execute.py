"""Runs a configuration for the command: signals, results on stdout, the report on stderr."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from penstock.cli.show import complain_in_json, say, say_object, show_report, show_report_in_json
from penstock.config import Configuration
from penstock.engine import Run, RunOptions
from penstock.errors import PenstockError
from penstock.pipeline import Pipeline
from penstock.report import Exit


def execute(configuration: Configuration, *, force: bool, quiet: bool, log_format: str) -> Exit:
    """Run a pipeline, and say what came of it. Raises PenstockError if nothing was started."""
    run = Run(Pipeline(configuration), RunOptions(force=force))
    with _interruptible(run, log_format):
        report = run.execute()
    if log_format == "json":
        show_report_in_json(report)
    else:
        show_report(report, quiet=quiet)
    return report.exit_code


@contextmanager
def said_as(log_format: str) -> Iterator[None]:
    """For machines, errors are objects on lines, too; for people the command's root says them."""
    if log_format != "json":
        yield
        return
    try:
        yield
    except PenstockError as error:
        complain_in_json(error)
        raise click.exceptions.Exit(Exit.NOT_STARTED) from error
    except KeyboardInterrupt:
        say_object("interrupted", what="stopped at once", hint="the same command does the rest")
        raise click.exceptions.Exit(Exit.INTERRUPTED) from None


@contextmanager
def _interruptible(run: Run, log_format: str) -> Iterator[None]:
    """Ctrl-C once ends the run in good order, twice at once."""
    asked = False

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        if log_format == "json":
            say_object("stopping", what="nothing more is sent", hint="Ctrl-C again stops at once")
        else:
            say("", "stopping: nothing more is sent; Ctrl-C again to stop at once")
        run.interrupt()

    # What the parent ignores stays ignored (nohup, a script's background job); None is not Python's.
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ours = [number for number, handler in before.items() if handler not in (signal.SIG_IGN, None)]
    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])
