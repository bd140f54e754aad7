"""Amenders that change, raise or hang."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path

from penstock.hookspecs import hookimpl
from penstock.model import Page, Recognition


@dataclass(eq=False)
class Replacing:
    """Replaces a text in all lines and words.

    Parameters
    ----------
    log
        A file that gets a line for every call.
    """

    old: str = "read"
    new: str = "amended"
    log: Path | None = None

    @hookimpl
    def amend(self, page: Page, recognition: Recognition) -> Recognition:
        if self.log:
            with self.log.open("a") as file:
                file.write(f"{page.origin}\n")
        lines = (
            replace(
                line,
                text=line.text.replace(self.old, self.new),
                words=tuple(replace(word, text=word.text.replace(self.old, self.new)) for word in line.words),
            )
            for line in recognition.lines
        )
        return replace(recognition, lines=tuple(lines))


@dataclass(eq=False)
class Raising:
    """Raises for the pages with these names, or returns what is no recognition."""

    names: tuple[str, ...] = ()
    returns: str = ""

    @hookimpl
    def amend(self, page: Page, recognition: Recognition) -> Recognition:
        if Path(page.origin).stem not in self.names:
            return recognition
        if self.returns:
            return self.returns
        raise ZeroDivisionError("the amender is broken")


@dataclass(eq=False)
class Hanging:
    """Does not return for the page ``a`` until the test releases it."""

    def __post_init__(self) -> None:
        self.release = threading.Event()

    @hookimpl
    def amend(self, page: Page, recognition: Recognition) -> Recognition:
        if Path(page.origin).stem == "a":
            self.release.wait(60)
        return recognition
