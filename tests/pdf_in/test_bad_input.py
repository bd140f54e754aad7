"""Encrypted, signed, damaged, empty and huge PDFs give a clear error or a correct page."""

from __future__ import annotations

import zlib
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from pdf_in.making import (
    one_scan,
    pages_of,
    picture_page,
    recognition,
    recognized,
    saved,
    scan,
    text_page,
    typed,
)
from pdf_in.reading_back import assert_sound, text_of
from penstock.errors import PictureChanged, PictureError
from penstock.images import find_pages, open_upright
from penstock.model import Page, Problem, RecognizedPage
from penstock.pdf.opening import PASSWORD_VARIABLE
from penstock.pdf.pages import MAX_PIXELS, find_pdf_pages
from penstock.render import write_searchable_pdf
from pipelines import tables

DATA = Path(__file__).parents[1] / "data/pdf"


def error_of(path: Path) -> PictureError:
    with pytest.raises(PictureError) as caught:
        list(find_pages(path, path.name))
    return caught.value


@pytest.fixture
def encrypted(tmp_path: Path) -> Path:
    pdf = pikepdf.new()
    picture_page(pdf, scan())
    return saved(pdf, tmp_path / "encrypted.pdf", encryption=pikepdf.Encryption(owner="boss", user="sesame"))


def test_the_error_about_an_encrypted_pdf_names_the_variable(encrypted, monkeypatch):
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    error = error_of(encrypted)
    assert error.message == "encrypted.pdf: the PDF is encrypted"
    assert PASSWORD_VARIABLE in error.hint


def test_the_error_about_a_wrong_password_does_not_show_it(encrypted, monkeypatch):
    monkeypatch.setenv(PASSWORD_VARIABLE, "hunter2")
    error = error_of(encrypted)
    assert "does not open it" in error.message
    assert "hunter2" not in str(error)


def test_an_encrypted_pdf_is_recognized_with_its_password_and_stays_encrypted(
    encrypted, monkeypatch, tmp_path
):
    monkeypatch.setenv(PASSWORD_VARIABLE, "sesame")
    result = write_searchable_pdf(recognized(encrypted), tmp_path / "out.pdf")
    assert result.warnings == ("plain PDF instead of PDF/A-2b: it is encrypted",)
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(tmp_path / "out.pdf")
    assert "yesterday" in text_of(tmp_path / "out.pdf", password="sesame")  # noqa: S106
    assert_sound(tmp_path / "out.pdf", "sesame")


def attachments_encrypted(path: Path, **entries: object) -> Path:
    """Write a scan with an attachment that is said to be encrypted with an unknown password."""
    pdf = pikepdf.new()
    picture_page(pdf, scan())
    secret = pdf.make_stream(bytes(range(64)), Type=Name.EmbeddedFile)
    file = Dictionary(Type=Name.Filespec, F=String("a.txt"), EF=Dictionary(F=secret))
    pdf.Root.Names = Dictionary(
        EmbeddedFiles=Dictionary(Names=Array([String("a.txt"), pdf.make_indirect(file)]))
    )
    method = Dictionary(StdCF=Dictionary(CFM=Name.AESV2, AuthEvent=Name.EFOpen, Length=16))
    kind = {"Filter": Name.Standard, "V": 4, "R": 4, "Length": 128, "P": -4, "CF": method, "EFF": Name.StdCF}
    keys = {"O": String(bytes(range(32, 64))), "U": String(bytes(range(64, 96)))}
    pdf.trailer["/Encrypx"] = pdf.make_indirect(Dictionary(**kind, **keys, **entries))
    saved(pdf, path, deterministic_id=True)
    path.write_bytes(path.read_bytes().replace(b"/Encrypx", b"/Encrypt"))
    return path


