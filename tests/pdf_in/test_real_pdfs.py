"""Every PDF of the shared scans gives correct pages or a clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import SHARED_SCANS
from pdf_in.making import recognition
from pdf_in.reading_back import assert_sound, places_of
from penstock.errors import PictureError
from penstock.images import find_pages, open_upright
from penstock.model import RecognizedPage
from penstock.render import write_searchable_pdf

PDFS = sorted(SHARED_SCANS.glob("*.pdf")) if SHARED_SCANS.is_dir() else []
UNREADABLE = {"pdf_invalid_header_only"}
EMPTY = {"pdf_page_without_contents"}

pytestmark = pytest.mark.skipif(not PDFS, reason="needs the shared scans")


@pytest.mark.parametrize("source", PDFS, ids=lambda path: path.stem)
def test_words_are_found_where_they_were_recognized(source, tmp_path):
    if source.stem in UNREADABLE:
        with pytest.raises(PictureError, match="damaged beyond repair"):
            list(find_pages(source, source.name))
        return
    pages = list(find_pages(source, source.name))
    assert [page.existing_recognition is not None for page in pages] == [source.stem in EMPTY] * len(pages)
    recognized = [
        RecognizedPage(page, page.existing_recognition or _recognition(page.width, page.height))
        for page in pages
    ]
    write_searchable_pdf(recognized, tmp_path / "out.pdf")
    assert_sound(tmp_path / "out.pdf")
    assert (tmp_path / "out.pdf").stat().st_size < source.stat().st_size + 6_000 * (len(pages) + 1)
    for number in range(0 if source.stem in EMPTY else len(pages)):
        found = places_of(tmp_path / "out.pdf", (1000, 1000), number)
        for word, (left, top, right, bottom) in WORDS.items():
            assert found[word] == pytest.approx((left, top, right, bottom), abs=4)


WORDS = {"Upper": (100, 20, 300, 40), "middle": (400, 500, 600, 540), "corner": (900, 960, 990, 990)}
"""Boxes in thousandths of the page, in places where no form has type."""


def _recognition(width: int, height: int):
    boxes = {
        word: (left * width // 1000, top * height // 1000, right * width // 1000, bottom * height // 1000)
        for word, (left, top, right, bottom) in WORDS.items()
    }
    return recognition(boxes)


@pytest.mark.parametrize(
    "source", [path for path in PDFS if path.stem not in UNREADABLE], ids=lambda p: p.stem
)
def test_pages_have_a_bounded_number_of_pixels(source: Path):
    for page in find_pages(source, source.name):
        assert page.width * page.height <= 37_000_000
        assert max(open_upright(page, longest_side=300).size) == 300
