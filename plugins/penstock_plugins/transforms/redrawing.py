"""A page's picture redrawn: opened no larger than memory bears, and kept with the map back."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from penstock.geometry import Homography
from penstock.images import open_upright
from penstock.model import UPRIGHT, Page, Picture

if TYPE_CHECKING:
    from PIL import Image

    from penstock.spool import Spool

MOST_PIXELS = 24_000_000
"""Of a picture that is redrawn: a letter at 500 dots an inch. No recognizer here looks closer."""

QUALITY = 92
"""Of the JPEG that is kept: it is read as well as a PNG, which is four times as large."""


def open_bearable(page: Page, most: int = MOST_PIXELS) -> Image.Image:
    """The page's picture, upright, scaled down to so many pixels where it has more."""
    scale = math.sqrt(min(1.0, most / (page.width * page.height)))
    return open_upright(page, longest_side=None if scale == 1 else int(max(page.width, page.height) * scale))


def open_small(page: Page, longest_side: int) -> Image.Image:
    """The page's picture, upright and gray, to look at from afar."""
    return open_upright(page, longest_side=longest_side).convert("L")


def redrawn(page: Page, spool: Spool, picture: Image.Image, places: Homography, opened: Image.Image) -> Page:
    """The page with another picture.

    Parameters
    ----------
    places
        From places in ``picture`` to places in ``opened``.
    opened
        The page's picture as `open_bearable` gave it.
    """
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=QUALITY, subsampling=0)
    path = spool.keep(content.getvalue(), ".jpg")
    status = path.stat()
    across, down = page.width / opened.width, page.height / opened.height
    return replace(
        page,
        picture=Picture(path, 0, status.st_size, status.st_mtime_ns),
        width=picture.width,
        height=picture.height,
        dpi=(page.dpi[0] / across, page.dpi[1] / down) if page.dpi else None,
        orientation=UPRIGHT,
        to_page=places.then(Homography.scaling(across, down)).then(page.to_page),
    )
