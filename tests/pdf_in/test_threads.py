"""PDFium is not thread-safe, but pages can be opened from many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pikepdf
from PIL import ImageChops

from pdf_in.making import pages_of, picture_page, saved, scan
from penstock.images import find_pages, open_upright


def test_many_threads_find_and_open_pages_at_once(tmp_path):
    pdf = pikepdf.new()
    for rotate in (0, 180) * 4:
        picture_page(pdf, scan(), rotate=rotate)
    source = saved(pdf, tmp_path / "many.pdf")
    pages = pages_of(source)
    with ThreadPoolExecutor(8) as threads:
        found = threads.map(lambda _: len(list(find_pages(source, "many.pdf"))), range(8))
        pictures = list(threads.map(open_upright, pages * 2))
        assert list(found) == [8] * 8
    assert all(ImageChops.difference(picture, scan()).getbbox() is None for picture in pictures)
