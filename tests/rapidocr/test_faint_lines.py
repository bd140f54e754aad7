"""Faint lines that the detector does not find at once: they are read, or lower the page's confidence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from penstock import page_confidence
from penstock.images import find_pages
from penstock_plugins.recognizers.rapidocr.faint_lines import faint_lines
from penstock_plugins.recognizers.rapidocr.models import Models, Pixels, QuadArrays
from penstock_plugins.recognizers.rapidocr.page_recognition import PageRecognizer

SIZE, PAPER = (560, 520), 235
HEADINGS, LINES = (20, 240), (95, 165, 315, 385, 455)  # their tops


def rows(tops: tuple[int, ...], text: str, size: int, ink: int, blur: float) -> Image.Image:
    picture = Image.new("L", SIZE, PAPER)
    for top in tops:
        ImageDraw.Draw(picture).text((20, top), text, ink, ImageFont.load_default(size))
    return picture.filter(ImageFilter.GaussianBlur(blur))


def headings() -> Image.Image:
    return rows(HEADINGS, "April 1744", 40, 120, 2.5)


def with_faint_lines(blur: float) -> Image.Image:
    return ImageChops.darker(headings(), rows(LINES, "a letter from my brother", 32, 130, blur))


def ruled() -> Image.Image:
    picture = headings()
    for top in range(15, 520, 35):
        ImageDraw.Draw(picture).line((0, top, 560, top), 170, 2)
    return picture


def with_photograph() -> Image.Image:
    picture = headings()
    grains = np.random.default_rng(1).integers(0, 200, (12, 16), np.uint8)
    picture.paste(Image.fromarray(grains).resize((240, 180), Image.Resampling.BICUBIC), (280, 320))
    return picture


def with_stamp() -> Image.Image:
    picture = headings()
    draw = ImageDraw.Draw(picture)
    for inset in (0, 18):
        draw.ellipse((330 + inset, 300 + inset, 470 - inset, 440 - inset), outline=110, width=4)
    draw.line((300, 370, 500, 380), 110, 4)
    return picture


def showing_through() -> Image.Image:
    other = rows(LINES, "a letter from my brother", 32, 200, 3).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return ImageChops.darker(headings(), other)


@pytest.fixture(scope="module")
def models() -> Models:
    return Models()


def found(models: Models, picture: Image.Image) -> tuple[QuadArrays, QuadArrays]:
    """Return the lines that the detector finds, and those that it finds on the second look."""
    pixels = np.asarray(picture.convert("RGB"))
    quads = models.detect(pixels)
    return quads, faint_lines(pixels, quads, models.detect)


def test_faint_lines_are_found(models: Models) -> None:
    quads, faint = found(models, with_faint_lines(4))
    assert len(quads) == len(HEADINGS)
    tops = sorted(faint[:, :, 1].min(axis=1))
    assert tops == pytest.approx(LINES, abs=20)


@pytest.mark.parametrize("draw", [headings, ruled, with_photograph, with_stamp, showing_through])
def test_other_marks_are_no_lines(models: Models, draw: Callable[[], Image.Image]) -> None:
    quads, faint = found(models, draw())
    assert len(quads) >= len(HEADINGS)
    assert not len(faint)


def test_there_is_no_second_look_without_ink_outside_of_the_lines(models: Models) -> None:
    pixels = np.asarray(headings().convert("RGB"))
    looks = []

    def look(picture: Pixels) -> QuadArrays:
        looks.append(picture)
        return models.detect(picture)

    for quads in (models.detect(pixels), np.zeros((0, 4, 2))):
        faint_lines(pixels, quads, look)
    assert not looks


def test_faint_lines_are_read_or_lower_the_confidence_of_the_page(tmp_path: Path) -> None:
    recognizer, found = PageRecognizer(1600, 0.5), []
    for picture in (headings(), with_faint_lines(4), with_faint_lines(5)):
        picture.save(tmp_path / "page.png")
        (page,) = find_pages(tmp_path / "page.png", "page.png")
        found.append(recognizer.recognize(page))
    assert [line.text for line in found[1].lines].count("a letter from my brother") >= 3
    clear, _, blurred = map(page_confidence, found)
    assert clear is not None
    assert blurred is not None
    assert blurred < 0.85 < 0.9 < clear
