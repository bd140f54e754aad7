"""The ``crop`` transform: cut the sheet of paper out of a photo and rectify it."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.hookspecs import hookimpl
from penstock.model import Page
from penstock.spool import Spool
from penstock_plugins.sheet import find_sheet, straighten
from penstock_plugins.transforms.pictures import open_limited, with_picture


@dataclass(eq=False)
class Crop:
    """Finds the sheet of paper in a photo, cuts it out and straightens it.

    A page stays as it is if no sheet stands out or if the sheet fills the picture, as in a scan. Recognized
    words are mapped back to the original photo. Detection follows `penstock_plugins.sheet`.
    """

    @hookimpl
    def prepare(self, page: Page, spool: Spool) -> Page:
        """Return the page with its sheet only. Raises PictureError if the picture cannot be opened."""
        if page.existing_recognition is not None:
            return page
        photo = open_limited(page)
        sheet = find_sheet(photo)
        if sheet is None:
            return page
        picture, to_photo = straighten(photo, sheet)
        return with_picture(page, spool, picture, to_photo, photo)
