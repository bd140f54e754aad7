"""Transforms that fail, or take their time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from penstock.errors import PictureError
from penstock.hookspecs import hookimpl
from penstock.model import Page
from penstock.testing.scripted import stem_of


@dataclass(eq=False)
class Choosy:
    """Cannot prepare the pages that are named, and leaves the others as they are."""

    refused: list[str] = field(default_factory=list)

    @hookimpl
    def prepare(self, page: Page) -> Page:
        if stem_of(page.origin) in self.refused:
            raise PictureError(f"{page.origin}: cannot be straightened")
        return page


@dataclass(eq=False)
class Working:
    """Does for each page what a test gives it to do."""

    def __post_init__(self) -> None:
        self.work: Callable[[], None] = lambda: None

    @hookimpl
    def prepare(self, page: Page) -> Page:
        self.work()
        return page
