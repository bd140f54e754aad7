"""What a run is to do, what all of its parts share, and the constants that bound it."""

from __future__ import annotations

import queue
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from penstock.engine.acceptance import Acceptance
from penstock.engine.budget import Budget, check_budget
from penstock.engine.counters import RunCounters
from penstock.engine.jobs import Message
from penstock.engine.journal import Journal
from penstock.engine.keys import (
    RecognizerKey,
    SinkKey,
    lines_key,
    ordered_key,
    recognizer_key,
    sink_key,
    sources_key,
)
from penstock.engine.observers import Observers
from penstock.model import Limits, Problem
from penstock.pipeline import Pipeline
from penstock.spool import Spool
from penstock.stages import RecognizerStage
from penstock.table_options import EngineOptions
from penstock.workers import DocumentWorkers, Workers

CALL_THREADS = 15
"""Calls of recognizers and amenders at once. Calls are short, because plugins do not wait."""
GRACE_SECONDS = 30.0
"""How long a stopped run goes on polling operations and amending results before it ends."""
OPEN_DOCUMENTS = 64
"""Documents begun and not yet written, besides one for each page in flight."""
MESSAGES_PER_COMMIT = 64
"""Messages that are handled before the journal is written."""
COMMIT_RETRY_SECONDS = 1.0
"""Time between two tries to write the journal, if it could not be written."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of one run, as opposed to those of its pipeline."""

    force: bool = False
    """Replace files that penstock did not write. Inputs are never replaced: outputs are therefore written
    only after the sources have been walked."""
    fresh: bool = False
    """Recognize pages again that have a result. Interrupted fresh runs continue until one has ended."""
    retry: bool = False  # take only documents with failed pages, and send refused pages again
    rewrite: bool = False  # replace outputs that were changed by hand
    write_only: bool = False  # recognize nothing; write what the journal has
    write_again: bool = False  # write every output again, changed or not
    documents: frozenset[int] | None = None
    """With ``write_only``: the numbers in the journal of the documents to write; None for all."""
    keeps_outputs: bool = True  # False if the outputs are removed after the run
    corrections: tuple[Path, ...] = ()
    """Outputs of the json sink that were edited by hand; they replace what was recognized."""
    max_pages: int | None = None  # None keeps the pipeline's own limit, as for `budget`
    budget: float | None = None
    ad_hoc: bool = False
    """The inputs are named on the command line (`penstock read`). Documents that the run does not find are
    not missing, and several such runs may share a state folder."""
    result_index: Path | None = None
    """The file with the index over the results in all state folders of the user; None for none."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A pipeline, the options of a run, and the keys of its components."""

    pipeline: Pipeline
    options: RunOptions
    recognizer_keys: Sequence[RecognizerKey]  # in the pipeline's order, as `limits` and `sink_keys`
    limits: Sequence[Limits]
    transforms_key: bytes  # empty without transforms, as `amenders_key`
    amenders_key: bytes
    sink_keys: Sequence[SinkKey]
    sources_key: bytes
    acceptance: Acceptance

    def sends_on(self, stage: RecognizerStage) -> bool:
        """Return whether pages may go on to the next recognizer although they have the result of this one."""
        return bool(stage.rules) or self.acceptance.compares

    @property
    def finds_everything(self) -> bool:
        """Whether documents that the run does not find may be marked as missing.

        False for partial runs, and with sources that find other documents each time.
        """
        options = self.options
        is_partial = options.retry or options.write_only or options.ad_hoc
        return not is_partial and not any(source.is_live for source in self.pipeline.sources)


def planned(pipeline: Pipeline, options: RunOptions) -> Plan:
    """Return the plan of a run, after asking the components of an open pipeline for keys and limits.

    Raises PluginError for a component that raises or returns a wrong type, and ConfigurationError if there is
    a budget and a service has no price.
    """
    folder = pipeline.configuration.folder
    limits = [stage.limits() for stage in pipeline.recognizers]
    where = [stage.configured.place for stage in pipeline.recognizers]
    check_budget(allowed(pipeline, options), zip(where, limits, strict=True))
    keys: list[RecognizerKey] = []
    for stage in pipeline.recognizers:
        key = recognizer_key(stage, folder)
        keys.append(lines_key(key, keys) if stage.takes_lines else key)
    return Plan(
        pipeline,
        options,
        keys,
        limits,
        ordered_key(pipeline.transforms, folder),
        ordered_key(pipeline.amenders, folder),
        [sink_key(stage, folder) for stage in pipeline.sinks],
        sources_key(pipeline.sources, folder),
        Acceptance(
            {
                key: (ordered_key(stage.rules, folder), stage.rules)
                for key, stage in zip(keys, pipeline.recognizers, strict=True)
                if stage.rules
            },
            compares=pipeline.configuration.engine.compare,
        ),
    )


def allowed(pipeline: Pipeline, options: RunOptions) -> Budget:
    """Return what a run may send and spend; its own options override the pipeline's."""
    engine = pipeline.configuration.engine
    return Budget(
        engine.max_pages if options.max_pages is None else options.max_pages,
        engine.budget if options.budget is None else options.budget,
        engine.budget_per_day,
        engine.budget_per_month,
    )


@dataclass(frozen=True, slots=True)
class OpenedWorkers:
    """What computes outside of the process of the run.

    Parameters
    ----------
    readers
        The workers of each recognizer, in the pipeline's order; None for one that asks a service.
    writers
        The workers of a cluster that write documents; None if the run writes them itself.
    """

    readers: Sequence[Workers | None]
    writers: DocumentWorkers | None = None


@dataclass(frozen=True, slots=True)
class RunContext:
    """The services that the parts of a run share."""

    plan: Plan
    engine: EngineOptions
    workers: OpenedWorkers
    journal: Journal
    spool: Spool
    inbox: queue.SimpleQueue[Message]  # other threads put messages for the main thread here
    counters: RunCounters
    observers: Observers
    now: Callable[[], float]  # seconds on the run's clock; any thread
    random: random.Random
    stop: Callable[[Problem], None]  # ends the run for a problem: nothing more is sent; main thread only
