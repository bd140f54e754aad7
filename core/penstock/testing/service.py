"""A Read service on this machine: a real HTTP server for load, for faults, and for those without a key."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

from penstock.model import Recognition
from penstock.testing.apis import Api
from penstock.testing.ledger import Call, Ledger
from penstock.testing.misbehaviour import Misbehaviour, Mischief
from penstock.testing.throttle import Throttle

Answers = Recognition | Sequence[Recognition] | Callable[[bytes], Recognition]
ANY_KEY = "loopback"


@dataclass(frozen=True, slots=True)
class Work:
    """A page that was taken.

    Parameters
    ----------
    ready_at
        On `time.monotonic`.
    fate
        What becomes of it, if not what should.
    """

    api: Api
    reading: Future[Recognition]
    width: int
    height: int
    ready_at: float
    fate: str = ""


class ReadService:
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
        self.key = key
        self.submit_takes = submit_takes
        self.ledger = Ledger()
        self.mischief = Mischief(misbehave)
        self.throttles = {
            "all": Throttle(calls_per_second),
            "submit": Throttle(submits_per_second),
            "poll": Throttle(polls_per_second),
        }
        self.closing = threading.Event()
        self._answers = answers
        self._work_seconds = work
        self._port = port
        self._works: dict[str, Work] = {}
        self._taken = 0
        self._lock = threading.Lock()
        self._readers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="read-service")

    def __enter__(self) -> Self:
        from penstock.testing.server import Server

        self._server = Server(self, self._port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._readers.shutdown(cancel_futures=True)

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def billed(self) -> int:
        """Pages that it took and would charge for."""
        return self.ledger.billed

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call so far."""
        return self.ledger.calls

    def take(self, api: Api, picture: bytes, size: tuple[int, int], fate: str) -> str:
        """Bill a page and begin to read it; returns its operation's name."""
        self.ledger.bill()
        name = str(uuid.uuid4())
        work = Work(api, self._reading(picture), *size, time.monotonic() + self._work_seconds, fate)
        with self._lock:
            self._works[name] = work
        return name

    def work(self, name: str) -> Work | None:
        """A page that was taken; None if there is none of that name, or it was forgotten."""
        with self._lock:
            work = self._works.get(name)
        return None if work is None or work.fate == "forget" else work

    def forget(self, name: str) -> None:
        """Delete a result."""
        with self._lock:
            self._works.pop(name, None)

    def _reading(self, picture: bytes) -> Future[Recognition]:
        if callable(self._answers):
            return self._readers.submit(self._answers, picture)
        done: Future[Recognition] = Future()
        done.set_result(self._next_answer())
        return done

    def _next_answer(self) -> Recognition:
        if isinstance(self._answers, Recognition):
            return self._answers
        if callable(self._answers):
            raise TypeError("a function answers by itself")
        with self._lock:
            number = min(self._taken, len(self._answers) - 1)
            self._taken += 1
        return self._answers[number]
