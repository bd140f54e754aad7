"""Which worker of a cluster gets which page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("distributed")

from penstock.errors import PenstockError
from penstock.model import Resources
from penstock.workers.dask.members import Job, Member, Work
from penstock.workers.dask.placing import Placing


def member(address: str, threads: int = 1, **resources: float) -> Member:
    return Member(address, threads, 0, resources, has_nanny=False, is_running=True)


def job(name: str, deaths: int = 0, **needs: Any) -> Job:
    work = Work(
        "key", "x", name, Resources(**needs), lambda *_: None, lambda: None, lambda *_: PenstockError()
    )
    return Job(work, lambda _: None, deaths)


class Cluster:
    """Workers to which pages are given."""

    def __init__(self, *members: Member) -> None:
        self.placing = Placing(lambda job, member: self.placed.append((job.work.origin, member.address)))
        self.placing.members = {each.address: each for each in members}
        self.placed: list[tuple[str, str]] = []

    def place(self, *jobs: Job) -> list[tuple[str, str]]:
        self.placing.waiting.extend(jobs)
        return self.again()

    def again(self) -> list[tuple[str, str]]:
        self.placed = []
        self.placing.place()
        return self.placed


def test_each_worker_gets_a_page_before_any_gets_a_second_one() -> None:
    cluster = Cluster(member("a"), member("b"))
    assert cluster.place(*map(job, "12345")) == [("1", "a"), ("2", "b"), ("3", "a"), ("4", "b")]


def test_a_worker_gets_as_many_pages_as_its_threads_and_the_recognizer_allow() -> None:
    cluster = Cluster(member("a", threads=4))
    assert len(cluster.place(*[job(str(n), threads=2) for n in range(9)])) == 4


def test_a_page_that_waits_for_another_one_of_its_recognizer_is_not_being_read() -> None:
    # The time that it waits must not count as time in which it hangs.
    for alone in (job("1"), job("1", threads=8, dask={"GPU": 1})):
        one = member("a", threads=4, GPU=1)
        one.jobs = [alone, replace(alone)]
        assert one.being_read() == [alone]
    several = member("a", threads=2)
    several.jobs = [job(str(n), threads=4) for n in range(4)]
    assert several.being_read() == several.jobs[:2]


def test_only_a_worker_with_the_resource_gets_the_page() -> None:
    cluster = Cluster(member("a", 4), member("b", 4, GPU=1))
    placed = cluster.place(*[job(str(n), threads=8, dask={"GPU": 1}) for n in range(5)])
    assert placed == [("0", "b"), ("1", "b")]


def test_a_worker_that_takes_no_pages_gets_none() -> None:
    paused = member("a")
    paused.is_running = False
    assert Cluster(paused).place(job("1")) == []


def test_a_page_that_a_worker_was_lost_over_gets_a_worker_for_itself() -> None:
    first, second = member("a"), member("b")
    cluster = Cluster(first, second)
    cluster.place(job("1"), job("2"), job("3"))
    assert cluster.place(job("suspect", deaths=1), job("4")) == []  # the second place of b is kept free
    second.jobs.clear()
    assert cluster.again() == [("suspect", "b")]
    first.jobs.clear()
    assert cluster.place(job("5"), job("6")) == [("4", "a"), ("5", "a")]
