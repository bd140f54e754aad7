"""One PDF made of several files: bookmarks, links and forms of all of them, metadata of none."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, OutlineItem, String

from pdf_in.making import picture_page, recognition, recognized, saved, scan
from pdf_in.reading_back import assert_sound
from penstock.images import find_pages
from penstock.model import RecognizedPage
from penstock.pdf.opening import PASSWORD_VARIABLE
from penstock.render import write_searchable_pdf
from pipelines import tables

Tree = list[tuple[str, int | None, "Tree"]]


def letters(path: Path, pages: int = 3) -> Path:
    """Write a PDF with metadata, page labels, a form, bookmarks, and links to pages and to a name."""
    pdf = pikepdf.new()
    for _ in range(pages):
        picture_page(pdf, scan())
    last = Array([pdf.pages[-1].obj, Name.Fit])
    with pdf.open_outline() as outline:
        outline.root.append(OutlineItem("First", 0))
        outline.root[0].children.append(OutlineItem("Inner", pages - 1))
        outline.root.append(OutlineItem("Named", "last"))
    pdf.Root.Names = Dictionary(Dests=Dictionary(Names=Array([String("last"), last])))
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.r)]))
    links = [
        Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], Dest=dest)
        for dest in (last, String("last"))
    ]
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("name"), V=String(path.stem),
            Rect=[60, 10, 150, 30], P=pdf.pages[0].obj, DA=String("/F0 10 Tf"), F=4,
        )
    )  # fmt: skip
    pdf.pages[0].obj.Annots = Array([*map(pdf.make_indirect, links), field])
    pdf.Root.AcroForm = Dictionary(Fields=[field])
    for key in ("Title", "Author", "Creator", "Producer", "Keywords", "Subject"):
        pdf.docinfo[Name("/" + key)] = String(f"{key} of {path.stem}")
    pdf.docinfo[Name.CreationDate] = String("D:20010203040506Z")
    with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["dc:creator"] = ["Somebody Else"]
    return saved(pdf, path)


def bookmarks(path: Path) -> Tree:
    with pikepdf.open(path) as pdf, pdf.open_outline() as outline:
        index_of = {page.obj.objgen: index for index, page in enumerate(pdf.pages)}

        def tree(items: list[OutlineItem]) -> Tree:
            return [
                (item.title, index_of[item.destination[0].objgen], tree(list(item.children)))
                for item in items
            ]

        return tree(list(outline.root))


def picture(draw, name: str) -> RecognizedPage:
    return RecognizedPage(next(find_pages(draw(name), name)), recognition({"word": (5, 5, 90, 30)}))


def test_each_file_has_a_bookmark_with_its_own_bookmarks_below(draw, tmp_path):
    one, two = letters(tmp_path / "one.pdf"), letters(tmp_path / "two.pdf", 2)
    pages = [
        picture(draw, "a.png"),
        picture(draw, "b.png"),
        *recognized(one),
        picture(draw, "c.png"),
        *recognized(two),
    ]
    write_searchable_pdf(pages, tmp_path / "out.pdf", pdfa=False)
    assert bookmarks(tmp_path / "out.pdf") == [
        ("a", 0, []),
        ("b", 1, []),
        ("one", 2, [("First", 2, [("Inner", 4, [])]), ("Named", 4, [])]),
        ("c", 5, []),
        ("two", 6, [("First", 6, [("Inner", 7, [])]), ("Named", 7, [])]),
    ]
    assert_sound(tmp_path / "out.pdf")


def test_pictures_of_several_files_have_bookmarks_and_pdfa(draw, tmp_path):
    result = write_searchable_pdf([picture(draw, f"{name}.png") for name in "abc"], tmp_path / "out.pdf")
    assert result.is_pdfa
    assert bookmarks(tmp_path / "out.pdf") == [("a", 0, []), ("b", 1, []), ("c", 2, [])]


def test_one_file_gets_no_bookmark(draw, tmp_path):
    write_searchable_pdf([picture(draw, "a.png")], tmp_path / "out.pdf")
    assert bookmarks(tmp_path / "out.pdf") == []


def test_files_of_the_same_name_are_told_apart(draw, tmp_path):
    names = ["1/a.png", "a.bmp", "b.png", "2/a.png", "письмо.png"]
    write_searchable_pdf([picture(draw, name) for name in names], tmp_path / "out.pdf")
    titles = [title for title, _, _ in bookmarks(tmp_path / "out.pdf")]
    assert titles == ["1/a.png", "a.bmp", "b", "2/a.png", "письмо"]


def test_no_metadata_of_the_files_are_taken_over(draw, tmp_path):
    pages = [*recognized(letters(tmp_path / "one.pdf")), picture(draw, "b.png")]
    write_searchable_pdf(pages, tmp_path / "out.pdf", fallback_title="Family letters", pdfa=False)
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert {key: str(value).split()[0] for key, value in pdf.docinfo.items()} == {
            "/Title": "Family",
            "/Creator": "penstock",
            "/Producer": "penstock",
        }
        metadata = pdf.open_metadata()
        assert metadata["dc:title"] == "Family letters"
        assert "dc:creator" not in metadata
        assert "/PageLabels" not in pdf.Root, "the labels of one file would be those of all"


def test_title_author_and_language_can_be_given(draw, tmp_path):
    pages = [*recognized(letters(tmp_path / "one.pdf")), picture(draw, "b.png")]
    facts = {"title": "Mine", "author": "Me", "language": "de", "fallback_title": "not this"}
    write_searchable_pdf(pages, tmp_path / "out.pdf", pdfa=False, **facts)
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert [str(pdf.docinfo[key]) for key in ("/Title", "/Author")] == ["Mine", "Me"]
        assert pdf.open_metadata()["dc:creator"] == ["Me"]
        assert pdf.Root.Lang == "de"


def test_links_names_and_fields_of_several_pdfs_do_not_clash(tmp_path):
    pages = [*recognized(letters(tmp_path / "one.pdf")), *recognized(letters(tmp_path / "two.pdf"))]
    write_searchable_pdf(pages, tmp_path / "out.pdf", pdfa=False)
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        index_of = {page.obj.objgen: index for index, page in enumerate(pdf.pages)}
        names = pikepdf.NameTree(pdf.Root.Names.Dests)
        for first, last in ((0, 2), (3, 5)):
            to_page, to_name, _ = pdf.pages[first].obj.Annots
            assert index_of[to_page.Dest[0].objgen] == last
            assert index_of[names[str(to_name.Dest)].D[0].objgen] == last
        fields = {str(field.T): str(field.V) for field in pdf.Root.AcroForm.Fields}
        assert set(fields.values()) == {"one", "two"}
        assert len(fields) == 2
    assert_sound(tmp_path / "out.pdf")


def test_attached_files_that_are_left_out_are_named(draw, tmp_path):
    with pikepdf.open(letters(tmp_path / "one.pdf")) as pdf:
        pdf.attachments["notes.txt"] = b"notes"
        pdf.save(tmp_path / "two.pdf")
    pages = [*recognized(tmp_path / "two.pdf"), picture(draw, "b.png")]
    result = write_searchable_pdf(pages, tmp_path / "out.pdf", pdfa=False)
    assert "the files attached to two.pdf are not in the PDF that was written" in result.warnings


def test_pages_of_an_encrypted_pdf_are_encrypted_with_its_password(draw, tmp_path, monkeypatch):
    monkeypatch.setenv(PASSWORD_VARIABLE, "sesame")
    with pikepdf.open(letters(tmp_path / "one.pdf")) as pdf:
        pdf.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(owner="boss", user="sesame"))
    pages = [picture(draw, "a.png"), *recognized(tmp_path / "locked.pdf")]
    result = write_searchable_pdf(pages, tmp_path / "out.pdf")
    assert result.warnings == ("plain PDF instead of PDF/A-2b: it is encrypted",)
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(tmp_path / "out.pdf")
    assert_sound(tmp_path / "out.pdf", "sesame")


def test_a_merged_document_has_its_own_name_as_title(run_tables, draw, tmp_path):
    draw("box/a.png")
    letters(tmp_path / "box/b.pdf")
    made = tables([tmp_path / "box"], sinks=[{"plugin": "pdf", "path": "{document}.pdf"}])
    made["sources"][0] |= {"document": "all", "document_name": "Family letters"}
    assert run_tables(made).exit_code == 0
    with pikepdf.open(tmp_path / "Family letters.pdf") as pdf:
        assert str(pdf.docinfo.Title) == "Family letters"
        assert "/Author" not in pdf.docinfo
    assert [title for title, _, _ in bookmarks(tmp_path / "Family letters.pdf")] == ["a", "b"]
