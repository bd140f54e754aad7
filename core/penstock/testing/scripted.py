"""A recognizer that follows a script, page by page."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from penstock.errors import InDoubt, OperationLost, PageRefused, StopRun, TryAgain, Unreachable
from penstock.hookspecs import hookimpl
from penstock.model import Limits, Line, Operation, Page, Pending, PriceStep, Quad, Recognition, Word

DEFAULT = ("operation", "read")


def stem_of(origin: str) -> str:
    """Return the name by which scripts refer to a page: its file's stem, without the page index."""
    return Path(origin.partition(",")[0]).stem


def read_page(origin: str) -> Recognition:
    """Return one line with two words: the page's name, and "read"."""
    name = stem_of(origin)
    words = (
        Word(name, Quad.from_box(5, 5, 45, 20), 0.9),
        Word("read", Quad.from_box(50, 5, 80, 20), None, low_confidence=True),
    )
    return Recognition((Line(f"{name} read", Quad.from_box(5, 5, 80, 20), words),), 0.0, "scripted 1")


@dataclass(eq=False)
class Scripted:
    """Follows a script: every submit and every poll performs the page's next step.

    Steps: operation, read, pending, again, again:SECONDS, error, unreachable, doubt, lost, refuse, stop,
    decline, nonsense, crash. A page without a script is recognized by the first poll; so is one whose script
    has ended.

    Parameters
    ----------
    script
        Steps by the stem of the page's file: ``{"a": ["again", "operation", "pending", "read"]}``.
    log
        A file that gets a line for every call.
    calls_per_second, in_flight, attempts, deadline, first_poll, remote, price_per_1000
        As in `penstock.Limits`.
    durable
        Whether its operations are durable.
    dialect
        The only option that is part of the cache key.
    """

    script: dict[str, list[str]] = field(default_factory=dict)
    log: Path | None = None
    calls_per_second: float | None = None
    in_flight: int | None = None
    attempts: int = 4
    deadline: float = 600.0
    first_poll: float = 1.0
    durable: bool = False
    remote: bool = True
    price_per_1000: float | tuple[PriceStep, ...] | None = None
    dialect: str = ""

    def __post_init__(self) -> None:
        self._left = {page: list(steps) for page, steps in self.script.items()}
        self._lock = threading.Lock()

    @hookimpl
    def limits(self) -> Limits:
        """Return the limits that the options set."""
        return Limits(
            calls_per_second=self.calls_per_second,
            in_flight=self.in_flight,
            attempts=self.attempts,
            deadline=self.deadline,
            first_poll=self.first_poll,
            remote=self.remote,
            price_per_1000=self.price_per_1000,
        )

    @hookimpl
    def cache_key(self) -> dict[str, str]:
        """Return the dialect: a script changes how a page is recognized, not the result."""
        return {"dialect": self.dialect}

    @hookimpl
    def submit(self, page: Page) -> Operation | Recognition | Pending | None:
        """Perform the page's next step."""
        self._note("submit", page.origin)
        return self._step(page.origin)

    @hookimpl
    def poll(self, operation: Operation) -> Operation | Recognition | Pending | None:
        """Perform the page's next step."""
        self._note("poll", operation.data["origin"])
        return self._step(operation.data["origin"])

    def _note(self, call: str, origin: str) -> None:
        if self.log:
            with self._lock, self.log.open("a", encoding="utf-8") as file:
                file.write(f"{call} {stem_of(origin)}\n")

    def _step(self, origin: str) -> Operation | Recognition | Pending | None:
        with self._lock:
            steps = self._left.setdefault(stem_of(origin), list(DEFAULT))
            step = steps.pop(0) if steps else "read"
        kind, _, value = step.partition(":")
        wait = float(value) if value else None
        match kind:
            case "operation":
                return Operation({"origin": origin}, durable=self.durable)
            case "read":
                return read_page(origin)
            case "pending":
                return Pending(wait)
            case "decline":
                return None
            case _:
                return _raise(kind, wait)


def _raise(kind: str, wait: float | None) -> Operation:
    """Perform a step that returns no valid answer."""
    match kind:
        case "nonsense":
            return "nonsense"  # type: ignore[return-value]  # on purpose
        case "again":
            raise TryAgain("the service is busy", "wait", code="429", retry_after=wait)
        case "error":
            raise TryAgain("the service failed", code="500", retry_after=wait)
        case "unreachable":
            raise Unreachable("cannot connect to the service", "check the network")
        case "doubt":
            raise InDoubt("the answer was lost")
        case "lost":
            raise OperationLost("the service does not know the operation")
        case "refuse":
            raise PageRefused("the service cannot read this page", "scan it again", code="InvalidImage")
        case "stop":
            raise StopRun("the key was refused", "check the key", code="401")
        case _:
            raise ZeroDivisionError("the plugin is broken")