@pytest.mark.parametrize("identity", [{}, {"StmF": Name.Identity, "StrF": Name.Identity}])
@pytest.mark.parametrize("secret", ["", "wrong"])
def test_a_pdf_of_which_only_the_attachments_are_encrypted_is_read(tmp_path, monkeypatch, identity, secret):
    monkeypatch.setenv(PASSWORD_VARIABLE, secret)
    source = attachments_encrypted(tmp_path / "attached.pdf", **identity)
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(source)
    (page,) = pages_of(source)
    assert open_upright(page).size == (600, 800)
    result = write_searchable_pdf(recognized(source), tmp_path / "out.pdf")
    assert "the attachments of attached.pdf are encrypted and were left out" in result.warnings
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert not pdf.attachments
        assert not pdf.is_encrypted
    assert_sound(tmp_path / "out.pdf")


def test_a_pdf_whose_pages_are_encrypted_is_refused(tmp_path, monkeypatch):
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    source = attachments_encrypted(tmp_path / "attached.pdf", StmF=Name.StdCF, StrF=Name.StdCF)
    assert error_of(source).message == "attached.pdf: the PDF is encrypted"


def damaged_stream(path: Path, part: str) -> Path:
    """Write a scan with metadata or a colour profile that cannot be decoded."""
    pdf = pikepdf.new()
    picture_page(pdf, scan())
    if part == "metadata":
        pdf.Root.Metadata = pdf.make_stream(b"<x/>", Type=Name.Metadata, Subtype=Name.XML)
    else:
        profile = pdf.make_stream(b"none", N=3, Subtype=Name.XML, Type=Name.Metadata)
        intent = Dictionary(
            S=Name.GTS_PDFA1, OutputConditionIdentifier=String("x"), DestOutputProfile=profile
        )
        pdf.Root.OutputIntents = Array([intent])
    whole = saved(pdf, path, compress_streams=False).read_bytes()
    entries = b"/Subtype /XML /Type /Metadata"
    assert entries in whole
    path.write_bytes(whole.replace(entries, b"/Filter /FlateDecode".ljust(len(entries))))
    return path


@pytest.mark.parametrize(
    ("part", "warning"),
    [
        ("metadata", "the metadata of damaged.pdf are damaged and were left out"),
        ("profile", "plain PDF instead of PDF/A-2b: a part of it is damaged"),
    ],
)
@pytest.mark.parametrize("title", [None, "Letter"])
def test_damage_outside_the_pages_costs_no_page(tmp_path, part, warning, title):
    source = damaged_stream(tmp_path / "damaged.pdf", part)
    result = write_searchable_pdf(recognized(source), tmp_path / "out.pdf", title=title)
    assert warning in result.warnings
    assert "yesterday" in text_of(tmp_path / "out.pdf")


def test_a_password_does_not_affect_pdfs_without_encryption(monkeypatch, tmp_path):
    monkeypatch.setenv(PASSWORD_VARIABLE, "sesame")
    source = one_scan(tmp_path / "open.pdf")
    write_searchable_pdf(recognized(source), tmp_path / "out.pdf")
    assert_sound(tmp_path / "out.pdf")


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    pdf = pikepdf.new()
    picture_page(pdf, scan())
    signature = pdf.make_indirect(
        Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), ByteRange=[0, 1, 2, 3])
    )
    field = pdf.make_indirect(Dictionary(FT=Name.Sig, T=String("signed by"), V=signature))
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]), SigFlags=3)
    return saved(pdf, tmp_path / "signed.pdf")


def test_a_signed_pdf_is_refused(signed):
    error = error_of(signed)
    assert "the PDF is signed" in error.message
    assert "break_signatures = true" in error.hint


