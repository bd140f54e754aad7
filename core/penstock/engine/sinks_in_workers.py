"""Has documents written in worker processes, for ``[engine] sinks = "processes"``.

A worker writes the files of a document to a folder of the spool. The sink's own thread then moves them to
their places by the rules for all outputs, as if it had written them itself.
"""

from __future__ import annotations

import logging
import queue
import secrets
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from penstock.engine.context import RunContext
from penstock.engine.jobs import OpenDocument, Warned
from penstock.engine.threads import start_daemon
from penstock.errors import PluginError
from penstock.model import Problem, RecognizedDocument
from penstock.outputs import AdoptingOutputs, OutputRules
from penstock.outputs.errors import translated
from penstock.pipeline import SinkStage
from penstock.workers import (
    CannotStart,
    Failure,
    Recipe,
    SinkProcess,
    SinkRecipes,
    WriteJob,
    WrittenJob,
    recipe_of,
)
from penstock.workers.machine import usable_cores

MAX_PAGES = 50
"""Pages of a document that a worker may write: all of them are in memory at once."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StagedDocument:
    """The files that a worker wrote for a sink, and where they are."""

    folder: Path
    job: WrittenJob

    def put_in_place(self, outputs: AdoptingOutputs) -> None:
        """Move the files to their places, and report warnings. Raises what the sink raised."""
        for file in self.job.files:
            outputs.adopt(file.template, file.file, page=file.page)
        for warning in self.job.warnings:
            outputs.warn(warning)
        if failure := self.job.failure:
            if failure.trace:
                failure.error.add_note(failure.trace)
            raise failure.error

    def remove(self) -> None:
        """Remove what is left of the files."""
        shutil.rmtree(self.folder, ignore_errors=True)


OnStaged = Callable[[OpenDocument, StagedDocument | None], None]
"""Receives a document whose files are staged; None if the sink has to write it in this process."""
Load = Callable[[OpenDocument], RecognizedDocument]
"""Returns a document with all of its pages."""


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
        size = engine.workers if isinstance(engine.workers, int) else usable_cores()
        self._processes = [SinkProcess(made, engine.call_deadline) for _ in range(size)]
        self._threads = [
            start_daemon("penstock-sink-worker", partial(self._serve, process)) for process in self._processes
        ]

    def takes(self, sink: int, opened: OpenDocument) -> bool:
        """Return whether a worker can write a document for a sink."""
        fits = opened.recognized <= MAX_PAGES
        return fits and sink in self._positions and not self._cannot_start.is_set()

    def put(self, opened: OpenDocument, sink: int, on_staged: OnStaged) -> None:
        """Have a document written, and return at once. ``on_staged`` is called on any thread."""
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
                    on_staged(opened, staged)
        process.reap()

    def _staged(self, opened: OpenDocument, sink: int, process: SinkProcess) -> StagedDocument | None:
        """Have a document written. What fails is raised later, by `StagedDocument.put_in_place`."""
        folder = self._folder / secrets.token_hex(8)
        if self._cannot_start.is_set():
            return None
        try:
            with translated(folder):
                folder.mkdir(parents=True)
            job = WriteJob(self._positions[sink], self._load(opened), folder)
            return StagedDocument(folder, process.write(job))
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


def opened_sinks(context: RunContext, rules: OutputRules, load: Load) -> SinksInWorkers | None:
    """Return the workers that write documents; None if the pipeline has none, or no sink can use them."""
    if context.engine.sinks != "processes":
        return None
    recipes: dict[int, Recipe] = {}
    for index, stage in enumerate(context.plan.pipeline.sinks):
        try:
            recipes[index] = sink_recipe(stage)
        except PluginError as error:
            _log.info("written by the run itself: %s", error)
    return SinksInWorkers(context, rules, recipes, load) if recipes else None


def sink_recipe(stage: SinkStage) -> Recipe:
    """Return how workers make a sink. Raises PluginError if it must write in the process of the run."""
    if not stage.is_stateless:
        raise PluginError(
            f"{stage.title}: its class does not declare is_stateless",
            "declare is_stateless = True if it keeps nothing from one document to the next",
        )
    if isinstance(stage.configured.component, AbstractContextManager):
        raise PluginError(f"{stage.title}: it is a context manager, which is entered once for all documents")
    if stage.is_wrapped("write"):
        raise PluginError(f"{stage.title}: an observer wraps its hook write")
    return recipe_of(stage.configured, stage.title)


def notes_on_sinks(sinks: Sequence[SinkStage]) -> list[str]:
    """Return which sinks cannot use workers, and why."""
    notes = []
    for stage in sinks:
        try:
            sink_recipe(stage)
        except PluginError as error:
            notes.append(f"{error.message}; it writes in the process of the run")
    return notes
