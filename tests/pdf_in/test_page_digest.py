"""A page's digest changes with what is drawn on it, and with nothing else."""

from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from penstock.pdf import page_digest, stream_data
from penstock.pdf.page_digest import PageDigests

Change = Callable[[Pdf], object]
FORM = {"Subtype": Name.Form, "BBox": [0, 0, 9, 9]}
CONTENT = b"/G gs /Form Do /Borrowing Do /Pattern cs /P scn 0 0 9 9 re f /OC /L BDC BT /P 9 Tf (x) Tj ET EMC"


def digests(pdf: Pdf, **options: object) -> list[bytes | None]:
    """Save and open a PDF, and return the digests of its pages."""
    buffer = io.BytesIO()
    pdf.save(buffer, **options)
    with pikepdf.open(buffer) as opened:
        made = PageDigests(opened)
        return [made.of(index) for index in range(len(opened.pages))]


def picture(pdf: Pdf, gray: int = 100) -> pikepdf.Object:
    return pdf.make_stream(
        bytes([gray]) * 64,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=8,
        Height=8,
        BitsPerComponent=8,
        ColorSpace=Name.DeviceGray,
    )


def made() -> Pdf:
    """Make a PDF whose first page draws all kinds of things; its second page draws a picture."""
    pdf = Pdf.new()
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="Notes"))
    pdf.Root.OCProperties = Dictionary(OCGs=[layer], D=Dictionary(ON=[layer], OFF=[]))
    inner = pdf.make_stream(
        b"/Im Do",
        Subtype=Name.Form,
        BBox=[0, 0, 9, 9],
        Resources=Dictionary(XObject=Dictionary(Im=picture(pdf))),
    )
    form = pdf.make_stream(
        b"/Inner Do",
        Subtype=Name.Form,
        BBox=[0, 0, 9, 9],
        Resources=Dictionary(XObject=Dictionary(Inner=inner)),
    )
    borrowing = pdf.make_stream(b"/Im#31 Do", **FORM)
    pattern = pdf.make_stream(
        b"/Im Do",
        PatternType=1,
        PaintType=1,
        TilingType=1,
        BBox=[0, 0, 9, 9],
        XStep=9,
        YStep=9,
        Resources=Dictionary(XObject=Dictionary(Im=picture(pdf, 7))),
    )
    mask = Dictionary(S=Name.Luminosity, G=form)
    resources = Dictionary(
        XObject=Dictionary(Form=form, Borrowing=borrowing, Im1=picture(pdf, 5), Unused=picture(pdf, 6)),
        Pattern=Dictionary(P=pattern),
        ExtGState=Dictionary(G=Dictionary(ca=0.5, SMask=mask)),
        Font=Dictionary(P=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)),
        Properties=Dictionary(L=layer),
    )
    content = (
        b"/G gs /Form Do /Borrowing Do /Pattern cs /P scn 0 0 9 9 re f /OC /L BDC BT /P 9 Tf (x) Tj ET EMC"
    )
    note = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Stamp,
            Rect=[0, 0, 9, 9],
            AP=Dictionary(N=pdf.make_stream(b"0 0 9 9 re f", **FORM)),
        )
    )
    pages = [
        (resources, content, [note]),
        (Dictionary(XObject=Dictionary(Im=picture(pdf, 9))), b"/Im Do", []),
    ]
    for own, drawn, notes in pages:
        page = Dictionary(Type=Name.Page, MediaBox=[0, 0, 300, 400], Resources=own, Annots=Array(notes))
        page.Contents = pdf.make_stream(drawn)
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    return pdf


def set_title(pdf: Pdf) -> None:
    pdf.docinfo["/Title"] = "Diary"
    with pdf.open_metadata() as metadata:
        metadata["dc:title"] = "Diary"


def split_content(pdf: Pdf) -> None:
    first, _, rest = pdf.pages[0].Contents.read_bytes().partition(b" /P scn")
    pdf.pages[0].obj.Contents = Array([pdf.make_stream(first), pdf.make_stream(b"/P scn" + rest)])
    pdf.pages[0].contents_coalesce()


