"""Runs a pipeline for a command: configuration, Ctrl-C, the report and the exit code."""

from __future__ import annotations

import dataclasses
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click

from penstock.api.inputs import user_result_index
from penstock.cli.failures import report_failure
from penstock.cli.logs import hide_secrets, logged_run
from penstock.cli.report_text import show_report, show_survey
from penstock.cli.streams import print_event, print_lines
from penstock.config import Configuration
from penstock.engine import Run, RunOptions
from penstock.engine.survey import survey
from penstock.pipeline import Pipeline
from penstock.report import Exit, RunReport

PROGRESS = "progress"  # the observer that shows the progress
TURN_SECONDS = 0.0005
"""How long a thread may compute while others wait. A thread waits for its turn after each wait for the disk
or the network; with Python's own 5 ms, that took longer than its work."""


def execute(
    configure: Callable[..., Configuration],  # called with the observers that the command adds
    *,
    quiet: bool,
    log_format: str,
    dry_run: bool = False,
    ad_hoc: bool = False,
    to_stdout: bool = False,
    finish: Callable[[RunReport], RunReport] = lambda report: report,
    **options: Any,
) -> Exit:
    """Run a pipeline, or print what a run would do. Raises PenstockError if nothing was started.

    With ``to_stdout``, no line on stderr names the files that are written. ``finish`` is called with the
    report, and returns the one to print.
    """
    asked = RunOptions(ad_hoc=ad_hoc, result_index=user_result_index(), **options)
    with _failures_as_json(enabled=log_format == "json"):
        is_quiet = quiet or (to_stdout and log_format == "text" and not sys.stderr.isatty())
        configuration = configure(observers=_progress(is_quiet, log_format))
        hide_secrets(each.options for each in configuration.components)
        if dry_run:
            return _dry_run(configuration, asked, log_format=log_format)
        return _run(configuration, asked, finish, quiet=quiet, log_format=log_format)


def _run(
    configuration: Configuration,
    options: RunOptions,
    finish: Callable[[RunReport], RunReport],
    *,
    quiet: bool,
    log_format: str,
) -> Exit:
    pipeline = Pipeline(configuration)
    run = Run(pipeline, options)
    try:
        with interruptible(pipeline, run, log_format), logged_run(run.id), _short_turns():
            report = finish(run.execute())
    except (Exception, KeyboardInterrupt) as error:
        if not run.is_started:
            raise
        code = report_failure(error, as_json=log_format == "json", run=run.id)
        raise click.exceptions.Exit(code) from error
    if log_format == "json":
        print_report_event(report, run.id)
    else:
        lists_outputs = quiet or not _names_outputs(configuration)
        show_report(report, quiet=quiet, no_pages=_no_pages(options), lists_outputs=lists_outputs)
    return report.exit_code


def print_report_event(report: RunReport, run: str = "") -> None:
    """Print the whole report as a line of JSON on stderr. ``run`` is the run's id."""
    print_event("report", run=run, **dataclasses.asdict(report), exit_code=int(report.exit_code))


def _no_pages(options: RunOptions) -> str:
    if options.write_only:
        return "nothing to write: no page has a result yet (use `penstock run` first)"
    return "nothing to retry: no page failed" if options.retry else "no pages were found"


def _dry_run(configuration: Configuration, options: RunOptions, *, log_format: str) -> Exit:
    found = survey(Pipeline(configuration), options)
    if log_format == "json":
        print_event("dry_run", **dataclasses.asdict(found))
    else:
        show_survey(found)
    return found.exit_code


def _progress(quiet: bool, log_format: str) -> list[dict[str, str]]:
    """Return the observers for a pipeline that does not name the progress observer itself."""
    if quiet:
        return []
    return [{"plugin": PROGRESS, "style": "json" if log_format == "json" else "auto"}]


def _names_outputs(configuration: Configuration) -> bool:
    """Whether the progress observer prints a line for each file that is written."""
    styles = [each.options["style"] for each in configuration.of_kind("observer") if each.plugin == PROGRESS]
    return "lines" in styles or ("auto" in styles and not sys.stderr.isatty())


@contextmanager
def _failures_as_json(*, enabled: bool) -> Iterator[None]:
    """Report exceptions as JSON lines. Without JSON, `penstock.cli.main` reports them."""
    try:
        yield
    except click.exceptions.Exit:
        raise
    except (Exception, KeyboardInterrupt) as error:
        if not enabled:
            raise
        raise click.exceptions.Exit(report_failure(error, as_json=True)) from error


class _Interrupts:
    """Handles Ctrl-C: the first one stops live sources, the next one the run, the next one the process.

    Without a live source, the first Ctrl-C stops the run.
    """

    def __init__(self, pipeline: Pipeline, run: Run, log_format: str) -> None:
        self._pipeline, self._run, self._log_format = pipeline, run, log_format
        self._sources_stopped = self._run_interrupted = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """Handle a signal, on the main thread."""
        if self._run_interrupted:
            raise KeyboardInterrupt
        if not self._sources_stopped and self._pipeline.request_stop():
            self._sources_stopped = True
            what = "no more pages are taken; those taken so far are recognized and written"
            self._print("ending", what, "to stop the run")
            return
        self._run_interrupted = True
        self._print("stopping", "no more pages are sent", "to stop at once")
        self._run.interrupt()

    def _print(self, event: str, what: str, next_one: str) -> None:
        hint = f"press Ctrl-C again {next_one}"
        if self._log_format == "json":
            print_event(event, run=self._run.id, what=what, hint=hint)
        else:
            print_lines("", f"{event}: {what}; {hint}")


@contextmanager
def _short_turns() -> Iterator[None]:
    """Have threads take turns more often. It holds for the whole process, so only a command does it."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def interruptible(pipeline: Pipeline, run: Run, log_format: str) -> Iterator[None]:
    """Handle SIGINT and SIGTERM while a run is going on."""
    with signals_handled(_Interrupts(pipeline, run, log_format)):
        yield


@contextmanager
def signals_handled(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Call a function at SIGINT and SIGTERM."""
    # Signals that the parent process ignores stay ignored (nohup, a background job of a script). None
    # means that the handler was not installed by Python.
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ours = [number for number, earlier in before.items() if earlier not in (signal.SIG_IGN, None)]
    for number in ours:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])
