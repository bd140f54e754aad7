"""Which worker gets which page or document."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from penstock.workers.dask.members import Job, Member


class Placing:
    """The jobs that wait for a worker, and the workers that can have some. For one thread only.

    A page over which a worker was lost gets a worker for itself, so that it is known which page is to blame.
    While such a page waits, one worker is kept free of other jobs. Documents are treated in the same way.
    """

    def __init__(self, begin: Callable[[Job, Member], None]) -> None:
        self._begin = begin
        self.members: dict[str, Member] = {}
        """The workers that are fit, by their addresses."""
        self.waiting: deque[Job] = deque()
        self._kept_free: Member | None = None

    def place(self) -> None:
        """Begin every waiting job for which there is a worker."""
        if self._kept_free is not None and self._kept_free.address not in self.members:
            self._kept_free = None
        for job in list(self.waiting):
            if (member := self._member_for(job)) is not None:
                self.waiting.remove(job)
                member.jobs.append(job)
                self._begin(job, member)

    def _member_for(self, job: Job) -> Member | None:
        needed = job.work.resources
        able = [each for each in self.members.values() if each.room(needed)]
        if job.deaths:
            return self._empty_one(able)
        usable = [
            each
            for each in able
            if each is not self._kept_free and not each.has_suspect and len(each.jobs) < each.room(needed)
        ]
        return min(usable, key=lambda each: len(each.jobs) / each.threads, default=None)

    def _empty_one(self, able: Iterable[Member]) -> Member | None:
        """Return the worker with the fewest jobs if it has none; otherwise keep new jobs away from it."""
        fewest = min(able, key=lambda each: (each is not self._kept_free, len(each.jobs)), default=None)
        if fewest is None or fewest.jobs:
            self._kept_free = fewest
            return None
        self._kept_free = None
        return fewest