def sign(pdf: pikepdf.Pdf, where: str) -> None:
    """Sign a PDF in an unusual place."""
    value = pdf.make_indirect(Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite")))
    field = pdf.make_indirect(Dictionary(FT=Name.Sig, T=String("signed by"), V=value))
    match where:
        case "no flags":
            pdf.Root.AcroForm = Dictionary(Fields=Array([field]))
        case "nested, kind inherited":
            del field.FT
            for _ in range(12):
                field = pdf.make_indirect(Dictionary(Kids=Array([field])))
            field.FT = Name.Sig
            pdf.Root.AcroForm = Dictionary(Fields=Array([field]))
        case "not in the list of fields":
            pdf.pages[0].obj.Annots = Array([field])
            pdf.Root.AcroForm = Dictionary(Fields=Array([]), SigFlags=1)
        case "certified":
            pdf.Root.Perms = Dictionary(DocMDP=value)
        case "usage rights":
            pdf.Root.Perms = Dictionary(UR3=value)


@pytest.mark.parametrize(
    "where", ["no flags", "nested, kind inherited", "not in the list of fields", "certified", "usage rights"]
)
def test_any_signature_is_found(tmp_path, where):
    pdf = pikepdf.new()
    picture_page(pdf, scan())
    sign(pdf, where)
    assert "the PDF is signed" in error_of(saved(pdf, tmp_path / "signed.pdf")).message


def test_break_signatures_accepts_a_signed_pdf(signed, tmp_path, run_tables):
    made = tables([signed], sinks=[{"plugin": "pdf", "path": "out/{document}.pdf"}])
    made["sources"][0]["break_signatures"] = True
    report = run_tables(made)
    assert report.exit_code == 0
    assert any("signature of signed.pdf is not valid" in warning.why for warning in report.warnings)


def test_an_empty_signature_field_is_not_a_signature(tmp_path):
    pdf = pikepdf.new()
    picture_page(pdf, scan())
    field = pdf.make_indirect(Dictionary(FT=Name.Sig, T=String("sign here")))
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]), SigFlags=1)
    assert pages_of(saved(pdf, tmp_path / "unsigned.pdf"))


@pytest.mark.parametrize("cut", [b"startxref", b"xref\n"])
def test_a_damaged_pdf_is_repaired_with_a_warning(tmp_path, cut):
    whole = one_scan(tmp_path / "whole.pdf", media=(5, 5, 305, 405)).read_bytes()
    damaged = tmp_path / "damaged.pdf"
    damaged.write_bytes(whole[: whole.rindex(cut)])
    result = write_searchable_pdf(recognized(damaged), tmp_path / "out.pdf")
    assert result.warnings[0] == "damaged.pdf was damaged and was repaired as far as possible"
    assert "yesterday" in text_of(tmp_path / "out.pdf")
    assert_sound(tmp_path / "out.pdf")


@pytest.mark.parametrize("content", [b"%PDF-1.7\n%%EOF\n", b"%PDF-1.4", b"%PDF-1.7\n" + b"\x00" * 5000])
def test_a_header_alone_is_refused(tmp_path, content):
    (tmp_path / "header.pdf").write_bytes(content)
    assert error_of(tmp_path / "header.pdf").message == "header.pdf: the PDF is damaged beyond repair"


def test_a_pdf_without_pages_is_refused(tmp_path):
    source = saved(pikepdf.new(), tmp_path / "none.pdf")
    assert error_of(source).message == "none.pdf: the PDF has no pages"


def test_a_page_without_contents_is_kept(tmp_path):
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(720, 720))
    del pdf.pages[0].obj["/Contents"]
    (page,) = pages_of(saved(pdf, tmp_path / "empty.pdf"))
    assert page.existing_recognition is not None
    assert open_upright(page).getextrema() == (255, 255)
    assert write_searchable_pdf(recognized(tmp_path / "empty.pdf"), tmp_path / "out.pdf").pages == 1
    assert_sound(tmp_path / "out.pdf")


