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
JPEGS = frozenset({"JPEG", "MPO"})
"""MPO is several of them in one file, as phones and cameras of two lenses write it."""
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


@dataclass(frozen=True, slots=True)
class _Stored:
    """How a page's picture is stored: in which format, how many there are, and whether it lies upright."""

    kind: str
    pictures: int
    upright: bool


def fit(page: Page, limits: PictureLimits) -> Fitted:
    """Make a page's picture one that the service takes.

    Raises PictureError if the picture cannot be opened, PageRefused if nothing makes it fit.
    """
    from penstock.images import check_unchanged, open_upright

    check_unchanged(page.picture, page.origin)
    stored = _stored(page)
    own = _own_bytes(page, stored, limits)
    if own is not None:
        check_unchanged(page.picture, page.origin)
        return own
    image = open_upright(page, longest_side=limits.max_side)
    # Scans in two colours or grays suffer from JPEG, and need little more without it.
    return _encoded(image, page, limits, lossless=stored.kind in LOSSLESS and image.mode == "L")


def _stored(page: Page) -> _Stored:
    from PIL import Image

    from penstock.images import FORMATS

    try:
        with Image.open(page.picture.path, formats=FORMATS) as image:
            upright = page.orientation == UPRIGHT and image.size == (page.width, page.height)
            return _Stored(str(image.format), getattr(image, "n_frames", 1), upright)
    except (OSError, ValueError, SyntaxError):
        return _Stored("", 0, upright=False)


def _own_bytes(page: Page, stored: _Stored, limits: PictureLimits) -> Fitted | None:
    """The picture as it is stored: its file, or of a phone's JPEG the part that is the first picture."""
    from penstock.images import first_picture

    small, large = sorted((page.width, page.height))
    if not stored.upright or small < limits.min_side or large > limits.max_side:
        return None
    sent, path = Sent(page.width, page.height), page.picture.path
    if stored.kind in TAKEN and stored.pictures == 1 and path.stat().st_size <= limits.max_bytes:
        whole = path.read_bytes()
        # What is damaged is decoded instead, which either mends it or says so before it is sent.
        return Fitted(whole, sent, as_it_is=True) if _is_whole(page, stored.kind, whole) else None
    if stored.kind not in JPEGS:
        return None
    with path.open("rb") as file:
        body = first_picture(file)
    return Fitted(body, sent, as_it_is=False) if body and len(body) <= limits.max_bytes else None


def _is_whole(page: Page, kind: str, content: bytes) -> bool:
    """Whether nothing of a file is missing: the service reads half a page, too, and bills it.

    Raises PictureError for what can be told by decoding alone, and is quickly decoded.
    """
    from penstock.images import is_sound_png, is_whole_jpeg, open_upright

    if kind == "PNG":
        return is_sound_png(content)
    if kind == "JPEG":
        return is_whole_jpeg(content)
    open_upright(page)
    return True


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
