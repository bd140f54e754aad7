"""One odd page of a PDF fails alone, or is shown as viewers show it; the others are read and written."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from pdf_in.making import PIXELS, helvetica, picture_page, recognition, saved, scan, typed
from pdf_in.reading_back import assert_sound, text_of
from penstock.errors import PictureError
from penstock.images import look_into, open_upright
from penstock.model import Page, Problem, RecognizedPage
from penstock.render import write_searchable_pdf
from pipelines import tables

Change = Callable[[pikepdf.Pdf, pikepdf.Object], None]
GONE = "the content of the page is missing: the PDF is damaged or cut off"


def three_pages(path: Path, change: Change, **options: object) -> list[Page | Problem]:
    """Write a PDF of three scans, the second changed, and return what is found in it."""
    pdf = pikepdf.new()
    for _ in range(3):
        picture_page(pdf, scan())
    change(pdf, pdf.pages[1].obj)
    plain = {"stream_decode_level": pikepdf.StreamDecodeLevel.none, "compress_streams": False}
    return list(look_into(saved(pdf, path, **plain, **options), path.name))


def entries(**values: object) -> Change:
    def change(_pdf: pikepdf.Pdf, page: pikepdf.Object) -> None:
        for name, value in values.items():
            page[f"/{name}"] = value

    return change


def content(data: bytes, packing: Name | None = None) -> Change:
    def change(pdf: pikepdf.Pdf, page: pikepdf.Object) -> None:
        stream = pdf.make_stream(b"")
        stream.write(data, filter=packing) if packing else stream.write(data)
        page.Contents = stream

    return change


OFF = [600, 800, 1000, 1000]
BOXES = {
    "CropBox off the page": (entries(CropBox=OFF), PIXELS),
    "CropBox without area": (entries(CropBox=[0, 0, 0, 0]), PIXELS),
    "CropBox from the top right": (entries(CropBox=[300, 400, 0, 0]), PIXELS),
    "CropBox of three numbers": (entries(CropBox=[0, 0, 1]), PIXELS),
    "CropBox that is a text": (entries(CropBox=String("all")), PIXELS),
    "MediaBox without area": (entries(MediaBox=[0, 0, 0, 0]), (2550, 3300)),
    "MediaBox that is endless": (entries(MediaBox=[0, 0, 10**12, 10**12]), (2550, 3300)),
    "MediaBox and CropBox without area": (entries(MediaBox=[5, 5, 5, 5], CropBox=OFF), (2550, 3300)),
    "MediaBox from the top right": (entries(MediaBox=[300, 400, 0, 0]), PIXELS),
    "Rotate of 45": (entries(Rotate=45), PIXELS),
    "Rotate that is a text": (entries(Rotate=String("90")), PIXELS),
    "UserUnit of 0": (entries(UserUnit=0), PIXELS),
    "UserUnit that is a name": (entries(UserUnit=Name.Inch), PIXELS),
    "Annots that are odd": (entries(Annots=Array([5, Dictionary()])), PIXELS),
}


@pytest.mark.parametrize(("change", "size"), BOXES.values(), ids=BOXES)
def test_an_odd_page_is_shown_as_viewers_show_it(tmp_path, change, size):
    found = three_pages(tmp_path / "odd.pdf", change)
    assert [(page.width, page.height) for page in found] == [PIXELS, size, PIXELS]
    odd = found[1]
    assert odd.existing_recognition is None
    assert open_upright(odd, longest_side=300).convert("L").getextrema()[0] < 100
    made = [RecognizedPage(page, recognition()) for page in found]
    write_searchable_pdf(made, tmp_path / "out.pdf", pdfa=False)
    for index in range(3):
        assert set(text_of(tmp_path / "out.pdf", index).split()) == {"Dear", "Jane", "yesterday", "corner"}
    assert_sound(tmp_path / "out.pdf")


DAMAGED = {
    "no zlib data": (content(b"no zlib data", Name.FlateDecode), GONE),
    "cut off": (content(zlib.compress(b"q 300 0 0 400 0 0 cm /Scan Do Q")[:12], Name.FlateDecode), GONE),
    "unknown filter": (content(b"abc", Name("/Nonsense")), GONE),
    "a name": (entries(Contents=Name.Nonsense), GONE),
    "missing form": (content(b"[( << /Nope Do"), GONE),
    "missing picture": (entries(Resources=Dictionary(XObject=Dictionary())), GONE),
    "no resources": (entries(Resources=12), GONE),
    "resources of no kind": (entries(Resources=Dictionary(XObject=Array([1, 2]))), GONE),
    "no page": (entries(Type=Name.Catalog), "the page is damaged"),
}


@pytest.mark.parametrize(("change", "why"), DAMAGED.values(), ids=DAMAGED)
def test_a_page_that_shows_nothing_for_damage_is_no_empty_page(tmp_path, change, why):
    first, damaged, last = three_pages(tmp_path / "odd.pdf", change)
    assert isinstance(first, Page)
    assert isinstance(last, Page)
    assert (damaged.what, damaged.why) == ("odd.pdf, page 2", why)
    assert damaged.hint


def test_the_other_pages_are_written(tmp_path, run_tables):
    three_pages(tmp_path / "odd.pdf", DAMAGED["no zlib data"][0])
    sinks = [{"plugin": "pdf", "path": "out/{document}.pdf", "pdfa": False}]
    report = run_tables(tables([tmp_path / "odd.pdf"], sinks=sinks, engine={"on_failed_page": "skip"}))
    assert report.pages_read + report.pages_known == 2
    assert [failure.why for failure in report.failures] == [GONE]
    assert len(pikepdf.open(tmp_path / "out/odd.pdf").pages) == 2


def test_a_page_with_some_damage_is_read_with_a_note(tmp_path):
    whole = b"q 300 0 0 400 0 0 cm /Scan Do Q " + b"".join(b"%d 0 m " % number for number in range(999))
    change = content(zlib.compress(whole)[:-200], Name.FlateDecode)
    _, damaged, _ = three_pages(tmp_path / "odd.pdf", change)
    assert damaged.existing_recognition is None
    assert damaged.note == "the content of the page is damaged: only what can still be shown is recognized"


def jpeg() -> bytes:
    buffer = io.BytesIO()
    scan().save(buffer, "JPEG")
    return buffer.getvalue()


def deflated() -> bytes:
    return zlib.compress(scan().tobytes())


PICTURES = {
    "half a JPEG": (lambda: jpeg()[: len(jpeg()) // 2], Name.DCTDecode, True),
    "JPEG without its end mark": (lambda: jpeg()[:-2], Name.DCTDecode, False),
    "half of Flate data": (lambda: deflated()[: len(deflated()) // 2], Name.FlateDecode, True),
    "Flate data that cannot be decoded": (lambda: deflated()[:3000] + bytes(99), Name.FlateDecode, True),
    "Flate data without their checksum": (lambda: deflated()[:-4], Name.FlateDecode, False),
    "half of the pixels, packed": (lambda: zlib.compress(scan().tobytes()[:720_000]), Name.FlateDecode, True),
    "half of the pixels": (lambda: scan().tobytes()[:720_000], None, True),
    "all pixels": (lambda: scan().tobytes(), None, False),
}


@pytest.mark.parametrize(("data", "packing", "is_noted"), PICTURES.values(), ids=PICTURES)
@pytest.mark.parametrize("in_form", [False, True])
def test_a_picture_that_is_cut_off_is_noted(tmp_path, data, packing, is_noted, in_form):
    def change(pdf: pikepdf.Pdf, page: pikepdf.Object) -> None:
        page.Resources.XObject.Scan.write(data(), **({"filter": packing} if packing else {}))
        if in_form:
            form = {"Type": Name.XObject, "Subtype": Name.Form, "BBox": [0, 0, 1, 1]}
            inner = pdf.make_stream(b"/Scan Do", **form, Resources=page.Resources)
            page.Resources = Dictionary(XObject=Dictionary(Scan=inner))

    _, page, _ = three_pages(tmp_path / "odd.pdf", change)
    assert page.existing_recognition is None
    assert bool(page.note) == is_noted


def test_text_that_cannot_be_removed_is_kept(tmp_path):
    def change(pdf: pikepdf.Pdf, page: pikepdf.Object) -> None:
        page.Resources.Font = helvetica()
        drawn = page.Contents.read_bytes() + b" " + typed("Scanned", 40, 340, mode=3)
        packing = zlib.compressobj()
        whole = packing.compress(drawn) + packing.flush(zlib.Z_FULL_FLUSH) + b"\xff" * 9
        content(whole, Name.FlateDecode)(pdf, page)

    three_pages(tmp_path / "odd.pdf", change)
    found = list(look_into(tmp_path / "odd.pdf", "odd.pdf", existing_text="redo"))
    made = [RecognizedPage(page, recognition()) for page in found]
    result = write_searchable_pdf(made, tmp_path / "out.pdf", pdfa=False)
    assert "page 2 kept the invisible text, because the content is damaged" in result.warnings
    assert "Scanned" in text_of(tmp_path / "out.pdf", 1)


def test_a_picture_that_cannot_be_decoded_fails_its_page(tmp_path):
    def change(pdf: pikepdf.Pdf, page: pikepdf.Object) -> None:
        page.Resources.XObject.Scan.write(b"\xff\xd8\xff nonsense", filter=Name.DCTDecode)
        page.Resources.Font = helvetica()
        page.Contents = pdf.make_stream(page.Contents.read_bytes() + b" " + typed("Scanned", 40, 340))

    first, damaged, _ = three_pages(tmp_path / "odd.pdf", change)
    open_upright(first)
    with pytest.raises(PictureError, match="page 2: a picture on the page is damaged"):
        open_upright(damaged)


def test_a_white_scan_can_be_decoded(tmp_path, draw):
    pdf = pikepdf.new()
    picture_page(pdf, scan().point(lambda _: 255))
    (page,) = look_into(saved(pdf, tmp_path / "white.pdf"), "white.pdf")
    assert page.existing_recognition is None
    assert open_upright(page).getextrema() == (255, 255)


def change_kids(path: Path, second: bytes) -> list[Page | Problem]:
    """Write a PDF of three scans, replace the second in the page tree, and return what is found in it."""
    three_pages(path, entries(), object_stream_mode=pikepdf.ObjectStreamMode.disable)
    tree = re.search(rb"/Kids \[ (\d+ 0 R) (\d+ 0 R) (\d+ 0 R) \]", whole := path.read_bytes())
    path.write_bytes(whole.replace(tree[0], tree[0].replace(tree[2], second.ljust(len(tree[2])))))
    return list(look_into(path, path.name))


@pytest.mark.parametrize("kid", [b"null", b"17", b"[1]", b"9 0 R"])
def test_a_page_tree_may_list_what_is_no_page(tmp_path, kid):
    first, last, missing = change_kids(tmp_path / "odd.pdf", kid)
    for page in (first, last):
        assert open_upright(page, longest_side=300).convert("L").getextrema()[0] < 100
    assert missing.why == "the PDF is damaged or cut off: 1 of the pages that it lists are missing"
    made = [RecognizedPage(page, recognition()) for page in (first, last)]
    assert write_searchable_pdf(made, tmp_path / "out.pdf", pdfa=False).pages == 2


def test_a_page_tree_may_contain_itself(tmp_path):
    first, last = change_kids(tmp_path / "odd.pdf", b"2 0 R")
    assert open_upright(first).size == open_upright(last).size == PIXELS
