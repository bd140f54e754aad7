"""Transforms that fail, or run code of a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from penstock.errors import PictureError
from penstock.hookspecs import hookimpl
from penstock.model import Page
from penstock.testing.scripted import stem_of


@dataclass(eq=False)
class Choosy:
    """Raises PictureError for the named pages, and leaves the others unchanged."""

    refused: list[str] = field(default_factory=list)

    @hookimpl
    def prepare(self, page: Page) -> Page:
        if stem_of(page.origin) in self.refused:
            raise PictureError(f"{page.origin}: cannot be straightened")
        return page


@dataclass(eq=False)
class Working:
    """Calls a function of the test for each page."""

    def __post_init__(self) -> None:
        self.work: Callable[[], None] = lambda: None

    @hookimpl
    def prepare(self, page: Page) -> Page:
        self.work()
        return page
