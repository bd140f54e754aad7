"""Components of every kind that hang in a call."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from penstock.hookspecs import hookimpl
from penstock.model import (
    Document,
    Limits,
    Line,
    Operation,
    Page,
    Pending,
    Quad,
    Recognition,
    RecognizedDocument,
)
from penstock.outputs import Outputs

HANGS_AT = "a"


@dataclass(eq=False)
class Hanging:
    """Base of components that hang until `release` is set."""

    def __post_init__(self) -> None:
        self.release = threading.Event()

    def hang(self) -> None:
        self.release.wait(60)


@dataclass(eq=False)
class Recognizer(Hanging):
    """Hangs in one call for the page ``a``, and recognizes the others."""

    call: str = "submit"

    @hookimpl
    def limits(self) -> Limits:
        return Limits(first_poll=0.01, poll_interval=(0.01, 0.01))

    @hookimpl
    def cache_key(self) -> dict[str, str]:
        return {}

    @hookimpl
    def submit(self, page: Page) -> Operation:
        if self.call == "submit" and page.origin.endswith("a.png"):
            self.hang()
        return Operation({"origin": page.origin}, durable=True)

    @hookimpl
    def poll(self, operation: Operation) -> Recognition | Pending:
        if self.call == "poll" and operation.data["origin"].endswith("a.png"):
            self.hang()
        return Recognition((Line("read", Quad.from_box(0, 0, 9, 9)),))


@dataclass(eq=False)
class Sink(Hanging):
    """Hangs with the document ``a``."""

    @hookimpl
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        if document.name == HANGS_AT:
            self.hang()


@dataclass(eq=False)
class Transform(Hanging):
    """Hangs with the page ``a``."""

    @hookimpl
    def prepare(self, page: Page) -> Page:
        if page.origin.endswith("a.png"):
            self.hang()
        return page


@dataclass(eq=False)
class Observer(Hanging):
    """Hangs at the first event."""

    @hookimpl
    def document_found(self, document: Document) -> None:
        self.hang()
