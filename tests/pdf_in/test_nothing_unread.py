"""Whatever way a mark came onto a page: a page that could hold writing is read, other pages are not."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageDraw

from pdf_in.making import helvetica, picture_page, recognition, saved, text_page, typed
from pdf_in.reading_back import assert_sound, text_of
from penstock.images import open_upright
from penstock.model import ExistingText, Line, Page, Quad, Recognition, RecognizedPage, Word
from penstock.pdf.pages import find_pdf_pages
from penstock.render import write_searchable_pdf

LABEL = typed("Label", 40, 340)
FORM = {"Type": Name.XObject, "Subtype": Name.Form, "BBox": [0, 0, 300, 400]}


def the_page(path: Path, policy: ExistingText = "auto") -> Page:
    (page,) = find_pdf_pages(path, path.name, existing_text=policy)
    assert isinstance(page, Page)
    return page


def own_text(pdf: pikepdf.Pdf, tmp_path: Path, policy: ExistingText = "auto") -> str | None:
    """Return the text that the page is taken to have; None if the page is read."""
    found = the_page(saved(pdf, tmp_path / "page.pdf"), policy).existing_recognition
    return None if found is None else found.text


def written(size: tuple[int, int] = (150, 200)) -> Image.Image:
    """Return a gray picture with a dark word on it."""
    picture = Image.new("L", size, 255)
    ImageDraw.Draw(picture).rectangle((20, 30, 90, 44), fill=0)
    return picture


def stored(pdf: pikepdf.Pdf, picture: Image.Image, **entries: object) -> pikepdf.Stream:
    kind = {"Type": Name.XObject, "Subtype": Name.Image, "ColorSpace": Name.DeviceGray, "BitsPerComponent": 8}
    size = {"Width": picture.width, "Height": picture.height}
    return pdf.make_stream(picture.tobytes(), **kind, **size, **entries)


def page_of(content: bytes, media: tuple[float, ...] = (0, 0, 300, 400), **resources: object) -> pikepdf.Pdf:
    """Return a PDF of one page with these operators, Helvetica as /F0, and these resources."""
    pdf = pikepdf.new()
    text_page(pdf, content)
    pdf.pages[0].obj.MediaBox = Array(media)
    for name, value in resources.items():
        pdf.pages[0].obj.Resources[f"/{name}"] = value(pdf) if callable(value) else value
    return pdf


def in_parts(side: tuple[float, float], content: bytes = b"") -> pikepdf.Pdf:
    """Return a page whose scan of 300 by 400 points is stored in parts of at most this size in points."""
    scan, objects, operators = written((600, 800)), {}, content
    wide, high = (round(points * 2) for points in side)
    pdf = page_of(b"")
    for top in range(0, 800, high):
        for left in range(0, 600, wide):
            part = scan.crop((left, top, min(left + wide, 600), min(top + high, 800)))
            objects[f"/P{len(objects)}"] = pdf.make_indirect(stored(pdf, part))
            place = (part.width / 2, part.height / 2, left / 2, 400 - top / 2 - part.height / 2)
            operators += b"q %.2f 0 0 %.2f %.2f %.2f cm /P%d Do Q\n" % (*place, len(objects) - 1)
    pdf.pages[0].obj.Resources.XObject = Dictionary(objects)
    pdf.pages[0].obj.Contents = pdf.make_stream(operators)
    return pdf


@pytest.mark.parametrize("side", [(300, 5.8), (14, 14), (4, 400)])
@pytest.mark.parametrize("content", [b"", LABEL])
def test_a_scan_in_small_parts_is_read_at_its_own_resolution(tmp_path, side, content):
    pdf = in_parts(side, content)
    assert own_text(pdf, tmp_path) is None
    page = the_page(tmp_path / "page.pdf")
    if not content:
        assert (page.width, page.height) == (600, 800)


def test_a_page_measured_in_inches_is_read_in_its_size(tmp_path):
    pdf = pikepdf.new()
    picture_page(pdf, written((600, 800)), media=(0, 0, 3, 4))
    pdf.pages[0].obj.UserUnit = 72
    page = the_page(saved(pdf, tmp_path / "inches.pdf"))
    assert page.existing_recognition is None
    assert (page.width, page.height, page.dpi) == (600, 800, pytest.approx((200, 200)))


@pytest.mark.parametrize("media", [(0, 0, 15, 24), (0, 0, 15, 2000), (0, 0, 6000, 8000)])
def test_a_tiny_or_huge_page_is_read(tmp_path, media):
    pdf = pikepdf.new()
    picture_page(pdf, written(), media=media)
    assert own_text(pdf, tmp_path) is None


def nested_picture(depth: int) -> pikepdf.Pdf:
    pdf = pikepdf.new()
    drawn = stored(pdf, written())
    content = b"q 150 0 0 200 50 50 cm /X Do Q"
    for _ in range(depth):
        drawn = pdf.make_stream(content, **FORM, Resources=Dictionary(XObject=Dictionary(X=drawn)))
        content = b"/X Do"
    text_page(pdf, LABEL + content)
    pdf.pages[0].obj.Resources.XObject = Dictionary(X=drawn)
    return pdf


@pytest.mark.parametrize("depth", [1, 20])
def test_a_picture_in_nested_forms_is_read(tmp_path, depth):
    assert own_text(nested_picture(depth), tmp_path) is None


def pattern_of_picture(pdf: pikepdf.Pdf) -> Dictionary:
    """Return a tiling pattern whose cell is a picture."""
    kind = {"Type": Name.Pattern, "PatternType": 1, "PaintType": 1, "TilingType": 1}
    cell = {"BBox": [0, 0, 150, 200], "XStep": 150, "YStep": 200}
    resources = Dictionary(XObject=Dictionary(X=stored(pdf, written())))
    return Dictionary(P=pdf.make_stream(b"150 0 0 200 0 0 cm /X Do", **kind, **cell, Resources=resources))


def mask_of_picture(pdf: pikepdf.Pdf) -> Dictionary:
    """Return a graphics state whose soft mask is a picture."""
    group = Dictionary(Type=Name.Group, S=Name.Transparency, CS=Name.DeviceGray)
    resources = Dictionary(XObject=Dictionary(X=stored(pdf, written())))
    form = pdf.make_stream(b"150 0 0 200 50 50 cm /X Do", **FORM, Group=group, Resources=resources)
    return Dictionary(G=Dictionary(SMask=Dictionary(Type=Name.Mask, S=Name.Luminosity, G=form)))


@pytest.mark.parametrize("label", [b"", LABEL])
@pytest.mark.parametrize(
    ("content", "resources"),
    [
        (b"/Pattern cs /P scn 50 50 150 200 re f ", {"Pattern": pattern_of_picture}),
        (b"q /G gs 0 g 50 50 150 200 re f Q ", {"ExtGState": mask_of_picture}),
        (b"q 60 0 0 20 50 50 cm BI /W 4 /H 2 /BPC 8 /CS /G ID \0\xff\0\xff\xff\0\xff\0 EI Q ", {}),
    ],
    ids=["pattern", "soft mask", "inline picture"],
)
def test_a_picture_that_is_no_picture_object_is_read(tmp_path, label, content, resources):
    assert own_text(page_of(label + content, **resources), tmp_path) is None


@pytest.mark.parametrize("kind", ["SMask", "Mask"])
@pytest.mark.parametrize("in_form", [False, True])
def test_a_picture_of_few_pixels_is_read_at_the_resolution_of_its_mask(tmp_path, kind, in_form):
    letters = written((600, 800)).point(lambda shade: 255 - shade)
    pdf = pikepdf.new()
    mask = stored(pdf, letters if kind == "SMask" else letters.convert("1"))
    if kind == "Mask":
        del mask.ColorSpace
        mask.ImageMask, mask.BitsPerComponent, mask.Decode = True, 1, Array([1, 0])
    drawn, content = stored(pdf, Image.new("L", (3, 4)), **{kind: mask}), b"q 300 0 0 400 0 0 cm /X Do Q"
    if in_form:
        drawn = pdf.make_stream(content, **FORM, Resources=Dictionary(XObject=Dictionary(X=drawn)))
        content = b"/X Do"
    text_page(pdf, content)
    pdf.pages[0].obj.Resources.XObject = Dictionary(X=drawn)
    page = the_page(saved(pdf, tmp_path / "masked.pdf"))
    assert page.existing_recognition is None
    assert (page.width, page.height) == (600, 800)
    assert open_upright(page).getextrema() == (0, 255)


LETTER_N = b"%(x).1f 100 0.8 5 re f %(x).1f 104 4 0.8 re f %(y).1f 100 0.8 5 re f "
CURVE = b"%d 100 m %d 104 %d 104 %d 100 c S "
SMALL_CURVES = b"".join(CURVE % (x, x, x + 4, x + 4) for x in range(50, 90, 6))
SMALL_BOXES = b"".join(LETTER_N % {b"x": x, b"y": x + 3.2} for x in range(50, 100, 6))


@pytest.mark.parametrize("label", [b"", LABEL])
@pytest.mark.parametrize("content", [SMALL_CURVES, SMALL_BOXES], ids=["curves", "rectangles"])
def test_small_letters_drawn_as_paths_are_read(tmp_path, label, content):
    assert own_text(page_of(label + content), tmp_path) is None


@pytest.mark.parametrize("content", [b"50 50 100 18 re f ", CURVE % (50, 50, 54, 54)])
def test_a_page_without_text_is_read_whatever_is_on_it(tmp_path, content):
    assert own_text(page_of(content), tmp_path) is None


TABLE = b"0.5 w " + b"".join(b"40 %d m 260 %d l S " % (y, y) for y in range(50, 300, 14))
TABLE += b"".join(b"%d 50 m %d 288 l S " % (x, x) for x in (40, 110, 180, 260))
BOXES_TO_TICK = b"".join(b"30 %d 8 8 re S " % y for y in range(50, 300, 14))
BULLETS = b"".join(b"24 %d 5 5 re f " % y for y in range(50, 300, 14))
SHADED = b"0.8 g 40 278 220 14 re f 0 g "


@pytest.mark.parametrize("content", [TABLE, SHADED + TABLE, TABLE + BOXES_TO_TICK, BULLETS])
def test_a_printed_page_with_tables_and_bullets_is_not_read(tmp_path, content):
    assert own_text(page_of(content + LABEL), tmp_path) == "Label"


@pytest.mark.parametrize("content", [b"", TABLE, b"0.9 g 0 0 300 400 re f ", b"1 g 50 50 99 99 re f "])
def test_an_empty_page_is_not_read(tmp_path, content):
    assert own_text(page_of(content), tmp_path) == ""


def type_3(pdf: pikepdf.Pdf) -> Dictionary:
    """Return a font of pictures of words, without a Unicode map."""
    glyph = pdf.make_stream(b"50 0 0 0 50 18 d1 50 0 0 18 0 0 cm BI /W 1 /H 1 /IM true /D [1 0] ID \x80 EI")
    encoding = Dictionary(Type=Name.Encoding, Differences=[1, Name("/g1"), Name("/g2")])
    return Dictionary(
        F0=Dictionary(
            Type=Name.Font, Subtype=Name.Type3, FontBBox=[0, 0, 50, 18], FontMatrix=[1, 0, 0, 1, 0, 0],
            CharProcs=Dictionary(g1=glyph, g2=glyph), Encoding=encoding,
            FirstChar=1, LastChar=2, Widths=[50, 50],
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "resources"),
    [
        (b"/Pattern cs /P scn 50 50 150 200 re f ", {"Pattern": pattern_of_picture}),
        (b"50 50 9 9 re f 70 50 9 9 re f ", {}),
        (b"BT /F0 1 Tf 50 100 Td (\\001\\002) Tj ET ", {"Font": type_3}),
    ],
    ids=["pattern", "paths", "font without letters"],
)
def test_what_is_on_a_background_of_few_pixels_is_read_at_the_usual_resolution(tmp_path, content, resources):
    pdf = page_of(b"q 300 0 0 400 0 0 cm /Paper Do Q " + content, **resources)
    pdf.pages[0].obj.Resources.XObject = Dictionary(Paper=stored(pdf, Image.new("L", (3, 4), 230)))
    page = the_page(saved(pdf, tmp_path / "paper.pdf"))
    assert page.existing_recognition is None
    assert (page.width, page.height) == (1250, 1667)


def mapped(*codes: bytes) -> object:
    """Return a function that makes Helvetica with a Unicode map that gives ABC these UTF-16 codes."""

    def made(pdf: pikepdf.Pdf) -> Dictionary:
        rows = b" ".join(b"<%02x> <%b>" % (0x41 + index, code) for index, code in enumerate(codes))
        head = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def "
        space = b"1 begincodespacerange <00> <ff> endcodespacerange "
        fonts = helvetica()
        fonts.F0.ToUnicode = pdf.make_stream(
            head + space + b"%d beginbfchar %b endbfchar endcmap end end" % (len(codes), rows)
        )
        return fonts

    return made


@pytest.mark.parametrize(
    ("content", "font"),
    [
        (b"BT /F0 1 Tf 50 100 Td <0102> Tj ET", type_3),
        (typed("ABCABC", 50, 100), mapped(b"e001", b"e002", b"e003")),
        (typed("ABCABC", 50, 100), mapped(b"0001", b"0003", b"0004")),
        (typed("ABCABC", 50, 100), mapped(b"dbffdffd", b"dbffdffc", b"fffd")),
    ],
    ids=["Type 3 without a map", "private codes", "control codes", "plane 16"],
)
def test_text_that_is_not_mapped_to_letters_is_read(tmp_path, content, font):
    assert own_text(page_of(content, Font=font), tmp_path) is None


PRINTED = b" ".join(typed("printed lines of text", 40, y) for y in range(120, 360, 20))


@pytest.mark.parametrize(
    ("content", "is_read"),
    [(b" ".join(typed("A", x, 90, size=30) for x in (50, 100, 150)), False), (typed("ABCABC", 50, 90), True)],
    ids=["symbols", "word"],
)
def test_symbols_of_a_formula_are_no_words(tmp_path, content, is_read):
    pdf = page_of(PRINTED + b" " + content, Font=mapped(b"e001", b"e002", b"e003"))
    assert (own_text(pdf, tmp_path) is None) == is_read


def test_codes_that_are_no_letters_within_a_word_are_replaced(tmp_path):
    pdf = page_of(typed("Lobby", 50, 100) + typed("A", 20, 100), Font=mapped(b"e001"))
    assert own_text(pdf, tmp_path) == "Lobby"
    pdf = page_of(typed("LobbyA", 50, 100), Font=mapped(b"0001"))
    assert own_text(pdf, tmp_path) == "Lobby\ufffd"


def test_text_outside_unicode_ends_nothing(tmp_path):
    pdf = page_of(typed("Label", 50, 200) + typed("ABC", 50, 100), Font=mapped(b"d800", b"dc00", b"ffff"))
    assert own_text(pdf, tmp_path, "skip") is not None


def in_layer(pdf: pikepdf.Pdf, *, on: bool) -> Dictionary:
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Notes")))
    off = [] if on else [layer]
    pdf.Root.OCProperties = Dictionary(OCGs=[layer], D=Dictionary(OFF=off))
    return Dictionary(L=layer)


@pytest.mark.parametrize(
    ("on", "label", "expected"), [(True, b"", "notes"), (False, b"", ""), (False, LABEL, "Label")]
)
def test_text_of_a_layer_that_is_off_is_no_text_of_the_page(tmp_path, on, label, expected):
    content = label + b"/OC /L BDC " + typed("notes", 50, 100) + b"EMC"
    pdf = page_of(content, Properties=lambda pdf: in_layer(pdf, on=on))
    assert own_text(pdf, tmp_path) == expected
    assert own_text(pdf, tmp_path, "skip") == expected


@pytest.mark.parametrize(
    "content",
    [
        typed("outside", 50, 600),
        typed("outside", 50, 600, mode=3),
        b"q 10 10 20 20 re W n " + typed("clipped", 50, 100) + b"Q ",
    ],
)
def test_text_that_is_not_on_the_page_is_no_text_of_it(tmp_path, content):
    assert own_text(page_of(content), tmp_path) == ""
    assert own_text(page_of(content + LABEL), tmp_path) == "Label"


def under_picture(pdf: pikepdf.Pdf) -> Dictionary:
    return Dictionary(X=stored(pdf, written((300, 400))))


PICTURE = b"q 300 0 0 400 0 0 cm /X Do Q "
HIDDEN = {
    "under a picture": typed("old", 10, 330) + PICTURE,
    "white on white": b"1 g "
    + typed("old", 100, 100)
    + b"0 g "
    + PICTURE[:-2]
    + b" Q 1 g "
    + typed("old", 200, 50),
    "under a path": typed("old", 200, 50) + b"1 g 0 0 300 400 re f " + b"q 100 0 0 100 0 300 cm /X Do Q",
    "invisible": PICTURE + typed("old", 10, 330, mode=3),
}


@pytest.mark.parametrize("content", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize(("policy", "expected"), [("auto", {"old", "hand"}), ("redo", {"hand"})])
def test_hidden_text_is_an_earlier_text_layer(tmp_path, content, policy, expected):
    source = saved(page_of(content, XObject=under_picture), tmp_path / "page.pdf")
    page = the_page(source, policy)
    assert page.existing_recognition is None
    left, top, right, bottom = (value * page.width / 300 for value in (10, 50, 60, 72))
    read = recognition({"hand": (left, top, right, bottom)})
    write_searchable_pdf([RecognizedPage(page, read)], tmp_path / "out.pdf", pdfa=False)
    assert set(text_of(tmp_path / "out.pdf").split()) == expected
    assert_sound(tmp_path / "out.pdf")


def test_redo_removes_hidden_text_from_forms(tmp_path):
    pdf = pikepdf.new()
    form = pdf.make_stream(typed("old", 10, 330), **FORM, Resources=Dictionary(Font=helvetica()))
    text_page(pdf, b"/O Do " + PICTURE + b"BT /F0 9 Tf 20 20 Td () Tj ET " + typed("Bates12", 200, 20))
    pdf.pages[0].obj.Resources.XObject = under_picture(pdf)
    pdf.pages[0].obj.Resources.XObject.O = form
    page = the_page(saved(pdf, tmp_path / "page.pdf"), "redo")
    read = recognition({"hand": (10, 50, 60, 72)})
    write_searchable_pdf([RecognizedPage(page, read)], tmp_path / "out.pdf", pdfa=False)
    assert set(text_of(tmp_path / "out.pdf").split()) == {"hand", "Bates12"}


def test_text_that_shows_on_a_picture_is_text_of_the_page(tmp_path):
    pdf = page_of(PICTURE + b"1 g " + typed("Lab", 15, 368, size=8), XObject=under_picture)
    page = the_page(saved(pdf, tmp_path / "page.pdf"), "skip")
    assert page.existing_recognition.text == "Lab"


def test_words_are_in_reading_order_in_a_pdf_read_from_right_to_left(tmp_path):
    pdf = page_of(typed("Dear John, see page 12.", 20, 300))
    pdf.Root.ViewerPreferences = Dictionary(Direction=Name.R2L)
    assert own_text(pdf, tmp_path) == "Dear John, see page 12."


@pytest.mark.parametrize(("word", "is_kept"), [("Jane", False), ("שלום", True), ("日本語", True)])
def test_added_text_is_in_reading_order_in_a_pdf_read_from_right_to_left(tmp_path, word, is_kept):
    pdf = pikepdf.new()
    picture_page(pdf, written((600, 800)))
    pdf.Root.ViewerPreferences = Dictionary(Direction=Name.R2L, HideMenubar=True)
    page = the_page(saved(pdf, tmp_path / "scan.pdf"))
    words = [Word(text, Quad.from_box(x, 80, x + 90, 120)) for text, x in (("Dear", 60), (word, 180))]
    line = Line(f"Dear {word}", Quad.from_box(60, 80, 270, 120), tuple(words))
    made = [RecognizedPage(page, Recognition((line,)))]
    result = write_searchable_pdf(made, tmp_path / "out.pdf", pdfa=False)
    with pikepdf.open(tmp_path / "out.pdf") as output:
        assert output.Root.ViewerPreferences.HideMenubar
        assert ("/Direction" in output.Root.ViewerPreferences) == is_kept
    assert any("from right to left" in warning for warning in result.warnings) != is_kept
    if not is_kept:
        assert text_of(tmp_path / "out.pdf").split() == ["Dear", "Jane"]


def with_annotation(**entries: object) -> pikepdf.Pdf:
    pdf = page_of(LABEL)
    fonts = Dictionary(Font=helvetica())
    content = b"BT /F0 12 Tf 4 4 Td (Yes, on Monday) Tj ET" if entries.pop("filled", True) else b""
    shown = pdf.make_stream(
        content, Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 150, 20], Resources=fonts
    )
    made = Dictionary(Type=Name.Annot, Rect=[50, 50, 200, 70], F=4, AP=Dictionary(N=shown), **entries)
    annotation = pdf.make_indirect(made)
    pdf.pages[0].obj.Annots = Array([annotation])
    if made.Subtype == Name.Widget:
        pdf.Root.AcroForm = Dictionary(Fields=Array([annotation]), DR=fonts, DA=String("/F0 12 Tf"))
    return pdf


def test_a_filled_form_field_is_read_and_an_empty_one_is_not(tmp_path):
    field = {"Subtype": Name.Widget, "FT": Name.Tx, "T": String("when")}
    assert own_text(with_annotation(**field, V=String("Yes, on Monday")), tmp_path) is None
    assert own_text(with_annotation(**field, filled=False), tmp_path) == "Label"


@pytest.mark.parametrize("kind", ["Stamp", "FreeText", "Square", "Caret"])
def test_what_an_annotation_shows_is_read(tmp_path, kind):
    assert own_text(with_annotation(Subtype=Name("/" + kind)), tmp_path) is None


def test_a_link_is_not_read(tmp_path):
    assert own_text(with_annotation(Subtype=Name.Link, Border=[0, 0, 1], filled=False), tmp_path) == "Label"
