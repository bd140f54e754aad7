"""Open the workers of a pipeline's recognizers and sinks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from functools import partial

from penstock.engine.context import OpenedWorkers
from penstock.engine.delivery import storage_of
from penstock.engine.sink_recipes import cluster_sinks, sink_recipes
from penstock.engine.sinks_in_workers import processes_of
from penstock.errors import PluginError
from penstock.model import Problem
from penstock.pipeline import Pipeline
from penstock.table_options import EngineOptions
from penstock.workers import (
    DocumentWorkers,
    LocalWorkers,
    Recipe,
    SinkRecipes,
    WorkerPool,
    Workers,
    recognizer_recipe,
)


@contextmanager
def opened_workers(
    pipeline: Pipeline, warn: Callable[[Problem], None] = lambda _: None, pool: WorkerPool | None = None
) -> Iterator[OpenedWorkers]:
    """Yield the workers of a pipeline.

    ``warn`` receives what people should know about workers during the run, on any thread. ``pool`` keeps
    processes of this machine for the next run; without it they end with this one.

    Raises PenstockError if no worker can be had.
    """
    engine = pipeline.configuration.engine
    recipes = [recognizer_recipe(stage) if stage.computes else None for stage in pipeline.recognizers]
    computing = [recipe for recipe in recipes if recipe is not None]
    sinks = cluster_sinks(pipeline) if engine.sinks == "cluster" else {}
    with ExitStack() as stack:
        made: Callable[[int, Recipe], AbstractContextManager[Workers]]
        writers = None
        if engine.has_cluster and (computing or sinks):
            workers_for, writers = _on_cluster(pipeline, computing, sinks, warn, stack)
            made = lambda _index, recipe: closing(workers_for(recipe))  # noqa: E731
        else:
            made = partial(_on_this_machine, engine, pool)
        readers = [
            None if each is None else stack.enter_context(made(index, each))
            for index, each in enumerate(recipes)
        ]
        yield OpenedWorkers(readers, writers)


def where_it_computes(pipeline: Pipeline) -> list[str]:
    """Return lines that say where recognizers that compute read pages, and where sinks write.

    A Dask cluster is connected and checked; no process of this machine is started. Raises PenstockError as
    `opened_workers` does.
    """
    problems: list[Problem] = []
    with opened_workers(pipeline, problems.append) as opened:
        return [*described(pipeline, opened), *map(str, problems)]


def described(pipeline: Pipeline, opened: OpenedWorkers) -> list[str]:
    """Return lines about the workers of recognizers that compute, and of sinks that write in workers."""
    lines = []
    for stage, workers in zip(pipeline.recognizers, opened.readers, strict=True):
        if workers is not None:
            all_of_them, *each = workers.describe()
            lines += [f"{stage.title}: {all_of_them}", *(f"  {line}" for line in each)]
    engine = pipeline.configuration.engine
    if opened.writers is not None:
        where = opened.writers.describe()
        lines += [f"{pipeline.sinks[index].title}: {where}" for index in sorted(opened.writers.sinks)]
    elif engine.sinks == "processes":
        count = processes_of(engine)
        where = f"{count} process{'es' if count > 1 else ''} of this machine"
        lines += [f"{pipeline.sinks[index].title}: {where}" for index in sink_recipes(pipeline)]
    return lines


def _on_this_machine(
    engine: EngineOptions, pool: WorkerPool | None, recognizer: int, recipe: Recipe
) -> AbstractContextManager[Workers]:
    size = engine.workers if isinstance(engine.workers, int) else None
    if pool is None:
        return closing(LocalWorkers(recipe, engine.call_deadline, size))
    return pool.lent(recognizer, recipe, engine.call_deadline, size)


def _on_cluster(
    pipeline: Pipeline,
    recipes: Sequence[Recipe],
    sinks: dict[int, SinkRecipes],
    warn: Callable[[Problem], None],
    stack: ExitStack,
) -> tuple[Callable[[Recipe], Workers], DocumentWorkers | None]:
    """Return what makes the workers of a recognizer, and those that write. All share one cluster."""
    engine = pipeline.configuration.engine
    try:
        from penstock.workers.dask import Cluster, ClusterOptions
    except ModuleNotFoundError as error:
        raise PluginError(
            f"[engine], workers: {engine.workers} needs dask.distributed; the module {error.name!r} is not"
            " installed",
            "pip install 'penstock[dask]'",
        ) from error
    storage = tuple(storage_of(pipeline.sinks[index] for index in sinks))
    options = ClusterOptions(engine.shared_folders, storage, engine.call_deadline, engine.outage_deadline)
    cluster = stack.enter_context(Cluster(str(engine.workers), recipes, options, warn, sinks))
    writers = cluster.document_workers() if sinks else None
    return cluster.workers_for, writers if writers and writers.sinks else None