def fax(pdf: pikepdf.Pdf, side: int, points: float, bits: int = 1) -> None:
    """Add a page of one picture with many pixels and few bytes."""
    image = pdf.make_stream(
        b"\x00\x10\x01", Type=Name.XObject, Subtype=Name.Image, Width=side, Height=side,
        BitsPerComponent=bits, ColorSpace=Name.DeviceGray, Filter=Name.CCITTFaxDecode,
        DecodeParms=Dictionary(K=-1, Columns=side, Rows=side),
    )  # fmt: skip
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, points, points]),
        Contents=pdf.make_stream(b"q %f 0 0 %f 0 0 cm /Fax Do Q" % (points, points)),
        Resources=Dictionary(XObject=Dictionary(Fax=image)),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))


def test_a_huge_page_has_a_bounded_number_of_pixels(tmp_path):
    pdf = pikepdf.new()
    fax(pdf, 35_000, 8_400)
    text_page(pdf, b"1 w 0 0 m 10000 9000 l S")
    pdf.pages[1].obj.MediaBox = Array([0, 0, 14_400, 14_400])
    for page in pages_of(saved(pdf, tmp_path / "huge.pdf")):
        assert 0.9 * MAX_PIXELS < page.width * page.height <= 1.01 * MAX_PIXELS


def test_a_bomb_is_yielded_as_a_problem(tmp_path):
    pdf = pikepdf.new()
    picture_page(pdf, scan())
    fax(pdf, 200_000, 600)
    picture_page(pdf, scan())
    source = saved(pdf, tmp_path / "bomb.pdf")
    first, bomb, last = find_pdf_pages(source, "bomb.pdf")
    assert isinstance(first, Page)
    assert isinstance(last, Page)
    assert isinstance(bomb, Problem)
    assert bomb.what == "bomb.pdf, page 2"
    assert "unpacks to 4768 MB" in bomb.why
    with pytest.raises(PictureError, match="unpacks to"):
        list(find_pages(source, "bomb.pdf"))


def laughing_forms(pdf: pikepdf.Pdf) -> None:
    """Add a page of ten forms in each of ten forms, and so on: a thousand million rectangles."""
    kind = {"Type": Name.XObject, "Subtype": Name.Form, "BBox": [0, 0, 300, 400]}
    form = pdf.make_stream(b"0 0 1 1 re f ", **kind)
    for _ in range(9):
        form = pdf.make_stream(b"/F Do " * 10, **kind, Resources=Dictionary(XObject=Dictionary(F=form)))
    text_page(pdf, b"/F Do")
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(F=form))


def packed_twice(pdf: pikepdf.Pdf) -> None:
    """Add a page of a few hundred bytes that unpack to 200 MB of spaces."""
    text_page(pdf, b"")
    pack = zlib.compressobj()
    once = b"".join(pack.compress(b" " * (1 << 20)) for _ in range(200)) + pack.flush()
    packed = zlib.compress(once)
    content = pdf.make_stream(b"")
    content.write(packed, filter=Array([Name.FlateDecode, Name.FlateDecode]))
    pdf.pages[0].obj.Contents = content


def form_that_draws_itself(pdf: pikepdf.Pdf) -> None:
    kind = {"Type": Name.XObject, "Subtype": Name.Form, "BBox": [0, 0, 300, 400]}
    form = pdf.make_stream(b"/F Do /F Do", **kind)
    form.Resources = Dictionary(XObject=Dictionary(F=form))
    text_page(pdf, b"/F Do")
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(F=form))


@pytest.mark.parametrize("bomb", [laughing_forms, packed_twice, form_that_draws_itself])
def test_a_page_of_too_many_operators_is_yielded_as_a_problem(tmp_path, bomb):
    pdf = pikepdf.new()
    bomb(pdf)
    picture_page(pdf, scan())
    source = saved(
        pdf, tmp_path / "bomb.pdf", stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False
    )
    assert source.stat().st_size < 2_000_000
    heavy, fine = find_pdf_pages(source, "bomb.pdf")
    assert isinstance(heavy, Problem)
    assert "128 MB of drawing operators" in heavy.why
    assert isinstance(fine, Page)


