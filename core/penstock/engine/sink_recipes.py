"""Which sinks can write outside of the process of the run, and how workers make them."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from penstock.errors import PluginError
from penstock.outputs import fixed_address
from penstock.pipeline import Pipeline
from penstock.stages import SinkStage
from penstock.storage import SCHEMES, is_address
from penstock.workers import Recipe, SinkRecipes, recipe_of

_TAKE_WHOLE_FILES = ("s3fs", "adlfs", "gcsfs")
"""The packages of services on which an upload that is cut short leaves nothing behind."""

_log = logging.getLogger(__name__)


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


def sink_recipes(pipeline: Pipeline) -> dict[int, Recipe]:
    """Return how workers make the sinks that they can write for, by the sinks' indexes."""
    recipes: dict[int, Recipe] = {}
    for index, stage in enumerate(pipeline.sinks):
        try:
            recipes[index] = sink_recipe(stage)
        except PluginError as error:
            _log.info("written by the run itself: %s", error)
    return recipes


def cluster_sinks(pipeline: Pipeline) -> dict[int, SinkRecipes]:
    """Return how the workers of a cluster make the sinks whose outputs they can reach, by their indexes."""
    configuration = pipeline.configuration
    today = datetime.now().astimezone().date().isoformat()
    return {
        index: SinkRecipes((recipe,), configuration.folder, pipeline.name, today)
        for index, recipe in sink_recipes(pipeline).items()
        if may_reach(pipeline.sinks[index].output_template, configuration.folder, _shared(pipeline))
    }


def may_reach(
    template: str | None, root: Path, shared_folders: Sequence[Path], beside: Path | None = None
) -> bool:
    """Return whether workers of other machines can reach the outputs of a template.

    Parameters
    ----------
    root
        The folder that relative names start from.
    beside
        The folder of the document. Without it, templates with ``{beside}`` may be reached if there is any
        shared folder.
    """
    if template is None:
        return False
    if is_address(template):
        folder = fixed_address(template)
        return folder is not None and SCHEMES[folder.scheme] in _TAKE_WHOLE_FILES
    if template.startswith("{beside}"):
        if beside is None:
            return bool(shared_folders)
        template = str(beside) + template.removeprefix("{beside}")
    fixed = template.partition("{")[0].rpartition("/")[0]
    if template.startswith("/") and not fixed:
        fixed = "/"
    path = Path(os.path.normpath(root / fixed))
    return any(path.is_relative_to(folder) for folder in shared_folders)


def notes_on_sinks(pipeline: Pipeline) -> list[str]:
    """Return which sinks cannot use workers, and why."""
    is_cluster = pipeline.configuration.engine.sinks == "cluster"
    notes = []
    for stage in pipeline.sinks:
        try:
            sink_recipe(stage)
        except PluginError as error:
            notes.append(f"{error.message}; it writes in the process of the run")
            continue
        template, folder = stage.output_template, pipeline.configuration.folder
        if is_cluster and not may_reach(template, folder, _shared(pipeline)):
            notes.append(
                f"{stage.title}: its outputs are neither on s3://, az:// or gs:// nor in a folder of [engine]"
                " shared_folders; it writes in the process of the run"
            )
    return notes


def _shared(pipeline: Pipeline) -> Sequence[Path]:
    return pipeline.configuration.engine.shared_folders
