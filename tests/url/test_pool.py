"""Many addresses: limits per host and in all, their order, and the end of the run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from penstock.model import Document, Problem
from penstock.spool import Spool
from penstock_plugins.sources.url import Url
from url.site import Reply, Site, answer

Serve = Callable[[dict[str, Reply]], Site]


class Counter:
    """A reply that counts requests, and holds them until the test lets them go."""

    def __init__(self, body: bytes) -> None:
        self.most = self.here = self.came = 0
        self.changed = threading.Condition()
        self.open = False
        self._give = answer(body)

    def __call__(self, handler: Any) -> None:
        with self.changed:
            self.here, self.came = self.here + 1, self.came + 1
            self.most = max(self.most, self.here)
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.open, 20)
            self.here -= 1
        self._give(handler)

    def wait_for(self, came: int) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.came >= came, 20)

    def let_go(self) -> None:
        with self.changed:
            self.open = True
            self.changed.notify_all()


def source_of(*urls: str, **options: Any) -> Url:
    return Url(urls=urls, allow_private=True, **options)


def walk(source: Url, spool: Spool) -> tuple[threading.Thread, list[Document | Problem]]:
    found: list[Document | Problem] = []
    thread = threading.Thread(target=lambda: found.extend(source.find_documents(spool)), daemon=True)
    thread.start()
    return thread, found


def test_documents_keep_the_order_of_the_addresses(serve: Serve, spool: Spool, picture: bytes) -> None:
    """The first download is the slowest: it ends when three others have been requested."""
    site = serve({})
    asked = threading.Semaphore(0)

    def slow(handler: Any) -> None:
        for _ in range(3):
            assert asked.acquire(timeout=20)
        answer(picture)(handler)

    def quick(handler: Any) -> None:
        asked.release()
        answer(picture)(handler)

    site.replies = {"/0.jpg": slow, **{f"/{number}.jpg": quick for number in range(1, 9)}}
    source = source_of(*(f"{site.address}/{number}.jpg" for number in range(9)), per_host=4)
    names = [item.name for item in source.find_documents(spool) if isinstance(item, Document)]
    assert names == list("012345678")


@pytest.mark.parametrize(("per_host", "parallel", "most"), [(1, 4, 1), (2, 4, 2), (4, 3, 3)])
def test_downloads_at_once_from_a_host_are_limited(
    per_host: int, parallel: int, most: int, serve: Serve, spool: Spool, picture: bytes
) -> None:
    counter = Counter(picture)
    site = serve({f"/{number}.jpg": counter for number in range(8)})
    urls = [f"{site.address}/{number}.jpg" for number in range(8)]
    thread, found = walk(source_of(*urls, per_host=per_host, parallel=parallel), spool)
    assert counter.wait_for(most)
    counter.let_go()
    thread.join(30)
    assert len(found) == 8
    assert counter.most == most


def test_the_limit_of_a_host_does_not_affect_another_host(serve: Serve, spool: Spool, picture: bytes) -> None:
    """127.0.0.1 and localhost count as two hosts."""
    counter = Counter(picture)
    site = serve({"/0.jpg": counter, "/1.jpg": counter, "/2.jpg": counter})
    urls = (f"{site.address}/0.jpg", f"{site.address}/1.jpg", f"http://localhost:{site.port}/2.jpg")
    thread, found = walk(source_of(*urls, per_host=1), spool)
    assert counter.wait_for(2)
    counter.let_go()
    thread.join(30)
    assert len(found) == 3
    assert counter.most == 2


def test_only_a_few_downloads_are_made_ahead(serve: Serve, spool: Spool, picture: bytes) -> None:
    site = serve({f"/{number}.jpg": answer(picture) for number in range(20)})
    source = source_of(*(f"{site.address}/{number}.jpg" for number in range(20)), parallel=3, per_host=3)
    documents = source.find_documents(spool)
    next(documents)
    pool = source._pool
    assert pool is not None
    assert len(site.seen) <= 3
    assert len(pool.threads) == 3
    next(documents)
    assert len(site.seen) <= 4
    documents.close()
    for thread in pool.threads:
        thread.join(20)
        assert not thread.is_alive()
    assert len(site.seen) <= 4


@pytest.mark.parametrize("how", ["leave", "stop"])
def test_the_end_of_the_run_cuts_running_downloads(
    how: str, serve: Serve, spool: Spool, picture: bytes
) -> None:
    """After Ctrl-C, no thread waits for a server that hangs."""
    site = serve({})
    began = threading.Event()
    hanging = site.hangs_after(picture, 5000, ETag='"one"')

    def begin(handler: Any) -> None:
        began.set()
        hanging(handler)

    site.replies["/0.jpg"] = begin
    source = source_of(f"{site.address}/0.jpg", f"{site.address}/1.jpg", f"{site.address}/2.jpg", per_host=1)
    thread, found = walk(source, spool)
    assert began.wait(20)
    pool = source._pool
    assert pool is not None
    source.__exit__() if how == "leave" else pool.stop()
    for each in (thread, *pool.threads):
        each.join(20)
        assert not each.is_alive()
    assert found == []


def test_documents_of_the_same_name_have_different_folders(
    serve: Serve, spool: Spool, picture: bytes
) -> None:
    site = serve({"/a/x.jpg": answer(picture), "/b/x.jpg": answer(picture)})
    urls = (f"{site.address}/a/x.jpg", f"{site.address}/b/x.jpg")
    found = list(source_of(*urls, folder="address").find_documents(spool))
    host = f"127.0.0.1_{site.port}"
    assert [(item.folder, item.name) for item in found if isinstance(item, Document)] == [
        (f"{host}/a", "x"),
        (f"{host}/b", "x"),
    ]
