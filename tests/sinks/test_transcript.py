"""The transcript to print: what its readers see, copy and find."""

from __future__ import annotations

import io
import shutil

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageFont

from penstock.errors import OutputError
from penstock.model import Line, MissingPage, Page, Picture, Quad, Recognition, RecognizedPage, Word
from penstock.render.arabic_letters import joined
from penstock.render.transcript import write_transcript

RED = 0.72


@pytest.fixture
def page_of(tmp_path):
    """Return a function that makes a page with lines of text, 40 pixels apart."""
    path = tmp_path / "scan.png"
    Image.new("L", (600, 800), 220).save(path)

    def make(*texts, number=1, doubtful=(), corrected=(), name="scan.png"):
        lines = []
        for index, text in enumerate(texts):
            top = 40 * index
            quad = Quad.from_box(50, top, 550, top + 30)
            words = tuple(
                Word(
                    part,
                    quad.part(place / 10, (place + 1) / 10),
                    None if part in corrected else 0.3 if part in doubtful else 0.95,
                    corrected=part in corrected,
                )
                for place, part in enumerate(text.split()[:9])
            )
            lines.append(Line(text, quad, words))
        page = Page(number, name, Picture(path), 600, 800)
        return RecognizedPage(page, Recognition(tuple(lines), language="en"))

    return make


def transcript(*pages, title="Letters", **options):
    """Return the file, and the scripts that no font has."""
    file = io.BytesIO()
    return file, write_transcript(pages, file, title=title, **options)


def texts(file):
    with pypdfium2.PdfDocument(file.getvalue()) as pdf:
        return [page.get_textpage().get_text_bounded() for page in pdf]


def places(file, word, sheet=0):
    """Return the boxes of a word on a sheet: left, bottom, right and top in points."""
    with pypdfium2.PdfDocument(file.getvalue()) as pdf:
        text = pdf[sheet].get_textpage()
        found = text.search(word)
        boxes = []
        while place := found.get_next():
            boxes.append(text.get_rect(text.count_rects(*place) - 1))
        return boxes


def bookmarks(file):
    file.seek(0)
    with pikepdf.open(file) as pdf, pdf.open_outline() as outline:
        return [(item.title, [child.title for child in item.children]) for item in outline.root]


def test_text_stands_on_the_right_of_its_picture_at_the_height_of_its_ink(page_of):
    file, missing = transcript(page_of("first line", "", "", "", "", "", "", "", "", "tenth line"))
    assert not missing
    ((first_left, _, _, first_top),) = places(file, "first")
    ((left, _, _, top),) = places(file, "tenth")
    assert first_left == pytest.approx(left, abs=2)
    with pypdfium2.PdfDocument(file.getvalue()) as pdf:
        width, height = pdf[0].get_size()
        (picture,) = (each for each in pdf[0].get_objects() if each.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE)
        picture_left, bottom, right, upper = picture.get_bounds()
    assert width > height
    assert picture_left < right < left
    assert first_top - top == pytest.approx(9 * 40 / 800 * (upper - bottom), abs=8)


def test_every_fifth_line_is_numbered_in_the_text_and_on_the_picture(page_of):
    file, _ = transcript(page_of(*("word",) * 12))
    assert len(places(file, "10")) == 2


def test_doubtful_words_are_marked_and_corrected_ones_are_not(page_of):
    page = page_of("sure doubtful mended", doubtful={"doubtful"}, corrected={"mended"})
    file, _ = transcript(page)
    file.seek(0)
    with pikepdf.open(file) as pdf:
        content = pdf.pages[0].Contents.read_bytes().decode("latin-1")
    assert content.count(f"{RED:.2f}".lstrip("0")) >= 1
    assert "doubtful word" in texts(file)[0]
    clean, _ = transcript(page_of("sure mended", corrected={"mended"}))
    assert "doubtful word" not in texts(clean)[0]


def test_a_long_text_flows_onto_more_sheets_with_the_picture_on_each(page_of):
    count = 150
    file, _ = transcript(page_of(*(f"row{number} of many" for number in range(count))))
    sheets = texts(file)
    assert len(sheets) > 1
    whole = "\n".join(sheets)
    assert [number for number in range(count) if f"row{number} " not in whole] == []
    assert "Page 1, continued" in sheets[1]
    file.seek(0)
    with pikepdf.open(file) as pdf:
        assert all("/Scan" in page.Resources.XObject for page in pdf.pages)
        assert len({page.Resources.XObject.Scan.objgen for page in pdf.pages}) == 1, "stored once"


