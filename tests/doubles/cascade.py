"""A first recognizer that costs nothing, and rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from penstock.errors import PageRefused
from penstock.hookspecs import hookimpl
from penstock.model import Line, Page, Quad, Recognition, Word
from penstock.testing.scripted import stem_of


@dataclass(eq=False)
class Cheap:
    """Reads every page as its name and "first".

    Parameters
    ----------
    confidences
        By the names of the pages; 0.9 for the others. A negative one declines a page, one above 1 refuses it,
        and one above 2 is a fault.
    log
        A file that gets a line for every page.
    dialect
        The only option that is part of the cache key.
    """

    confidences: dict[str, float] = field(default_factory=dict)
    log: Path | None = None
    dialect: str = ""

    @hookimpl
    def cache_key(self) -> dict[str, str]:
        return {"dialect": self.dialect}

    @hookimpl
    def submit(self, page: Page) -> Recognition | None:
        name = stem_of(page.origin)
        if self.log:
            with self.log.open("a", encoding="utf-8") as file:
                file.write(f"{name}\n")
        confidence = self.confidences.get(name, 0.9)
        if confidence > 2:
            raise RuntimeError("cannot be read, for an unknown reason")
        if confidence > 1:
            raise PageRefused("cannot be read")
        if confidence < 0:
            return None
        quad = Quad.from_box(5, 5, 45, 20)
        return Recognition((Line(f"{name} first", quad, (Word(f"{name} first", quad, confidence),)),), 0.0)


@dataclass(eq=False)
class Judge:
    """Accepts all pages but those of these names, and logs the pages that it is asked about."""

    rejected: tuple[str, ...] = ()
    log: Path | None = None

    @hookimpl
    def accepts(self, page: Page, recognition: Recognition) -> bool:
        name = stem_of(page.origin)
        if self.log:
            with self.log.open("a", encoding="utf-8") as file:
                file.write(f"{name}\n")
        return name not in self.rejected


@dataclass(eq=False)
class Broken:
    """Raises for every page."""

    @hookimpl
    def accepts(self, recognition: Recognition) -> bool:
        raise KeyError(recognition.text)


@dataclass(eq=False)
class Undecided:
    """Returns nothing."""

    @hookimpl
    def accepts(self) -> None:
        return None


@dataclass(eq=False)
class Upper:
    """Changes words to upper case."""

    @hookimpl
    def amend(self, recognition: Recognition) -> Recognition:
        lines = [replace(line, text=line.text.upper(), words=()) for line in recognition.lines]
        return replace(recognition, lines=tuple(lines))
