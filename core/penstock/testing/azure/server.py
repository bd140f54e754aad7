"""The server as tests use it."""

from __future__ import annotations

import threading
from typing import Self

from penstock.testing.azure.http_server import HttpServer, Service
from penstock.testing.azure.jobs import Answers, JobQueue
from penstock.testing.azure.misbehaviour import FaultPlan, Faults
from penstock.testing.azure.traffic import Call, RateLimit


class AzureReadServer:
    """Serves Computer Vision Read 2.0 to 3.2 and Document Intelligence on loopback.

    A context manager. Give a recognizer its `endpoint` and `key`.

    Parameters
    ----------
    answers
        The recognition of every page; or a sequence, one per page, of which the last one repeats; or a
        function of the picture's bytes (`recognize_with` makes one of any recognizer). If the function
        raises, the operation fails.
    work
        Seconds from a submit to its result.
    submit_takes
        Seconds until a submit is answered.
    calls_per_second, submits_per_second, polls_per_second
        Rate limits: calls above them are answered with 429 and Retry-After.
    misbehave
        What goes wrong: a sequence of `Misbehaviour`; or a function of a call's kind and body that returns
        one of them, or None for a call that succeeds. The function is called from several threads.
    key
        The key that calls must carry, unless they carry a bearer token.
    port
        0 for a free one.
    """

    def __init__(
        self,
        answers: Answers,
        *,
        work: float = 0.0,
        submit_takes: float = 0.0,
        calls_per_second: float | None = None,
        submits_per_second: float | None = None,
        polls_per_second: float | None = None,
        misbehave: Faults = (),
        key: str = "loopback",
        port: int = 0,
    ) -> None:
        self._service = Service(
            key=key,
            submit_seconds=submit_takes,
            jobs=JobQueue(answers, work),
            faults=FaultPlan(misbehave),
            limits={
                "all": RateLimit(calls_per_second),
                "submit": RateLimit(submits_per_second),
                "poll": RateLimit(polls_per_second),
            },
        )
        self._port = port

    def __enter__(self) -> Self:
        self.come_back()
        return self

    def __exit__(self, *raised: object) -> None:
        self._service.closing.set()
        self.go_down()
        self._service.jobs.close()

    def go_down(self) -> None:
        """Close all connections and refuse new ones. Accepted pages are kept."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def come_back(self) -> None:
        """Accept connections again, at the same endpoint as before."""
        self._server = HttpServer(self._service, self._port)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def endpoint(self) -> str:
        """The server's URL."""
        return self._server.endpoint

    @property
    def key(self) -> str:
        """The key that calls must carry. It can be replaced while the server runs."""
        return self._service.key

    @key.setter
    def key(self, key: str) -> None:
        self._service.key = key

    @property
    def billed(self) -> int:
        """Number of pages that the server accepted, and would charge for."""
        return self._service.jobs.billed

    @property
    def calls(self) -> tuple[Call, ...]:
        """All calls so far."""
        return tuple(self._service.calls)