def test_below_writes_upright_sheets_and_the_picture_once(page_of):
    file, _ = transcript(
        page_of(*(f"row{number}" for number in range(60))), layout="below", page_size="letter"
    )
    file.seek(0)
    with pikepdf.open(file) as pdf:
        assert [float(value) for value in pdf.pages[0].MediaBox] == [0, 0, 612, 792]
        assert ["/XObject" in page.Resources for page in pdf.pages] == [True, False]
    assert "row59" in texts(file)[1]


def test_title_page_bookmarks_and_missing_pages(page_of):
    pages = (
        page_of("one", name="a.png"),
        MissingPage(2, "b.png: cut off"),
        page_of("x", number=3, name="b.png"),
    )
    file, _ = transcript(*pages, title_page=True, title="Letters & <b>more</b>")
    title, _, missing, _ = texts(file)
    assert title.startswith("Letters & <b>more</b>")
    assert "Page 2 is missing" in missing
    assert "cut off" in missing
    assert bookmarks(file) == [("a", ["Page 1"]), ("b", ["Page 2 (missing)", "Page 3"])]
    file.seek(0)
    with pikepdf.open(file) as pdf:
        assert str(pdf.docinfo.Title) == "Letters & <b>more</b>"
        assert str(pdf.Root.Lang) == "en"


def test_pages_in_several_groups_keep_their_order_and_bookmarks(page_of, monkeypatch):
    monkeypatch.setattr("penstock.render.transcript_writer.GROUP", 2)
    file, _ = transcript(*(page_of(f"word{number}", number=number) for number in range(1, 6)))
    assert [f"word{number}" in text for number, text in enumerate(texts(file), 1)] == [True] * 5
    assert bookmarks(file) == [(f"Page {number}", []) for number in range(1, 6)]


def test_every_font_is_embedded_and_the_same_pages_make_the_same_bytes(page_of):
    pages = (page_of("Größe Привет Γειά", "plain"), MissingPage(2, "gone"))
    file, _ = transcript(*pages)
    file.seek(0)
    with pikepdf.open(file) as pdf:
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        assert fonts
        assert all("/FontFile2" in font.FontDescriptor for font in fonts)
    assert transcript(*pages)[0].getvalue() == file.getvalue()


def test_characters_without_a_font_are_code_points_that_copy_as_text(page_of):
    file, missing = transcript(page_of("a \ue123\ue124 b"))
    assert missing == "Unnamed"
    assert "a \ue123\ue124 b" in texts(file)[0]
    file.seek(0)
    with pikepdf.open(file) as pdf:
        assert b"FEFFe123e124" in pdf.pages[0].Contents.read_bytes()


def has_dejavu():
    try:
        ImageFont.truetype("DejaVuSans.ttf", 10)
    except OSError:
        return False
    return True


@pytest.mark.skipif(
    not has_dejavu() or not shutil.which("fc-match"), reason="needs a font with these scripts"
)
@pytest.mark.parametrize("text", ["سلام عليكم 12 ثم", "שלום עולם"])
def test_right_to_left_text_is_copied_in_the_order_of_reading(page_of, text):
    file, missing = transcript(page_of(text, "left"))
    assert not missing
    assert text in texts(file)[0]
    (box,) = places(file, text.split()[0])
    ((left, _, _, _),) = places(file, "left")
    assert box[0] > left + 200, "begins on the right"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("بيت", "\ufe91\ufef4\ufe96"),
        ("دار", "\ufea9\ufe8d\ufead"),
        ("سلام", "\ufeb3\ufefc\ufee1"),
        ("ل", "\ufedd"),
        ("letter", "letter"),
    ],
)
def test_arabic_letters_are_joined(text, shown):
    assert joined(text, lambda _: True) == shown
    assert joined(text, lambda _: False) == text


def test_a_document_without_pages_is_refused():
    with pytest.raises(OutputError, match="needs at least one page, got none"):
        transcript()


def test_odd_text_and_places(page_of):
    far = Quad.from_box(-900, 5000, -800, 5001)
    lines = (Line("", far), Line("x" * 900, far), Line("\x00\u200b", far), Line("中" * 300, far))
    page = page_of()
    file, _ = transcript(RecognizedPage(page.page, Recognition(lines)), page)
    sheets = texts(file)
    assert sheets[0].count("x") > 800
    assert "No text was recognized." in sheets[-1]
