"""A component of each kind that implements all hooks of its kind, and logs every call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from penstock.engine.outage import FAILURES_IN_A_ROW
from penstock.errors import NoSpace, PageRefused, TryAgain, Unreachable
from penstock.hookspecs import ObserverHooks, hookimpl
from penstock.images import find_pages
from penstock.model import (
    Document,
    Limits,
    Operation,
    Page,
    Pending,
    Problem,
    Recognition,
    RecognizedDocument,
    Resources,
)
from penstock.outputs import Outputs
from penstock.spool import Spool
from penstock.testing.scripted import read_page


@dataclass(eq=False)
class Logging:
    """Base of all: each called hook is a line of the log."""

    log: Path

    def add(self, hook: str) -> None:
        with self.log.open("a") as file:
            file.write(f"{hook}\n")


@dataclass(eq=False)
class Source(Logging):
    """Finds two pictures, each a document, and a problem; shows a status."""

    pictures: tuple[Path, Path]

    @hookimpl
    def find_documents(
        self, spool: Spool, show_status: Callable[[str], None]
    ) -> Iterator[Document | Problem]:
        self.add("find_documents")
        for path in self.pictures:
            show_status(f"opening {path.name}")
            yield Document(path.stem, path.name, find_pages(path, path.name))
        yield Problem("c.png", "cannot be read")

    @hookimpl
    def request_stop(self) -> bool:
        self.add("request_stop")
        return False


@dataclass(eq=False)
class Transform(Logging):
    """Leaves pages as they are."""

    @hookimpl
    def prepare(self, page: Page, spool: Spool) -> Page:
        self.add("prepare")
        return page


@dataclass(eq=False)
class Recognizer(Logging):
    """Is throttled once, then returns Pending once, then a result; refuses the page ``refused``."""

    def __post_init__(self) -> None:
        self._polls = 0
        self._submits = 0

    @hookimpl
    def limits(self) -> Limits:
        self.add("limits")
        return Limits(first_poll=0.0, poll_interval=(0.0, 0.0))

    @hookimpl
    def cache_key(self) -> dict[str, str]:
        self.add("cache_key")
        return {}

    @hookimpl
    def page_file(self, page: Page, document: Document) -> None:
        self.add("page_file")

    @hookimpl
    def submit(self, page: Page) -> Operation:
        self.add("submit")
        self._submits += 1
        if self._submits <= FAILURES_IN_A_ROW:
            raise Unreachable("cannot be reached")
        if page.origin.startswith("refused"):
            raise PageRefused("refused")
        return Operation({"origin": page.origin}, durable=True)

    @hookimpl
    def poll(self, operation: Operation) -> Recognition | Pending:
        self.add("poll")
        self._polls += 1
        if self._polls == 1:
            raise TryAgain("throttled", retry_after=0.01)
        return Pending(0.0) if self._polls == 2 else read_page(operation.data["origin"])


@dataclass(eq=False)
class Reader(Logging):
    """Reads pages itself."""

    @hookimpl
    def resources(self) -> Resources:
        self.add("resources")
        return Resources(processes=1)

    @hookimpl
    def note(self) -> str:
        self.add("note")
        return "an optional model is missing"

    @hookimpl
    def read(self, page: Page) -> Recognition:
        self.add("read")
        return read_page(page)


@dataclass(eq=False)
class First(Logging):
    """Reads every page at once."""

    @hookimpl
    def submit(self, page: Page) -> Recognition:
        return read_page(page.origin)


@dataclass(eq=False)
class Rule(Logging):
    """Accepts nothing."""

    @hookimpl
    def accepts(self, page: Page, recognition: Recognition) -> bool:
        self.add("accepts")
        return False


@dataclass(eq=False)
class Amender(Logging):
    """Leaves recognitions as they are."""

    @hookimpl
    def amend(self, page: Page, recognition: Recognition) -> Recognition:
        self.add("amend")
        return recognition


@dataclass(eq=False)
class Sink(Logging):
    """Writes an empty file; its disk is full at first."""

    path: str = "{document}.txt"

    def __post_init__(self) -> None:
        self._is_full = True

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        self.add("write")
        if self._is_full:
            self._is_full = False
            raise NoSpace("the disk is full")
        with outputs.open(self.path):
            pass


@dataclass(eq=False)
class Observer(Logging):
    """Implements every event."""


def _noting(event: str) -> Callable[[Logging], None]:
    def note(self: Logging) -> None:
        self.add(event)

    return note


for _event in vars(ObserverHooks):
    if not _event.startswith("_"):
        setattr(Observer, _event, hookimpl(_noting(_event)))
