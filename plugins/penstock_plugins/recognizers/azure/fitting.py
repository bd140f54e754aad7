"""Fit a page's picture to the limits of a service.

The file is sent unchanged if the service accepts it. Otherwise the picture is scaled or encoded again, for
sending only; `SentPicture` holds what is needed to map results back.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from penstock.errors import PageRefused
from penstock.model import UPRIGHT, Page
from penstock_plugins.recognizers.azure.api_versions import PictureLimits

if TYPE_CHECKING:
    from PIL.Image import Image

# Formats that every version accepts, by Pillow's names.
ACCEPTED_FORMATS = frozenset({"JPEG", "PNG", "BMP", "TIFF"})
# MPO is a file with several JPEGs, written by phones and by cameras with two lenses.
JPEGS = frozenset({"JPEG", "MPO"})
LOSSLESS = frozenset({"PNG", "BMP", "TIFF", "GIF"})
QUALITIES = (95, 90, 80, 70)  # JPEG qualities, tried in this order until the file is small enough
SCALE_STEP = 0.8  # factor by which the picture is scaled when no quality makes the file small enough


@dataclass(frozen=True, slots=True)
class SentPicture:
    """The size of the sent picture in pixels, and its pixels per pixel of the page's picture."""

    width: int
    height: int
    across: float = 1.0
    down: float = 1.0

    def to_json(self) -> list[float]:
        return [self.width, self.height, self.across, self.down]

    @classmethod
    def from_json(cls, form: Any) -> SentPicture:
        width, height, across, down = form
        return cls(int(width), int(height), float(across), float(down))


@dataclass(frozen=True, slots=True)
class FittedPicture:
    """The bytes to send, the picture in them, and whether they are the page's own file."""

    body: bytes = field(repr=False)
    sent: SentPicture
    is_unchanged: bool


@dataclass(frozen=True, slots=True)
class _StoredPicture:
    """The format of a page's file, its number of pictures, and whether the page's is upright."""

    format: str
    pictures: int
    upright: bool


def fit_picture(page: Page, limits: PictureLimits) -> FittedPicture:
    """Return the page's picture in a form that the service accepts.

    Raises PictureError if the picture cannot be opened or has changed, and PageRefused if it cannot fit.
    """
    from penstock.images import check_unchanged, open_upright

    check_unchanged(page.picture, page.origin)
    stored = _stored(page)
    own = _own_file(page, stored, limits)
    if own is not None:
        # Again, because the file may have changed while it was read.
        check_unchanged(page.picture, page.origin)
        return own
    image = open_upright(page, longest_side=limits.max_side)
    # JPEG harms bilevel and gray scans, and PNG is not much larger for them.
    return _encoded(image, page, limits, lossless=stored.format in LOSSLESS and image.mode == "L")


def _stored(page: Page) -> _StoredPicture:
    from PIL import Image

    from penstock.images import FORMATS

    try:
        with Image.open(page.picture.path, formats=FORMATS) as image:
            upright = page.orientation == UPRIGHT and image.size == (page.width, page.height)
            return _StoredPicture(str(image.format), getattr(image, "n_frames", 1), upright)
    except (OSError, ValueError, SyntaxError):
        return _StoredPicture("", 0, upright=False)


def _own_file(page: Page, stored: _StoredPicture, limits: PictureLimits) -> FittedPicture | None:
    """Return the page's file, or the first picture of a phone's JPEG, if the service accepts it."""
    from penstock.images import first_picture

    small, large = sorted((page.width, page.height))
    if not stored.upright or small < limits.min_side or large > limits.max_side:
        return None
    sent, path = SentPicture(page.width, page.height), page.picture.path
    if stored.format in ACCEPTED_FORMATS and stored.pictures == 1 and path.stat().st_size <= limits.max_bytes:
        content = path.read_bytes()
        # A damaged file is decoded instead, which either repairs it or reports the damage before it is sent.
        is_whole = _is_whole(page, stored.format, content)
        return FittedPicture(content, sent, is_unchanged=True) if is_whole else None
    if stored.format not in JPEGS:
        return None
    with path.open("rb") as file:
        body = first_picture(file)
    return FittedPicture(body, sent, is_unchanged=False) if body and len(body) <= limits.max_bytes else None


def _is_whole(page: Page, kind: str, content: bytes) -> bool:
    """Return whether a file is complete: the service recognizes and bills half a page, too.

    Raises PictureError for formats that can only be checked by decoding them.
    """
    from penstock.images import is_sound_png, is_whole_jpeg, open_upright

    if kind == "PNG":
        return is_sound_png(content)
    if kind == "JPEG":
        return is_whole_jpeg(content)
    open_upright(page)
    return True


def _encoded(image: Image, page: Page, limits: PictureLimits, *, lossless: bool) -> FittedPicture:
    scale = _initial_scale(image.size, limits)
    while True:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        if min(size) < limits.min_side and scale < 1 and min(image.size) >= limits.min_side:
            hint = "cut the page into smaller ones, or use the paid tier"
            raise PageRefused(f"{page.origin}: no scaling brings it below {limits.max_bytes} bytes", hint)
        scaled = _padded(image if size == image.size else image.resize(size), limits.min_side)
        body = next((data for data in _encodings(scaled, lossless) if len(data) <= limits.max_bytes), None)
        if body is not None:
            across, down = size[0] / page.width, size[1] / page.height
            return FittedPicture(body, SentPicture(*scaled.size, across, down), is_unchanged=False)
        scale *= SCALE_STEP


def _initial_scale(size: tuple[int, int], limits: PictureLimits) -> float:
    """Return the scale that brings both sides into the limits, of which that of the longer side wins."""
    shrink = min(1.0, limits.max_side / max(size))
    grow = limits.min_side / (min(size) * shrink)
    return shrink * max(1.0, min(grow, limits.max_side / (max(size) * shrink)))


def _padded(image: Image, min_side: int) -> Image:
    """Add white paper below or beside a strip that scaling cannot make thick enough."""
    from PIL.Image import new

    if min(image.size) >= min_side:
        return image
    paper = new(image.mode, (max(image.width, min_side), max(image.height, min_side)), "white")
    paper.paste(image)
    return paper


def _encodings(image: Image, lossless: bool) -> Iterator[bytes]:  # noqa: FBT001 - private, one caller
    if lossless:
        yield _saved(image, "PNG")
    for quality in QUALITIES:
        yield _saved(image, "JPEG", quality=quality)


def _saved(image: Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
