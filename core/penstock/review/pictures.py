"""Cut a page's picture into tiles, in the reduced sizes that a viewer asks for.

Level 0 is one pixel, and each further level is twice as large, as in Deep Zoom images. The last level has the
size of the page, so that its pixels are those in which the places of words are given.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from penstock.images import check_unchanged, open_upright
from penstock.images.formats import readable
from penstock.images.opening import fitted
from penstock.images.unread_kinds import JPEG_START
from penstock.model import Page
from penstock.review.kept_pictures import KeptPictures

TILE = 512
"""Width and height of a tile in pixels. Tiles at the right and lower edge are smaller."""
THUMBNAIL = 240
"""Longest side of a thumbnail in pixels."""
MAX_PART = 2000
"""Longest side of a part of a page in pixels."""
MAX_ENLARGEMENT = 8.0
SMALL = 1200
"""The least longest side, in pixels, of the picture that the small levels are cut from."""
REDUCTIONS = (8, 4, 2)
"""Divisors of the sizes in which a JPEG can be decoded faster than in its own."""
MEMORY = 512 * 2**20
QUALITY = 85
MAX_PROFILE = 16 * 2**10
"""Bytes of the largest color profile that is put into each tile."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright page. It may reach beyond the page."""

    x: float
    y: float
    width: float
    height: float


class Pictures:
    """The pictures of pages, as JPEG files for a browser. Any thread; a call takes up to some seconds.

    Every method raises PictureError if the picture is gone, damaged, or has changed since it was read.
    """

    def __init__(self, memory: int = MEMORY) -> None:
        self._kept = KeptPictures(memory)

    def tile(self, page: Page, level: int, x: int, y: int) -> bytes | None:
        """Return a tile, counted from 0 from the upper left; None if the page has no such tile."""
        if not 0 <= level <= top_level(page):
            return None
        width, height = size_of(page, level)
        left, upper = x * TILE, y * TILE
        if not (0 <= left < width and 0 <= upper < height):
            return None
        right, lower = min(width, left + TILE), min(height, upper + TILE)
        across, down = page.width / width, page.height / height
        box = Box(left * across, upper * down, (right - left) * across, (lower - upper) * down)
        return self._cut(page, box, (right - left, lower - upper))

    def thumbnail(self, page: Page) -> bytes:
        """Return the whole page, with a longest side of at most `THUMBNAIL` pixels."""
        picture = self._kept.get_or_make((_key(page), "thumbnail"), lambda: self._thumbnail(page))
        _check(page)
        return _jpeg(picture, picture)

    def _thumbnail(self, page: Page) -> Image.Image:
        size = fitted((page.width, page.height), THUMBNAIL)
        larger = self._kept.get((_key(page), "small")) or self._kept.get((_key(page), "whole"))
        if larger is None and _decodes_small(page):
            larger = open_upright(page, longest_side=THUMBNAIL)
        return _reduced(larger or self._small(page), size)

    def part(self, page: Page, box: Box, scale: float) -> bytes:
        """Return a part of a page, white where the box reaches beyond the page.

        Parameters
        ----------
        box
            Must have a width and height of more than 0.
        scale
            Pixels of the result per pixel of the page. Made smaller if the result would be larger than
            `MAX_PART`, or enlarged more than `MAX_ENLARGEMENT` times.
        """
        scale = min(scale, MAX_ENLARGEMENT, MAX_PART / max(box.width, box.height))
        return self._cut(page, box, (max(1, round(box.width * scale)), max(1, round(box.height * scale))))

    def _cut(self, page: Page, box: Box, size: tuple[int, int]) -> bytes:
        """Return a rectangle of a page in another size, from the smallest picture that is large enough."""
        picture = self._picture(page, size[0] / box.width)
        across, down = picture.width / page.width, picture.height / page.height
        left, upper = max(0.0, box.x), max(0.0, box.y)
        right, lower = min(page.width, box.x + box.width), min(page.height, box.y + box.height)
        part = Image.new(picture.mode, size, "white")
        if left < right and upper < lower:
            scale = (size[0] / box.width, size[1] / box.height)
            place = (round((left - box.x) * scale[0]), round((upper - box.y) * scale[1]))
            inside = (max(1, round((right - left) * scale[0])), max(1, round((lower - upper) * scale[1])))
            source = (left * across, upper * down, right * across, lower * down)
            part.paste(_resized(picture, inside, source), place)
        return _jpeg(part, picture)

    def _picture(self, page: Page, scale: float) -> Image.Image:
        """Return a page with at least `scale` pixels per pixel of the page, if it has them."""
        is_small = scale <= _small_side(page) / max(page.width, page.height)
        picture = self._small(page) if is_small else self._whole(page)
        _check(page)
        return picture

    def _whole(self, page: Page) -> Image.Image:
        return self._kept.get_or_make((_key(page), "whole"), lambda: open_upright(page))

    def _small(self, page: Page) -> Image.Image:
        """Return a page whose longest side is `_small_side`."""
        if _small_side(page) == max(page.width, page.height):
            return self._whole(page)
        return self._kept.get_or_make((_key(page), "small"), lambda: self._reduced_page(page))

    def _reduced_page(self, page: Page) -> Image.Image:
        whole = self._kept.get((_key(page), "whole"))
        if whole is None and _decodes_small(page):
            return open_upright(page, longest_side=_small_side(page))
        size = fitted((page.width, page.height), _small_side(page))
        return _reduced(whole or self._whole(page), size)


