"""What runs in a Dask worker: recognizers and sinks are opened there, and recognizers read pages.

The open components of a worker belong to a plugin of the worker, which closes them when the worker ends. A
component stays open until no run uses it any more.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import pickle
import shutil
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any, cast

import dask
from distributed import Worker, WorkerPlugin, get_worker

from penstock.errors import Complaint, PenstockError, PictureError, TryAgain
from penstock.workers.answers import Answer, Timed, failure_of, timed
from penstock.workers.dask.pictures import SentPage, unpacked
from penstock.workers.reader import Reader
from penstock.workers.recipe import Recipe
from penstock.workers.writer import SinkRecipes, Writer


class NoAnswer(Enum):
    """What a worker says instead of an answer."""

    UNPREPARED = "the worker was restarted since the run prepared it"


Component = Reader | Writer
Instructions = Recipe | SinkRecipes
"""How a worker makes a recognizer, or sinks."""


@dataclass(eq=False, slots=True)
class _Open:
    """A component, and the runs that use it. As many threads may use it at once as it allows."""

    component: Component
    title: str
    most: int  # threads
    threads: threading.Semaphore
    runs: set[str] = field(default_factory=set)
    is_closed: bool = False

    def close(self) -> bool:
        """Close the component unless it is at work, and return whether it is closed."""
        taken = [self.threads.acquire(blocking=False) for _ in range(self.most)]
        if all(taken):
            self.is_closed = True
            self.component.__exit__(None, None, None)
        for _ in filter(None, taken):
            self.threads.release()
        return self.is_closed


class Components(WorkerPlugin):
    """The open recognizers and sinks of one worker process, by their keys."""

    name = "penstock"

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()  # of the dictionary, also while a component is being opened
        self._open: dict[str, _Open] = {}
        self._folder = folder  # for complete files that are not uploaded yet; by run

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002  Dask names it
        """Close all of them. Dask calls it when the worker ends."""
        self.keep_for(())

    def folder_of(self, run: str) -> Path:
        """Return the folder for a run's complete files. It may not exist yet."""
        return self._folder / run

    def title(self, key: str) -> str:
        """Return what is open, for messages; empty if nothing is."""
        opened = self._open.get(key)
        return "" if opened is None else opened.title

    @contextmanager
    def used(self, key: str) -> Iterator[Component | None]:
        """Yield a component for one thread; None for one that was never opened here, or closed since."""
        opened = self._open.get(key)
        if opened is None:
            yield None
            return
        with opened.threads:
            yield None if opened.is_closed else opened.component

    def open(self, key: str, instructions: Instructions, run: str) -> None:
        """Open a component for a run, or share the open one. Raises StopRun if that fails."""
        with self._lock:
            if key not in self._open:
                self._open[key] = _opened(instructions)
            self._open[key].runs.add(run)

    def keep_for(self, runs: Iterable[str]) -> None:
        """Close the components that none of these runs uses, and remove files of other runs.

        A component that is still at work is left open.
        """
        with self._lock:
            for key, each in list(self._open.items()):
                each.runs.intersection_update(runs)
                if not each.runs and each.close():
                    del self._open[key]
            if self._folder.is_dir():
                for folder in self._folder.iterdir():
                    if folder.name not in runs:
                        shutil.rmtree(folder, ignore_errors=True)

    def release(self, run: str) -> None:
        """Close the components that only this run used."""
        self.keep_for({other for each in list(self._open.values()) for other in each.runs} - {run})


def _opened(instructions: Instructions) -> _Open:
    if isinstance(instructions, Recipe):
        most = instructions.resources.threads
        return _Open(Reader(instructions).__enter__(), instructions.title, most, threading.Semaphore(most))
    # Sinks need not be safe to call on several threads.
    return _Open(Writer(instructions).__enter__(), instructions.title, 1, threading.Semaphore(1))


def components_of(worker: Worker) -> Components | None:
    """Return the open components of a worker; None if no run has prepared it."""
    return cast(Components | None, worker.plugins.get(Components.name))


async def prepare(
    key: str, instructions: Instructions, run: str, alive: Sequence[str], dask_worker: Worker
) -> Complaint | None:
    """Open a component in a worker, and return why that is impossible. Called by `Client.run`.

    ``alive`` are the ids of the scheduler's clients: components of runs that were killed are closed.
    """
    folder = Path(dask_worker.local_directory)
    components = components_of(dask_worker)
    if components is None:
        components = Components(folder / "penstock-written")
        await dask_worker.plugin_add(components, name=Components.name)
    # Not on a thread for tasks: it may be busy for long.
    return await asyncio.to_thread(_prepared, components, key, instructions, run, alive, folder)


def _prepared(
    components: Components, key: str, instructions: Instructions, run: str, alive: Sequence[str], folder: Path
) -> Complaint | None:
    try:
        components.keep_for(alive)
        components.open(key, _with_files(instructions, folder), run)
    except PenstockError as error:
        return Complaint("", error.message, error.hint)
    return None


def _with_files(instructions: Instructions, folder: Path) -> Instructions:
    if isinstance(instructions, Recipe):
        return _with_file(instructions, folder)
    return replace(instructions, recipes=tuple(_with_file(each, folder) for each in instructions.recipes))


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
    """Close the components that a run opened in a worker."""
    if (components := components_of(dask_worker)) is not None:
        await asyncio.to_thread(components.release, run)


def missing_from(folders: Mapping[Path, Sequence[str]]) -> list[tuple[Path, str]]:
    """Return the shared folders that this process does not see, each with an entry that is missing.

    ``folders`` has some names of entries of each folder. The name is empty if there is no such folder.
    """
    missing = [(folder, "") for folder in folders if not folder.is_dir()]
    return missing + [
        (folder, name)
        for folder, names in folders.items()
        for name in names
        if folder.is_dir() and not os.path.lexists(folder / name)  # a link may lead to another disk
    ]


KEEP_NO_MESSAGES = {"distributed.admin.low-level-log-length": 0}
"""Dask's configuration for connections that do not log the last messages, with the pictures in them."""


def keep_no_messages(dask_scheduler: Any) -> None:
    """Stop the log of messages to workers in a scheduler: it has 1000 for each. Called as `clients` is."""
    dask.config.set(KEEP_NO_MESSAGES)  # for workers that join
    for stream in dask_scheduler.stream_comms.values():
        stream.recent_message_log = deque(maxlen=0)


def clients(dask_scheduler: object) -> list[str]:
    """Return the ids of the clients that a scheduler has. Called by `Client.run_on_scheduler`."""
    return list(getattr(dask_scheduler, "clients", ()))


def read_page(key: str, sent: SentPage) -> Answer | Timed | NoAnswer:
    """Return what the recognizer of a recipe says about a page. This is the task of a page."""
    worker = get_worker()
    components = components_of(worker)
    if components is None:
        return NoAnswer.UNPREPARED
    title = components.title(key)
    try:
        with (
            unpacked(sent, Path(worker.local_directory), worker.address) as page,
            components.used(key) as opened,
        ):
            return timed(opened.read, page) if isinstance(opened, Reader) else NoAnswer.UNPREPARED
    except PictureError as error:
        return failure_of(error, title)
    except OSError as error:
        full = TryAgain(
            f"{sent.page.origin}: the worker {worker.address} cannot store the picture: {error}",
            f"make room in {worker.local_directory} there",
        )
        return failure_of(full, title)


def key_of(instructions: Instructions) -> str:
    """Return the name of instructions in the workers: a digest of everything that makes the component."""
    return hashlib.sha256(pickle.dumps(instructions)).hexdigest()
