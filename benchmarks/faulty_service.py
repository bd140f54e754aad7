"""The service of `soak.py`: throttles, fails, breaks connections, loses operations, and goes away."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from penstock import Line, Quad, Recognition, Word
from penstock.testing import AzureReadServer, Misbehaviour

KEY = "soak-key-4fd1c0"
OUTAGES = (60.0, 300.0)
"""Shortest and longest outage, in seconds on the command's clock."""
SUBMIT_FAULTS = {
    Misbehaviour("throttle", retry_after="1"): 0.02,
    Misbehaviour("error"): 0.02,
    Misbehaviour("reset"): 0.01,
    Misbehaviour("lose"): 0.003,
    Misbehaviour("half"): 0.002,
    Misbehaviour("hang", seconds=2.0): 0.0005,
    Misbehaviour("forget"): 0.003,
}
POLL_FAULTS = {
    Misbehaviour("throttle", on="poll", retry_after="1"): 0.01,
    Misbehaviour("error", on="poll"): 0.01,
    Misbehaviour("reset", on="poll"): 0.01,
    Misbehaviour("half", on="poll"): 0.005,
}
SLOW = 0.002
"""Share of pages whose result takes `SLOW_SECONDS` more."""
SLOW_SECONDS = 0.3


class FaultyService:
    """The service: chooses faults, and counts how often it accepted each page. Thread-safe.

    A page is known by the SHA-256 of its file.
    """

    def __init__(self, words: dict[bytes, str], seed: int) -> None:
        self._words, self._random, self._lock = words, random.Random(seed), threading.Lock()
        self._tried: set[bytes] = set()
        self.taken: dict[bytes, list[float]] = {}
        self.forgotten: set[bytes] = set()
        self.faults: Counter[str] = Counter()
        self.server = AzureReadServer(self._read, work=0.05, misbehave=self._fault, key=KEY)

    @property
    def pages(self) -> int:
        """The number of different pages that were accepted."""
        return len(self.taken)

    def _fault(self, kind: str, body: bytes) -> Misbehaviour | None:
        with self._lock:
            if kind != "submit":
                return self._drawn(POLL_FAULTS)
            digest = hashlib.sha256(body).digest()
            if digest in self._tried:
                return None
            self._tried.add(digest)
            fault = self._drawn(SUBMIT_FAULTS)
            if fault and fault.how == "forget":
                self.forgotten.add(digest)
            return fault

    def _drawn(self, faults: dict[Misbehaviour, float]) -> Misbehaviour | None:
        number = self._random.random()
        for fault, share in faults.items():
            number -= share
            if number < 0:
                self.faults[f"{fault.on} {fault.how}"] += 1
                return fault
        return None

    def _read(self, picture: bytes) -> Recognition:
        digest = hashlib.sha256(picture).digest()
        with self._lock:
            self.taken.setdefault(digest, []).append(time.monotonic())
            is_slow = self._random.random() < SLOW
        if is_slow:
            time.sleep(SLOW_SECONDS)
        quad, word = Quad.from_box(5, 5, 50, 20), self._words[digest]
        return Recognition((Line(word, quad, (Word(word, quad, 0.9),)),), 0.0)


@contextmanager
def outages(service: FaultyService, at: list[int], speed: float, chance: random.Random) -> Iterator[None]:
    """Take the service away for minutes after these numbers of accepted pages."""
    ended = threading.Event()

    def go() -> None:
        for pages in at:
            while service.pages < pages:
                if ended.wait(0.1):
                    return
            service.server.go_down()
            ended.wait(chance.uniform(*OUTAGES) / speed)
            service.server.come_back()

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