def etag_of(page: Page) -> str:
    """Return a text that changes when the file of a page's picture does."""
    picture = page.picture
    return f'"{picture.size or 0:x}-{picture.modified_ns or 0:x}-{page.width}x{page.height}"'


def top_level(page: Page) -> int:
    """Return the level that has the size of the page."""
    return (max(page.width, page.height) - 1).bit_length()


def size_of(page: Page, level: int) -> tuple[int, int]:
    """Return the width and height of a level in pixels."""
    factor = 1 << (top_level(page) - level)
    return (-(-page.width // factor), -(-page.height // factor))


def _small_side(page: Page) -> int:
    """Return the longest side of a page's small picture, in pixels."""
    side = max(page.width, page.height)
    reduced = (-(-side // divisor) for divisor in REDUCTIONS)
    return next((each for each in reduced if each >= SMALL), side)


def _key(page: Page) -> tuple[object, ...]:
    picture = page.picture
    # Sizes of pages in a PDF depend on the pipeline's options.
    return (picture.path, picture.page_index, picture.size, picture.modified_ns, page.width, page.height)


def _check(page: Page) -> None:
    """Refuse a picture that was decoded before, and whose file was changed or removed since."""
    with readable(page.origin):
        check_unchanged(page.picture, page.origin)


def _decodes_small(page: Page) -> bool:
    """Return whether the picture is a JPEG, the only format that can be decoded at a reduced size."""
    try:
        with page.picture.path.open("rb") as file:
            return file.read(len(JPEG_START)) == JPEG_START
    except OSError:
        return False  # `open_upright` says why


def _reduced(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    return picture if picture.size == size else picture.resize(size, Image.Resampling.BOX, reducing_gap=2)


def _resized(
    picture: Image.Image, size: tuple[int, int], source: tuple[float, float, float, float]
) -> Image.Image:
    """Return a part of a picture in another size."""
    left, upper, right, lower = source
    # Rounding errors must not reach beyond the picture.
    source = (left, upper, min(right, picture.width), min(lower, picture.height))
    enlarged = size[0] > right - left
    kind = Image.Resampling.BICUBIC if enlarged else Image.Resampling.BOX
    return picture.resize(size, kind, box=source, reducing_gap=None if enlarged else 2)


def _jpeg(picture: Image.Image, original: Image.Image) -> bytes:
    """Return a picture as JPEG, with the color profile of the picture that it was cut from."""
    profile = original.info.get("icc_profile", b"")
    written = io.BytesIO()
    picture.save(
        written, "JPEG", quality=QUALITY, icc_profile=profile if len(profile) <= MAX_PROFILE else None
    )
    return written.getvalue()
