"""Sinks at work in a worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from penstock.config import Configuration, Configured
from penstock.errors import raise_if_disk_full
from penstock.model import Problem, RecognizedDocument
from penstock.outputs import OutputRules
from penstock.pipeline import Pipeline
from penstock.storage import Place
from penstock.table_options import EngineOptions
from penstock.workers.answers import Failure, failure_of
from penstock.workers.recipe import Recipe
from penstock.workers.staging import NoRegistry, StagedFile, StagedOutputs


@dataclass(frozen=True, slots=True)
class SinkRecipes:
    """How a worker makes the sinks of a pipeline, and what their file names depend on."""

    recipes: tuple[Recipe, ...]
    root: Path  # as in `OutputRules`, like `name` and `date`
    name: str
    date: str

    @property
    def title(self) -> str:
        """The sinks, for messages."""
        return ", ".join(recipe.title for recipe in self.recipes)


@dataclass(frozen=True, slots=True)
class WriteJob:
    """A document for a worker to write. All of its pages travel with it."""

    sink: int  # index in `SinkRecipes.recipes`
    document: RecognizedDocument
    folder: Path  # for the files; empty


@dataclass(frozen=True, slots=True)
class WrittenJob:
    """What a sink did with a document. The files are complete, also if the sink raised afterwards."""

    files: tuple[StagedFile, ...] = ()
    warnings: tuple[Problem, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class NotWritten:
    """The coordinator has to write a document for a sink. ``why`` is a clause about the worker."""

    why: str


class CannotSend(Exception):
    """A document has to be written by the coordinator. The message is a clause."""


class WorkerLost(Exception):
    """A worker that has files of a document cannot be reached, has lost them, or cannot upload them."""


@dataclass(frozen=True, slots=True)
class WrittenThere:
    """What a worker of another machine did with a document."""

    worker: str  # its address; empty if no worker has written anything
    jobs: tuple[WrittenJob | NotWritten, ...]  # of each sink


class Writer:
    """Makes sinks from their recipes, and writes documents with them. A context manager.

    Entering raises StopRun if a sink cannot be made.
    """

    def __init__(self, recipes: SinkRecipes) -> None:
        self._recipes = recipes.recipes
        self._rules = OutputRules(recipes.root, recipes.name, recipes.date, NoRegistry())

    def __enter__(self) -> Writer:
        made = tuple(Configured("sink", each.name, each.title, each.made()) for each in self._recipes)
        self._stages = Pipeline(Configuration("worker", Path.cwd(), made, EngineOptions())).sinks
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def write(self, job: WriteJob) -> WrittenJob:
        """Write a document's files to the job's folder. What the sink raises is part of the result."""
        return self.write_to(job.sink, job.document, lambda _: job.folder)

    def write_to(
        self,
        sink: int,
        document: RecognizedDocument,
        folder_for: Callable[[Place], Path],
        beside: Path | None = None,
    ) -> WrittenJob:
        """Write a document's files; see `write`.

        ``folder_for`` is that of `StagedOutputs`. ``beside`` is the folder for outputs beside the document.
        """
        named = document if beside is None else replace(document, beside=beside)
        outputs = StagedOutputs(self._rules, named, folder_for)
        failure = None
        try:
            try:
                self._stages[sink].write(document, outputs)
            except OSError as error:
                raise_if_disk_full(error, document.origin)
                raise
        except (Exception, SystemExit) as error:
            failure = failure_of(error, self._recipes[sink].title)
        return WrittenJob(tuple(outputs.files), tuple(outputs.warnings), failure)
