"""The ``deskew`` transform: make the lines of text horizontal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from penstock.hookspecs import hookimpl
from penstock.images import open_upright
from penstock.model import Page
from penstock.spool import Spool
from penstock_plugins.transforms.pictures import open_limited, with_picture

MEASURED_SIZE = 1200  # longer side in pixels of the picture in which the tilt is measured


@dataclass(eq=False)
class Deskew:
    """Rotates a page by a few degrees so that its lines of text are horizontal.

    A page stays as it is if it is level or if its tilt cannot be measured. Recognized words are mapped back
    to the original page. The method is that of Postl (1986), see the module ``tilt``.

    Parameters
    ----------
    smallest
        Smallest tilt in degrees that is corrected.
    largest
        Largest tilt in degrees that is looked for.
    """

    smallest: Annotated[float, Ge(0.1), Le(5)] = 0.5
    largest: Annotated[float, Ge(1), Le(20)] = 15.0

    @hookimpl
    def prepare(self, page: Page, spool: Spool) -> Page:
        """Return the page with level lines. Raises PictureError if the picture cannot be opened."""
        from penstock_plugins.transforms.tilt import measure_tilt, rotated

        if page.existing_recognition is not None:
            return page
        tilt = measure_tilt(open_upright(page, longest_side=MEASURED_SIZE).convert("L"), self.largest)
        if tilt is None or abs(tilt) < self.smallest:
            return page
        opened = open_limited(page)
        picture, to_opened = rotated(opened, tilt)
        return with_picture(page, spool, picture, to_opened, opened)
