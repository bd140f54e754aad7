"""A recognizer whose service is down for some of its calls, whichever pages they are for."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

from penstock.errors import THROTTLED, InDoubt, TryAgain, Unreachable
from penstock.hookspecs import hookimpl
from penstock.model import Limits, Operation, Page, Recognition
from penstock.testing.scripted import read_page


@dataclass(eq=False)
class Down:
    """Fails the calls ``first`` to ``last``, counted from 1, in the way ``how``. The others are answered."""

    first: int = 1
    last: int = 9
    how: Literal["unreachable", "error", "doubt", "throttled"] = "unreachable"
    retry_after: float | None = None
    attempts: int = 2
    deadline: float = 300.0

    def __post_init__(self) -> None:
        self._calls = itertools.count(1)

    @hookimpl
    def limits(self) -> Limits:
        return Limits(attempts=self.attempts, deadline=self.deadline)

    @hookimpl
    def cache_key(self) -> dict[str, str]:
        return {}

    @hookimpl
    def submit(self, page: Page) -> Operation:
        self._call(lost=InDoubt)
        return Operation({"origin": page.origin}, durable=True)

    @hookimpl
    def poll(self, operation: Operation) -> Recognition:
        self._call(lost=TryAgain)
        return read_page(operation.data["origin"])

    def _call(self, lost: type[TryAgain | InDoubt]) -> None:
        if not self.first <= next(self._calls) <= self.last:
            return
        match self.how:
            case "unreachable":
                raise Unreachable("cannot connect to the service", "check the network")
            case "doubt":
                raise lost("the answer was lost")
            case "error":
                raise TryAgain("the service failed", code="503", retry_after=self.retry_after)
            case "throttled":
                raise TryAgain("too many calls", code=THROTTLED, retry_after=self.retry_after)
