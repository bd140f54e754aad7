"""Uneven light taken off photos of pages, and nothing taken off where it is even."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import photos
from penstock.images import open_upright
from penstock_plugins.transforms.clean import Clean


def shaded(page: Image.Image, seed: int) -> Image.Image:
    light = photos.light(*page.size, np.random.default_rng(seed), depth=0.75)
    return Image.fromarray((np.asarray(page) * light[..., None]).astype(np.uint8))


def paper_light(image: Image.Image) -> np.ndarray:
    """How light the paper is in each of 6 by 6 fields."""
    gray = np.asarray(image.convert("L").resize((480, 600)))
    return np.quantile(gray.reshape(6, 100, 6, 80).transpose(0, 2, 1, 3).reshape(36, -1), 0.9, axis=1)


@pytest.mark.parametrize("seed", [1, 2, 5])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_shadows_go_and_ink_stays(spool, page_of, seed, mode):
    page = page_of(shaded(photos.scan("en_letter_p1"), seed).convert(mode))

    cleaned = Clean().prepare(page, spool)

    before, after = paper_light(open_upright(page)), paper_light(open_upright(cleaned))
    assert before.min() < 0.7 * before.max()
    assert after.min() > 0.85 * after.max()
    ink = np.quantile(np.asarray(open_upright(cleaned).convert("L")), 0.01)
    assert ink < 0.5 * after.min()
    assert cleaned.to_page == page.to_page
    assert (cleaned.width, cleaned.height) == (page.width, page.height)
    assert open_upright(cleaned).mode == mode


@pytest.mark.parametrize("name", ["en_letter_p1", "en_letter_p2", "typed_letter_annotated"])
def test_an_evenly_lit_page_is_the_same_page(spool, page_of, name):
    page = page_of(photos.scan(name))

    assert Clean().prepare(page, spool) is page
    assert not spool.folder.exists()


@pytest.mark.parametrize("level", [0, 20, 255])
@pytest.mark.parametrize("size", [(1, 1), (500, 400)])
def test_a_page_of_one_colour_is_the_same_page(spool, page_of, level, size):
    page = page_of(Image.new("L", size, level))

    assert Clean().prepare(page, spool) is page
