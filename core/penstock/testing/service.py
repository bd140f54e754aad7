"""A Read service on this machine: a real HTTP server for load, for faults, and for those without a key."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Self

from penstock.testing.desk import Answers, Desk, Manners
from penstock.testing.ledger import Call
from penstock.testing.misbehaviour import Misbehaviour
from penstock.testing.server import Server

ANY_KEY = "loopback"


class AzureReadServer:
    """Speaks Computer Vision Read 2.0 to 3.2 and Document Intelligence on loopback.

    Use it as a context manager; `endpoint` and `key` are what a recognizer needs.

    Parameters
    ----------
    answers
        What was read on every page; or one recognition after the other, the last one from then on; or a
        function of the picture's bytes (`reading_with` makes one of any recognizer); what it raises makes
        the operation fail.
    work
        Seconds from a submit to its result.
    submit_takes
        Seconds that a submit's answer takes.
    calls_per_second, submits_per_second, polls_per_second
        Calls above it are answered with 429 and Retry-After.
    misbehave
        What goes wrong.
    port
        0 takes a free one.
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
        misbehave: Sequence[Misbehaviour] = (),
        key: str = ANY_KEY,
        port: int = 0,
    ) -> None:
        rates = (calls_per_second, submits_per_second, polls_per_second)
        self._desk = Desk(answers, Manners(key, work, submit_takes, *rates, misbehave))
        self._port = port

    def __enter__(self) -> Self:
        self._server = Server(self._desk, self._port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._desk.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._desk.close()

    @property
    def key(self) -> str:
        """What its callers have to know."""
        return self._desk.manners.key

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return self._server.endpoint

    @property
    def billed(self) -> int:
        """Pages that it took and would charge for."""
        return self._desk.ledger.billed

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call so far."""
        return self._desk.ledger.calls


__all__ = ["AzureReadServer"]
