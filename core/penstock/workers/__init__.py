"""The processes in which recognizers that compute read pages, and in which sinks may write documents.

A recognizer with the hook `read` runs in workers: processes of this machine. `Workers` is what the engine
sees of them. A worker makes the recognizer from its `Recipe`, opens it once, and reads page after page.
A `SinkProcess` makes sinks, and writes document after document to a folder.
"""

from penstock.workers.answers import Answer, Failure
from penstock.workers.local import LocalWorkers
from penstock.workers.reader import Reader
from penstock.workers.recipe import Recipe, recipe_of, recognizer_recipe
from penstock.workers.sink_process import CannotStart, SinkProcess
from penstock.workers.workers import OnEnd, Workers
from penstock.workers.writer import SinkRecipes, WriteJob, WrittenJob

__all__ = [
    "Answer",
    "CannotStart",
    "Failure",
    "LocalWorkers",
    "OnEnd",
    "Reader",
    "Recipe",
    "SinkProcess",
    "SinkRecipes",
    "Workers",
    "WriteJob",
    "WrittenJob",
    "recipe_of",
    "recognizer_recipe",
]
