"""A scripted recognizer that opens its pictures, as a real one does."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.hookspecs import hookimpl
from penstock.images import open_upright
from penstock.model import Operation, Page, Pending, Recognition
from penstock.testing.scripted import Scripted


@dataclass(eq=False)
class Opening(Scripted):
    """Opens the picture, and then follows its script."""

    @hookimpl
    def submit(self, page: Page) -> Operation | Recognition | Pending | None:
        open_upright(page)
        return super().submit(page)
