"""Makes pages of a camera's pictures: rotated, cropped, and stored as JPEG."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from penstock.model import Page, Picture
from penstock.spool import Spool
from penstock_plugins.sheet import find_sheet, straighten
from penstock_plugins.sources.camera.view import Pixels


@dataclass(frozen=True, slots=True)
class PageMaker:
    """Makes pages of pictures; the parameters are options of the camera."""

    spool: Spool
    rotate: Literal[0, 90, 180, 270]
    crop: Literal["auto", "none"]
    quality: int

    def page(self, image: Pixels, number: int, origin: str) -> Page:
        """Store a picture, and return its page. Raises what `Spool.keep` raises."""
        rotated = np.rot90(image, -(self.rotate // 90))
        picture = Image.fromarray(np.ascontiguousarray(rotated[:, :, ::-1]))
        if self.crop == "auto" and (sheet := find_sheet(picture)) is not None:
            picture, _ = straighten(picture, sheet)
        content = BytesIO()
        picture.save(content, "JPEG", quality=self.quality)
        return stored_page(self.spool.keep(content.getvalue(), ".jpg"), picture.size, number, origin)


def stored_page(path: Path, size: tuple[int, int], number: int, origin: str) -> Page:
    """Return the page of a picture in the spool. Raises OSError if the picture is missing."""
    status = path.stat()
    return Page(number, origin, Picture(path, 0, status.st_size, status.st_mtime_ns), *size)
