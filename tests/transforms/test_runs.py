"""Transforms in whole runs: recognized words are in pixels of the original page."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

import photos
from penstock.images import open_upright
from penstock_plugins.transforms.pictures import open_limited
from pipelines import double, tables

DOT = (520, 610)


def dotted(image: Image.Image) -> Image.Image:
    marked = image.copy()
    ImageDraw.Draw(marked).ellipse((DOT[0] - 9, DOT[1] - 9, DOT[0] + 8, DOT[1] + 8), fill=(255, 0, 0))
    return marked


def tilted_letter() -> Image.Image:
    page = photos.scan("en_letter_p1").resize((1258, 1600))
    return page.rotate(-7, Image.Resampling.BICUBIC, fillcolor=(235, 235, 230))


def photographed_letter() -> Image.Image:
    return photos.photo_of(photos.scan("en_letter_p1"), 4, "dark").image


@pytest.mark.parametrize(
    ("names", "picture"),
    [
        (["deskew"], tilted_letter),
        (["crop"], photographed_letter),
        (["crop", "deskew"], photographed_letter),
    ],
)
def test_words_are_mapped_back_to_the_original(tmp_path, run_tables, names, picture):
    dotted(picture()).save(tmp_path / "letter.png")
    pipeline = tables(
        [tmp_path / "letter.png"],
        sinks=[{"plugin": "json", "path": "letter.json"}],
        transforms=[{"plugin": name} for name in names],
    )
    pipeline["recognizers"] = [{"plugin": double("dots:Dots")}]

    report = run_tables(pipeline)

    assert report.exit_code == 0
    (page,) = json.loads((tmp_path / "letter.json").read_text())["pages"]
    assert (page["width"], page["height"]) == picture().size
    corners = np.array(page["lines"][0]["quad"])
    assert np.abs(corners.mean(axis=0) - DOT).max() < 2
    assert list((tmp_path / ".penstock").rglob("*.jpg"))


def test_huge_page_is_opened_scaled_down(page_of):
    page = page_of(Image.new("L", (3000, 1000), 200))

    opened = open_limited(page, max_pixels=750_000)

    assert opened.size == (1500, 500)
    assert open_limited(page).size == open_upright(page).size
