"""Threads that download a few addresses ahead of the run."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from queue import SimpleQueue

from penstock.model import Problem
from penstock_plugins.sources.url.addresses import Address, Target
from penstock_plugins.sources.url.download import Download, Downloaded, DownloadOptions
from penstock_plugins.sources.url.errors import Stopped
from penstock_plugins.sources.url.session import DownloadSession

Pending = Future[Downloaded]


class DownloadPool:
    """A few daemon threads that download. A context manager that cuts running downloads at its end.

    As many downloads as there are threads (``parallel``) are started before their results are needed.
    """

    def __init__(self, options: DownloadOptions, parallel: int) -> None:
        self.threads: list[threading.Thread] = []
        self._options = options
        self._parallel = parallel
        self._jobs: SimpleQueue[tuple[Address, Pending] | None] = SimpleQueue()
        # Guards the two sets: `stop` may be called on another thread than the one that walks `results`.
        self._lock = threading.Lock()
        self._sessions: set[DownloadSession] = set()
        self._pending: set[Pending] = set()

    def __enter__(self) -> DownloadPool:
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Cut running downloads and cancel their results. May be called from any thread, more than once."""
        self._options.hosts.stop()
        with self._lock:
            for session in self._sessions:
                session.cut()
            # A thread that is looking up a host's name cannot be cut, so do not wait for its result.
            for pending in self._pending:
                pending.cancel()
        for _ in self.threads:
            self._jobs.put(None)

    def results(self, items: Iterable[Target | Problem]) -> Iterator[tuple[Target, Pending] | Problem]:
        """Yield the items in their order: problems as they are, targets with their pending download."""
        ahead: deque[tuple[Target, Pending] | Problem] = deque()
        for item in items:
            ahead.append(item if isinstance(item, Problem) else (item, self._start(item.address)))
            if len(ahead) >= self._parallel:
                yield ahead.popleft()
        yield from ahead

    def _start(self, address: Address) -> Pending:
        pending: Pending = Future()
        with self._lock:
            self._pending.add(pending)
            if self._options.hosts.stopping.is_set():
                pending.cancel()
        self._jobs.put((address, pending))
        if len(self.threads) < self._parallel:
            name = f"penstock-url-{len(self.threads) + 1}"
            self.threads.append(threading.Thread(name=name, target=self._work, daemon=True))
            self.threads[-1].start()
        return pending

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            address, pending = job
            # `stop` may have cancelled the result in the meantime.
            with suppress(InvalidStateError):
                try:
                    pending.set_result(self._download(address))
                except InvalidStateError:
                    raise
                except BaseException as error:  # raised again where the result is needed
                    pending.set_exception(error)
            with self._lock:
                self._pending.discard(pending)

    def _download(self, address: Address) -> Downloaded:
        with DownloadSession(self._options.guard) as session:
            with self._lock:
                self._sessions.add(session)
            try:
                # `stop` may have come before the session was added, and has not cut it then.
                if self._options.hosts.stopping.is_set():
                    raise Stopped
                return Download(self._options, address, session).run()
            finally:
                with self._lock:
                    self._sessions.discard(session)
