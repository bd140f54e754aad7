"""One run of a pipeline, from its sources to its report."""

from __future__ import annotations

import dataclasses
import json
import logging
import queue
import random
import uuid
from contextlib import suppress

from penstock.engine.computation import opened_workers
from penstock.engine.context import OpenedWorkers, Plan, RunOptions, allowed, planned
from penstock.engine.corrections import take_corrections
from penstock.engine.counters import RunCounters
from penstock.engine.delivery import storage_of
from penstock.engine.execution import Execution
from penstock.engine.jobs import Message, StopAsked, Warned
from penstock.engine.journal import Journal
from penstock.engine.problems import problem_of
from penstock.engine.room import Room
from penstock.engine.state_folder import StateFolder
from penstock.engine.threads import Clock, SystemClock
from penstock.errors import OutputError
from penstock.model import Problem
from penstock.pipeline import Pipeline
from penstock.report import RunReport
from penstock.spool import Spool
from penstock.storage import reach
from penstock.workers import WorkerPool

_log = logging.getLogger(__name__)


def run(
    pipeline: Pipeline,
    options: RunOptions | None = None,
    *,
    clock: Clock | None = None,
    random_source: random.Random | None = None,
) -> RunReport:
    """Run a pipeline and return its report.

    Raises PenstockError if nothing was started: a component cannot be opened, or the state folder is in use
    or cannot be used. Later errors are in the report.
    """
    return Run(pipeline, options, clock=clock, random_source=random_source).execute()


class Run:
    """One execution of a pipeline. Call `execute` once, and `interrupt` from any thread.

    Parameters
    ----------
    pool
        Keeps worker processes for the next run of this pipeline; None if they end with this one.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        options: RunOptions | None = None,
        *,
        clock: Clock | None = None,
        random_source: random.Random | None = None,
        pool: WorkerPool | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._options = options = options or RunOptions()
        self._pool = pool
        self._clock: Clock = clock or SystemClock()
        self._random = random_source or random.Random()  # noqa: S311  jitter
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._counters = RunCounters(pipeline.name, self._clock.now(), budget=allowed(pipeline, options))
        self.id = uuid.uuid4().hex
        """Identifies the run in events and log records."""
        self.is_started = False
        """Whether the sources have been asked for documents: from then on, pages may have been sent."""

    def interrupt(self) -> None:
        """End the run soon: send nothing more, poll open operations, write complete documents."""
        self._inbox.put(StopAsked())

    def execute(self) -> RunReport:
        """Run to the end. Raises PenstockError if nothing was started."""
        with StateFolder(self._pipeline.configuration.state, shared=self._options.ad_hoc) as state:
            if problem := state.network():
                self._counters.warnings.add(problem)
            with self._pipeline:
                plan = planned(self._pipeline, self._options)
                with (
                    opened_workers(self._pipeline, self._warn, self._pool) as workers,
                    self._journal(state, plan) as journal,
                ):
                    room = Room(self._inbox)
                    journal.database.wait_for_room = room.wait_on_intake
                    self._run(plan, workers, journal, Spool(state.spool, room.wait), room)
            for error, what in self._pipeline.close_errors:
                self._counters.warnings.add(problem_of(error, what))
            return self._counters.report(self._clock.now())

    def _warn(self, problem: Problem) -> None:
        self._inbox.put(Warned(problem))

    def _journal(self, state: StateFolder, plan: Plan) -> Journal:
        return Journal(
            state,
            name=self._pipeline.name,
            folder=self._pipeline.configuration.folder,
            recognizer_keys=plan.recognizer_keys,
            sources_key=plan.sources_key,
            fresh=self._options.fresh,
            retry=self._options.retry,
            rewrite=self._options.rewrite or self._options.force,
            result_index=self._options.result_index,
            acceptance=plan.acceptance,
        )

    def _run(self, plan: Plan, workers: OpenedWorkers, journal: Journal, spool: Spool, room: Room) -> None:
        _log.info("run %s of pipeline %s: start", self.id, self._pipeline.name)
        self._counters.spent_before = journal.expenses.spent_before()
        self._counters.budget.other_runs = journal.expenses.of_other_runs
        self._counters.budget.look()
        for address in storage_of(plan.pipeline.sinks):
            reach(address)
        for stage in self._pipeline.recognizers:
            if note := stage.note():
                self._counters.warnings.add(Problem(stage.title, note))
        if self._options.keeps_outputs and self._options.documents is None:
            journal.sinks.note(plan.pipeline.configuration, plan.sink_keys, ad_hoc=self._options.ad_hoc)
        if self._options.corrections:
            take_corrections(journal, self._options.corrections)
        execution = Execution(
            plan,
            run_id=self.id,
            workers=workers,
            journal=journal,
            spool=spool,
            room=room,
            inbox=self._inbox,
            counters=self._counters,
            clock=self._clock,
            random_source=self._random,
        )
        self.is_started = True
        with execution:
            execution.loop()
            with suppress(OutputError):  # the run has stopped for that, and the report says so
                self._counters.costs = journal.expenses.of_run()
        for problem in plan.acceptance.faults.values():
            self._counters.failures.add(problem)
        for problem in journal.warnings:
            self._counters.warnings.add(problem)
        self._note_end(plan, journal, met_all=execution.met_all)
        _log.info("run %s: end", self.id)

    def _note_end(self, plan: Plan, journal: Journal, *, met_all: bool) -> None:
        # If the journal cannot be written, the run has stopped for that and the report says so.
        with suppress(OutputError):
            report = self._counters.report(self._clock.now())
            form = {**dataclasses.asdict(report), "exit_code": int(report.exit_code)}
            journal.run.end(
                json.dumps(form, default=str),
                found_all=met_all and plan.finds_everything,
                finished=not (report.stopped or report.interrupted),
            )
            journal.commit()
