"""`penstock watch`, and `penstock read --watch`: signals, messages and the exit code."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from penstock.cli.execute import PROGRESS, print_report_event, signals_handled
from penstock.cli.failures import report_failure
from penstock.cli.file_list import STANDARD_INPUT, wrong
from penstock.cli.logs import hide_secrets
from penstock.cli.read_outputs import OutputNames
from penstock.cli.read_pipeline import Inputs
from penstock.cli.report_text import print_by_reason, print_with_hint
from penstock.cli.standard_output import is_standard_output
from penstock.cli.streams import print_event, print_lines
from penstock.config import Configuration
from penstock.engine.threads import start_daemon
from penstock.errors import PenstockError
from penstock.model import Problem
from penstock.report import Exit, RunReport, counted
from penstock.watching.endpoint import Endpoint, address_of
from penstock.watching.observed import ObservedPipeline
from penstock.watching.origin import FixedPipeline, Origin, PipelineFile
from penstock.watching.watch import Watch


def watch_files(
    files: Sequence[Path], *, poll: float | None, metrics_port: str | None, quiet: bool, log_format: str
) -> Exit:
    """Watch the files of pipeline files until a signal comes.

    Raises PenstockError if nothing was started.
    """
    shown = observers(quiet=quiet, log_format=log_format)
    origins = [PipelineFile(file, shown, _hide_secrets) for file in files]
    with ExitStack() as stack:
        endpoint = stack.enter_context(Endpoint(address_of(metrics_port))) if metrics_port else None
        return serve(origins, endpoint, poll=poll, ad_hoc=False, quiet=quiet, log_format=log_format)


def watch_configured(
    configure: Callable[..., Configuration], *, poll: float | None, quiet: bool, log_format: str
) -> Exit:
    """Watch the files of a pipeline that a function makes, which is called with the observers."""
    shown = observers(quiet=quiet, log_format=log_format)
    origin = FixedPipeline(lambda: configure(observers=shown))
    _hide_secrets(origin.configuration())
    return serve([origin], None, poll=poll, ad_hoc=True, quiet=quiet, log_format=log_format)


def _hide_secrets(configuration: Configuration) -> None:
    hide_secrets(each.options for each in configuration.components)


def watch_read(
    configure: Callable[..., Configuration],
    inputs: Inputs,
    outputs: OutputNames,
    *,
    is_watch: bool,
    poll: float | None,
    quiet: bool,
    log_format: str,
    **options: Any,
) -> Exit:
    """Watch the inputs of `penstock read`.

    Raises ConfigurationError for options that a watch does not have.
    """
    if not is_watch:
        raise wrong("--poll", "needs --watch", "add --watch, or leave it out")
    given = [name for name, value in options.items() if value]
    if given:
        name = f"--{given[0].replace('_', '-')}"
        raise wrong(name, "cannot be used with --watch", "leave it out, or write a pipeline file")
    if is_standard_output(outputs) or STANDARD_INPUT in inputs.names:
        raise wrong("--watch", "needs files for inputs and outputs", "name folders instead of -")
    if outputs.file is not None:
        raise wrong("--output", "names one file, but a watch reads many", "use --out FOLDER")
    return watch_configured(configure, poll=poll, quiet=quiet, log_format=log_format)


def observers(*, quiet: bool, log_format: str) -> list[dict[str, str]]:
    """Return the observers that show the runs: lines, because a bar would be shown for each run."""
    return [] if quiet else [{"plugin": PROGRESS, "style": "json" if log_format == "json" else "lines"}]


def serve(
    origins: Sequence[Origin],
    endpoint: Endpoint | None,
    *,
    poll: float | None,
    ad_hoc: bool,
    quiet: bool,
    log_format: str,
) -> Exit:
    """Watch until SIGTERM or Ctrl-C; a second one ends at once."""
    messages = Messages(as_json=log_format == "json", quiet=quiet)
    observed = [ObservedPipeline(each, endpoint.meter if endpoint else None) for each in origins]
    watch = Watch(observed, messages, poll=poll, ad_hoc=ad_hoc)
    if endpoint is not None:
        endpoint.serve(watch)
        messages.note(Problem("metrics", f"{endpoint.url}/metrics", f"health: {endpoint.url}/healthz"))
    failures: list[BaseException] = []
    with _signals() as signals:

        def run() -> None:
            try:
                watch.run()
            except BaseException as error:  # raised on the main thread
                failures.append(error)
            signals.wake()

        thread = start_daemon("penstock-watch", run)
        _wait(signals, watch, messages)
        thread.join()
    if failures:
        raise failures[0]
    return Exit.DONE


class _Signals:
    """The signals that end a watch, as bytes in a pipe: the main thread sleeps until one comes."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.writer, False)

    def wake(self) -> None:
        """End the waiting without a signal."""
        os.write(self.writer, b"\0")

    def next(self) -> int:
        """Wait for a signal, and return its number; 0 after `wake`."""
        select.select([self.reader], [], [])
        return os.read(self.reader, 1)[0]


def _wait(signals: _Signals, watch: Watch, messages: Messages) -> None:
    """Stop the watch at the first signal. Raises KeyboardInterrupt at the second one."""
    if signals.next() == 0:
        return
    messages.ending()
    watch.stop()
    if signals.next() != 0:
        raise KeyboardInterrupt


@contextmanager
def _signals() -> Iterator[_Signals]:
    """Handle SIGINT and SIGTERM, but for those that the parent process ignores."""
    signals = _Signals()
    try:
        with signals_handled(lambda *_: None):
            wakeup = signal.set_wakeup_fd(signals.writer)
            try:
                yield signals
            finally:
                signal.set_wakeup_fd(wakeup)
    finally:
        os.close(signals.reader)
        os.close(signals.writer)


class Messages:
    """Tells what a watch does on stderr."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self._as_json, self._quiet = as_json, quiet

    def ending(self) -> None:
        what, hint = "no more files are taken; runs end in good order", "press Ctrl-C again to stop at once"
        if self._as_json:
            print_event("ending", what=what, hint=hint)
        else:
            print_lines(f"ending: {what}; {hint}")

    def note(self, problem: Problem) -> None:
        if self._as_json:
            print_event("watch", what=problem.what, why=problem.why, hint=problem.hint)
        else:
            print_with_hint(f"{problem.what}: {problem.why}", problem.hint)

    def refused(self, path: Path, error: PenstockError) -> None:
        report_failure(error, as_json=self._as_json, goes_on=True)
        self.note(Problem(str(path), "the pipeline as it was before goes on", "correct the file and save it"))

    def run_ended(self, report: RunReport) -> None:
        if self._as_json:
            print_report_event(report)
            return
        print_by_reason("failed", report.failures, report.failed)
        if not self._quiet:
            print_by_reason("warning", report.warnings, report.warned)
        if report.stopped:
            self.note(Problem("stopped", str(report.stopped), "it is tried again later"))
        if report.pages_read and not self._quiet:
            print_lines(f"{counted(report.pages_read, 'page')} read in {report.seconds:.1f} s")

    def run_failed(self, error: BaseException) -> None:
        report_failure(error, as_json=self._as_json, goes_on=True)
