"""A recognizer that finds the only red dot on a picture, and returns it as the word "dot"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from penstock.hookspecs import hookimpl
from penstock.images import open_upright
from penstock.model import Line, Page, Quad, Recognition, Word


@dataclass(eq=False)
class Dots:
    """The quad of "dot" is 5 pixels around the centre of the red dot, in pixels of the given picture."""

    @hookimpl
    def submit(self, page: Page) -> Recognition:
        red, green, blue = np.moveaxis(np.asarray(open_upright(page).convert("RGB")).astype(int), 2, 0)
        down, across = np.nonzero((red > green + 60) & (red > blue + 60))
        x, y = float(across.mean()) + 0.5, float(down.mean()) + 0.5
        quad = Quad.from_box(x - 5, y - 5, x + 5, y + 5)
        return Recognition((Line("dot", quad, (Word("dot", quad),)),), 0.0, "dots 1")
