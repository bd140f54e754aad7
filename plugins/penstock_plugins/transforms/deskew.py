"""The `deskew` transform: lines of text made level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge, Le

from penstock.hookspecs import hookimpl
from penstock.model import Page
from penstock_plugins.transforms.redrawing import open_bearable, open_small, redrawn

if TYPE_CHECKING:
    from penstock.spool import Spool

LOOKED_AT = 1200
"""Pixels of the longer side of the picture that a tilt is measured in."""


@dataclass(eq=False)
class Deskew:
    """Turns a page by a few degrees, so that its lines of text are level.

    A page that is level, or whose tilt cannot be told, is left as it is. What is read stands on the page
    as it was in every output.

    Parameters
    ----------
    smallest
        The tilt in degrees from which on a page is turned.
    largest
        The tilt in degrees that is looked for, at most.
    """

    smallest: Annotated[float, Ge(0.1), Le(5)] = 0.5
    largest: Annotated[float, Ge(1), Le(20)] = 15.0

    @hookimpl
    def prepare(self, page: Page, spool: Spool) -> Page:
        """Give the page with its lines level, if they are not."""
        from penstock_plugins.transforms.tilt import tilt_of, turned

        if page.existing_recognition is not None:
            return page
        tilt = tilt_of(open_small(page, LOOKED_AT), self.largest)
        if tilt is None or abs(tilt) < self.smallest:
            return page
        opened = open_bearable(page)
        picture, places = turned(opened, tilt)
        return redrawn(page, spool, picture, places, opened)


__all__ = ["Deskew"]
