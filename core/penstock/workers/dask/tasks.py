"""Sends pages and documents to workers, each as one Dask task, and passes the answers on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import Any

from distributed import Client, Future

from penstock.workers.answers import Failure, failure_of
from penstock.workers.dask import remote
from penstock.workers.dask.loop_thread import LoopThread
from penstock.workers.dask.members import Job, Member
from penstock.workers.dask.placing import Placing

MAX_DEATHS = 2  # workers that may be lost over one page, the second one over this page alone

log = logging.getLogger(__name__)


class Tasks:
    """The jobs of a run, and the workers that have them. For the thread of the event loop only.

    Parameters
    ----------
    on_unprepared
        Called for a worker that must be prepared again, with a clause that says why.
    on_closed
        Called if the connection to the scheduler is closed, with a clause that says so.
    """

    def __init__(
        self,
        thread: LoopThread,
        on_unprepared: Callable[[Member, str], None],
        on_closed: Callable[[str], None],
    ) -> None:
        self._thread, self._on_unprepared, self._on_closed = thread, on_unprepared, on_closed
        self.client: Client
        """Set before the first job is added."""
        self.placing = Placing(self._begin)
        self._lost: Failure | None = None  # why nothing can be done any more

    @property
    def is_lost(self) -> bool:
        """Whether all jobs were ended."""
        return self._lost is not None

    def add(self, job: Job) -> None:
        """Give a job to a worker as soon as one has room."""
        if self._lost is not None:
            job.on_end(self._lost)
            return
        self.placing.waiting.append(job)
        self.placing.place()

    def drop(self, key: str) -> None:
        """Stop the jobs of a recognizer, or of the sinks. They do not end."""
        for job in [*self.placing.waiting]:
            if job.work.key == key:
                self.placing.waiting.remove(job)
        for member in self.placing.members.values():
            for job in [job for job in member.jobs if job.work.key == key]:
                member.jobs.remove(job)
                _cancel(job)

    def take_away(self, member: Member, jobs: Sequence[Job], blamed: Sequence[Job], how: str) -> None:
        """Take jobs away from a worker. Those that are to blame are done once more alone, or refused."""
        for job in reversed(jobs):
            member.jobs.remove(job)
            _cancel(job)
            job.deaths += job in blamed
            if job.deaths >= MAX_DEATHS:
                job.on_end(Failure(job.work.refusal(member.address, how)))
            else:
                self.placing.waiting.appendleft(job)
        self._start_clocks(member)
        self.placing.place()

    def lose(self, failure: Failure) -> None:
        """End all jobs, those that come later, too."""
        if self._lost is not None:
            return
        self._lost = failure
        jobs = [
            *self.placing.waiting,
            *(job for each in self.placing.members.values() for job in each.jobs),
        ]
        self.placing.members.clear()
        self.placing.waiting.clear()
        for job in jobs:
            _cancel(job)
            job.on_end(failure)

    def _begin(self, job: Job, member: Member) -> None:
        job.is_sent, job.started, job.worker = False, None, member.address
        job.task = self._thread.spawn(self._follow(job, member))
        self._start_clocks(member)

    def _start_clocks(self, member: Member) -> None:
        for job in member.being_read():
            job.started = job.started or self._thread.loop.time()

    async def _follow(self, job: Job, member: Member) -> None:
        """Send a job to its worker, and wait for the answer."""
        answer: Any
        try:
            answer = await self._answer(job, member)
        except asyncio.CancelledError as error:
            if (current := asyncio.current_task()) is None or current.cancelling():
                raise  # the job was taken away
            answer = error
        except Exception as error:
            answer = error
        if job in member.jobs:  # else it was taken away meanwhile
            self._take(answer, job, member)

    def _take(self, answer: Any, job: Job, member: Member) -> None:
        """Pass an answer on, or have the job done once more."""
        if isinstance(answer, remote.NoAnswer):
            self._on_unprepared(member, answer.value)
        elif not isinstance(answer, BaseException):
            member.jobs.remove(job)
            self._start_clocks(member)
            self.placing.place()
            job.on_end(answer)
        elif self.client.status != "running":
            self._on_closed("the connection was closed")
        else:
            how = f"{type(answer).__name__}: {answer}"
            log.warning("%s on %s: %s", job.work.origin, member.address, how)
            # Tasks are cancelled when someone restarts all workers, which is no fault of the page.
            is_cancelled = isinstance(answer, CancelledError | asyncio.CancelledError)
            self.take_away(member, [job], blamed=() if is_cancelled else [job], how=how)

    async def _answer(self, job: Job, member: Member) -> Any:
        work = job.work
        try:
            sent = await asyncio.to_thread(work.packed)
        except Exception as error:
            return failure_of(error, work.title)
        job.is_sent = True
        future = self.client.submit(
            work.function,
            work.key,
            sent,
            pure=False,
            workers=[member.address],
            resources=dict(work.resources.dask) or None,
        )
        del sent  # the picture is not kept until the answer comes
        # The client fetches several answers at once, and must go on for the others when this job is taken
        # away: hence the shield.
        fetching = asyncio.ensure_future(_fetched(future))
        fetching.add_done_callback(_forget_error)
        try:
            return await asyncio.shield(fetching)
        finally:
            future.release()


def _cancel(job: Job) -> None:
    if job.task is not None and job.task is not asyncio.current_task():
        job.task.cancel()


async def _fetched(future: Future[Any]) -> Any:
    return await future


def _forget_error(task: asyncio.Task[Any]) -> None:
    """Mark the error of a task as seen: the job may have been taken away before."""
    if not task.cancelled():
        task.exception()
