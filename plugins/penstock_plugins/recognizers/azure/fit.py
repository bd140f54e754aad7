"""A page made fit to be sent: as its file is wherever the service takes that, else scaled or re-encoded.

What is changed is changed for sending only; `Sent` says how to find the way back.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from penstock.errors import PageRefused
from penstock.model import UPRIGHT, Page

if TYPE_CHECKING:
    from PIL.Image import Image

    from penstock_plugins.recognizers.azure.versions import PictureLimits

TAKEN = frozenset({"JPEG", "PNG", "BMP", "TIFF"})
"""What every version reads, in Pillow's names."""
LOSSLESS = frozenset({"PNG", "BMP", "TIFF", "GIF"})
QUALITIES = (95, 90, 80, 70)
"""Of JPEG, tried in this order until the picture is small enough."""
STEP = 0.8
"""What the picture is scaled by when no quality makes it small enough."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The picture that went out.

    Parameters
    ----------
    width, height
        In pixels.
    across, down
        Its pixels for one pixel of the page's picture.
    """

    width: int
    height: int
    across: float = 1.0
    down: float = 1.0

    def to_json(self) -> list[float]:
        """For an operation's data."""
        return [self.width, self.height, self.across, self.down]

    @classmethod
    def from_json(cls, form: Any) -> Sent:
        """What `to_json` wrote."""
        width, height, across, down = form
        return cls(int(width), int(height), float(across), float(down))


@dataclass(frozen=True, slots=True)
class Fitted:
    """A body to send, what is in it, and whether it is the page's own file."""

    body: bytes = field(repr=False)
    sent: Sent
    as_it_is: bool


def fit(page: Page, limits: PictureLimits) -> Fitted:
    """Make a page's picture one that the service takes.

    Raises PictureError if the picture cannot be opened, PageRefused if nothing makes it fit.
    """
    from penstock.images import check_unchanged, open_upright

    check_unchanged(page.picture, page.origin)
    kind, is_whole_file = _stored(page)
    if is_whole_file and kind in TAKEN and _inside(page, limits):
        body = page.picture.path.read_bytes()
        check_unchanged(page.picture, page.origin)
        return Fitted(body, Sent(page.width, page.height), as_it_is=True)
    image = open_upright(page, longest_side=limits.max_side)
    # Scans in two colours or grays suffer from JPEG, and need little more without it.
    return _encoded(image, page, limits, lossless=kind in LOSSLESS and image.mode == "L")


def _stored(page: Page) -> tuple[str, bool]:
    """How a page's picture is stored, and whether its file is just that, upright."""
    from PIL import Image

    from penstock.images import FORMATS

    try:
        with Image.open(page.picture.path, formats=FORMATS) as image:
            alone = getattr(image, "n_frames", 1) == 1 and page.orientation == UPRIGHT
            return str(image.format), alone and image.size == (page.width, page.height)
    except (OSError, ValueError, SyntaxError):
        return "", False


def _inside(page: Page, limits: PictureLimits) -> bool:
    small, large = sorted((page.width, page.height))
    size = page.picture.path.stat().st_size
    return size <= limits.max_bytes and small >= limits.min_side and large <= limits.max_side


def _encoded(image: Image, page: Page, limits: PictureLimits, *, lossless: bool) -> Fitted:
    scale = _scale(image.size, limits)
    while True:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        if min(size) < limits.min_side and scale < 1 and min(image.size) >= limits.min_side:
            raise PageRefused(
                f"{page.origin}: no scaling brings it under {limits.max_bytes} bytes",
                "cut the page into smaller ones, or use the paid tier",
            )
        ready = _padded(image if size == image.size else image.resize(size), limits.min_side)
        body = next((data for data in _encodings(ready, lossless) if len(data) <= limits.max_bytes), None)
        if body is not None:
            across, down = size[0] / page.width, size[1] / page.height
            return Fitted(body, Sent(*ready.size, across, down), as_it_is=False)
        scale *= STEP


def _scale(size: tuple[int, int], limits: PictureLimits) -> float:
    """What brings both sides inside, the longest side first."""
    shrink = min(1.0, limits.max_side / max(size))
    grow = limits.min_side / (min(size) * shrink)
    return shrink * max(1.0, min(grow, limits.max_side / (max(size) * shrink)))


def _padded(image: Image, min_side: int) -> Image:
    """A strip that no scaling makes thick enough gets paper below it or beside it."""
    from PIL.Image import new

    if min(image.size) >= min_side:
        return image
    paper = new(image.mode, (max(image.width, min_side), max(image.height, min_side)), "white")
    paper.paste(image)
    return paper


def _encodings(image: Image, lossless: bool) -> Iterator[bytes]:  # noqa: FBT001 - private, two callers
    if lossless:
        yield _saved(image, "PNG", {})
    for quality in QUALITIES:
        yield _saved(image, "JPEG", {"quality": quality})


def _saved(image: Image, kind: str, options: Mapping[str, Any]) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
