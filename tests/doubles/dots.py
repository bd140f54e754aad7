"""A recognizer that finds the one red dot on each picture that it is given, and reads it as "dot"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from penstock.hookspecs import hookimpl
from penstock.images import open_upright
from penstock.model import Limits, Line, Operation, Page, Quad, Recognition, Word


@dataclass(eq=False)
class Dots:
    """Its quad is the dot's middle and 5 pixels around it, in the pixels of the picture."""

    @hookimpl
    def limits(self) -> Limits:
        return Limits()

    @hookimpl
    def submit(self, page: Page) -> Recognition:
        red, green, blue = np.moveaxis(np.asarray(open_upright(page).convert("RGB")).astype(int), 2, 0)
        down, across = np.nonzero((red > green + 60) & (red > blue + 60))
        x, y = float(across.mean()) + 0.5, float(down.mean()) + 0.5
        quad = Quad.from_box(x - 5, y - 5, x + 5, y + 5)
        return Recognition((Line("dot", quad, (Word("dot", quad),)),), 0.0, "dots 1")

    @hookimpl
    def poll(self, operation: Operation) -> Recognition:
        raise AssertionError(operation)
