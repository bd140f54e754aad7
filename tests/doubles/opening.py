"""A recognizer that opens its picture, as a real one does."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.hookspecs import hookimpl
from penstock.images import open_upright
from penstock.model import Operation, Page, Pending, Recognition
from penstock.testing.scripted import Scripted


@dataclass(eq=False)
class Opening(Scripted):
    """Does what its script says for every picture that can be opened."""

    @hookimpl
    def submit(self, page: Page) -> Operation | Recognition | Pending | None:
        open_upright(page)
        return super().submit(page)
