"""Detect sheets of paper in photos, and rectify them with a correct homography."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

import photos
from conftest import SHARED_SCANS
from penstock.model import Quad
from penstock_plugins.sheet import find_sheet, straighten

BESIDE = ("", "hand", "", "sheet", "clutter")


def detected_overlap(seed: int) -> float:
    """Return the overlap of the true and the detected sheet in the photo that a seed determines."""
    tables = list(photos.TABLES)
    page = photos.scan(photos.SCANS[seed // 2 % len(photos.SCANS)])
    photo = photos.photo_of(page, seed, tables[seed % len(tables)], beside=BESIDE[seed // 3 % len(BESIDE)])
    sheet = find_sheet(photo.image)
    return photos.overlap(sheet, photo.sheet, photo.image.size) if sheet else 0.0


def test_nine_of_ten_sheets_are_detected():
    overlaps = [detected_overlap(seed) for seed in range(20)]

    assert sum(overlap > 0.95 for overlap in overlaps) >= 18, overlaps


def test_sheet_in_real_photo_is_detected():
    photo = photos.scan("en_big_cursive_photo")

    sheet = find_sheet(photo)

    by_eye = Quad(((49, 43), (455, 44), (446, 610), (47, 611)))
    assert sheet is not None
    assert photos.overlap(sheet, by_eye, photo.size) > 0.97


def test_corners_are_clockwise_from_top_left():
    photo = photos.photo_of(photos.scan("en_letter_p1"), 4, "dark")

    sheet = find_sheet(photo.image)

    assert sheet is not None
    for found, known in zip(sheet.corners, photo.sheet.corners, strict=True):
        assert math.dist(found, known) < 12


@pytest.mark.parametrize("name", [*photos.SCANS, "fr_journal_title_spread"])
def test_scan_that_fills_the_picture_has_no_sheet(name):
    assert find_sheet(photos.scan(name)) is None


@pytest.mark.parametrize("name", photos.SCANS)
@pytest.mark.parametrize("thing", ["outline", "photograph", "label"])
def test_box_on_a_page_is_not_a_sheet(name, thing):
    page = photos.scan(name)
    draw = ImageDraw.Draw(page)
    box = (page.width * 12 // 100, page.height * 15 // 100, page.width * 85 // 100, page.height * 80 // 100)
    if thing == "outline":
        draw.rectangle(box, outline=(20, 20, 60), width=4)
    elif thing == "label":
        draw.rectangle(box, fill=(255, 255, 250))
    else:
        picture = photos.TABLES["stone"](np.random.default_rng(1), (box[2] - box[0], box[3] - box[1]))
        page.paste(Image.fromarray(picture.astype(np.uint8)), box[:2])

    assert find_sheet(page) is None


@pytest.mark.parametrize(("seed", "table"), list(enumerate(photos.TABLES)))
def test_open_book_is_not_cut_in_half(seed, table):
    photo, book = photos.open_book(seed, table)

    sheet = find_sheet(photo)

    if sheet is not None:
        mask = Image.new("1", photo.size)
        ImageDraw.Draw(mask).polygon(sheet.corners, fill=1)
        assert (np.asarray(mask) & book).sum() > 0.95 * book.sum()


@pytest.mark.skipif(not SHARED_SCANS.exists(), reason="needs the shared scans")
@pytest.mark.parametrize(
    "name",
    ["hw_en_letter_p1.jpg", "hw_en_letterhead_cursive.jpg", "hw_fr_will_blue_ink.jpg",
     "hw_cs_notes_lined.jpg", "mixed_typed_letter_annotated.jpg",
     "png_print_7_languages.png", "tiff_1bit_g4_form.tif"],
)  # fmt: skip
def test_real_scans_have_no_sheet(name):
    with Image.open(SHARED_SCANS / name) as image:
        assert find_sheet(image.convert("L")) is None


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (40, 40), (640, 480)])
def test_blank_picture_has_no_sheet(size):
    assert find_sheet(Image.new("L", size, 128)) is None


def test_sheet_in_gray_photo_is_detected():
    photo = photos.photo_of(photos.scan("en_letter_p1"), 4, "dark")

    sheet = find_sheet(photo.image.convert("L"))

    assert sheet is not None
    assert photos.overlap(sheet, photo.sheet, photo.image.size) > 0.95


@pytest.mark.parametrize("seed", range(8))
def test_straightened_sheet_has_true_proportions(seed):
    photo = photos.photo_of(photos.scan(photos.SCANS[seed % len(photos.SCANS)]), seed, "dark")

    picture, _ = straighten(photo.image, photo.sheet)

    assert picture.width / picture.height == pytest.approx(photo.proportion, rel=0.03)


CORNER = st.tuples(st.floats(0, 110), st.floats(0, 110))


@settings(max_examples=60)
@given(near=st.tuples(CORNER, CORNER, CORNER, CORNER), across=st.floats(0.2, 0.8), down=st.floats(0.2, 0.8))
def test_homography_maps_straightened_ink_back(near, across, down):
    (a, b), (c, d), (e, f), (g, h) = near
    sheet = Quad(((a, b), (400 - c, d), (400 - e, 300 - f), (g, 300 - h)))
    spot = point_inside(sheet, across, down)
    photo = Image.new("L", (400, 300), 255)
    ImageDraw.Draw(photo).ellipse((spot[0] - 4.5, spot[1] - 4.5, spot[0] + 3.5, spot[1] + 3.5), fill=0)

    picture, to_photo = straighten(photo, sheet)

    assert math.dist(to_photo.apply(middle_of_ink(picture)), middle_of_ink(photo)) < 1.5
    for corner, known in zip(
        Quad.from_box(0, 0, *picture.size).mapped(to_photo).corners, sheet.corners, strict=True
    ):
        assert corner == pytest.approx(known, abs=0.01)


def middle_of_ink(picture: Image.Image) -> tuple[float, float]:
    dark = np.argwhere(np.asarray(picture) < 128)
    return tuple(dark.mean(axis=0)[::-1] + 0.5)


def point_inside(sheet: Quad, across: float, down: float) -> tuple[float, float]:
    first, second, third, fourth = (np.array(corner) for corner in sheet.corners)
    upper, lower = first + (second - first) * across, fourth + (third - fourth) * across
    x, y = upper + (lower - upper) * down
    return (float(x), float(y))


def test_straightened_picture_has_no_more_pixels_than_photo():
    picture, _ = straighten(Image.new("RGB", (300, 200)), Quad(((140, 5), (160, 5), (295, 195), (5, 195))))

    assert picture.width * picture.height <= 300 * 200 * 1.02
    assert picture.mode == "RGB"


def test_crossed_corners_are_refused():
    with pytest.raises(ValueError, match="convex"):
        straighten(Image.new("L", (100, 100)), Quad(((0, 0), (90, 90), (90, 0), (0, 90))))


def test_import_does_not_load_numpy_or_opencv():
    code = "import sys, penstock_plugins.sheet; sys.exit('numpy' in sys.modules or 'cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path.home()).returncode == 0
