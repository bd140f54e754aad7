"""METS files that pair pictures and transcriptions."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from existing_pages import answer
from penstock.errors import InvalidTranscription, NotAnswered
from penstock_plugins.recognizers.existing import Existing
from penstock_plugins.recognizers.existing.mets import read_mets

METS = """<mets:mets xmlns:mets="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink">
<mets:fileSec><mets:fileGrp ID="all">
 <mets:fileGrp USE="IMAGES">{pictures}</mets:fileGrp><mets:fileGrp USE="FULLTEXT">{texts}</mets:fileGrp>
</mets:fileGrp></mets:fileSec>
<mets:structMap TYPE="{kind}"><mets:div TYPE="book">{pages}</mets:div></mets:structMap></mets:mets>"""
FILE = '<mets:file ID="{id}" MIMETYPE="{type}"><mets:FLocat xlink:href="{href}"/></mets:file>'
POINTERS = '<mets:div TYPE="any"><mets:fptr FILEID="{0}"/><mets:fptr FILEID="{1}"/></mets:div>'
AREAS = (
    '<mets:div><mets:fptr><mets:par><mets:area FILEID="{0}"/><mets:area FILEID="{1}"/></mets:par></mets:fptr>'
    "</mets:div>"
)


def listed(identity: str, href: str, media_type: str) -> str:
    return FILE.format(id=identity, href=href, type=media_type)


@pytest.fixture
def mets(tmp_path):
    def write(
        picture: str, text: str, *, page: str = POINTERS, kind: str = "PHYSICAL", end: str = ""
    ) -> None:
        content = METS.format(
            pictures=listed("i1", picture, "image/jpeg") + listed("i2", "gone.jpg", "image/jpeg"),
            texts=listed("t1", text, "text/xml") + listed("t2", "gone.xml", "text/xml") + end,
            pages=page.format("i1", "t1") + page.format("i2", "t2") + page.format("no", "ids"),
            kind=kind,
        )
        (tmp_path / "mets.xml").write_text(content)

    return write


@pytest.mark.parametrize(
    ("picture", "text", "place"),
    [
        ("a.png", "page/0815.xml", "page/0815.xml"),
        ("file://./a.png", "file://./ALTO/0815.xml", "ALTO/0815.xml"),
        ("IMAGES/a.png", "0815.xml", "FULLTEXT/0815.xml"),
        ("https://example.org/webcache/1504/a", "http://example.org/0815", "FULLTEXT/0815.xml"),
        ("a.tif", "text%20files/0815.xml", "text files/0815.xml"),
    ],
)
@pytest.mark.parametrize("page", [POINTERS, AREAS])
def test_the_structure_pairs_files(scan, alto, mets, picture, text, place, page):
    given = scan("a.png")
    alto(place, given, picture="unnamed.tif")
    mets(picture, text, page=page, kind="MANUSCRIPT")
    assert answer(Existing(), given).text == "Dear Anna\nthank you"


def test_names_with_composed_and_decomposed_letters_agree(scan, alto, mets):
    given = scan(normalize("NFD", "Übergabe.png"))
    alto(normalize("NFD", "page/Übersicht.xml"), given, picture="unnamed.tif")
    mets("Übergabe.png", "page/Übersicht.xml")
    assert answer(Existing(), given).text == "Dear Anna\nthank you"


def test_the_picture_in_the_file_wins_over_an_address_on_another_machine(scan, alto, mets):
    given = scan("a.png")
    alto("FULLTEXT/1.xml", scan("b.png", "other page"))
    alto("FULLTEXT/2.xml", given)
    mets("http://example.org/a", "1.xml", end=listed("t3", "2.xml", "text/xml"))
    assert answer(Existing(), given).text == "Dear Anna\nthank you"


def test_files_without_id_are_paired_by_their_names(scan, alto, mets, tmp_path):
    given = scan("b.png")
    path = alto("page/b.xml", given, picture="unnamed.tif")
    mets("a.png", "page/a.xml", end=listed("x", "page/b.xml", "text/xml").replace('ID="x" ', ""))
    assert read_mets(tmp_path / "mets.xml").texts_of(given.page.picture.path) == [path]


def test_a_listed_file_that_is_missing_is_reported(scan, mets, tmp_path):
    given = scan("gone.jpg")
    mets("a.png", "page/a.xml")
    with pytest.raises(NotAnswered, match=r"mets\.xml lists no file with text for gone\.jpg"):
        answer(Existing(tmp_path / "mets.xml"), given)


def test_a_listed_name_that_no_file_can_have_is_a_missing_file(scan, mets, tmp_path):
    given = scan("a.png")
    mets("a.png", f"page/{'a' * 5000}.xml")
    with pytest.raises(NotAnswered, match=r"mets\.xml lists no file with text for a\.png"):
        answer(Existing(tmp_path / "mets.xml"), given)


def test_mets_without_files_is_refused(tmp_path):
    (tmp_path / "mets.xml").write_text("<mets/>")
    with pytest.raises(InvalidTranscription, match="lists no files"):
        read_mets(tmp_path / "mets.xml")
