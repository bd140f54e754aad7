"""From a camera's picture to a page: turned, cropped, and kept as a JPEG."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from penstock.model import Page, Picture
from penstock.sheet import find_sheet, straighten
from penstock.spool import Spool
from penstock_plugins.sources.camera.views import Pixels

Turn = Literal[0, 90, 180, 270]
Crop = Literal["auto", "none"]


@dataclass(frozen=True, slots=True)
class Darkroom:
    """Makes pages of pictures.

    Parameters
    ----------
    rotate
        Degrees, clockwise.
    crop
        "auto": the sheet alone, straightened, where one stands out.
    quality
        Of the JPEG.
    """

    spool: Spool
    rotate: Turn
    crop: Crop
    quality: int

    def page(self, image: Pixels, number: int, origin: str) -> Page:
        """Develop a picture. Raises what `Spool.keep` raises."""
        turned = np.rot90(image, -(self.rotate // 90))
        picture = Image.fromarray(np.ascontiguousarray(turned[:, :, ::-1]))
        if self.crop == "auto" and (sheet := find_sheet(picture)) is not None:
            picture, _ = straighten(picture, sheet)
        content = BytesIO()
        picture.save(content, "JPEG", quality=self.quality)
        return kept_page(self.spool.keep(content.getvalue(), ".jpg"), picture.size, number, origin)


def kept_page(path: Path, size: tuple[int, int], number: int, origin: str) -> Page:
    """The page of a picture in the spool. Raises OSError if it is gone."""
    status = path.stat()
    return Page(number, origin, Picture(path, 0, status.st_size, status.st_mtime_ns), *size)
