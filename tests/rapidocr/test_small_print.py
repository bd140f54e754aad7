"""Small print beside large writing: where it is, and that it is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from penstock.images import find_pages
from penstock_plugins.recognizers.rapidocr.page_recognition import PageRecognizer
from penstock_plugins.recognizers.rapidocr.small_print import outside, small_print

LARGE = ["Thank you for", "your letter of", "last Thursday"]
SMALL = [
    "Goods remain our property until",
    "the invoice is settled in full",
    "within thirty days of delivery",
]


def page(*, small: bool, degrees: float = 0) -> Image.Image:
    """Return a page of 1000 x 1600 pixels with large writing and perhaps small print to its right."""
    picture = Image.new("RGB", (1000, 1600), (248, 244, 236))
    draw = ImageDraw.Draw(picture)
    for number, text in enumerate(LARGE):
        draw.text((60, 100 + number * 160), text, (40, 40, 90), ImageFont.load_default(80))
    if small:
        for number, text in enumerate(SMALL):
            draw.text((600, 900 + number * 30), text, (40, 40, 40), ImageFont.load_default(23))
    return picture.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(248, 244, 236))


def reduced(picture: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(picture.resize((500, 800), Image.Resampling.BOX))


def test_small_print_is_read(tmp_path: Path) -> None:
    page(small=True, degrees=1).save(tmp_path / "invoice.png")
    (found,) = find_pages(tmp_path / "invoice.png", "invoice.png")
    recognition = PageRecognizer(800, 0.5).recognize(found)
    for text in (*LARGE, *SMALL):
        assert text in recognition.text
    places = {line.text: line.quad.bounds for line in recognition.lines}
    left, top, right, bottom = places[SMALL[0]]
    assert 580 < left < 640
    assert 900 < right < 980
    assert 870 < top < bottom < 950


def test_only_small_letters_are_small_print() -> None:
    none = np.zeros((0, 4, 2))
    assert not len(small_print(reduced(page(small=False)), none))
    ((left, top, right, bottom),) = small_print(reduced(page(small=True)), none).tolist()
    assert left < 305
    assert right > 450
    assert top < 455
    assert bottom > 490


def test_small_letters_in_known_lines_and_dots_are_not_small_print() -> None:
    known = np.array([[[290, 440], [490, 440], [490, 505], [290, 505]]], float)
    assert not len(small_print(reduced(page(small=True)), known))
    noise = np.full((800, 500, 3), 240, np.uint8)
    noise[np.random.default_rng(1).random((800, 500)) < 0.002] = 20
    assert not len(small_print(noise, np.zeros((0, 4, 2))))


def test_lines_inside_known_ones_are_dropped() -> None:
    known = np.array([[[10, 10], [90, 10], [90, 30], [10, 30]]], float)
    below = known + np.array([0, 40])
    assert (outside(np.concatenate([known, below]), known, (100, 100)) == below).all()
