"""Open the workers of a pipeline's recognizers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

from penstock.config import LOCAL, EngineOptions
from penstock.errors import PluginError
from penstock.model import Problem
from penstock.pipeline import Pipeline
from penstock.workers import LocalWorkers, Recipe, Workers, recognizer_recipe


@contextmanager
def opened_workers(
    pipeline: Pipeline, warn: Callable[[Problem], None] = lambda _: None
) -> Iterator[Sequence[Workers | None]]:
    """Yield the workers of each recognizer, in the pipeline's order; None for one that asks a service.

    ``warn`` receives what people should know about workers during the run, on any thread.

    Raises PenstockError if no worker can be had.
    """
    engine = pipeline.configuration.engine
    recipes = [recognizer_recipe(stage) if stage.computes else None for stage in pipeline.recognizers]
    with ExitStack() as stack:
        computing = [recipe for recipe in recipes if recipe is not None]
        made = _maker(engine, computing, warn, stack) if computing else None
        yield [
            stack.enter_context(closing(made(recipe))) if recipe is not None and made is not None else None
            for recipe in recipes
        ]


def where_it_reads(pipeline: Pipeline) -> list[str]:
    """Return lines that say where each recognizer that computes reads pages.

    A Dask cluster is connected and checked; no process of this machine is started. Raises PenstockError as
    `opened_workers` does.
    """
    with opened_workers(pipeline) as opened:
        return described(pipeline, opened)


def described(pipeline: Pipeline, opened: Sequence[Workers | None]) -> list[str]:
    """Return lines about the workers of each recognizer that computes."""
    lines = []
    for stage, workers in zip(pipeline.recognizers, opened, strict=True):
        if workers is not None:
            all_of_them, *each = workers.describe()
            lines += [f"{stage.title}: {all_of_them}", *(f"  {line}" for line in each)]
    return lines


def _maker(
    engine: EngineOptions, recipes: Sequence[Recipe], warn: Callable[[Problem], None], stack: ExitStack
) -> Callable[[Recipe], Workers]:
    """Return what makes the workers of a recognizer. All recognizers share one cluster."""
    if not isinstance(engine.workers, str) or engine.workers == LOCAL:
        size = engine.workers if isinstance(engine.workers, int) else None
        return lambda recipe: LocalWorkers(recipe, engine.call_deadline, size)
    try:
        from penstock.workers.dask import Cluster, ClusterOptions
    except ModuleNotFoundError as error:
        raise PluginError(
            f"[engine], workers: {engine.workers} needs dask.distributed; the module {error.name!r} is not"
            " installed",
            "pip install 'penstock[dask]'",
        ) from error
    options = ClusterOptions(engine.shared_folders, engine.call_deadline, engine.outage_deadline)
    return stack.enter_context(Cluster(engine.workers, recipes, options, warn)).workers_for
