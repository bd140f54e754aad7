"""The crop transform: the sheet of a photo, and the homography back to the photo."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

import photos
from penstock.images import find_pages, open_upright
from penstock.model import Page, Picture, Quad, Recognition
from penstock_plugins.transforms.crop import Crop


@pytest.fixture(scope="module")
def photo() -> photos.Photo:
    return photos.photo_of(photos.scan("en_letter_p1"), 4, "dark")


def sheet_of(page: Page) -> Quad:
    """Return the corners of the prepared picture in pixels of the original page."""
    return Quad.from_box(0, 0, page.width, page.height).mapped(page.to_page)


def test_crop_returns_the_sheet_only(photo, spool, page_of):
    page = page_of(photo.image, dpi=(150, 150))

    cropped = Crop().prepare(page, spool)

    assert open_upright(cropped).size == (cropped.width, cropped.height)
    assert cropped.width / cropped.height == pytest.approx(photo.proportion, rel=0.03)
    assert photos.overlap(sheet_of(cropped), photo.sheet, photo.image.size) > 0.95
    assert cropped.dpi == page.dpi


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_homography_maps_to_the_upright_photo(photo, spool, page_of, orientation):
    turns = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    exif = Image.Exif()
    exif[0x0112] = orientation
    page = page_of(photo.image.transpose(turns[orientation]), "photo.jpg", exif=exif, quality=95)

    cropped = Crop().prepare(page, spool)

    assert (page.width, page.height) == photo.image.size
    assert cropped.orientation == 1
    assert photos.overlap(sheet_of(cropped), photo.sheet, photo.image.size) > 0.95


def test_each_page_of_a_tiff_is_cropped_separately(photo, spool, tmp_path):
    path = tmp_path / "two.tif"
    # Copies, because a Pillow image keeps its settings of the last save.
    frames = [Image.fromarray(np.asarray(image)) for image in (photos.scan("en_letter_p2"), photo.image)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    first, second = find_pages(path, "two.tif")

    assert Crop().prepare(first, spool) is first
    cropped = Crop().prepare(second, spool)
    assert cropped.picture.page_index == 0
    assert photos.overlap(sheet_of(cropped), photo.sheet, photo.image.size) > 0.95


def test_photo_in_a_pdf_is_cropped(photo, spool, tmp_path):
    path = tmp_path / "photo.pdf"
    photo.image.save(path, resolution=150)
    (page,) = find_pages(path, "photo.pdf")

    cropped = Crop().prepare(page, spool)

    scale = page.width / photo.image.width
    known = Quad.from_points((x * scale, y * scale) for x, y in photo.sheet.corners)
    assert photos.overlap(sheet_of(cropped), known, (page.width, page.height)) > 0.95


def test_second_transform_extends_the_homography(photo, spool, page_of):
    cropped = Crop().prepare(page_of(photo.image), spool)
    inner = photos.photo_of(open_upright(cropped), 4, "dark")
    path = spool.keep(b"", ".png")
    inner.image.save(path, "PNG")
    again = Page(1, "again", Picture(path), *inner.image.size, to_page=cropped.to_page)

    twice = Crop().prepare(again, spool)

    wanted = inner.sheet.mapped(cropped.to_page).corners
    assert all(math.dist(a, b) < 15 for a, b in zip(sheet_of(twice).corners, wanted, strict=True))


def test_page_with_existing_recognition_is_unchanged(photo, spool):
    page = Page(1, "page", Picture(spool.folder / "nowhere"), 100, 100, existing_recognition=Recognition())

    assert Crop().prepare(page, spool) is page
