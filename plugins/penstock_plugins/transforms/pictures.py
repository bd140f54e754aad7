"""Open a page's picture for a transform, and replace it by the transformed one."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from penstock.geometry import Homography
from penstock.images import open_upright
from penstock.model import UPRIGHT, Page, Picture
from penstock.spool import Spool

if TYPE_CHECKING:
    from PIL import Image

# Of a transformed picture: a letter at 500 dpi. The built-in recognizers use no higher resolution.
MAX_PIXELS = 24_000_000
# JPEG quality of the stored picture. A PNG is four times as large and is not recognized any better.
QUALITY = 92


def open_limited(page: Page, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Open the page's picture upright, scaled down to ``max_pixels`` if it has more."""
    scale = math.sqrt(min(1.0, max_pixels / (page.width * page.height)))
    return open_upright(page, longest_side=None if scale == 1 else int(max(page.width, page.height) * scale))


def with_picture(
    page: Page, spool: Spool, picture: Image.Image, to_opened: Homography, opened: Image.Image
) -> Page:
    """Store a transformed picture and return the page with it.

    ``to_opened`` maps pixels of ``picture`` to pixels of ``opened``, the page's picture from `open_limited`.
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
        to_page=to_opened.then(Homography.scaling(across, down)).then(page.to_page),
    )
