"""The workers of a cluster as those of one recognizer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.errors import PageRefused
from penstock.model import Page
from penstock.workers.answers import with_seconds
from penstock.workers.dask import remote
from penstock.workers.dask.members import JOBS_PER_SLOT, Job, Work
from penstock.workers.dask.pictures import packed
from penstock.workers.recipe import Recipe
from penstock.workers.workers import OnEnd

if TYPE_CHECKING:
    from penstock.workers.dask.cluster import Cluster


class ReadingWorkers:
    """The workers of a cluster for one recognizer; see `Workers`."""

    def __init__(self, cluster: Cluster, recipe: Recipe, shared_folders: Sequence[Path]) -> None:
        self._cluster, self._recipe, self._shared = cluster, recipe, shared_folders
        self._key = remote.key_of(recipe)

    @property
    def room(self) -> int:
        """Pages that may be under way at once."""
        return self._cluster.room_for(self._key)

    @property
    def slots(self) -> int:
        """Pages that can be read at once."""
        return self._cluster.room_for(self._key) // JOBS_PER_SLOT

    def start(self, page: Page, on_end: OnEnd) -> None:
        """Have a page read, and return at once."""
        self._cluster.add(Job(self._work(page), lambda reply: on_end(*with_seconds(reply))))

    def describe(self) -> list[str]:
        """Return lines about the workers that read the pages."""
        return self._cluster.describe(self._recipe.resources)

    def close(self) -> None:
        """Stop to read pages."""
        self._cluster.drop(self._key)

    def _work(self, page: Page) -> Work:
        return Work(
            key=self._key,
            title=self._recipe.title,
            origin=page.origin,
            resources=self._recipe.resources,
            function=remote.read_page,
            packed=partial(packed, page, self._shared),
            refusal=partial(_refusal, page),
        )


def _refusal(page: Page, worker: str, how: str) -> PageRefused:
    return PageRefused(
        f"{page.origin}: two workers were lost while they read this page. The second one had no other page;"
        f" {worker}: {how}",
        "it may need more memory (give the workers more) or more time ([engine] call_deadline)",
    )
