"""A PDF keeps its bookmarks, metadata, forms and pictures."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, OutlineItem, String

from pdf_in.making import helvetica, picture_page, recognition, recognized, saved, scan, text_page, typed
from pdf_in.reading_back import assert_sound, text_of
from penstock.images import find_pages
from penstock.model import RecognizedPage
from penstock.render import write_searchable_pdf


@pytest.fixture
def rich_pdf(tmp_path: Path) -> Path:
    """Three scanned pages with bookmarks, metadata, a link, a field and a turned page."""
    pdf = pikepdf.new()
    for rotate in (0, 90, 0):
        media = (0, 0, 400, 300) if rotate else (0, 0, 300, 400)
        picture_page(pdf, scan(), rotate=rotate, media=media)
    with pdf.open_outline() as outline:
        outline.root.extend([OutlineItem("First", 0), OutlineItem("Third", 2)])
    pdf.docinfo[Name.Title] = String("Letters of 1905")
    with pdf.open_metadata() as metadata:
        metadata["dc:title"], metadata["dc:subject"] = "Letters of 1905", ["post"]
    link = Dictionary(
        Type=Name.Annot, Subtype=Name.Link, Rect=[10, 10, 50, 50], Dest=[pdf.pages[2].obj, Name.Fit]
    )
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("name"), V=String("Jane"),
            Rect=[60, 10, 150, 30], P=pdf.pages[0].obj, DA=String("/F0 10 Tf"), F=4,
        )
    )  # fmt: skip
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link), field])
    pdf.Root.AcroForm = Dictionary(Fields=[field], DR=Dictionary(Font=helvetica()))
    return saved(pdf, tmp_path / "letters.pdf")


def outline_of(pdf: pikepdf.Pdf) -> list[tuple[str, int]]:
    with pdf.open_outline() as outline:
        return [(item.title, pdf.pages.index(pikepdf.Page(item.destination[0]))) for item in outline.root]


def pictures_of(pdf: pikepdf.Pdf) -> list[bytes]:
    return [page.get_images()["/Scan"].read_raw_bytes() for page in pdf.pages]


def test_bookmarks_metadata_annotations_fields_and_pictures_stay(rich_pdf, tmp_path):
    target = tmp_path / "out.pdf"
    write_searchable_pdf(recognized(rich_pdf), target, fallback_title="not this", pdfa=False)
    with pikepdf.open(rich_pdf) as before, pikepdf.open(target) as after:
        assert outline_of(after) == outline_of(before) == [("First", 0), ("Third", 2)]
        assert pictures_of(after) == pictures_of(before)
        assert str(after.docinfo.Title) == "Letters of 1905"
        assert after.open_metadata()["dc:subject"] == {"post"}
        assert [page.obj.get("/Rotate", 0) for page in after.pages] == [0, 90, 0]
        assert [str(note.Subtype) for note in after.pages[0].obj.Annots] == ["/Link", "/Widget"]
        assert after.pages[0].obj.Annots[0].Dest[0].objgen == after.pages[2].obj.objgen
        assert str(after.Root.AcroForm.Fields[0].V) == "Jane"
    assert [text_of(target, page).split() for page in range(3)] == [
        ["Dear", "Jane", "yesterday", "corner"]
    ] * 3
    assert_sound(target)


def test_given_metadata_replaces_that_of_the_pdf(rich_pdf, tmp_path):
    write_searchable_pdf(
        recognized(rich_pdf), tmp_path / "out.pdf", title="Mine", author="Me", language="en", pdfa=False
    )
    with pikepdf.open(tmp_path / "out.pdf") as after:
        assert (str(after.docinfo.Title), str(after.docinfo.Author)) == ("Mine", "Me")
        assert after.open_metadata()["dc:title"] == "Mine"
        assert str(after.Root.Lang) == "en"


def test_a_pdf_grows_only_by_its_text_layers(rich_pdf, tmp_path):
    target = tmp_path / "out.pdf"
    write_searchable_pdf(recognized(rich_pdf), target, pdfa=False)
    assert target.stat().st_size < rich_pdf.stat().st_size + 6000
    with pikepdf.open(target) as pdf:
        fonts = {
            form.Resources.Font.F.objgen
            for page in pdf.pages
            for name, form in page.resources.XObject.items()
            if name.startswith("/PenstockText")
        }
    assert len(fonts) == 1


def test_the_same_pages_make_the_same_bytes(rich_pdf, tmp_path):
    for name in ("a.pdf", "b.pdf"):
        write_searchable_pdf(recognized(rich_pdf), tmp_path / name)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_pages_that_share_resources_do_not_share_their_text(tmp_path):
    pdf = pikepdf.new()
    for _ in range(2):
        picture_page(pdf, scan())
    pdf.pages[1].obj.Resources = pdf.pages[0].obj.Resources = pdf.make_indirect(pdf.pages[0].resources)
    source = saved(pdf, tmp_path / "shared.pdf")
    first, second = recognized(source)
    second = RecognizedPage(second.page, recognition({"other": (60, 80, 160, 120)}))
    write_searchable_pdf([first, second], tmp_path / "out.pdf")
    assert text_of(tmp_path / "out.pdf", 1).split() == ["other"]
    with pikepdf.open(tmp_path / "out.pdf") as after:
        assert len(after.pages[1].resources.XObject) == 2


def test_the_graphics_state_of_a_page_does_not_affect_its_text(tmp_path):
    pdf = pikepdf.new()
    picture_page(pdf, scan(), before=b"q 0.1 0 0 0.1 50 50 cm 7 Tr Q ", after=b" q 3 0 0 3 9 9 cm 3 Tr q q")
    source = saved(pdf, tmp_path / "unbalanced.pdf")
    write_searchable_pdf(recognized(source), tmp_path / "out.pdf")
    assert text_of(tmp_path / "out.pdf").split() == ["Dear", "Jane", "yesterday", "corner"]


def test_pictures_and_pages_of_pdfs_keep_their_order(draw, rich_pdf, tmp_path):
    pdf = pikepdf.new()
    text_page(pdf, typed("typed", 50, 300))
    other = saved(pdf, tmp_path / "other.pdf")
    one, two = (next(find_pages(draw(f"{name}.png", size=(600, 800)), name)) for name in ("one", "two"))
    pages = [
        RecognizedPage(one, recognition({"one": (10, 10, 90, 40)})),
        *recognized(rich_pdf),
        RecognizedPage(two, recognition({"two": (10, 10, 90, 40)})),
        *recognized(other),
    ]
    result = write_searchable_pdf(pages, tmp_path / "out.pdf", fallback_title="box")
    words = [text_of(tmp_path / "out.pdf", number).split()[0] for number in range(result.pages)]
    assert words == ["one", "Dear", "Dear", "Dear", "two", "typed"]
    assert_sound(tmp_path / "out.pdf")
    with pikepdf.open(tmp_path / "out.pdf") as after:
        assert outline_of_titles(after) == ["one", "letters", "two", "other"]
        assert len(after.Root.AcroForm.Fields) == 1
        assert str(after.docinfo.Title) == "box"
        assert not any("/StructParents" in page.obj for page in after.pages)


def test_a_picture_between_pages_of_a_pdf_keeps_its_bookmarks(draw, rich_pdf, tmp_path):
    first, _, third = recognized(rich_pdf)
    picture = RecognizedPage(next(find_pages(draw("p.png"), "p")), recognition({"between": (5, 5, 90, 30)}))
    write_searchable_pdf([third, picture, first], tmp_path / "out.pdf", pdfa=False)
    with pikepdf.open(tmp_path / "out.pdf") as after:
        assert len(after.pages) == 3
        with after.open_outline() as outline:
            assert [[item.title for item in each.children] for each in outline.root] == [
                ["Third"],
                [],
                ["First"],
            ]
    assert text_of(tmp_path / "out.pdf", 1).split() == ["between"]
    assert_sound(tmp_path / "out.pdf")


def outline_of_titles(pdf: pikepdf.Pdf) -> list[str]:
    with pdf.open_outline() as outline:
        return [item.title for item in outline.root]


def test_a_plain_scan_becomes_pdfa(tmp_path):
    pdf = pikepdf.new()
    picture_page(pdf, scan())
    source = saved(pdf, tmp_path / "scan.pdf")
    result = write_searchable_pdf(recognized(source), tmp_path / "out.pdf")
    assert result.is_pdfa
    assert not result.warnings
    with pikepdf.open(tmp_path / "out.pdf") as after:
        assert after.open_metadata().pdfa_status == "2B"


def test_a_false_claim_of_pdfa_is_removed(tmp_path):
    pdf = pikepdf.new()
    text_page(pdf, typed("typed", 50, 300))
    with pdf.open_metadata() as metadata:
        metadata["pdfaid:part"], metadata["pdfaid:conformance"] = "2", "B"
    source = saved(pdf, tmp_path / "claims.pdf")
    result = write_searchable_pdf(recognized(source), tmp_path / "out.pdf")
    assert not result.is_pdfa
    with pikepdf.open(tmp_path / "out.pdf") as after:
        assert after.open_metadata().pdfa_status == ""
    assert_sound(tmp_path / "out.pdf")
