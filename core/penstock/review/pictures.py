"""Cut a page's picture into tiles, at the reduced sizes that a viewer asks for.

Level 0 is one pixel, and each further level is twice as large, as in Deep Zoom images. The last level has the
size of the page, so that its pixels are those in which the places of words are given.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from penstock.images import check_unchanged, open_upright
from penstock.images.formats import readable
from penstock.model import Page
from penstock.review.kept_pictures import KeptPictures

TILE = 512
"""Width and height of a tile in pixels. Tiles at the right and lower edge are smaller."""
THUMBNAIL = 240
"""Longest side of a thumbnail in pixels."""
MAX_PART = 2000
"""Longest side of a part of a page in pixels."""
MAX_ENLARGEMENT = 8.0
SMALL = 2048
"""Longest side, in pixels, up to which a level of a JPEG is decoded on its own, which is much faster."""
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
        picture = self._level(page, level)
        return _jpeg(picture.crop((left, upper, min(width, left + TILE), min(height, upper + TILE))), picture)

    def thumbnail(self, page: Page) -> bytes:
        """Return the whole page, with a longest side of at most `THUMBNAIL` pixels."""
        level = _level_for(page, THUMBNAIL / max(page.width, page.height))
        key = (_key(page), "thumbnail")
        picture = self._kept.get_or_make(key, lambda: self._thumbnail(page, level))
        _check(page)
        return _jpeg(picture, picture)

    def _thumbnail(self, page: Page, level: int) -> Image.Image:
        larger = self._larger(page, level)
        picture = open_upright(page, longest_side=THUMBNAIL) if larger is None else larger.copy()
        picture.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
        return picture

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
        size = (max(1, round(box.width * scale)), max(1, round(box.height * scale)))
        level = _level_for(page, scale)
        picture, shrink = self._level(page, level), 0.5 ** (top_level(page) - level)
        left, upper = round(box.x * shrink), round(box.y * shrink)
        right = max(left + 1, round((box.x + box.width) * shrink))
        lower = max(upper + 1, round((box.y + box.height) * shrink))
        inside = (max(0, left), max(0, upper), min(picture.width, right), min(picture.height, lower))
        part = Image.new(picture.mode, (right - left, lower - upper), "white")
        if inside[0] < inside[2] and inside[1] < inside[3]:
            part.paste(picture.crop(inside), (inside[0] - left, inside[1] - upper))
        return _jpeg(part.resize(size, Image.Resampling.BICUBIC), picture)

    def _level(self, page: Page, level: int) -> Image.Image:
        picture = self._kept.get_or_make((_key(page), level), lambda: self._made(page, level))
        _check(page)
        return picture

    def _made(self, page: Page, level: int) -> Image.Image:
        """Reduce the next larger level that is there, or decode the picture."""
        size, top = size_of(page, level), top_level(page)
        if (larger := self._larger(page, level)) is not None:
            return _reduced(larger, size)
        if level == top:
            return open_upright(page)
        if max(size) <= SMALL and _decodes_small(page):
            small = max(each for each in range(top + 1) if max(size_of(page, each)) <= SMALL)
            if small == level:
                return _reduced(open_upright(page, longest_side=max(size)), size)
            return _reduced(self._level(page, small), size)
        return _reduced(self._level(page, top), size)

    def _larger(self, page: Page, level: int) -> Image.Image | None:
        """Return the smallest picture that is there of a level and those above; None if there is none."""
        for each in range(level, top_level(page) + 1):
            if (picture := self._kept.get((_key(page), each))) is not None:
                return picture
        return None


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


def _level_for(page: Page, scale: float) -> int:
    """Return the smallest level that has at least `scale` pixels per pixel of the page."""
    top = level = top_level(page)
    while level > 0 and 0.5 ** (top - level + 1) >= scale:
        level -= 1
    return level


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
            return file.read(3) == b"\xff\xd8\xff"
    except OSError:
        return False  # `open_upright` says why


def _reduced(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    return picture if picture.size == size else picture.resize(size, Image.Resampling.BOX, reducing_gap=2)


def _jpeg(picture: Image.Image, original: Image.Image) -> bytes:
    """Return a picture as JPEG, with the color profile of the picture that it was cut from."""
    profile = original.info.get("icc_profile", b"")
    written = io.BytesIO()
    picture.save(
        written, "JPEG", quality=QUALITY, icc_profile=profile if len(profile) <= MAX_PROFILE else None
    )
    return written.getvalue()