@pytest.mark.parametrize("entry", ["/Font", "/ExtGState", "/Contents"])
def test_invalid_entries_of_a_page_are_ignored(tmp_path, entry):
    pdf = pikepdf.new()
    picture_page(pdf, scan())
    page = pdf.pages[0].obj
    if entry == "/Contents":
        page.Contents = Array([page.Contents, 7, Name.Nonsense])
    else:
        page.Resources[entry] = Array([1, 2])
    source = saved(pdf, tmp_path / "nonsense.pdf")
    (made,) = pages_of(source)
    lines = recognition()
    write_searchable_pdf([RecognizedPage(made, lines)], tmp_path / "out.pdf", pdfa=False)
    assert len(text_of(tmp_path / "out.pdf").split()) == len(lines.lines)
    assert_sound(tmp_path / "out.pdf")


def test_a_pdf_that_changed_since_it_was_found_is_refused(tmp_path):
    source = one_scan(tmp_path / "scan.pdf")
    pages = recognized(source)
    source.write_bytes(source.read_bytes() + b"\n")
    with pytest.raises(PictureChanged):
        write_searchable_pdf(pages, tmp_path / "out.pdf")
    assert not (tmp_path / "out.pdf").exists()


def test_a_pdf_with_another_extension_is_detected(tmp_path):
    source = one_scan(tmp_path / "scan.pdf")
    source.rename(tmp_path / "scan.png")
    (page,) = pages_of(tmp_path / "scan.png")
    assert open_upright(page).size == (600, 800)


def test_a_picture_that_mentions_pdf_is_a_picture(draw):
    from PIL.PngImagePlugin import PngInfo

    note = PngInfo()
    note.add_text("Comment", "made from %PDF-1.4")
    (page,) = pages_of(draw("note.png", pnginfo=note))
    assert page.width == 120


def test_an_input_pdf_is_never_overwritten(tmp_path, run_tables):
    source = one_scan(tmp_path / "scan.pdf")
    before = source.read_bytes()
    sinks = [{"plugin": "pdf", "path": "{beside}/{document}{searchable}.pdf"}]
    assert run_tables(tables([source], sinks=sinks)).exit_code == 0
    assert source.read_bytes() == before
    assert text_of(tmp_path / "scan.searchable.pdf").split() == ["scan", "read"]
    sinks = [{"plugin": "pdf", "path": "{beside}/{document}.pdf"}]
    report = run_tables(tables([source], sinks=sinks), force=True)
    assert "inputs are never overwritten" in report.failures[0].why
    assert source.read_bytes() == before


def test_outputs_in_the_input_folder_are_not_recognized(tmp_path, run_tables):
    (tmp_path / "box").mkdir()
    one_scan(tmp_path / "box/scan.pdf")
    sinks = [{"plugin": "pdf", "path": "{beside}/{document}{searchable}.pdf"}]
    made = tables([tmp_path / "box"], sinks=sinks)
    assert run_tables(made).documents_written == 1
    again = run_tables(made)
    assert (again.documents_found, again.skipped_outputs) == (1, 1)


def test_a_page_with_rotate_keeps_it(tmp_path):
    """A real PDF: a picture inside a form, /Rotate 270, and text that runs up the displayed page."""
    source = DATA / "pdf_rotate270_image_only.pdf"
    (page,) = pages_of(source)
    assert (page.width, page.height) == (7016, 4960)
    write_searchable_pdf(recognized(source), tmp_path / "out.pdf")
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert pdf.pages[0].obj.Rotate == 270
    assert_sound(tmp_path / "out.pdf")


def test_an_encrypted_pdf_does_not_stop_the_run(encrypted, tmp_path, run_tables, monkeypatch):
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    pdf = pikepdf.new()
    text_page(pdf, typed("plain", 30, 300))
    saved(pdf, tmp_path / "plain.pdf")
    report = run_tables(tables([encrypted, tmp_path / "plain.pdf"]))
    assert report.documents_written == 1
    assert [failure.why for failure in report.failures] == ["the PDF is encrypted"]
