"""The `clean` transform: shadows and uneven light taken off a photo of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.geometry import Homography
from penstock.hookspecs import hookimpl
from penstock.model import Page
from penstock_plugins.transforms.redrawing import open_bearable, redrawn

if TYPE_CHECKING:
    from penstock.spool import Spool


@dataclass(eq=False)
class Clean:
    """Makes the paper of a photographed page evenly light: shadows, folds' shade and lamplight go, ink stays.

    A page that is evenly lit, as a scan is, is left as it is.
    """

    @hookimpl
    def prepare(self, page: Page, spool: Spool) -> Page:
        """Give the page evenly lit, if it is not."""
        from penstock_plugins.transforms.lighting import evenly_lit

        if page.existing_recognition is not None:
            return page
        opened = open_bearable(page)
        picture = evenly_lit(opened)
        return page if picture is None else redrawn(page, spool, picture, Homography(), opened)


__all__ = ["Clean"]
