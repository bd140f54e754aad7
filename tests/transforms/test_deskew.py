"""The deskew transform: the tilt of real handwriting, and the homography back to the page."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

import photos
from penstock.images import open_upright
from penstock_plugins.transforms.deskew import MEASURED_SIZE, Deskew
from penstock_plugins.transforms.tilt import measure_tilt, rotated


def tilted(page: Image.Image, degrees: float) -> Image.Image:
    paper = tuple(int(value) for value in np.median(np.asarray(page), axis=(0, 1)))
    return page.rotate(-degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=paper)


def measured(page: Image.Image) -> float:
    scale = MEASURED_SIZE / max(page.size)
    size = (round(page.width * scale), round(page.height * scale))
    tilt = measure_tilt(page.convert("L").resize(size, Image.Resampling.BICUBIC), 15)
    assert tilt is not None
    return tilt


@pytest.mark.parametrize("name", ["en_letter_p1", "fr_will_rotated_margin", "typed_letter_annotated"])
@pytest.mark.parametrize("degrees", [-12.0, -5.3, -1.1, 0.6, 2.0, 7.7])
def test_tilt_of_handwriting_is_measured(name, degrees):
    page = photos.scan(name)

    assert measured(tilted(page, degrees)) - measured(page) == pytest.approx(degrees, abs=0.2)


@settings(max_examples=50)
@given(st.floats(-15, 15), st.integers(20, 380), st.integers(20, 280))
def test_homography_maps_rotated_ink_back(degrees, x, y):
    page = Image.new("L", (400, 300), 255)
    ImageDraw.Draw(page).ellipse((x - 4.5, y - 4.5, x + 3.5, y + 3.5), fill=0)

    picture, to_page = rotated(page, degrees)

    assert math.dist(to_page.apply(middle_of_ink(picture)), middle_of_ink(page)) < 1


def middle_of_ink(picture: Image.Image) -> tuple[float, float]:
    dark = np.argwhere(np.asarray(picture) < 128)
    return tuple(dark.mean(axis=0)[::-1] + 0.5)


def test_tilted_page_becomes_level(spool, page_of):
    page = page_of(tilted(photos.scan("en_letter_p1"), 6), "letter.jpg", quality=95, dpi=(200, 200))

    level = Deskew().prepare(page, spool)

    assert level.picture.path.is_relative_to(spool.folder)
    assert measured(open_upright(level)) == pytest.approx(0, abs=0.2)
    assert level.dpi == page.dpi
    assert (level.number, level.origin) == (page.number, page.origin)


def test_deskew_cuts_nothing_off(spool, page_of):
    page = page_of(tilted(photos.scan("en_letter_p1"), 6))

    level = Deskew().prepare(page, spool)

    corners = [(0, 0), (page.width, 0), (page.width, page.height), (0, page.height)]
    (a, b, c), (d, e, f), _ = level.to_page.rows
    for corner in corners:
        x, y = np.linalg.solve([[a, b], [d, e]], np.array(corner) - (c, f))
        assert -1 <= x <= level.width + 1
        assert -1 <= y <= level.height + 1


@pytest.mark.parametrize("name", ["en_letter_p1", "typed_letter_annotated"])
def test_level_page_is_unchanged(spool, page_of, name):
    page = page_of(photos.scan(name))

    assert Deskew().prepare(page, spool) is page
    assert not spool.folder.exists()


@pytest.mark.parametrize("size", [(1, 1), (30, 2000), (800, 600)])
def test_empty_page_is_unchanged(spool, page_of, size):
    page = page_of(Image.new("L", size, 240))

    assert Deskew().prepare(page, spool) is page


def test_noise_is_unchanged(spool, page_of):
    noise = np.random.default_rng(0).integers(0, 256, (900, 700)).astype(np.uint8)
    page = page_of(Image.fromarray(noise))

    assert Deskew().prepare(page, spool) is page
