"""Open the workers of a pipeline's recognizers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

from penstock.config import EngineOptions
from penstock.pipeline import Pipeline, RecognizerStage
from penstock.workers import LocalWorkers, Workers, recipe_of


@contextmanager
def opened_workers(pipeline: Pipeline) -> Iterator[Sequence[Workers | None]]:
    """Yield the workers of each recognizer, in the pipeline's order; None for one that asks a service.

    Raises PenstockError if no worker can be had.
    """
    engine = pipeline.configuration.engine
    with ExitStack() as stack:
        yield [
            stack.enter_context(closing(_workers_of(stage, engine))) if stage.computes else None
            for stage in pipeline.recognizers
        ]


def _workers_of(stage: RecognizerStage, engine: EngineOptions) -> Workers:
    recipe = recipe_of(stage.configured, stage.title, stage.resources(), stage.cache_key())
    size = engine.workers if isinstance(engine.workers, int) else None
    return LocalWorkers(recipe, engine.call_deadline, size)
