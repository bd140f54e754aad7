"""Which file holds the text of a page."""

from __future__ import annotations

from dataclasses import replace
from unicodedata import normalize

import pytest

from existing_pages import answer
from penstock.errors import NotAnswered
from penstock.model import Document, RecognizedPage
from penstock.transcriptions.hocr_writer import hocr_document
from penstock_plugins.recognizers.existing import Existing


@pytest.mark.parametrize("name", ["a.xml", "a.png.xml", "a.alto.xml", "page/a.xml", "alto/a.xml"])
def test_the_file_is_found_where_programs_write_it(scan, alto, name):
    page = scan("a.png")
    alto(name, page)
    assert answer(Existing(), page).text == "Dear Anna\nthank you"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("<TEI/>", "has the root element <TEI>"),
        ('{"exif": 1}', "is JSON without any key of a known answer"),
        ('{"exif": 1', "is no valid JSON"),
        ('{"penstock": 2, "pages": []}', "was written by penstock"),
        ("", "is empty"),
    ],
)
def test_other_files_of_that_name_are_passed_over(scan, alto, tmp_path, content, why):
    page = scan("a.png")
    (tmp_path / "a.xml").write_text(content)
    expected = rf"there is no a\.xml, \.hocr or \.json in .* that can be taken: a\.xml {why}"
    with pytest.raises(NotAnswered, match=expected):
        answer(Existing(), page)
    alto("page/a.xml", page)
    assert answer(Existing(), page).text == "Dear Anna\nthank you"


@pytest.mark.parametrize(
    "files",
    ["text/a.xml", "text", "text/*.xml", "{beside}/text/{picture}.xml", "{beside}/t*/{document}.xml"],
)
def test_the_option_names_files(scan, alto, tmp_path, files):
    page = scan("a.png")
    alto("text/a.xml", page)
    # Pipelines make paths absolute.
    assert answer(Existing(tmp_path / files), page).text == "Dear Anna\nthank you"


@pytest.mark.parametrize("files", ["text", "text/*.xml"])
def test_files_with_other_names_are_found_by_the_picture_that_they_name(scan, alto, tmp_path, files):
    first, second = scan("a.png", "first"), scan("b.png", "second")
    alto("text/0001.xml", second, picture="C:\\scans\\b.tif")
    alto("text/0002.xml", first)
    existing = Existing(tmp_path / files)
    assert [answer(existing, each).text for each in (first, second)] == ["first", "second"]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ("nothing.xml", "there is no file or folder"),
        ("{besides}/a.xml", "unknown placeholder {besides}; there are {beside}"),
        ("{beside/a.xml", "unmatched braces"),
        ("{picture:d}.xml", "placeholder with an invalid format"),
    ],
)
def test_an_option_that_names_nothing_is_refused(files, why):
    with pytest.raises(ValueError, match=why):
        Existing(files)


def test_pages_of_one_file_go_to_the_pictures_that_it_names(scan, hocr):
    first, second, third = scan("a.png", "first"), scan("b.png", "second"), scan("c.png", "third")
    existing = Existing(hocr("book.hocr", first, second))
    assert [answer(existing, each).text for each in (second, first)] == ["second", "first"]
    with pytest.raises(NotAnswered, match=r"page 1 of .* belongs to another picture"):
        answer(existing, third)  # also page 1 of a document, but the file names a.png, which lies beside it


def test_a_page_is_given_to_one_picture_only_if_the_file_names_none(scan, hocr):
    first, second = scan("a.png", "first"), scan("b.png", "second")
    existing = Existing(hocr("book.hocr", _as(first, "1"), _as(second, "2")))
    assert answer(existing, first).text == "first"
    with pytest.raises(NotAnswered, match=r"page 1 of .* belongs to another picture") as raised:
        answer(existing, second)  # a document of its own, so its page is the first, too
    assert "--merge NAME" in raised.value.hint


def test_pages_of_a_document_go_by_their_numbers_if_the_file_does_not_name_the_pictures(scan, hocr):
    pages = [scan(f"{name}.png", name, number=number) for number, name in enumerate("xyz", start=1)]
    existing = Existing(hocr("book.hocr", *(_as(page, f"{page.page.number}") for page in pages[:2])))
    document = Document("book", "book", [])
    assert [answer(existing, page, document).text for page in pages[:2]] == ["x", "y"]
    with pytest.raises(NotAnswered, match="has 2 pages, and this is page 3"):
        answer(existing, pages[2], document)


