"""Pages of a PDF whose text is not upright are turned in the output, with their text and annotations."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import ImageChops

from pdf_in.making import PIXELS, WORDS, helvetica, pages_of, picture_page, recognition, saved, scan, typed
from pdf_in.reading_back import assert_sound, places_of, text_of
from penstock.geometry import Homography
from penstock.model import Page, RecognizedPage
from penstock.render import write_searchable_pdf

MEDIA = {0: (20, 30, 320, 430), 90: (20, 30, 420, 330)}


def turned_scan(path: Path, turns: int, **options: object) -> Path:
    """Write a PDF whose scan lies on the page turned clockwise, with a link on its first word."""
    pdf = pikepdf.new()
    stored = scan().rotate(-90 * turns, expand=True)
    picture_page(pdf, stored, **{"media": MEDIA[turns % 2 * 90]} | options)
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[40, 300, 90, 320], Border=[0, 0, 0])
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])
    return saved(pdf, path)


def read_upright(page: Page, turns: int) -> RecognizedPage:
    """Return a page with the words of the scan where they lie on it."""
    wide, high = PIXELS
    from_scan = (
        Homography(),
        Homography(((0, -1, high), (1, 0, 0), (0, 0, 1))),
        Homography(((-1, 0, wide), (0, -1, high), (0, 0, 1))),
        Homography(((0, 1, 0), (-1, 0, wide), (0, 0, 1))),
    )[turns]
    return RecognizedPage(page, recognition().mapped(from_scan))


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("rotate", [0, 90, 180])
def test_a_turned_page_is_displayed_upright_with_its_words_on_the_ink(tmp_path, turns, rotate):
    media = MEDIA[90 if (turns + rotate // 90) % 2 else 0]
    source = turned_scan(tmp_path / "turned.pdf", turns, rotate=rotate, media=media)
    (page,) = pages_of(source)
    write_searchable_pdf([read_upright(page, turns)], tmp_path / "out.pdf", pdfa=False)
    found = places_of(tmp_path / "out.pdf", PIXELS)
    assert set(found) == set(WORDS)
    for word, place in WORDS.items():
        assert found[word] == pytest.approx(place, abs=2), word
    with pypdfium2.PdfDocument(tmp_path / "out.pdf") as pdf:
        shown = pdf[0].render(scale=2).to_pil().convert("RGB")
    assert ImageChops.difference(shown, scan()).convert("L").point(lambda value: value > 60).getbbox() is None
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert list(pdf.pages[0].obj.Annots[0].Rect) == [40, 300, 90, 320]
    assert_sound(tmp_path / "out.pdf")


def test_rotate_false_keeps_a_page_as_it_is(tmp_path):
    (page,) = pages_of(turned_scan(tmp_path / "turned.pdf", 2))
    write_searchable_pdf([read_upright(page, 2)], tmp_path / "out.pdf", pdfa=False, rotate=False)
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert pdf.pages[0].obj.get("/Rotate", 0) == 0


def test_a_page_with_more_upright_text_of_its_own_is_not_turned(tmp_path):
    printed = b" ".join(typed("Printed and upright text", 40, y) for y in range(100, 400, 40))
    source = turned_scan(tmp_path / "turned.pdf", 2, after=b" " + printed, Font=helvetica())
    (page,) = pages_of(source)
    write_searchable_pdf([read_upright(page, 2)], tmp_path / "out.pdf", pdfa=False)
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert pdf.pages[0].obj.get("/Rotate", 0) == 0


def test_pages_are_turned_one_by_one_and_only_once(tmp_path):
    pdf = pikepdf.new()
    for turns in (0, 2, 0):
        picture_page(pdf, scan().rotate(180) if turns else scan(), rotate=90, media=(0, 0, 400, 300))
    pages = pages_of(saved(pdf, tmp_path / "duplex.pdf"))
    made = [read_upright(page, turns) for page, turns in zip(pages, (0, 2, 0), strict=True)]
    write_searchable_pdf([*made, made[1]], tmp_path / "out.pdf", pdfa=False)
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert [page.obj.Rotate for page in pdf.pages] == [90, 270, 90, 270]
    assert text_of(tmp_path / "out.pdf", 1).split()[:2] == ["Dear", "Jane"]
