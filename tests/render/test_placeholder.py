"""A page that could not be read becomes a visible page that says so."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from pikepdf import Name, OutlineItem, String

from pdf_in.making import one_scan, picture_page, recognition, recognized, saved, scan
from pdf_in.reading_back import assert_sound, text_of
from penstock.images import find_pages
from penstock.model import MissingPage, RecognizedPage
from penstock.render import write_searchable_pdf


@pytest.fixture
def page(draw) -> RecognizedPage:
    picture = draw("letter.png", size=(400, 600), dpi=(100, 100))
    return RecognizedPage(next(find_pages(picture, "letter.png")), recognition({"word": (5, 5, 90, 30)}))


def words_of(path: Path, index: int) -> list[str]:
    return text_of(path, index).split()


def test_a_placeholder_says_which_page_is_missing_and_why(tmp_path, page):
    missing = MissingPage(2, "box/scan2.jpg: the picture is cut off")
    result = write_searchable_pdf([page, missing], tmp_path / "out.pdf")
    assert (result.pages, result.is_pdfa, result.warnings) == (2, True, ())
    text = " ".join(words_of(tmp_path / "out.pdf", 1))
    assert text.startswith("Page 2 is missing box/scan2.jpg: the picture is cut off")
    with pypdfium2.PdfDocument(tmp_path / "out.pdf") as pdf:
        assert pdf[1].render().to_numpy().min() < 128, "the text is visible"
    assert_sound(tmp_path / "out.pdf")


NAMES = ["письмо.jpg", "手書き.jpg", "رسالة.jpg", "편지😀.jpg", "हिंदी.jpg", "x" * 300 + ".jpg"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_can_be_searched(tmp_path, page, name):
    write_searchable_pdf([page, MissingPage(2, f"{name}: damaged")], tmp_path / "out.pdf")
    found = text_of(tmp_path / "out.pdf", 1)
    assert f"{name}:" in "".join(found.split())
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert pdf.open_metadata().pdfa_status == "2B"


def test_a_placeholder_has_the_size_of_the_page_before_it_or_else_after_it(tmp_path, draw, page):
    large = RecognizedPage(
        next(find_pages(draw("large.png", size=(600, 400), dpi=(50, 50)), "large")), recognition({})
    )
    first, second, third = (MissingPage(number, "gone") for number in (1, 3, 5))
    write_searchable_pdf([first, page, second, large, third], tmp_path / "out.pdf")
    with pypdfium2.PdfDocument(tmp_path / "out.pdf") as pdf:
        sizes = [tuple(round(side) for side in each.get_size()) for each in pdf]
    assert sizes == [(288, 432)] * 3 + [(864, 576)] * 2


@pytest.mark.parametrize("size", [(20, 20), (60, 3000)])
def test_the_text_stays_on_a_page_of_any_size(tmp_path, draw, size):
    small = draw("small.png", size=size, dpi=(72, 72))
    neighbour = RecognizedPage(next(find_pages(small, "small.png")), recognition({}))
    why = "a/long/path/of/a/picture.jpg: the picture is damaged or cut off"
    write_searchable_pdf([neighbour, MissingPage(2, why)], tmp_path / "out.pdf")
    with pypdfium2.PdfDocument(tmp_path / "out.pdf") as pdf:
        placeholder = pdf[1]
        ink = np.argwhere(placeholder.render(scale=4).to_numpy().min(axis=2) < 120)
        assert "".join(placeholder.get_textpage().get_text_range().split()).endswith("canberead.")
        assert ink.min() > 4, "nothing touches the edges"


def test_a_pdf_with_a_missing_page_stays_that_pdf(tmp_path):
    pdf = pikepdf.new()
    for _ in range(3):
        picture_page(pdf, scan())
    with pdf.open_outline() as outline:
        outline.root.extend([OutlineItem("First", 0), OutlineItem("Third", 2)])
    pdf.docinfo[Name.Author] = String("Anna")
    source = saved(pdf, tmp_path / "three.pdf")
    first, _, third = recognized(source)
    write_searchable_pdf([first, MissingPage(2, "damaged"), third], tmp_path / "out.pdf", fallback_title="no")
    with pikepdf.open(tmp_path / "out.pdf") as after, after.open_outline() as outline:
        assert len(after.pages) == 3
        assert str(after.docinfo.Author) == "Anna"
        targets = [after.pages.index(pikepdf.Page(item.destination[0])) for item in outline.root]
        assert targets == [0, 2]
    assert words_of(tmp_path / "out.pdf", 1)[:4] == ["Page", "2", "is", "missing"]
    assert_sound(tmp_path / "out.pdf")


def test_pages_of_several_files_keep_their_bookmarks_beside_a_placeholder(tmp_path, page):
    pages = [
        MissingPage(1, "gone"),
        page,
        MissingPage(3, "gone"),
        *recognized(one_scan(tmp_path / "two.pdf")),
    ]
    write_searchable_pdf(pages, tmp_path / "out.pdf")
    with pikepdf.open(tmp_path / "out.pdf") as after, after.open_outline() as outline:
        targets = [
            (item.title, after.pages.index(pikepdf.Page(item.destination[0]))) for item in outline.root
        ]
    assert targets == [("letter", 1), ("two", 3)]


def test_a_file_that_is_missing_as_a_whole_has_a_bookmark(tmp_path, page):
    two = recognized(one_scan(tmp_path / "two.pdf"), first_number=3)
    reasons = ["box/b.jpg: cut off", "two.pdf, page 2: damaged", "two.pdf, missing pages: damaged"]
    first, second, third = (MissingPage(number, why) for number, why in zip((2, 4, 5), reasons, strict=True))
    write_searchable_pdf([page, first, *two, second, third], tmp_path / "out.pdf")
    with pikepdf.open(tmp_path / "out.pdf") as after, after.open_outline() as outline:
        targets = [
            (item.title, after.pages.index(pikepdf.Page(item.destination[0]))) for item in outline.root
        ]
    assert targets == [("letter", 0), ("b", 1), ("two", 2)]


def test_the_same_missing_pages_make_the_same_bytes(page):
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        write_searchable_pdf([page, MissingPage(2, "письмо.jpg: gone")], file)
    assert files[0].getvalue() == files[1].getvalue()
