"""The workers of a cluster, and the pages and documents that each of them has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.errors import PenstockError
from penstock.model import Resources
from penstock.report import counted

JOBS_PER_SLOT = 2  # one that is worked on, and one that is on its way


@dataclass(frozen=True, slots=True)
class Work:
    """A page to be read, or a document to be written.

    Parameters
    ----------
    key
        What does it in the workers: a recognizer, or the sinks.
    title
        The same, for messages.
    origin
        Of the page or document.
    function
        The task in the worker. It gets the key, and what ``packed`` returns.
    packed
        Called on a thread when the worker is known.
    refusal
        Returns the error if two workers are lost over it, given the address of the second and how it ended.
    """

    key: str
    title: str
    origin: str
    resources: Resources
    function: Callable[[str, Any], Any]
    packed: Callable[[], object]
    refusal: Callable[[str, str], PenstockError]


@dataclass(eq=False, slots=True)
class Job:
    """Work that waits for a worker, or that one of them has."""

    work: Work
    on_end: Callable[[Any], None]
    deaths: int = 0  # workers that were lost while they had it; after the first, it gets one for itself
    task: asyncio.Task[None] | None = None  # sends it, and waits for the answer
    worker: str = ""  # the address of the last one
    is_sent: bool = False
    started: float | None = None  # since when a thread of its worker has it, by the loop's clock


@dataclass(eq=False, slots=True)
class Member:
    """A worker of the cluster."""

    address: str
    threads: int
    memory: int  # its limit in bytes; 0 without one
    resources: Mapping[str, float]  # what it was started with: ``{"GPU": 1}``
    has_nanny: bool  # whether it can be restarted
    is_running: bool  # whether it takes tasks; False while it has too little memory, and before it ends
    jobs: list[Job] = field(default_factory=list)  # in the order in which its threads take them

    @classmethod
    def of(cls, address: str, facts: Mapping[str, Any]) -> Member:
        """Return a worker, given what the scheduler says about it."""
        resources = dict(facts.get("resources") or {})
        memory, has_nanny = int(facts.get("memory_limit") or 0), bool(facts.get("nanny"))
        return cls(
            address, int(facts["nthreads"]), memory, resources, has_nanny, facts["status"] == "running"
        )

    def slots(self, needed: Resources) -> int:
        """Return how many pages of a recognizer it can read at once; 0 if it lacks what that needs."""
        most = [
            int(self.resources.get(name, 0) // amount) for name, amount in needed.dask.items() if amount > 0
        ]
        return min([self.threads, needed.threads, *most])

    def room(self, needed: Resources) -> int:
        """Return how many pages of a recognizer, or documents, it can have."""
        return JOBS_PER_SLOT * self.slots(needed) if self.is_running else 0

    def describe(self, needed: Resources) -> str:
        """Return what it offers a recognizer, for people; empty if it lacks what that needs."""
        slots = self.slots(needed)
        facts = [counted(self.threads, "thread")]
        facts += [f"{self.memory / 2**30:.1f} GiB"] if self.memory else []
        facts += [f"{name}={amount:g}" for name, amount in self.resources.items()]
        if slots < self.threads and not needed.dask:
            # The recognizer allows no more in one process.
            facts.append(f"reads {counted(slots, 'page')} at a time: better use --nthreads {slots}")
        facts += [] if self.is_running else ["takes no pages at the moment"]
        return f"{self.address}: {', '.join(facts)}" if slots else ""

    def suspects(self) -> list[Job]:
        """Return the jobs that it may have begun.

        Also those behind the first ones: answers to the first ones may have been lost with the worker.
        """
        return [job for job in self.jobs if job.is_sent]

    def being_read(self) -> list[Job]:
        """Return the jobs that its threads have, as far as the recognizers allow so many at a time."""
        jobs = self.jobs[: self.threads]
        return [
            job
            for index, job in enumerate(jobs)
            if sum(other.work.key == job.work.key for other in jobs[:index]) < self.slots(job.work.resources)
        ]

    @property
    def has_suspect(self) -> bool:
        """Whether it has a job that must be alone, because a worker was lost over it."""
        return any(job.deaths for job in self.jobs)
