"""Downloads a few addresses ahead of the run, and gives what came of them in their order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from penstock.model import Problem
from penstock_plugins.sources.url.addresses import Wanted
from penstock_plugins.sources.url.failing import Stopped
from penstock_plugins.sources.url.fetching import Fetch, Fetched, Terms
from penstock_plugins.sources.url.memory import unfinished_name
from penstock_plugins.sources.url.part import gathering
from penstock_plugins.sources.url.wire import Wire


@dataclass(slots=True)
class Ticket:
    """One address on its way, or a problem in an address's place, and what came of it."""

    wanted: Wanted | Problem
    outcome: Fetched | BaseException | None = None


class Crew:
    """A few daemon threads that download. A context manager: at its end every download under way is cut.

    Parameters
    ----------
    parallel
        Downloads at once; also how many are begun or done before the run has taken the first of them.
    """

    def __init__(self, terms: Terms, parallel: int) -> None:
        self._terms = terms
        self._parallel = parallel
        self._waiting: deque[Ticket] = deque()
        self._wires: set[Wire] = set()
        self._changed = threading.Condition()
        self.threads: list[threading.Thread] = []

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End every download that is under way, and begin none any more. From any thread, and twice."""
        self._terms.hosts.stop()
        with self._changed:
            for wire in self._wires:
                wire.cut()
            self._changed.notify_all()

    def outcomes(self, items: Iterable[Wanted | Problem]) -> Iterator[Ticket]:
        """Download, and give every item with its outcome. Ends early when it is stopped."""
        begun: deque[Ticket] = deque()
        for item in items:
            begun.append(self._begin(item))
            if len(begun) >= self._parallel:
                if not self._ended(begun[0]):
                    return
                yield begun.popleft()
        while begun and self._ended(begun[0]):
            yield begun.popleft()

    def _begin(self, item: Wanted | Problem) -> Ticket:
        ticket = Ticket(item)
        if isinstance(item, Wanted):
            with self._changed:
                self._waiting.append(ticket)
                self._changed.notify_all()
            if len(self.threads) < self._parallel:
                self._hire()
        return ticket

    def _hire(self) -> None:
        name = f"penstock-url-{len(self.threads) + 1}"
        self.threads.append(threading.Thread(name=name, target=self._work, daemon=True))
        self.threads[-1].start()

    def _ended(self, ticket: Ticket) -> bool:
        """Wait for an outcome; False if there will be none."""
        stopping = self._terms.hosts.stopping
        with self._changed:
            self._changed.wait_for(
                lambda: isinstance(ticket.wanted, Problem) or ticket.outcome or stopping.is_set()
            )
        return not stopping.is_set()

    def _work(self) -> None:
        while ticket := self._next():
            outcome: Fetched | BaseException
            try:
                outcome = self._fetched(ticket)
            except BaseException as error:  # told where the run takes it in
                outcome = error
            with self._changed:
                ticket.outcome = outcome
                self._changed.notify_all()

    def _next(self) -> Ticket | None:
        stopping = self._terms.hosts.stopping
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or stopping.is_set())
            return None if stopping.is_set() else self._waiting.popleft()

    def _fetched(self, ticket: Ticket) -> Fetched:
        assert isinstance(ticket.wanted, Wanted)  # noqa: S101  problems do not wait
        address = ticket.wanted.address
        with self._wire() as wire, gathering(self._terms.spool, unfinished_name(address)) as part:
            return Fetch(self._terms, address, part, wire).run()

    @contextmanager
    def _wire(self) -> Iterator[Wire]:
        """Connections that `stop` can cut."""
        with Wire(self._terms.guard) as wire:
            with self._changed:
                self._wires.add(wire)
            try:
                # Stopped between the two: whoever stops has cut it, or we see that it is time.
                if self._terms.hosts.stopping.is_set():
                    raise Stopped
                yield wire
            finally:
                with self._changed:
                    self._wires.discard(wire)


__all__ = ["Crew", "Ticket"]