def _as(page: RecognizedPage, name: str) -> RecognizedPage:
    """Return the page with a picture that has another name."""
    picture = replace(page.page.picture, path=page.page.picture.path.with_name(f"{name}.jpg"))
    return RecognizedPage(replace(page.page, picture=picture), page.recognition)


def test_a_file_with_one_page_belongs_to_one_picture(scan, alto):
    first, second = scan("a.png", "first"), scan("b.png", "second")
    existing = Existing(alto("text.xml", first, picture="another.jpg"))
    recognition = answer(existing, first)
    assert (recognition.text, "names the picture another.jpg" in recognition.note) == ("first", True)
    with pytest.raises(NotAnswered, match=r"page 1 of .* belongs to another picture"):
        answer(existing, second)


def pages_of_one_picture(scan, *texts: str) -> list[RecognizedPage]:
    """Return pages as they are in a TIFF file with several pages."""
    drawn = [scan(f"{index}.png", text) for index, text in enumerate(texts)]
    picture = replace(drawn[0].page.picture, path=drawn[0].page.picture.path.with_name("book.tif"))
    return [
        replace(each, page=replace(each.page, number=index + 1, picture=replace(picture, page_index=index)))
        for index, each in enumerate(drawn)
    ]


@pytest.mark.parametrize("page_number", ["{page}", "{page:03d}", "0{page:02}"])
def test_each_page_of_a_picture_file_has_a_file_with_its_number(scan, alto, tmp_path, page_number):
    pages = pages_of_one_picture(scan, "first", "second")
    for page in pages:
        alto(f"book.alto.{page.page.number:03}.xml", page)
    existing = Existing(tmp_path / f"{{beside}}/{{document}}.alto.{page_number}.xml")
    assert [answer(existing, page).text for page in pages] == ["first", "second"]


@pytest.mark.parametrize("failed", [0, 1])
def test_a_page_that_failed_moves_no_text_to_another_page(scan, tmp_path, failed):
    pages = pages_of_one_picture(scan, "first", "second", "third")
    missing = pages.pop(failed)
    (tmp_path / "book.hocr").write_text("".join(hocr_document(pages)))
    existing = Existing(tmp_path / "book.hocr")
    assert [answer(existing, page).text for page in pages] == [page.recognition.text for page in pages]
    with pytest.raises(NotAnswered, match=f"has other pages, but no page {failed + 1}"):
        answer(existing, missing)


def test_the_only_page_of_a_file_keeps_its_number(scan, tmp_path):
    """`penstock read book.tif --pages 2 --to hocr` writes such a file."""
    first, second = pages_of_one_picture(scan, "first", "second")
    (tmp_path / "book.hocr").write_text("".join(hocr_document([second])))
    existing = Existing(tmp_path / "book.hocr")
    assert answer(existing, second).text == "second"
    with pytest.raises(NotAnswered, match="has other pages, but no page 1"):
        answer(existing, first)


def test_an_excerpt_of_another_program_goes_by_the_order_of_its_pages(scan, hocr):
    pages = pages_of_one_picture(scan, "first", "second")
    excerpt = [replace(each, page=replace(each.page, number=each.page.number + 1)) for each in pages]
    existing = Existing(hocr("book.hocr", *excerpt))
    assert [answer(existing, page).text for page in pages] == ["first", "second"]


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
@pytest.mark.parametrize("files", [None, "page", "page/*.xml", "{beside}/page/{picture}.xml"])
def test_names_agree_with_composed_and_decomposed_letters(scan, alto, tmp_path, files, forms):
    picture, text = (normalize(form, "Übergabe") for form in forms)
    page = scan(f"{picture}.png", "Bürgerbuch")
    alto(f"page/{text}.xml", page)
    assert answer(Existing(tmp_path / files if files else None), page).text == "Bürgerbuch"


@pytest.mark.parametrize("image", [f"{'x' * 5000}.png", f"data:image/png;base64,{'A' * 5000}"])
def test_a_picture_name_that_no_file_can_have_is_no_fault(scan, hocr, image):
    first, second = scan("a.png", "first"), scan("b.png", "second")
    path = hocr("book.hocr", first, second)
    path.write_text(path.read_text().replace("a.png", image))
    recognition = answer(Existing(path), first)
    assert (recognition.text, recognition.note) == ("first", "")
