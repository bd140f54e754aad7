"""Words are on their ink for every MediaBox, CropBox and rotation."""

from __future__ import annotations

import pikepdf
import pypdfium2
import pytest
from PIL import ImageChops

from pdf_in.making import (
    PIXELS,
    WORDS,
    one_scan,
    pages_of,
    picture_page,
    recognition,
    recognized,
    saved,
    scan,
)
from pdf_in.reading_back import assert_sound, places_of
from penstock.geometry import Homography
from penstock.images import open_upright
from penstock.pdf.page_box import PageBox
from penstock.render import write_searchable_pdf

TURNS = (0, 90, 180, 270)
BOXES = {
    "at the origin": {},
    "a few units": {"media": (0.2, 0.1, 3.2, 4.1)},
    "MediaBox elsewhere": {"media": (100, 50, 400, 450)},
    "MediaBox below zero": {"media": (-150, -200, 150, 200)},
    "CropBox inside": {"media": (0, 0, 500, 600), "crop": (80, 120, 380, 520)},
}


def options(box: str, rotate: int) -> dict:
    """Return options for a page with the proportions of its scan, turned or not."""
    made = dict(BOXES[box])
    if rotate % 180:
        made["media"] = made.get("media", (0, 0, 300, 400))
        for name, (left, bottom, right, top) in list(made.items()):
            made[name] = (left, bottom, left + (top - bottom), bottom + (right - left))
    return {**made, "rotate": rotate}


@pytest.mark.parametrize("rotate", TURNS)
@pytest.mark.parametrize("box", BOXES)
def test_words_are_found_where_they_were_recognized(tmp_path, box, rotate):
    source = one_scan(tmp_path / "scan.pdf", **options(box, rotate))
    (page,) = pages_of(source)
    assert (page.width, page.height) == PIXELS
    write_searchable_pdf(recognized(source), tmp_path / "out.pdf")
    found = places_of(tmp_path / "out.pdf", PIXELS)
    assert set(found) == set(WORDS)
    for word, place in WORDS.items():
        assert found[word] == pytest.approx(place, abs=2), word
    assert_sound(tmp_path / "out.pdf")


@pytest.mark.parametrize("rotate", TURNS)
def test_a_scan_is_rendered_in_its_own_pixels(tmp_path, rotate):
    source = one_scan(tmp_path / "scan.pdf", **options("CropBox inside", rotate))
    (page,) = pages_of(source)
    assert page.dpi == pytest.approx((144, 144))
    assert ImageChops.difference(open_upright(page), scan()).getbbox() is None


def test_longest_side_scales_a_page_down(tmp_path):
    (page,) = pages_of(one_scan(tmp_path / "scan.pdf"))
    assert open_upright(page, longest_side=200).size == (150, 200)


def test_a_tilted_line_stays_on_its_ink_on_a_turned_page(tmp_path):
    source = one_scan(tmp_path / "scan.pdf", **options("MediaBox elsewhere", 90))
    tilted = recognition({"tilted": (100, 300, 400, 340)}).mapped(
        Homography(((0.966, -0.259, 80.0), (0.259, 0.966, -40.0), (0.0, 0.0, 1.0)))
    )
    write_searchable_pdf(recognized(source, tilted), tmp_path / "out.pdf")
    found = places_of(tmp_path / "out.pdf", PIXELS)["tilted"]
    assert found == pytest.approx(tilted.lines[0].quad.bounds, abs=6)


def test_pages_of_different_sizes_have_their_own_coordinates(tmp_path):
    pdf = pikepdf.new()
    picture_page(pdf, scan((200, 300)), media=(0, 0, 100, 150))
    picture_page(pdf, scan(), rotate=180, media=(7, 9, 307, 409))
    source = saved(pdf, tmp_path / "scan.pdf")
    first, second = recognized(source)
    write_searchable_pdf([first, second], tmp_path / "out.pdf")
    assert places_of(tmp_path / "out.pdf", PIXELS, 1)["yesterday"] == pytest.approx(WORDS["yesterday"], abs=2)


def test_pixels_and_points_map_to_each_other():
    for turns in range(4):
        box = PageBox(10, 20, 110, 320, turns)
        there, back = box.to_pixels(50, 70), box.from_pixels(50, 70)
        assert there.then(back).apply((33.0, 44.0)) == pytest.approx((33.0, 44.0))
        ends = ((10, 20), (110, 20), (110, 320), (10, 320))
        corners = {tuple(map(round, there.apply(corner))) for corner in ends}
        assert corners == {(0, 0), (50, 0), (50, 70), (0, 70)}


def test_debug_paints_the_text_layer(tmp_path):
    source = one_scan(tmp_path / "scan.pdf")
    write_searchable_pdf(recognized(source), tmp_path / "out.pdf", debug=True)
    with pypdfium2.PdfDocument(tmp_path / "out.pdf") as pdf:
        picture = pdf[0].render(scale=2).to_pil()
    assert ImageChops.difference(picture.convert("RGB"), scan()).getbbox()
