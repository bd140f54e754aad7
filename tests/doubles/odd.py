"""Plugins with faults that are rare, each selected by an option."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from penstock.hookspecs import hookimpl
from penstock.images import find_pages
from penstock.model import Document, Limits, Line, Operation, Page, Problem, Quad, Recognition, Word

HERE = Quad.from_box(0, 0, 10, 10)


@dataclass(eq=False)
class Documents:
    """Yields three documents of one picture; the second one is wrong in the given way."""

    picture: Path
    fault: str

    @hookimpl
    def find_documents(self) -> Iterator[Document | Problem]:
        yield Document("first", "first", find_pages(self.picture, "first"))
        if self.fault == "exit":
            sys.exit("the source has had enough")
        (page,) = find_pages(self.picture, "second")
        pages = {
            "none": None,
            "no page": [None],
            "raising": (broken() for broken in (sys.exit,)),
            "picture": [replace(page, picture=None)],
            "same number": [page, page, page],
            "same origin": [page],
        }[self.fault]
        origin = "first" if self.fault == "same origin" else "second"
        yield Document("first" if self.fault == "same origin" else "second", origin, pages)
        yield Document("third", "third", find_pages(self.picture, "third"))


class Float32(float):
    """A number that is JSON-able but is not a float, like those of numpy."""


@dataclass(eq=False)
class Answers:
    """Answers every submit at once, in a wrong way."""

    fault: str

    @hookimpl
    def limits(self) -> Limits:
        return Limits(in_flight=-1) if self.fault == "limits" else Limits()

    @hookimpl
    def submit(self, page: Page) -> Operation | Recognition | None:
        match self.fault:
            case "exit":
                sys.exit(7)
            case "number":
                return Recognition((Line("a", HERE, (Word("a", HERE, Float32(0.5)),)),))
            case "no lines":
                return Recognition(None)
            case "note":
                return Recognition(note="1 word or line was left out")
            case "wait":
                return Operation({}, poll_after=float("inf"))
        return Recognition()


@dataclass(eq=False)
class Writes:
    """A sink that is wrong in the given way."""

    fault: str
    path: str = "out/{document}.odd"

    @hookimpl
    def write(self, document, outputs):
        if self.fault == "exit":
            sys.exit(3)
        if self.fault == "generator":
            return (page for page in document.pages)
        with outputs.open(self.path):
            Path("/no/such/font.ttf").read_bytes()
        return None
