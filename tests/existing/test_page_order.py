"""Results of pages that take their text from a file by the order of its pages."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest

from penstock.model import Document, FilePage
from penstock_plugins.recognizers.existing import Existing
from processes import penstock


@pytest.fixture
def command(tmp_path):
    """Return a function that runs ``penstock ...`` in the test's folder."""
    return partial(penstock, tmp_path)


@pytest.fixture
def pages(scan):
    """Return three pictures of a document."""
    return [
        scan(f"q{number}.png", text, number=number)
        for number, text in enumerate(("first", "second", "third"), start=1)
    ]


@pytest.fixture
def book(pages, hocr):
    """Write an hOCR file with three pages that names other pictures."""
    return hocr("book.hocr", *(_elsewhere(page) for page in pages))


def _elsewhere(page):
    path = page.page.picture.path
    picture = replace(page.page.picture, path=path.with_name(f"scan-{path.name}"))
    return replace(page, page=replace(page.page, picture=picture))


def merged(command, folder, *arguments):
    """Read pictures as one document; return the text of each page."""
    options = ("--merge", "all", "--readings", "book.hocr", "--output", "all.json")
    ended = command("read", *arguments, *options)
    assert ended.returncode == 0, ended.stderr
    pages = json.loads((folder / "all.json").read_text())["pages"]
    return [" ".join(line["text"] for line in page["lines"]) for page in pages]


def test_a_picture_read_alone_gets_the_text_of_its_place_when_it_is_merged(command, book, tmp_path):
    ended = command("read", "q2.png", "--readings", book.name, "--output", "q2.txt")
    assert (ended.returncode, (tmp_path / "q2.txt").read_text().strip()) == (0, "first")
    assert merged(command, tmp_path, "q1.png", "q2.png", "q3.png") == ["first", "second", "third"]


@pytest.mark.usefixtures("book")
def test_pages_in_another_order_get_the_text_of_their_places_and_others_keep_corrections(command, tmp_path):
    merged(command, tmp_path, "q1.png", "q2.png", "q3.png")
    written = tmp_path / "all.json"
    written.write_text(written.read_text().replace("first", "corrected"))
    again = ("q1.png", "q3.png", "q2.png", "--corrections", "all.json")
    assert merged(command, tmp_path, *again) == ["corrected", "second", "third"]


def test_the_index_counts_only_where_the_order_decides(pages, book, hocr, alto):
    document = Document("all", "all", [])
    named, single = hocr("named.hocr", *pages), alto("single.xml", pages[2], picture="another.png")
    taken = [
        [Existing(file).page_file(page.page, document).index for page in pages] for file in (book, named)
    ]
    assert taken == [[0, 1, 2], [0, 0, 0]]
    assert Existing(single).page_file(pages[2].page, document) == FilePage(single)
