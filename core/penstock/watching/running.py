"""Runs of a watched pipeline, each on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from penstock.config import Configuration
from penstock.engine import Run, RunOptions
from penstock.engine.threads import start_daemon
from penstock.pipeline import Pipeline
from penstock.report import RunReport
from penstock.watching.batch import BatchSource, Outcome, batch_configuration, outcome_of
from penstock.workers import WorkerPool

Ended = Callable[[RunReport | None, Outcome, BaseException | None], None]
"""Called on the run's thread with the report and the outcome, or with the exception that ended the run."""


class WatchRun:
    """A run on a thread.

    Parameters
    ----------
    pool
        Keeps the worker processes for the next run.
    files
        The files whose documents are read, by the index of their source; None to read all documents.
    """

    def __init__(
        self,
        configuration: Configuration,
        options: RunOptions,
        ended: Ended,
        pool: WorkerPool,
        files: dict[int, Sequence[Path]] | None = None,
    ) -> None:
        self._configuration, self._options, self._ended = configuration, options, ended
        self._pool, self._files = pool, files
        self._run: Run | None = None
        self._pipeline: Pipeline | None = None
        self._is_stopped = False
        self._lock = threading.Lock()  # guards the three above

    def start(self) -> None:
        """Start the thread."""
        start_daemon(f"penstock-watch-{self._configuration.name}", self._serve)

    def stop(self) -> None:
        """End the run soon, in good order. Live sources may finish what they have begun."""
        with self._lock:
            self._is_stopped = True
            if self._run is not None and not (self._files is None and self._stops_source()):
                self._run.interrupt()

    def _stops_source(self) -> bool:
        return self._pipeline is not None and self._pipeline.request_stop()

    def _serve(self) -> None:
        try:
            report, outcome = self._execute()
        except BaseException as error:  # the loop reports it, and the watch goes on
            self._ended(None, Outcome(), error)
        else:
            self._ended(report, outcome, None)

    def _execute(self) -> tuple[RunReport, Outcome]:
        configuration = self._configuration
        sources: list[BatchSource] = []
        if self._files is not None:
            configuration, sources = batch_configuration(configuration, self._files)
        pipeline = Pipeline(configuration)
        run = Run(pipeline, self._options, pool=self._pool)
        with self._lock:
            self._pipeline, self._run = pipeline, run
            if self._is_stopped:
                run.interrupt()
        report = run.execute()
        return report, outcome_of(sources, report)


def only_source(configuration: Configuration, index: int) -> Configuration:
    """Return a pipeline with one of its sources."""
    source = configuration.of_kind("source")[index]
    components = [each for each in configuration.components if each.kind != "source" or each is source]
    return replace(configuration, components=tuple(components))
