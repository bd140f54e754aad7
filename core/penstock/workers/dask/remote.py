"""What runs in a Dask worker: recognizers are opened there, and read pages.

The open recognizers of a worker belong to a plugin of the worker, which closes them when the worker ends. A
recognizer stays open until no run uses it any more.
"""

from __future__ import annotations

import asyncio
import hashlib
import pickle
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import cast

from distributed import Worker, WorkerPlugin, get_worker

from penstock.errors import Complaint, PenstockError, PictureError, TryAgain
from penstock.model import Page
from penstock.workers.answers import Answer, failure_of
from penstock.workers.dask.pictures import SentPage, unpacked
from penstock.workers.reader import Reader
from penstock.workers.recipe import Recipe


class NoAnswer(Enum):
    """What a worker says instead of an answer."""

    UNPREPARED = "the worker was restarted since the recognizer was opened there"


@dataclass(eq=False, slots=True)
class _OpenReader:
    """A reader, and the runs that use it. As many threads may use it at once as its recognizer allows."""

    recipe: Recipe
    reader: Reader
    threads: threading.Semaphore
    runs: set[str] = field(default_factory=set)
    is_closed: bool = False

    def read(self, page: Page) -> Answer | NoAnswer:
        with self.threads:
            return NoAnswer.UNPREPARED if self.is_closed else self.reader.read(page)

    def close(self) -> bool:
        """Close the recognizer unless it reads a page, and return whether it is closed."""
        taken = [self.threads.acquire(blocking=False) for _ in range(self.recipe.resources.threads)]
        if all(taken):
            self.is_closed = True
            self.reader.__exit__(None, None, None)
        for _ in filter(None, taken):
            self.threads.release()
        return self.is_closed


class Readers(WorkerPlugin):
    """The open recognizers of one worker process, by the keys of their recipes."""

    name = "penstock"

    def __init__(self) -> None:
        self._lock = threading.Lock()  # of the dictionary, also while a recognizer is being opened
        self._open: dict[str, _OpenReader] = {}

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002  Dask names it
        """Close all of them. Dask calls it when the worker ends."""
        self.keep_for(())

    def find(self, key: str) -> _OpenReader | None:
        """Return an open recognizer; None for one that was never opened here, or closed since."""
        return self._open.get(key)

    def open(self, key: str, recipe: Recipe, run: str) -> None:
        """Open a recognizer for a run, or share the open one. Raises StopRun if that fails."""
        with self._lock:
            if key not in self._open:
                reader = Reader(recipe).__enter__()
                self._open[key] = _OpenReader(recipe, reader, threading.Semaphore(recipe.resources.threads))
            self._open[key].runs.add(run)

    def keep_for(self, runs: Iterable[str]) -> None:
        """Close the recognizers that none of these runs uses. One that still reads a page is left open."""
        with self._lock:
            for key, each in list(self._open.items()):
                each.runs.intersection_update(runs)
                if not each.runs and each.close():
                    del self._open[key]

    def release(self, run: str) -> None:
        """Close the recognizers that only this run used."""
        self.keep_for({other for each in list(self._open.values()) for other in each.runs} - {run})


def _readers_of(worker: Worker) -> Readers | None:
    return cast(Readers | None, worker.plugins.get(Readers.name))


async def prepare(
    key: str, recipe: Recipe, run: str, alive: Sequence[str], dask_worker: Worker
) -> Complaint | None:
    """Open a recognizer in a worker, and return why that is impossible. Called by `Client.run`.

    ``alive`` are the ids of the scheduler's clients: recognizers of runs that were killed are closed.
    """
    readers = _readers_of(dask_worker)
    if readers is None:
        readers = Readers()
        await dask_worker.plugin_add(readers, name=Readers.name)
    # Not on a thread for tasks: it may be busy for long.
    folder = Path(dask_worker.local_directory)
    return await asyncio.to_thread(_opened, readers, key, recipe, run, alive, folder)


def _opened(
    readers: Readers, key: str, recipe: Recipe, run: str, alive: Sequence[str], folder: Path
) -> Complaint | None:
    try:
        readers.keep_for(alive)
        readers.open(key, _with_file(recipe, folder), run)
    except PenstockError as error:
        return Complaint("", error.message, error.hint)
    return None


def _with_file(recipe: Recipe, folder: Path) -> Recipe:
    """Return the recipe with its plugin file in a folder of the worker."""
    if recipe.file is None:
        return recipe
    file = folder / f"{recipe.module}-{hashlib.sha256(recipe.code).hexdigest()[:12]}" / recipe.file.name
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(recipe.code)
    return replace(recipe, file=file)


async def release(run: str, dask_worker: Worker) -> None:
    """Close the recognizers that a run opened in a worker."""
    if (readers := _readers_of(dask_worker)) is not None:
        await asyncio.to_thread(readers.release, run)


def missing_from(folders: Mapping[Path, Sequence[str]]) -> list[tuple[Path, str]]:
    """Return the shared folders that this process does not see, each with an entry that is missing.

    ``folders`` has some names of entries of each folder. The name is empty if there is no such folder.
    """
    missing = [(folder, "") for folder in folders if not folder.is_dir()]
    return missing + [
        (folder, name)
        for folder, names in folders.items()
        for name in names
        if folder.is_dir() and not (folder / name).exists()
    ]


def clients(dask_scheduler: object) -> list[str]:
    """Return the ids of the clients that a scheduler has. Called by `Client.run_on_scheduler`."""
    return list(getattr(dask_scheduler, "clients", ()))


def read_page(key: str, sent: SentPage) -> Answer | NoAnswer:
    """Return what the recognizer of a recipe says about a page. This is the task of a page."""
    worker = get_worker()
    readers = _readers_of(worker)
    opened = readers.find(key) if readers is not None else None
    if opened is None:
        return NoAnswer.UNPREPARED
    title = opened.recipe.title
    try:
        with unpacked(sent, Path(worker.local_directory), worker.address) as page:
            return opened.read(page)
    except PictureError as error:
        return failure_of(error, title)
    except OSError as error:
        full = TryAgain(
            f"{sent.page.origin}: the worker {worker.address} cannot store the picture: {error}",
            f"make room in {worker.local_directory} there",
        )
        return failure_of(full, title)


def key_of(recipe: Recipe) -> str:
    """Return the name of a recipe in the workers: a digest of everything that makes it."""
    return hashlib.sha256(pickle.dumps(recipe)).hexdigest()
