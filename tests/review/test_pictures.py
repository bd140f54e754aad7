"""Tiles, thumbnails and parts of a page's picture."""

from __future__ import annotations

import io
import os
import threading

import numpy as np
import pytest
from PIL import Image

from doubles.reviewed import KEY, OnePage, served
from penstock.errors import PictureChanged
from penstock.images import find_pages, open_upright
from penstock.review import pictures as module
from penstock.review.kept_pictures import KeptPictures
from penstock.review.pictures import TILE, Box, Pictures, size_of, top_level


def _gradient(width: int, height: int) -> Image.Image:
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.dstack([across, down, np.full_like(across, 90)]).astype(np.uint8))


@pytest.fixture
def page_of(tmp_path):
    def make(image: Image.Image, name: str = "page.png", **options):
        image.save(tmp_path / name, **options)
        return next(find_pages(tmp_path / name, name))

    return make


@pytest.fixture
def decodings(monkeypatch):
    """Return the sizes at which pictures are decoded."""
    sizes: list[int | None] = []

    def decode(page, *, longest_side=None):
        sizes.append(longest_side)
        return open_upright(page, longest_side=longest_side)

    monkeypatch.setattr(module, "open_upright", decode)
    return sizes


def _decoded(jpeg: bytes | None) -> Image.Image:
    assert jpeg is not None
    return Image.open(io.BytesIO(jpeg))


