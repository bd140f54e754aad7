"""Scripted recognizers that open their pictures, as real ones do."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
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


@dataclass(eq=False)
class OpeningApart(Scripted):
    """Opens the picture in another process, as a recognizer on this machine does; follows its script."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._processes = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))

    @hookimpl
    def submit(self, page: Page) -> Operation | Recognition | Pending | None:
        self._processes.submit(open_upright, page, longest_side=1600).result()
        return super().submit(page)
