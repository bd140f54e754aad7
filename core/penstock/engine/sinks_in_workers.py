"""Has documents written in worker processes, for ``[engine] sinks = "processes"``.

A worker writes the files of a document to a folder of the spool. The sink's own thread then moves them to
their places by the rules for all outputs, as if it had written them itself.
"""

from __future__ import annotations

import queue
import secrets
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from functools import partial

from penstock.engine.context import RunContext
from penstock.engine.jobs import OpenDocument, Warned
from penstock.engine.sink_recipes import sink_recipes
from penstock.engine.staged import Load, OnStaged, StagedDocument
from penstock.engine.threads import start_daemon
from penstock.model import Problem
from penstock.outputs import OutputRules
from penstock.outputs.errors import translated
from penstock.table_options import EngineOptions
from penstock.workers import (
    CannotStart,
    Failure,
    Recipe,
    SinkProcess,
    SinkRecipes,
    WriteJob,
    WrittenJob,
)
from penstock.workers.machine import usable_cores

MAX_PAGES = 50
"""Pages of a document that a worker may write: all of them are in memory at once."""


class SinksInWorkers:
    """Worker processes, each with a thread, that write documents for the sinks of a run.

    Parameters
    ----------
    recipes
        Of the sinks that workers can write for, by the sinks' indexes.
    load
        Loads a document. Called on the thread of a worker: only documents that are being written are in
        memory.
    """

    def __init__(
        self, context: RunContext, rules: OutputRules, recipes: Mapping[int, Recipe], load: Load
    ) -> None:
        self._inbox, self._load = context.inbox, load
        self._positions = {index: position for position, index in enumerate(recipes)}
        self._registry = rules.registry
        self._folder = context.spool.folder / "sinks" / secrets.token_hex(8)
        # A run that is killed leaves the folder to the next run.
        self._registry.note_part(self._folder, finished=False)
        self._waiting: queue.SimpleQueue[tuple[OpenDocument, int, OnStaged] | None] = queue.SimpleQueue()
        self._cannot_start = threading.Event()
        self._closed = False
        made = SinkRecipes(tuple(recipes.values()), rules.root, rules.name, rules.date)
        engine = context.engine
        self._processes = [SinkProcess(made, engine.call_deadline) for _ in range(processes_of(engine))]
        self._threads = [
            start_daemon("penstock-sink-worker", partial(self._serve, process)) for process in self._processes
        ]

    def takes(self, sink: int, opened: OpenDocument) -> bool:
        """Return whether a worker can write a document for a sink."""
        fits = opened.recognized <= MAX_PAGES
        return fits and sink in self._positions and not self._cannot_start.is_set()

    def put(self, opened: OpenDocument, sinks: Sequence[int], on_staged: OnStaged) -> None:
        """Have a document written, by each sink in another process if possible, and return at once."""
        for sink in sinks:
            self._waiting.put((opened, sink, on_staged))

    def close(self) -> None:
        """Kill busy processes, let idle ones exit, drop waiting documents, and remove staged files."""
        self._closed = True
        for process in self._processes:
            process.stop()
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._registry.note_part(self._folder, finished=True)

    def _serve(self, process: SinkProcess) -> None:
        while (item := self._waiting.get()) is not None:
            if not self._closed:
                opened, sink, on_staged = item
                staged = self._staged(opened, sink, process)
                # A process that was stopped has not failed.
                if not self._closed:
                    on_staged(sink, opened, staged)
        process.reap()

    def _staged(self, opened: OpenDocument, sink: int, process: SinkProcess) -> StagedDocument | None:
        """Have a document written. What fails is raised later, by `StagedDocument.put_in_place`."""
        folder = self._folder / secrets.token_hex(8)
        if self._cannot_start.is_set():
            return None
        started = time.time()
        try:
            with translated(folder):
                folder.mkdir(parents=True)
            job = WriteJob(self._positions[sink], self._load(opened), folder)
            return StagedDocument(folder, process.write(job), started)
        except CannotStart as error:
            self._note_cannot_start(str(error))
            return None
        except Exception as error:  # of the journal, or of a page that cannot be pickled
            return StagedDocument(folder, WrittenJob(failure=Failure(error)))

    def _note_cannot_start(self, why: str) -> None:
        if not (self._closed or self._cannot_start.is_set()):
            self._cannot_start.set()
            hint = "the run writes documents in its own process; check that there is enough memory"
            self._inbox.put(Warned(Problem('[engine] sinks = "processes"', why, hint)))


def processes_of(engine: EngineOptions) -> int:
    """Return how many processes of this machine write documents."""
    return engine.workers if isinstance(engine.workers, int) else usable_cores()


def sinks_in_workers(context: RunContext, rules: OutputRules, load: Load) -> SinksInWorkers | None:
    """Return the processes that write documents; None if no sink can use them."""
    recipes = sink_recipes(context.plan.pipeline)
    return SinksInWorkers(context, rules, recipes, load) if recipes else None