def _assembled(pictures: Pictures, page, level: int) -> Image.Image:
    width, height = size_of(page, level)
    whole = Image.new("RGB", (width, height))
    for left in range(0, width, TILE):
        for upper in range(0, height, TILE):
            tile = _decoded(pictures.tile(page, level, left // TILE, upper // TILE))
            assert tile.size == (min(TILE, width - left), min(TILE, height - upper))
            whole.paste(tile, (left, upper))
    return whole


def _difference(first: Image.Image, second: Image.Image) -> float:
    return float(np.abs(np.asarray(first, float) - np.asarray(second.convert("RGB"), float)).mean())


@pytest.mark.parametrize("name", ["page.png", "page.jpg", "page.tif"])
def test_the_tiles_of_each_level_are_the_upright_page(page_of, name):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    page = page_of(_gradient(1301, 700), name, exif=exif)
    pictures = Pictures()
    upright = open_upright(page)
    for level in range(7, top_level(page) + 1):  # the colors of a few pixels suffer in a JPEG
        expected = upright.resize(size_of(page, level), Image.Resampling.BOX)
        assert _difference(_assembled(pictures, page, level), expected) < 3, level
    assert size_of(page, top_level(page)) == upright.size == (700, 1301)


@pytest.mark.parametrize(
    "image",
    [
        Image.fromarray(np.linspace(0, 65535, 600 * 600).reshape(600, 600).astype(np.uint16)),
        _gradient(600, 600).convert("CMYK"),
        _gradient(600, 600).convert("P", dither=Image.Dither.NONE),
    ],
)
def test_all_kinds_of_pixels_become_jpeg(page_of, image):
    page = page_of(image, "page.tif")
    tiles = _assembled(Pictures(), page, top_level(page))
    assert _difference(tiles, open_upright(page)) < 3


def test_tiles_that_the_page_does_not_have(page_of):
    page, pictures = page_of(_gradient(600, 40)), Pictures()
    top = top_level(page)
    for level, x, y in ((top, 2, 0), (top, 0, 1), (top + 1, 0, 0), (-1, 0, 0), (top, 10**9, 0)):
        assert pictures.tile(page, level, x, y) is None


def test_a_page_is_decoded_once(page_of, decodings):
    page, pictures = page_of(_gradient(1100, 1100)), Pictures()
    threads = [
        threading.Thread(target=pictures.tile, args=(page, level, x, 0))
        for level in range(top_level(page) - 3, top_level(page) + 1)
        for x in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pictures.thumbnail(page)
    assert decodings == [None]


def test_small_levels_of_a_jpeg_are_decoded_small(page_of, decodings, monkeypatch):
    monkeypatch.setattr(module, "SMALL", 350)
    page, pictures = page_of(_gradient(1600, 900), "page.jpg"), Pictures()
    pictures.thumbnail(page)
    for level in range(10):  # of up to 400 pixels
        pictures.tile(page, level, 0, 0)
    assert decodings == [240, 400]
    pictures.tile(page, 10, 0, 0)
    pictures.tile(page, 11, 0, 0)
    assert decodings == [240, 400, None]


def test_the_memory_for_pictures_is_limited():
    kept = KeptPictures(limit=250)
    pictures = [Image.new("L", (10, 10)) for _ in range(4)]
    for number, picture in enumerate(pictures):
        kept.get_or_make((number, 0), lambda picture=picture: picture)
    assert [kept.get((number, 0)) for number in range(4)] == [None, None, *pictures[2:]]
    large = kept.get_or_make(("large", 0), lambda: Image.new("RGB", (20, 20)))
    small = kept.get_or_make(("large", 1), lambda: Image.new("L", (20, 20)))
    assert (kept.get(("large", 0)), kept.get(("large", 1))) == (large, small)
    assert kept.get((3, 0)) is None


def test_a_part_is_what_was_asked_for(page_of):
    image = Image.new("RGB", (400, 300), "white")
    image.paste("black", (100, 50, 140, 70))
    page, pictures = page_of(image), Pictures()
    part = _decoded(pictures.part(page, Box(100, 50, 40, 20), 4))
    assert part.size == (160, 80)
    assert np.asarray(part)[8:-8, 8:-8].max() < 40  # edges are blurred with their neighbours
    outside = np.asarray(_decoded(pictures.part(page, Box(-40, 290, 80, 20), 1)))
    assert outside.shape[:2] == (20, 80)
    assert outside.min() > 250
    assert _decoded(pictures.part(page, Box(0, 0, 1e6, 1), 8)).size == (2000, 1)
    tiny = _decoded(pictures.part(page, Box(100, 50, 40, 20), 0.01))
    assert tiny.size == (1, 1)


def test_a_picture_that_changed_or_is_gone_is_answered_with_a_reason(page_of):
    page = page_of(_gradient(300, 200))
    with served(OnePage(page)) as server:
        server.enter()
        address = f"/pictures/{KEY}/1/9/0_0.jpg"
        first = server.get(address)
        assert first.headers["content-type"] == "image/jpeg"
        assert first.headers["cache-control"].startswith("private")
        assert server.get(address, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
        os.utime(page.picture.path, ns=(1, 1))
        for path in ("9/0_0.jpg", "thumbnail.jpg", "part.jpg?x=0&y=0&width=9&height=9"):
            answer = server.get(f"/pictures/{KEY}/1/{path}")
            assert answer.status_code == 404
            assert "the file has changed since it was found" in answer.json()["error"]
        page.picture.path.unlink()
        assert "the file is gone" in server.get(address).json()["error"]
        assert server.get(f"/api/documents/{KEY}/pages/1").status_code == 200


@pytest.mark.parametrize(
    "query", ["x=0", "x=nan&y=0&width=1&height=1", "x=0&y=0&width=0&height=1", "x=1e400"]
)
def test_odd_parts_are_refused(page_of, query):
    with served(OnePage(page_of(_gradient(30, 20)))) as server:
        server.enter()
        assert server.get(f"/pictures/{KEY}/1/part.jpg?{query}").status_code == 400


def test_a_picture_that_changes_after_it_was_decoded(page_of):
    page, pictures = page_of(_gradient(30, 20)), Pictures()
    pictures.tile(page, 5, 0, 0)
    os.utime(page.picture.path, ns=(1, 1))
    with pytest.raises(PictureChanged):
        pictures.tile(page, 5, 0, 0)
