"""Independent PDF readers find the words of generated pages in their places."""

import pytest
from known_pages import WIDTH, blank_page, hard_page, known_pages, mixed_page, straight_page
from pdf_readers import installed_readers
from pdf_scoring import Score, add_score
from PIL import Image

from penstock.model import Picture
from penstock.render import write_searchable_pdf

READERS = installed_readers()

# Minimum shares of lines found whole and of words found in place, and minimum mean overlap of word boxes.
STRAIGHT = (1.0, 1.0, 0.98)
HARD = {
    "pdfium": (0.97, 0.97, 0.93),
    "pdf.js": (0.95, 0.97, 0.90),
    "poppler": (0.80, 0.95, 0.90),  # breaks lines that are tilted or have wide gaps
    "pdfminer": (0.75, 0.90, 0.90),  # does not support right-to-left text and vertical lines
}
MIXED = {
    "pdfium": (0.97, 0.97, 0.93),
    "pdf.js": (0.97, 0.97, 0.93),
    "poppler": (0.45, 0.93, 0.83),
    "pdfminer": (0.70, 0.97, 0.93),
}


def score(reader, make, count, folder):
    picture = folder / "blank.jpg"
    Image.new("L", (WIDTH // 10, 10), 255).save(picture)
    pages = list(known_pages(make, count))
    path = folder / "known.pdf"
    recognized = (
        known.recognized(blank_page(Picture(picture), number)) for number, known in enumerate(pages, 1)
    )
    write_searchable_pdf(recognized, path, pdfa=False, rotate=False)
    total = Score()
    for known, found in zip(pages, reader(path), strict=True):
        add_score(total, known, found)
    return total


@pytest.mark.parametrize("name", READERS)
def test_straight_lines_are_found_whole_and_in_place(name, tmp_path):
    total = score(READERS[name], straight_page, 2, tmp_path)

    assert all(rate >= minimum for rate, minimum in zip(total.rates, STRAIGHT, strict=True)), str(total)


@pytest.mark.parametrize("name", READERS)
def test_hard_lines_are_found_as_well_as_each_reader_can(name, tmp_path):
    total = score(READERS[name], hard_page, 3, tmp_path)

    assert all(rate >= minimum for rate, minimum in zip(total.rates, HARD[name], strict=True)), (
        f"{total}: {dict(total.lost)}"
    )


@pytest.mark.parametrize("name", READERS)
def test_lines_of_many_scripts_and_angles_are_found_beside_each_other(name, tmp_path):
    total = score(READERS[name], mixed_page, 6, tmp_path)

    assert all(rate >= minimum for rate, minimum in zip(total.rates, MIXED[name], strict=True)), (
        f"{total}: {dict(total.lost)}"
    )
