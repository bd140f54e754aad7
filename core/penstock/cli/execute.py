"""Runs a configuration for the command: signals, results on stdout, the report on stderr."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from penstock.cli.show import show_report
from penstock.config import Configuration
from penstock.engine import Run, RunOptions
from penstock.pipeline import Pipeline
from penstock.report import Exit


def execute(configuration: Configuration, *, force: bool, quiet: bool, log_format: str) -> Exit:
    """Run a pipeline, and say what came of it. Raises PenstockError if nothing was started."""
    run = Run(Pipeline(configuration), RunOptions(force=force))
    with _interruptible(run):
        report = run.execute()
    if log_format == "json":
        _show_json(report.outputs, int(report.exit_code))
    else:
        show_report(report, quiet=quiet)
    return report.exit_code


def _show_json(outputs: tuple[object, ...], code: int) -> None:
    click.echo(
        json.dumps({"event": "report", "outputs": [str(path) for path in outputs], "exit_code": code}),
        err=True,
    )


@contextmanager
def _interruptible(run: Run) -> Iterator[None]:
    """Ctrl-C once ends the run in good order, twice at once."""
    asked = False

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        click.echo("\nstopping: nothing more is sent; Ctrl-C again to stop at once", err=True)
        run.interrupt()

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
