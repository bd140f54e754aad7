"""What the service on loopback has on its desk: pages that were taken, and how it treats its callers."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from penstock.model import Recognition
from penstock.testing.apis import Api
from penstock.testing.ledger import Ledger
from penstock.testing.misbehaviour import Misbehaviour, Mischief
from penstock.testing.throttle import Throttle

Answers = Recognition | Sequence[Recognition] | Callable[[bytes], Recognition]


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


@dataclass(frozen=True, slots=True)
class Manners:
    """How the service treats its callers; `penstock.testing.AzureReadServer` says what each means."""

    key: str
    work: float = 0.0
    submit_takes: float = 0.0
    calls_per_second: float | None = None
    submits_per_second: float | None = None
    polls_per_second: float | None = None
    misbehave: Sequence[Misbehaviour] = ()


class Desk:
    """Takes pages, has them read, and hands results out until they are forgotten. Used by many threads."""

    def __init__(self, answers: Answers, manners: Manners) -> None:
        self.manners = manners
        self.ledger = Ledger()
        self.mischief = Mischief(manners.misbehave)
        self.throttles = {
            "all": Throttle(manners.calls_per_second),
            "submit": Throttle(manners.submits_per_second),
            "poll": Throttle(manners.polls_per_second),
        }
        self.closing = threading.Event()
        self._answers = answers
        self._works: dict[str, Work] = {}
        self._taken = 0
        self._lock = threading.Lock()
        self._readers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="read-service")

    def close(self) -> None:
        """Begin no reading any more."""
        self._readers.shutdown(cancel_futures=True)

    def take(self, api: Api, picture: bytes, size: tuple[int, int], fate: str) -> str:
        """Bill a page and begin to read it; returns its operation's name."""
        self.ledger.bill()
        name = str(uuid.uuid4())
        work = Work(api, self._reading(picture), *size, time.monotonic() + self.manners.work, fate)
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


__all__ = ["Answers", "Desk", "Manners", "Work"]
