"""Existing PDFs become PDF/A-2b if no page has to change, and else stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, OutlineItem, String
from pikepdf.pdfa import validate_written

from pdf_in.making import helvetica, picture_page, recognized, saved, scan, text_page, typed
from pdf_in.reading_back import assert_sound, text_of
from penstock.render import write_searchable_pdf

ADOBE = "http://ns.adobe.com/pdfx/1.3/"


def made(path: Path, change: Callable[[pikepdf.Pdf], None], **options: object) -> Path:
    """Write a PDF of one scanned page after a change."""
    pdf = pikepdf.new()
    picture_page(pdf, scan())
    change(pdf)
    return saved(pdf, path, **options)


def picture(pdf: pikepdf.Pdf) -> pikepdf.Object:
    return pdf.pages[0].resources.XObject.Scan


def rendered(path: Path) -> bytes:
    with pypdfium2.PdfDocument(path) as pdf:
        return b"".join(page.render().to_numpy().tobytes() for page in pdf)


def interpolated(pdf: pikepdf.Pdf) -> None:
    picture(pdf).Interpolate = True


def with_foreign_xmp(pdf: pikepdf.Pdf) -> None:
    with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata[f"{{{ADOBE}}}SourceModified"] = "D:20260101"
        metadata["dc:title"] = "Letters"


def with_unreadable_xmp(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Metadata = pdf.make_stream(b"<x:xmpmeta><rdf", Type=Name.Metadata, Subtype=Name.XML)


def with_a_link(pdf: pikepdf.Pdf) -> None:
    action = Dictionary(S=Name.URI, URI=String("https://example.org"))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], Border=[0, 0, 0], A=action)
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])


def opening_its_first_page(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.GoTo, D=Array([pdf.pages[0].obj, Name.Fit]))


def with_an_empty_form(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), DA=String("/Helv 0 Tf"))


def with_private_data(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.PieceInfo = Dictionary(Scanner=Dictionary(Private=Dictionary(A=1)))
    picture(pdf).Metadata = pdf.make_stream(b"<x/>", Type=Name.Metadata, Subtype=Name.XML)
    thumbnail = {"Width": 1, "Height": 1, "BitsPerComponent": 8, "ColorSpace": Name.DeviceGray}
    pdf.pages[0].obj.Thumb = pdf.make_stream(b"\0", **thumbnail)


def with_an_intent_for_printing(pdf: pikepdf.Pdf) -> None:
    condition = String("CGATS TR 001")
    intent = Dictionary(Type=Name.OutputIntent, S=Name.GTS_PDFX, OutputConditionIdentifier=condition)
    pdf.Root.OutputIntents = Array([intent])


def with_a_title_elsewhere(pdf: pikepdf.Pdf) -> None:
    with pdf.open_outline() as outline:
        outline.root.append(OutlineItem("First", 0))
    pdf.Root.Outlines.First.Title = pdf.make_indirect(String("First"))


@pytest.mark.parametrize(
    "change",
    [
        interpolated,
        with_foreign_xmp,
        with_unreadable_xmp,
        with_a_link,
        opening_its_first_page,
        with_an_empty_form,
        with_private_data,
        with_an_intent_for_printing,
        with_a_title_elsewhere,
    ],
)
def test_what_no_page_shows_is_repaired(tmp_path, change):
    source = made(tmp_path / "scan.pdf", change)
    result = write_searchable_pdf(recognized(source), tmp_path / "out.pdf")
    assert result.is_pdfa
    assert not result.warnings
    assert validate_written(tmp_path / "out.pdf", "2b").passed
    assert rendered(tmp_path / "out.pdf") == rendered(source)
    assert_sound(tmp_path / "out.pdf")


@pytest.mark.parametrize("name", ["Trans", "Thumb", "PieceInfo", "Annots", "Metadata"])
@pytest.mark.parametrize("root", [True, False])
def test_entries_of_the_wrong_kind_stop_nothing(tmp_path, name, root):
    for value in (7, String("x"), Name.X, Array([7]), Dictionary(A=7)):

        def change(pdf: pikepdf.Pdf, value: object = value) -> None:
            (pdf.Root if root else pdf.pages[0].obj)[f"/{name}"] = value
            pdf.Root.OpenAction = pdf.Root.AcroForm = pdf.Root.OutputIntents = value

        source = made(tmp_path / "odd.pdf", change, fix_metadata_version=False)
        assert write_searchable_pdf(recognized(source), tmp_path / "out.pdf").pages == 1


def test_a_newer_version_is_written_as_pdf_1_7(tmp_path):
    source = made(tmp_path / "new.pdf", lambda pdf: None, force_version="2.0")
    assert write_searchable_pdf(recognized(source), tmp_path / "out.pdf").is_pdfa
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF-1.7")


def test_repaired_metadata_keep_their_facts_and_are_always_the_same(tmp_path):
    def change(pdf: pikepdf.Pdf) -> None:
        with_foreign_xmp(pdf)
        pdf.docinfo[Name.Producer] = String("Scanner 3000")

    source = made(tmp_path / "scan.pdf", change)
    for name in ("a.pdf", "b.pdf"):
        write_searchable_pdf(recognized(source), tmp_path / name)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        assert str(pdf.docinfo.Producer) == "Scanner 3000"
        assert pdf.open_metadata()["dc:title"] == "Letters"
        assert "xmp:MetadataDate" not in pdf.open_metadata()


ACCENTS = Dictionary(Differences=Array([65, Name.eacute, Name.adieresis]))


@pytest.mark.parametrize("encoding", [None, Name.WinAnsiEncoding, Name.MacRomanEncoding, ACCENTS])
@pytest.mark.parametrize("font", ["Helvetica", "ArialMT"])
@pytest.mark.parametrize("in_form", [False, True])
def test_a_font_of_invisible_text_is_embedded(tmp_path, font, encoding, in_form):
    def change(pdf: pikepdf.Pdf) -> None:
        made_font = Dictionary(Type=Name.Font, Subtype=Name.TrueType, BaseFont=Name(f"/{font}"))
        if encoding is not None:
            made_font.Encoding = encoding
        if font != "Helvetica":
            made_font.FirstChar, made_font.LastChar = 32, 122
            made_font.Widths = Array([500 + code for code in range(91)])
        fonts = Dictionary(Font=Dictionary(F0=made_font))
        page = pdf.pages[0]
        if in_form:
            drawn = pdf.make_stream(b"BT /F0 16 Tf 20 350 Td (AB old) Tj ET")
            drawn.Type, drawn.Subtype, drawn.BBox = Name.XObject, Name.Form, Array([0, 0, 300, 400])
            drawn.Resources = fonts
            page.resources.XObject.Form = drawn
            page.contents_add(b"q 3 Tr /Form Do Q")
        else:
            page.resources.Font = fonts.Font
            page.contents_add(typed("AB old", 20, 350, mode=3))

    source = made(tmp_path / "ocr.pdf", change)
    assert write_searchable_pdf(recognized(source), tmp_path / "out.pdf").is_pdfa
    old = "éä old" if encoding is ACCENTS else "AB old"
    assert old in text_of(source)
    assert old in text_of(tmp_path / "out.pdf")
    assert rendered(tmp_path / "out.pdf") == rendered(source)


@pytest.mark.parametrize("mode", [b"0", b"2", b"7"])
def test_a_font_of_visible_text_is_not_embedded_as_empty_glyphs(tmp_path, mode):
    def change(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[0]
        page.resources.Font = helvetica()
        page.contents_add(b"BT /F0 9 Tf 3 Tr (a) Tj " + mode + b" Tr (b) Tj ET")

    source = made(tmp_path / "ocr.pdf", change)
    assert not write_searchable_pdf(recognized(source), tmp_path / "out.pdf").is_pdfa
    assert rendered(tmp_path / "out.pdf") == rendered(source)


def test_a_font_that_a_note_uses_is_not_embedded_as_empty_glyphs(tmp_path):
    def change(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[0]
        font = pdf.make_indirect(helvetica().F0)
        page.resources.Font = Dictionary(F0=font)
        page.contents_add(typed("old", 20, 350, mode=3))
        shown = pdf.make_stream(b"BT /F0 9 Tf (note) Tj ET")
        shown.Type, shown.Subtype, shown.BBox = Name.XObject, Name.Form, Array([0, 0, 90, 9])
        shown.Resources = Dictionary(Font=Dictionary(F0=font))
        note = Dictionary(Type=Name.Annot, Subtype=Name.FreeText, Rect=[0, 0, 90, 9], F=4)
        note.AP, note.DA, note.Contents = Dictionary(N=shown), String("/F0 9 Tf"), String("note")
        page.obj.Annots = Array([pdf.make_indirect(note)])

    source = made(tmp_path / "ocr.pdf", change)
    assert not write_searchable_pdf(recognized(source), tmp_path / "out.pdf").is_pdfa
    assert rendered(tmp_path / "out.pdf") == rendered(source)


def with_a_form(pdf: pikepdf.Pdf) -> None:
    field = pdf.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("x"), Rect=[0, 0, 9, 9])
    )
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]))
    pdf.pages[0].obj.Annots = Array([field])


def with_a_hidden_note(pdf: pikepdf.Pdf) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.Text, F=2, Rect=[0, 0, 9, 9], Contents=String("secret"))
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(note)])


def with_a_script(pdf: pikepdf.Pdf) -> None:
    script = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), script])))


def with_an_attached_file(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["a.txt"] = b"a"


def in_a_font_of_its_reader(pdf: pikepdf.Pdf) -> None:
    text_page(pdf, typed("typed", 50, 300))


def in_cmyk(pdf: pikepdf.Pdf) -> None:
    picture(pdf).write(bytes(4 * 600 * 800))
    picture(pdf).ColorSpace = Name.DeviceCMYK


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (with_a_form, "it has a form to fill in"),
        (with_a_hidden_note, "it has hidden notes, which would have to be removed"),
        (with_a_script, "it has scripts or actions, which would have to be removed"),
        (with_an_attached_file, "files are attached to it"),
        (in_a_font_of_its_reader, "a font of its text is not embedded"),
        (in_cmyk, "nothing says how its colors look"),
    ],
)
def test_a_pdf_with_an_obstacle_keeps_all_entries_and_says_why_in_words(tmp_path, change, why):
    def with_more(pdf: pikepdf.Pdf) -> None:
        for each in (interpolated, with_foreign_xmp, with_private_data, opening_its_first_page, change):
            each(pdf)

    source = made(tmp_path / "scan.pdf", with_more)
    result = write_searchable_pdf(recognized(source), tmp_path / "out.pdf")
    assert not result.is_pdfa
    assert f"plain PDF instead of PDF/A-2b: {why}" in result.warnings
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert pdf.open_metadata().pdfa_status == ""
        assert pdf.open_metadata()[f"{{{ADOBE}}}SourceModified"] == "D:20260101"
        assert picture(pdf).Interpolate
        assert {"/PieceInfo", "/Thumb"} <= set(pdf.pages[0].obj.keys())
        assert "/OpenAction" in pdf.Root
        assert "/OutputIntents" not in pdf.Root
    assert rendered(tmp_path / "out.pdf") == rendered(source)


@pytest.mark.parametrize("pdfa", ["auto", False])
@pytest.mark.parametrize(
    "name",
    [
        "{http://www.aiim.org/pdfua/ns/id/}part",
        "{http://www.npes.org/pdfx/ns/id/}GTS_PDFXVersion",
        f"{{{ADOBE}}}GTS_PDFXVersion",
    ],
)
def test_a_claim_that_added_text_makes_untrue_is_removed(tmp_path, name, pdfa):
    def change(pdf: pikepdf.Pdf) -> None:
        with pdf.open_metadata() as metadata:
            metadata[name] = "1"

    source = made(tmp_path / "claims.pdf", change)
    result = write_searchable_pdf(recognized(source), tmp_path / "out.pdf", pdfa=pdfa)
    assert result.is_pdfa == bool(pdfa)
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert name not in pdf.open_metadata()


def test_a_plain_pdf_that_is_asked_for_does_not_claim_pdfa(tmp_path):
    source = made(tmp_path / "scan.pdf", lambda pdf: None)
    write_searchable_pdf(recognized(source), tmp_path / "a.pdf")
    write_searchable_pdf(recognized(tmp_path / "a.pdf"), tmp_path / "out.pdf", pdfa=False)
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert pdf.open_metadata().pdfa_status == ""


def test_a_field_that_the_form_does_not_list_causes_no_warning(tmp_path):
    def change(pdf: pikepdf.Pdf) -> None:
        with_a_form(pdf)
        del pdf.Root.AcroForm.Fields[0]

    with pytest.warns(pikepdf.PageCopyWarning):
        source = made(tmp_path / "scan.pdf", change)
    assert write_searchable_pdf(recognized(source), tmp_path / "out.pdf").pages == 1


def test_a_page_without_added_text_keeps_its_claim(tmp_path):
    pdf = pikepdf.new()
    text_page(pdf, typed("typed", 50, 300))
    with pdf.open_metadata() as metadata:
        metadata["pdfuaid:part"] = "1"
    source = saved(pdf, tmp_path / "typed.pdf")
    result = write_searchable_pdf(recognized(source), tmp_path / "out.pdf")
    assert "it says that it conforms to another standard" in result.warnings[1]
    with pikepdf.open(tmp_path / "out.pdf") as after:
        assert after.open_metadata()["pdfuaid:part"] == "1"


def test_level_a_of_pdfa_becomes_level_b(tmp_path):
    source = made(tmp_path / "scan.pdf", lambda pdf: None)
    write_searchable_pdf(recognized(source), tmp_path / "b.pdf")
    with pikepdf.open(tmp_path / "b.pdf") as pdf:
        del pdf.pages[0].obj.Resources.XObject["/PenstockText1"]
        pdf.pages[0].obj.Contents = pdf.pages[0].obj.Contents[1]
        with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
            metadata["pdfaid:conformance"] = "A"
        pdf.save(tmp_path / "a.pdf")
    assert write_searchable_pdf(recognized(tmp_path / "a.pdf"), tmp_path / "out.pdf").is_pdfa
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert pdf.open_metadata().pdfa_status == "2B"
