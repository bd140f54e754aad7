"""The workers of a Dask cluster, as long as a run uses them.

Everything here but `Cluster` itself happens on the thread of the Dask client's event loop, so that nothing
has to be locked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask

from penstock.errors import StopRun
from penstock.model import Problem, Resources
from penstock.report import counted
from penstock.storage import Address
from penstock.workers.answers import Failure
from penstock.workers.dask import remote
from penstock.workers.dask.checks import Needs, own_versions, refused_sinks, unfit
from penstock.workers.dask.connecting import checked_members, connected, members_of, some_members
from penstock.workers.dask.loop_thread import LoopThread
from penstock.workers.dask.members import Job, Member
from penstock.workers.dask.reading import ReadingWorkers
from penstock.workers.dask.tasks import Tasks
from penstock.workers.dask.writing import KEY, RESOURCES, WritingWorkers
from penstock.workers.recipe import Recipe
from penstock.workers.workers import DocumentWorkers, Workers
from penstock.workers.writer import SinkRecipes

WATCH_SECONDS = 1.0  # between two looks at the workers
SILENCE_SECONDS = 60.0  # after which a scheduler that does not answer counts as lost
RELEASE_SECONDS = 2.0  # that workers get to close recognizers and sinks at the end
CLOSE_SECONDS = 2.0  # that the scheduler gets to end the connection

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """What a pipeline says about its cluster.

    Parameters
    ----------
    shared_folders
        Folders that the workers see under the same path: pictures in them are not sent.
    storage
        Folders of object storage that the workers write to.
    timeout
        Seconds after which a worker that does not answer is given up.
    patience
        Seconds that a run waits for workers when none is left.
    """

    shared_folders: tuple[Path, ...] = ()
    storage: tuple[Address, ...] = ()
    timeout: float = 600.0
    patience: float = 600.0


class Cluster:
    """The workers of a cluster, connected and checked. A context manager.

    Entering raises ConfigurationError if the scheduler cannot be reached, has no worker, or has one that
    cannot read the run's pages.

    Parameters
    ----------
    address
        Of the scheduler: ``tcp://host:8786``, ``tls://host:8786``.
    recipes
        The recognizers of the run that compute.
    sinks
        The sinks that write on the workers, by their indexes in the pipeline.
    warn
        Receives what people should know about workers during the run, on any thread.
    """

    def __init__(
        self,
        address: str,
        recipes: Sequence[Recipe],
        options: ClusterOptions,
        warn: Callable[[Problem], None],
        sinks: Mapping[int, SinkRecipes] | None = None,
    ) -> None:
        self.address, self._options, self._warn = address, options, warn
        self._recipes = {remote.key_of(recipe): recipe for recipe in recipes}
        self._sinks = dict(sinks or {})
        self._unfit: set[str] = set()  # workers that are not used
        self._examined: set[str] = set()  # workers that are being checked
        self._rooms: dict[str, int] = {}  # pages that may be under way, by the keys of their recipes
        self._empty_since: float | None = None

    def __enter__(self) -> Cluster:
        # A page is one task; a large picture in it is no mistake.
        # To note the lines of code that submit it takes as long as to send it.
        # A log of the last 1000 messages would keep the pictures in them.
        self._configured = dask.config.set(
            {
                "distributed.admin.large-graph-warning-threshold": "10 GiB",
                "distributed.diagnostics.computations.nframes": 0,
                **remote.KEEP_NO_MESSAGES,
            }
        )
        self._thread = LoopThread("penstock-dask")
        self._loop = self._thread.loop
        self._tasks = Tasks(self._thread, self._lose_member, self._lose_scheduler)
        self._placing = self._tasks.placing
        try:
            self._thread.call(self._open())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Exception):  # the scheduler may be gone
            self._thread.call(self._close(), 2 * (RELEASE_SECONDS + CLOSE_SECONDS))
        self._thread.close()
        self._configured.__exit__(None, None, None)

    def workers_for(self, recipe: Recipe) -> Workers:
        """Return the workers as the engine sees them: those of one recognizer."""
        return ReadingWorkers(self, recipe, self._options.shared_folders)

    def document_workers(self) -> DocumentWorkers:
        """Return the workers as those that write documents, for the sinks that every worker can make."""
        keys = {index: remote.key_of(each) for index, each in self._sinks.items()}
        return WritingWorkers(self, keys, self._options.shared_folders)

    @property
    def run(self) -> str:
        """The id by which workers know this run."""
        return str(self._client.id)

    def asking(self, worker: str, function: Callable[..., Any], *arguments: object) -> Future[Any]:
        """Have a function called in a worker. Any thread may call it.

        The result is what the function returns, or why it has not returned.
        """
        return self._thread.submit(self._ask(worker, function, *arguments))

    def room_for(self, key: str) -> int:
        """Return the number of a recognizer's pages that may be under way. Any thread may call it.

        At least 1, so that a page waits for the next worker when none is left.
        """
        return max(1, self._rooms.get(key, 0))

    def describe(self, resources: Resources) -> list[str]:
        """Return lines about the workers that have some resources. Any thread may call it."""
        members = sorted(self._placing.members.values(), key=lambda each: each.address)
        lines = [line for each in members if (line := each.describe(resources))]
        versions = ", ".join(f"{name} {version}" for name, version in own_versions().items())
        return [f"{counted(len(lines), 'worker')} of {self.address}, with {versions}", *lines]

    def add(self, job: Job) -> None:
        """Have a page read. Any thread may call it."""
        self._loop.call_soon_threadsafe(self._tasks.add, job)

    def drop(self, key: str) -> None:
        """Stop to read the pages of a recognizer. Any thread but the loop's may call it."""
        self._thread.call(self._drop(key))

    async def _open(self) -> None:
        self._tasks.client = self._client = await connected(self.address)
        with suppress(Exception):  # of another version of Dask, which is complained about next
            await self._client.run_on_scheduler(remote.keep_no_messages)
        if self._sinks:
            await self._leave_out_sinks()
        self._placing.members = await checked_members(self._client, self.address, self._needs)
        self._count_room()
        self._thread.spawn(self._watch())

    @property
    def _needs(self) -> Needs:
        sinks = {remote.key_of(each): each for each in self._sinks.values()}
        return Needs(
            self._recipes, sinks, self._options.shared_folders, self._options.storage if sinks else ()
        )

    async def _leave_out_sinks(self) -> None:
        """Leave the sinks that a worker cannot make to the coordinator, and say so."""
        members = await some_members(self._client)
        refused = await refused_sinks(self._client, members.values(), self._needs.sinks)
        for index, recipes in list(self._sinks.items()):
            if complaint := refused.get(remote.key_of(recipes)):
                del self._sinks[index]
                what = f"writes in the process of the run. On {complaint.place}: {complaint.what}"
                self._warn(Problem(recipes.title, what, complaint.instead))

    async def _ask(self, worker: str, function: Callable[..., Any], *arguments: object) -> Any:
        try:
            async with asyncio.timeout(self._options.timeout):
                answers = await self._client.run(function, *arguments, workers=[worker], on_error="return")
        except TimeoutError:
            return f"it did not reply for {self._options.timeout:g} seconds"
        except Exception as error:
            return error
        return answers.get(worker, "the worker was lost")

    def _count_room(self) -> None:
        members = self._placing.members.values()
        self._rooms = {
            key: sum(member.room(recipe.resources) for member in members)
            for key, recipe in self._recipes.items()
        }
        self._rooms[KEY] = sum(member.room(RESOURCES) for member in members)

    async def _close(self) -> None:
        self._thread.cancel_spawned()
        if members := list(self._placing.members):
            with suppress(TimeoutError):  # a worker may be frozen
                async with asyncio.timeout(RELEASE_SECONDS):
                    await self._client.run(remote.release, self.run, workers=members, on_error="ignore")
        await self._client.close(CLOSE_SECONDS)

    async def _drop(self, key: str) -> None:
        self._tasks.drop(key)

    # Workers

    def _lose_member(self, member: Member, how: str, blamed: Sequence[Job] | None = None) -> None:
        """Give up a worker. It is checked again if the scheduler has it later."""
        if self._placing.members.get(member.address) is not member:
            return
        del self._placing.members[member.address]
        log.warning("worker %s: %s", member.address, how)
        self._tasks.take_away(member, [*member.jobs], member.suspects() if blamed is None else blamed, how)

    async def _watch(self) -> None:
        try:
            await self._look_again_and_again()
        except Exception as error:
            log.exception("the cluster cannot be watched")
            self._lose(
                f"the workers of {self.address} cannot be watched: {error}", "run the same command again"
            )

    async def _look_again_and_again(self) -> None:
        """Notice workers that come, go or hang, and a scheduler that is gone, until the run ends."""
        while not self._tasks.is_lost:
            try:
                found = await asyncio.wait_for(members_of(self._client), SILENCE_SECONDS)
            except (OSError, TimeoutError) as error:
                self._lose_scheduler(str(error))
                return
            if self._client.status != "running":
                self._lose_scheduler("the connection was closed")
                return
            self._take_news(found)
            self._give_up_hanging()
            self._stop_without_workers()
            await asyncio.sleep(WATCH_SECONDS)

    def _take_news(self, found: Mapping[str, Member]) -> None:
        for address, member in list(self._placing.members.items()):
            if address not in found:
                self._lose_member(member, "the worker was lost")
            else:
                member.is_running = found[address].is_running
        self._count_room()
        self._unfit.intersection_update(found)
        if new := found.keys() - self._placing.members.keys() - self._unfit - self._examined:
            self._examined |= new
            self._thread.spawn(self._examine([found[address] for address in new]))
        self._placing.place()

    async def _examine(self, members: Sequence[Member]) -> None:
        """Check workers that came during the run. One that is not fit is not used, and named once."""
        addresses = {member.address for member in members}
        try:
            faults = await unfit(self._client, members, self._needs)
        except Exception as error:
            log.warning("new workers cannot be checked: %s", error)
            return
        finally:
            self._examined -= addresses
        for member in members:
            if complaints := faults.get(member.address):
                self._unfit.add(member.address)
                self._warn_of(member, complaints[0].what, complaints[0].instead)
            else:
                log.info("worker %s: joined", member.address)
                self._placing.members[member.address] = member
        self._count_room()
        self._placing.place()

    def _warn_of(self, member: Member, what: str, hint: str) -> None:
        log.warning("worker %s: %s", member.address, what)
        self._warn(Problem(f"the worker {member.address}", f"is not used: {what}", hint))

    def _give_up_hanging(self) -> None:
        now, most = self._loop.time(), self._options.timeout
        for member in list(self._placing.members.values()):
            if hanging := [job for job in member.jobs if job.started and now - job.started > most]:
                how = f"it did not reply for {most:g} seconds"
                self._unfit.add(member.address)
                self._lose_member(member, how, hanging)
                self._thread.spawn(self._restart(member, how))

    async def _restart(self, member: Member, how: str) -> None:
        """Restart a worker that hangs, so that it can be used again."""
        hint = "restart it by hand; workers that are started with a nanny are restarted by the run"
        if not member.has_nanny:
            self._warn_of(member, how, hint)
            return
        try:
            await self._client.restart_workers([member.address], raise_for_error=False)
        except Exception as error:
            self._warn_of(member, f"{how}, and cannot be restarted: {error}", hint)
        else:
            self._unfit.discard(member.address)

    def _stop_without_workers(self) -> None:
        """End all pages if there has been no worker for too long."""
        if self._placing.members:
            self._empty_since = None
            return
        self._empty_since = self._empty_since or self._loop.time()
        if self._loop.time() - self._empty_since >= self._options.patience:
            self._lose(
                f"no worker of {self.address} is left", "start workers, and run the same command again"
            )

    def _lose_scheduler(self, why: str) -> None:
        self._lose(
            f"the scheduler {self.address} was lost: {why}", "start it again, and run the same command again"
        )

    def _lose(self, what: str, hint: str) -> None:
        """End all jobs, those that come later, too."""
        self._tasks.lose(Failure(StopRun(what, hint)))
