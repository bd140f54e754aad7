"""The `crop` transform: the sheet of paper in a photo, seen from straight above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.hookspecs import hookimpl
from penstock.model import Page
from penstock.sheet import find_sheet, straighten
from penstock_plugins.transforms.redrawing import open_bearable, redrawn

if TYPE_CHECKING:
    from penstock.spool import Spool


@dataclass(eq=False)
class Crop:
    """Finds the sheet of paper in a photo, cuts it out, and straightens it.

    A page in which no sheet stands out, or that the sheet fills as in a scan, is left as it is. What is
    read stands on the photo itself in every output.
    """

    @hookimpl
    def prepare(self, page: Page, spool: Spool) -> Page:
        """Give the sheet alone, if there is one."""
        if page.existing_recognition is not None:
            return page
        photo = open_bearable(page)
        sheet = find_sheet(photo)
        if sheet is None:
            return page
        picture, places = straighten(photo, sheet)
        return redrawn(page, spool, picture, places, photo)


__all__ = ["Crop"]
