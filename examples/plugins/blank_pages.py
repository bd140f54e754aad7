"""A recognizer that stands before another one: it answers blank pages at once, and declines the rest."""

from __future__ import annotations

from dataclasses import dataclass

from penstock import Limits, Operation, Page, Recognition, hookimpl
from penstock.errors import OperationLost
from penstock.images import open_upright

LONGEST_SIDE = 800
"""Pixels: enough to see whether there is ink."""

BORDER = 0.04
"""Of each side, where scanners leave shadows."""


@dataclass(eq=False)
class BlankPages:
    """Answers pages without ink at once, and leaves all others to the next recognizer.

    Parameters
    ----------
    ink
        Share of a page's pixels that have to be dark for it to be worth reading.
    darker
        How much darker than the paper ink is, in levels of gray from 0 to 255.
    """

    ink: float = 0.0005
    darker: int = 60

    @hookimpl
    def limits(self) -> Limits:
        """Nothing leaves this machine, and nothing has to be waited for."""
        return Limits(remote=False)

    @hookimpl
    def submit(self, page: Page) -> Recognition | None:
        """A recognition without lines for a blank page, None for any other."""
        return Recognition(recognizer="blank pages 1") if self._share_of_ink(page) < self.ink else None

    @hookimpl
    def poll(self, operation: Operation) -> Recognition:
        """Never called: a page that is answered at once has no operation."""
        raise OperationLost(f"blank pages have no operations, and {operation} is none of theirs")

    def _share_of_ink(self, page: Page) -> float:
        with open_upright(page, longest_side=LONGEST_SIDE) as picture:
            across, down = round(picture.width * BORDER), round(picture.height * BORDER)
            inner = picture.crop((across, down, picture.width - across, picture.height - down))
            levels = inner.convert("L").histogram()
        paper = max(range(256), key=levels.__getitem__)
        return sum(levels[: max(0, paper - self.darker)]) / sum(levels)
