"""Threads that download a few addresses ahead of the run."""

from __future__ import annotations

from concurrent.futures import Future

from penstock_plugins.sources.ahead import Ahead
from penstock_plugins.sources.url.addresses import Target
from penstock_plugins.sources.url.download import Download, Downloaded, DownloadOptions
from penstock_plugins.sources.url.errors import Stopped
from penstock_plugins.sources.url.session import DownloadSession

Pending = Future[Downloaded]


class DownloadPool(Ahead[Target, Downloaded]):
    """A few daemon threads that download. A context manager that cuts running downloads at its end."""

    def __init__(self, options: DownloadOptions, parallel: int) -> None:
        super().__init__(self._download, parallel, "penstock-url")
        self._options = options
        self._sessions: set[DownloadSession] = set()

    def stop(self) -> None:
        """Cut running downloads and cancel their results. May be called from any thread, more than once."""
        self._options.hosts.stop()
        with self._lock:
            for session in self._sessions:
                session.cut()
        # A thread that is looking up a host's name cannot be cut, so do not wait for its result.
        super().stop()

    def _download(self, target: Target) -> Downloaded:
        with DownloadSession(self._options.guard) as session:
            with self._lock:
                self._sessions.add(session)
            try:
                # `stop` may have come before the session was added, and has not cut it then.
                if self._options.hosts.stopping.is_set():
                    raise Stopped
                return Download(self._options, target.address, session).run()
            finally:
                with self._lock:
                    self._sessions.discard(session)
