"""The processes in which recognizers that compute read pages.

A recognizer with the hook `read` runs in workers: processes of this machine. `Workers` is what the engine
sees of them. A worker makes the recognizer from its `Recipe`, opens it once, and reads page after page.
"""

from penstock.workers.answers import Answer, Failure
from penstock.workers.local import LocalWorkers
from penstock.workers.reader import Reader
from penstock.workers.recipe import Recipe, recipe_of
from penstock.workers.workers import OnEnd, Workers

__all__ = ["Answer", "Failure", "LocalWorkers", "OnEnd", "Reader", "Recipe", "Workers", "recipe_of"]
