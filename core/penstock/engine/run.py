"""One run of a pipeline, from its sources to its report."""

from __future__ import annotations

import dataclasses
import json
import queue
import random
from contextlib import suppress

from penstock.engine.bookkeeping import Books
from penstock.engine.clock import Clock, SystemClock
from penstock.engine.corrections import take_corrections
from penstock.engine.execution import Execution
from penstock.engine.inputs import note_inputs
from penstock.engine.journal import Journal
from penstock.engine.messages import Message, StopAsked
from penstock.engine.plan import Plan, RunOptions, allowed, planned
from penstock.engine.problems import problem_of
from penstock.engine.state_folder import StateFolder
from penstock.errors import OutputError
from penstock.pipeline import Pipeline
from penstock.report import RunReport
from penstock.spool import Spool


def run(
    pipeline: Pipeline,
    options: RunOptions | None = None,
    *,
    clock: Clock | None = None,
    random_source: random.Random | None = None,
) -> RunReport:
    """Run a pipeline to its end.

    Raises
    ------
    PenstockError
        Nothing was started: a component cannot be opened, or the state folder cannot be used or is held by
        another run. Everything later is in the report.
    """
    return Run(pipeline, options, clock=clock, random_source=random_source).execute()


class Run:
    """One execution of a pipeline; `execute` once, `interrupt` from anywhere."""

    def __init__(
        self,
        pipeline: Pipeline,
        options: RunOptions | None = None,
        *,
        clock: Clock | None = None,
        random_source: random.Random | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._options = options = options or RunOptions()
        self._clock: Clock = clock or SystemClock()
        self._random = random_source or random.Random()  # noqa: S311  jitter
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._books = Books(pipeline.name, self._clock.now(), allowance=allowed(pipeline, options))

    def interrupt(self) -> None:
        """End the run soon: send nothing more, ask for what is out, write what is complete."""
        self._inbox.put(StopAsked())

    def execute(self) -> RunReport:
        """Run to the end. Raises PenstockError if nothing was started."""
        with StateFolder(self._pipeline.configuration.state, shared=self._options.ad_hoc) as state:
            if problem := state.network():
                self._books.warnings.add(problem)
            with self._pipeline:
                plan = planned(self._pipeline, self._options)
                with self._journal(state, plan) as journal:
                    self._walk_through(plan, journal, Spool(state.spool))
            for error, what in self._pipeline.close_errors:
                self._books.warnings.add(problem_of(error, what))
            return self._books.report(self._clock.now())

    def _journal(self, state: StateFolder, plan: Plan) -> Journal:
        return Journal(
            state,
            name=self._pipeline.name,
            folder=self._pipeline.configuration.folder,
            recognizer_keys=plan.readings,
            sources_key=plan.taking,
            fresh=self._options.fresh,
            retry=self._options.retry,
            rewrite=self._options.rewrite or self._options.force,
            result_index=self._options.result_index,
        )

    def _walk_through(self, plan: Plan, journal: Journal, spool: Spool) -> None:
        if self._options.corrections:
            take_corrections(journal, self._options.corrections)
        if self._options.force:
            note_inputs(plan, journal, spool)
        execution = Execution(
            plan,
            journal=journal,
            spool=spool,
            inbox=self._inbox,
            books=self._books,
            clock=self._clock,
            random_source=self._random,
        )
        with execution:
            execution.loop()
        for problem in journal.warnings:
            self._books.warnings.add(problem)
        # A journal that cannot be written has stopped the run, and the report says so.
        with suppress(OutputError):
            report = self._books.report(self._clock.now())
            said = {**dataclasses.asdict(report), "exit_code": int(report.exit_code)}
            met_all = execution.met_all and _gives_all(plan)
            finished = not (report.stopped or report.interrupted)
            journal.run.end(json.dumps(said, default=str), found_all=met_all, finished=finished)
            journal.commit()


def _gives_all(plan: Plan) -> bool:
    """Whether what a run does not meet is gone; it is not where a part is asked for, or another each time."""
    options = plan.options
    is_part = options.retry or options.write_only or options.ad_hoc
    return not is_part and not any(source.is_live for source in plan.pipeline.sources)


__all__ = ["Run", "RunOptions", "run"]