SAME: dict[str, Change] = {
    "title": set_title,
    "page before": lambda pdf: pdf.pages.insert(0, pdf.pages[1]),
    "page after": lambda pdf: pdf.add_blank_page(),
    "unused picture": lambda pdf: pdf.pages[0].Resources.XObject.Unused.write(b"x" * 64),
    "further resource": lambda pdf: pdf.pages[0].Resources.XObject.update({"/New": picture(pdf)}),
    "number of another type": lambda pdf: setattr(pdf.pages[0].obj, "MediaBox", Array([0, 0, 300.0, 400])),
    "thumbnail": lambda pdf: setattr(pdf.pages[0].obj, "Thumb", picture(pdf, 1)),
    "date of an annotation": lambda pdf: setattr(pdf.pages[0].Annots[0], "M", pikepdf.String("D:2026")),
    "structure": lambda pdf: setattr(pdf.pages[0].obj, "StructParents", 7),
    "name of a layer": lambda pdf: setattr(pdf.Root.OCProperties.OCGs[0], "Name", pikepdf.String("x")),
}
DIFFERENT: dict[str, Change] = {
    "content": lambda pdf: pdf.pages[0].contents_add(b"0 0 1 1 re f"),
    "picture in forms": lambda pdf: _form(pdf).Resources.XObject.Inner.Resources.XObject.Im.write(b"x" * 64),
    "inner form": lambda pdf: _form(pdf).Resources.XObject.Inner.write(b"q /Im Do Q"),
    "borrowed picture": lambda pdf: pdf.pages[0].Resources.XObject.Im1.write(b"x" * 64),
    "picture in a pattern": lambda pdf: pdf.pages[0].Resources.Pattern.P.Resources.XObject.Im.write(
        b"x" * 64
    ),
    "graphics state": lambda pdf: setattr(pdf.pages[0].Resources.ExtGState.G, "ca", 1),
    "font": lambda pdf: setattr(pdf.pages[0].Resources.Font.P, "BaseFont", Name.Courier),
    "layer": lambda pdf: setattr(pdf.Root.OCProperties.D, "OFF", Array([pdf.Root.OCProperties.OCGs[0]])),
    "layers": lambda pdf: setattr(pdf.Root.OCProperties.D, "BaseState", Name.OFF),
    "box": lambda pdf: setattr(pdf.pages[0].obj, "CropBox", Array([0, 0, 200, 200])),
    "rotation": lambda pdf: setattr(pdf.pages[0].obj, "Rotate", 90),
    "unit": lambda pdf: setattr(pdf.pages[0].obj, "UserUnit", 2),
    "annotation": lambda pdf: pdf.pages[0].Annots[0].AP.N.write(b"0 0 8 8 re f"),
    "place of an annotation": lambda pdf: setattr(pdf.pages[0].Annots[0], "Rect", Array([0, 0, 8, 8])),
    "no annotation": lambda pdf: setattr(pdf.pages[0].obj, "Annots", Array()),
    "colour space": lambda pdf: setattr(
        pdf.pages[0].Resources, "ColorSpace", Dictionary(DefaultGray=Array([Name.CalGray, Dictionary()]))
    ),
}


def _pattern(pdf: Pdf) -> pikepdf.Object:
    return pdf.pages[0].Resources.Pattern.P


def _form(pdf: Pdf) -> pikepdf.Object:
    return pdf.pages[0].Resources.XObject.Form


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_digest_does_not_depend_on_what_is_not_drawn(change):
    before = digests(made())
    pdf = made()
    change(pdf)
    assert None not in before
    assert {*before} <= {*digests(pdf)}


@pytest.mark.parametrize("change", DIFFERENT.values(), ids=DIFFERENT)
def test_digest_depends_on_everything_that_is_drawn(change):
    first, second = digests(made())
    pdf = made()
    change(pdf)
    changed, same = digests(pdf)
    assert changed not in {first, None}
    assert same == second


def test_digest_depends_on_what_a_page_inherits():
    pdf = made()
    pdf.Root.Pages.Rotate = 90
    assert not {*digests(pdf)} & {*digests(made())}


@pytest.mark.parametrize(
    "options",
    [
        {"object_stream_mode": pikepdf.ObjectStreamMode.generate},
        {"linearize": True},
        {"recompress_flate": True},
        {"compress_streams": False, "stream_decode_level": pikepdf.StreamDecodeLevel.generalized},
        {"qdf": True},
    ],
    ids=str,
)
def test_digest_does_not_depend_on_how_a_pdf_is_saved(options):
    assert digests(made(), **options) == digests(made())


def test_digest_of_joined_contents():
    pdf = made()
    split_content(pdf)
    split = digests(pdf)
    pdf = made()
    content = pdf.pages[0].Contents.read_bytes().replace(b" /P scn", b"\n/P scn")
    pdf.pages[0].obj.Contents = pdf.make_stream(content)
    assert digests(pdf) == split


def test_form_that_draws_itself_has_a_digest():
    def looped(*, backwards: bool) -> list[bytes | None]:
        pdf = Pdf.new()
        forms = [pdf.make_stream(b"/F Do", **FORM) for _ in range(2)]
        forms[0].Resources = Dictionary(XObject=Dictionary(F=forms[1]))
        forms[1].Resources = Dictionary(XObject=Dictionary(F=forms[0]))
        for form in reversed(forms) if backwards else forms:
            page = pdf.add_blank_page()
            page.obj.Contents = pdf.make_stream(b"/F Do")
            page.obj.Resources = Dictionary(XObject=Dictionary(F=form))
        return digests(pdf)

    found = looped(backwards=False)
    assert None not in found
    assert looped(backwards=True) == found[::-1]


def test_page_of_too_many_objects_has_no_digest(monkeypatch):
    monkeypatch.setattr(page_digest, "MAX_OBJECTS", 20)
    assert digests(made())[0] is None


def test_page_whose_content_cannot_be_decoded_has_no_digest():
    pdf = made()
    pdf.pages[0].Contents.write(b"no such data", filter=Name.FlateDecode)
    first, second = digests(pdf)
    assert first is None
    assert second == digests(made())[1]


def test_picture_that_unpacks_to_too_much_counts_as_it_is_packed(monkeypatch):
    before = digests(made())
    monkeypatch.setattr(stream_data, "MAX_INFLATED", 10)
    after = digests(made(), recompress_flate=True)
    assert None not in after
    assert after != before
