"""Fit a page's picture to the limits of a service.

The file is sent as it is stored, without its metadata, if the service accepts it. Otherwise the picture is
scaled or encoded again, for sending only; `SentPicture` holds what is needed to map results back.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

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
PLAIN_MODES = frozenset({"1", "L", "P", "RGB", "CMYK"})  # 8 bits per channel or fewer, opaque
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
    """The bytes to send, the picture in them, and whether they are the page's file but for its metadata."""

    body: bytes = field(repr=False)
    sent: SentPicture
    is_unchanged: bool


@dataclass(frozen=True, slots=True)
class _StoredPicture:
    """The format of a page's file, its number of pictures, and whether it can be sent without decoding it."""

    format: str
    pictures: int
    plain: bool


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
            kind = str(image.format)
            plain = upright and kind in ACCEPTED_FORMATS | JPEGS and image.mode in PLAIN_MODES
            plain = plain and not image.has_transparency_data and not _is_arithmetic(page, kind)
            return _StoredPicture(kind, getattr(image, "n_frames", 1), plain)
    except (OSError, ValueError, SyntaxError):
        return _StoredPicture("", 0, plain=False)


def _is_arithmetic(page: Page, kind: str) -> bool:
    from penstock.images.unread_kinds import is_arithmetic

    if kind not in JPEGS:
        return False
    with page.picture.path.open("rb") as file:
        return is_arithmetic(file)


def _own_file(page: Page, stored: _StoredPicture, limits: PictureLimits) -> FittedPicture | None:
    """Return the page's file without its metadata, if the service accepts it; None if it must be encoded.

    A damaged file is encoded too, which either repairs it or reports the damage before anything is sent: the
    service recognizes and bills half a page as well.
    """
    small, large = sorted((page.width, page.height))
    if not stored.plain or small < limits.min_side or large > limits.max_side:
        return None
    body = _body(page, stored, limits.max_bytes)
    if body is None:
        return None
    return FittedPicture(body, SentPicture(page.width, page.height), is_unchanged=_is_alone(page, stored))


def _is_alone(page: Page, stored: _StoredPicture) -> bool:
    """Return whether the file holds no other picture or film that a service might take for the page."""
    from penstock.images.jpeg_segments import end_of_first_picture

    if stored.format not in JPEGS:
        return True
    with page.picture.path.open("rb") as file:
        return stored.pictures == 1 and end_of_first_picture(file) == file.seek(0, io.SEEK_END)


def _body(page: Page, stored: _StoredPicture, max_bytes: int) -> bytes | None:
    """Return the bytes to send; None if the file is damaged or too large, or holds metadata of a TIFF."""
    from penstock.images import is_sound_png, open_upright
    from penstock.images.metadata import has_tiff_metadata, jpeg_without_metadata, png_without_metadata

    with page.picture.path.open("rb") as file:
        if stored.format in JPEGS:
            return _read(file, jpeg_without_metadata(file), max_bytes)
        if stored.pictures > 1:
            return None
        if stored.format == "PNG":
            body = _read(file, png_without_metadata(file), max_bytes)
            return body if body and is_sound_png(body) else None
        size = file.seek(0, io.SEEK_END)
        if size > max_bytes or (stored.format == "TIFF" and has_tiff_metadata(file)):
            return None
        open_upright(page)  # raises PictureError if it is damaged
        return _read(file, ((0, size),), max_bytes)


def _read(file: IO[bytes], spans: tuple[tuple[int, int], ...] | None, max_bytes: int) -> bytes | None:
    if spans is None or sum(size for _, size in spans) > max_bytes:
        return None
    parts = []
    for start, size in spans:
        file.seek(start)
        parts.append(file.read(size))
    return b"".join(parts)


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
