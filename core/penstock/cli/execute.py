"""Runs a pipeline for the command: signals, results on stdout, the report on stderr."""

from __future__ import annotations

import dataclasses
import signal
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol

import click

from penstock.cli.show import complain_in_json, say, say_object, show_report, show_report_in_json, show_survey
from penstock.config import Configuration
from penstock.engine import Run, RunOptions, survey
from penstock.errors import PenstockError
from penstock.pipeline import Pipeline
from penstock.report import Exit


class Configure(Protocol):
    """Makes the pipeline's configuration, with the observers that the command adds to it."""

    def __call__(self, *, observers: Iterable[Mapping[str, Any]]) -> Configuration:
        """Raise ConfigurationError with everything that is wrong."""


def execute(
    configure: Configure, options: RunOptions, *, quiet: bool, log_format: str, dry_run: bool = False
) -> Exit:
    """Run a pipeline, or say what a run would do. Raises PenstockError if nothing was started."""
    with _said_as(log_format):
        configuration = configure(observers=_progress(quiet, log_format))
        if dry_run:
            return _dry_run(configuration, options, log_format=log_format)
        return _run(configuration, options, quiet=quiet, log_format=log_format)


def _run(configuration: Configuration, options: RunOptions, *, quiet: bool, log_format: str) -> Exit:
    pipeline = Pipeline(configuration)
    run = Run(pipeline, options)
    with _interruptible(pipeline, run, log_format):
        report = run.execute()
    if log_format == "json":
        show_report_in_json(report)
    else:
        show_report(report, quiet=quiet, nothing=_nothing(options))
    return report.exit_code


def _nothing(options: RunOptions) -> str:
    if options.write_only:
        return "there is nothing to write: nothing was read yet (`penstock run` does)"
    return "there is nothing to retry: nothing failed" if options.retry else "nothing was read"


def _dry_run(configuration: Configuration, options: RunOptions, *, log_format: str) -> Exit:
    found = survey(Pipeline(configuration), options)
    if log_format == "json":
        say_object("dry_run", **dataclasses.asdict(found))
    else:
        show_survey(found)
    return found.exit_code


def _progress(quiet: bool, log_format: str) -> list[dict[str, str]]:
    """What is added to a pipeline that names no progress of its own."""
    if quiet:
        return []
    return [{"plugin": "progress", "style": "json" if log_format == "json" else "auto"}]


@contextmanager
def _said_as(log_format: str) -> Iterator[None]:
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


class _Interrupts:
    """What Ctrl-C does: ends a sitting, if there is one; then the run, in good order; then all at once."""

    def __init__(self, pipeline: Pipeline, run: Run, log_format: str) -> None:
        self._pipeline, self._run, self._log_format = pipeline, run, log_format
        self._sitting_ended = self._run_interrupted = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        if self._run_interrupted:
            raise KeyboardInterrupt
        if not self._sitting_ended and self._pipeline.request_stop():
            self._sitting_ended = True
            self._say("ending", "the sitting ends; what was taken is read and written", "to stop the run")
            return
        self._run_interrupted = True
        self._say("stopping", "nothing more is sent", "to stop at once")
        self._run.interrupt()

    def _say(self, event: str, what: str, next_one: str) -> None:
        if self._log_format == "json":
            say_object(event, what=what, hint=f"Ctrl-C again {next_one}")
        else:
            say("", f"{event}: {what}; Ctrl-C again {next_one}")


@contextmanager
def _interruptible(pipeline: Pipeline, run: Run, log_format: str) -> Iterator[None]:
    """Let Ctrl-C end the run in good order."""
    interrupt = _Interrupts(pipeline, run, log_format)
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
