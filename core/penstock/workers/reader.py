"""A recognizer at work in a worker."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType

from penstock.config import Configuration, Configured
from penstock.errors import PageRefused, PenstockError, StopRun, raised_at
from penstock.model import Page
from penstock.pipeline import Pipeline
from penstock.table_options import EngineOptions
from penstock.workers.answers import Answer, failure_of
from penstock.workers.recipe import Recipe


class Reader:
    """Makes a recognizer from its recipe, opens it, and reads pages with it. A context manager.

    Entering raises StopRun if the recognizer cannot be made or opened, or would give other results than the
    coordinator's: the versions of its libraries or its files differ.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._recipe, self._open = recipe, ExitStack()

    def __enter__(self) -> Reader:
        recipe = self._recipe
        component = recipe.made()
        configured = Configured("recognizer", recipe.name, recipe.title, component)
        pipeline = Pipeline(Configuration("worker", Path.cwd(), (configured,), EngineOptions()))
        self._stage = pipeline.recognizers[0]
        self._check_key()
        if isinstance(component, AbstractContextManager):
            self._enter(component)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def read(self, page: Page) -> Answer:
        """Return the result of a page, or what the recognizer raised."""
        try:
            return self._stage.read(page)
        except MemoryError as error:
            refused = PageRefused(f"{page.origin}: does not fit into memory", "scale the picture down")
            return failure_of(refused.with_traceback(error.__traceback__), self._recipe.title)
        except (Exception, SystemExit) as error:
            return failure_of(error, self._recipe.title)

    def _enter(self, component: AbstractContextManager[object]) -> None:
        try:
            self._open.enter_context(component)
        except PenstockError as error:
            raise StopRun(error.message, error.hint) from error
        except (Exception, SystemExit) as error:
            raise StopRun(
                f"{self._recipe.title} could not be opened in a worker: {type(error).__name__}: {error}",
                f"this is a fault of the plugin{raised_at(error)}; tell its author",
            ) from error

    def _check_key(self) -> None:
        here, there = self._stage.cache_key(), self._recipe.cache_key
        if here != there:
            here, there = dict(here or {}), dict(there or {})
            differing = ", ".join(
                f"{name} is {there.get(name)!r} for the run and {here.get(name)!r} in the worker"
                for name in sorted({*here, *there})
                if here.get(name) != there.get(name)
            )
            raise StopRun(
                f"{self._recipe.title} would give other results in a worker: {differing}",
                "install the same versions everywhere, and do not change its files during a run",
            )
