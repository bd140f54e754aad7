"""One run of a pipeline, from its sources to its report."""

from __future__ import annotations

import queue
import random
from dataclasses import dataclass

from penstock.engine.bookkeeping import Books
from penstock.engine.clock import Clock, SystemClock
from penstock.engine.execution import Execution
from penstock.engine.intake import problem_of
from penstock.engine.journal import Journal
from penstock.engine.messages import Message, StopAsked
from penstock.engine.shelf import Shelf
from penstock.pipeline import Pipeline
from penstock.report import RunReport
from penstock.spool import Spool

SPOOL = "spool"
"""The folder of kept pictures, in the state folder."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What belongs to one run and not to its pipeline.

    Parameters
    ----------
    force
        Whether files may be replaced that penstock did not write.
    """

    force: bool = False


def run(
    pipeline: Pipeline,
    options: RunOptions = RunOptions(),
    *,
    clock: Clock | None = None,
    random_source: random.Random | None = None,
) -> RunReport:
    """Run a pipeline to its end.

    Raises
    ------
    PenstockError
        Nothing was started: a component cannot be opened, or the state folder cannot be used. Everything
        later is in the report.
    """
    return Run(pipeline, options, clock=clock, random_source=random_source).execute()


class Run:
    """One execution of a pipeline; `execute` once, `interrupt` from anywhere."""

    def __init__(
        self,
        pipeline: Pipeline,
        options: RunOptions = RunOptions(),
        *,
        clock: Clock | None = None,
        random_source: random.Random | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._options = options
        self._clock: Clock = clock or SystemClock()
        self._random = random_source or random.Random()  # noqa: S311  jitter
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._books = Books(pipeline.name, self._clock.now())

    def interrupt(self) -> None:
        """End the run soon: send nothing more, ask for what is out, write what is complete."""
        self._inbox.put(StopAsked())

    def execute(self) -> RunReport:
        """Run to the end. Raises PenstockError if nothing was started."""
        engine = self._pipeline.configuration.engine
        state = self._pipeline.configuration.folder / engine.state
        with Journal(state) as journal, Shelf() as shelf:
            with self._pipeline, self._execution(journal, shelf, Spool(state / SPOOL)) as execution:
                execution.loop()
            for error, what in self._pipeline.close_errors:
                self._books.warnings.add(problem_of(error, what))
            return self._books.report(self._clock.now())

    def _execution(self, journal: Journal, shelf: Shelf, spool: Spool) -> Execution:
        return Execution(
            self._pipeline,
            journal=journal,
            shelf=shelf,
            spool=spool,
            inbox=self._inbox,
            books=self._books,
            clock=self._clock,
            random_source=self._random,
            force=self._options.force,
        )


__all__ = ["Run", "RunOptions", "run"]
