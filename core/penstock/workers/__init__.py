"""The processes in which recognizers that compute read pages, and in which sinks may write documents.

A recognizer with the hook `read` runs in workers: processes of this machine. `Workers` is what the engine
sees of them. A worker makes the recognizer from its `Recipe`, opens it once, and reads page after page.
A `SinkProcess` makes sinks, and writes document after document to a folder. `DocumentWorkers` do so on other
machines.
"""

from penstock.workers.answers import Answer, Failure
from penstock.workers.local import LocalWorkers
from penstock.workers.pool import WorkerPool
from penstock.workers.reader import Reader
from penstock.workers.recipe import Recipe, recipe_of, recognizer_recipe
from penstock.workers.sink_process import CannotStart, SinkProcess
from penstock.workers.workers import DocumentWorkers, OnEnd, Workers
from penstock.workers.writer import (
    CannotSend,
    NotWritten,
    SinkRecipes,
    WorkerLost,
    WriteJob,
    WrittenJob,
    WrittenThere,
)

__all__ = [
    "Answer",
    "CannotSend",
    "CannotStart",
    "DocumentWorkers",
    "Failure",
    "LocalWorkers",
    "NotWritten",
    "OnEnd",
    "Reader",
    "Recipe",
    "SinkProcess",
    "SinkRecipes",
    "WorkerLost",
    "WorkerPool",
    "Workers",
    "WriteJob",
    "WrittenJob",
    "WrittenThere",
    "recipe_of",
    "recognizer_recipe",
]
