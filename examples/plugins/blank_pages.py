"""A recognizer to be used before another one: it answers blank pages at once, and declines all others."""

from __future__ import annotations

from dataclasses import dataclass

from penstock import Limits, Page, Recognition, hookimpl, open_upright

LONGEST_SIDE = 800
"""In pixels: enough to see whether there is ink."""

BORDER = 0.04
"""Fraction of each side that is ignored, because scanners leave shadows there."""


@dataclass(eq=False)
class BlankPages:
    """Recognizes pages without ink, and leaves all others to the next recognizer.

    Parameters
    ----------
    ink
        Fraction of the pixels that are dark on a page with text, at least.
    darker
        How much darker ink is than the paper, in gray levels from 0 to 255.
    """

    ink: float = 0.0005
    darker: int = 60

    @hookimpl
    def limits(self) -> Limits:
        """Declare that no page leaves this machine."""
        return Limits(remote=False)

    @hookimpl
    def submit(self, page: Page) -> Recognition | None:
        """Return a recognition without lines for a blank page, None for any other."""
        return Recognition(recognizer="blank pages 1") if self._share_of_ink(page) < self.ink else None

    def _share_of_ink(self, page: Page) -> float:
        with open_upright(page, longest_side=LONGEST_SIDE) as picture:
            across, down = round(picture.width * BORDER), round(picture.height * BORDER)
            inner = picture.crop((across, down, picture.width - across, picture.height - down))
            levels = inner.convert("L").histogram()
        paper = max(range(256), key=levels.__getitem__)
        return sum(levels[: max(0, paper - self.darker)]) / sum(levels)
