"""hOCR as programs write it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from penstock.errors import InvalidTranscription
from penstock.model import Alternative
from penstock.transcriptions.hocr_properties import baseline_in, properties_of
from penstock.transcriptions.reading import read_transcription
from penstock.transcriptions.values import TranscribedPage

HEAD = "<html><head><meta charset=utf-8><meta name='ocr-system' content='tesseract 5.3.0'></head><body>"
DATA = Path(__file__).parents[1] / "data" / "transcriptions"


@pytest.fixture
def pages(tmp_path):
    """Return a function that reads the pages of an hOCR body."""

    def read(body: str) -> list[TranscribedPage]:
        path = tmp_path / "page.hocr"
        path.write_text(HEAD + body + "</body></html>", "utf-8")
        return list(read_transcription(path))

    return read


@pytest.fixture
def page(pages):
    """Return a function that reads the content of one page of 1000 x 1400 pixels."""

    def read(content: str) -> TranscribedPage:
        (found,) = pages(f"<div class='ocr_page' title='bbox 0 0 1000 1400'>{content}</div>")
        return found

    return read


def texts(page: TranscribedPage) -> list[str]:
    return [line.text for line in page.recognition.lines]


def words(page: TranscribedPage) -> list[tuple[str, float | None]]:
    return [(word.text, word.confidence) for line in page.recognition.lines for word in line.words]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ('image "a;b.png"; bbox 0 0 9 9; ppageno 0', {"image": "a;b.png", "bbox": "0 0 9 9", "ppageno": "0"}),
        ("bbox 1 2 3 4;x_wconf 95 ;; ", {"bbox": "1 2 3 4", "x_wconf": "95"}),
        ("image 'it''s'; BBOX 1 2 3 4", {"image": "it", "bbox": "1 2 3 4"}),
        ("image o'brien.png; bbox 1 2 3 4", {"image": "o'brien.png", "bbox": "1 2 3 4"}),
        ('image "unclosed; bbox 1 2 3 4', {"image": '"unclosed', "bbox": "1 2 3 4"}),
        ("image bbox 9 9 9 9; bbox 1 2 3 4; bbox 5 6 7 8", {"image": "bbox 9 9 9 9", "bbox": "1 2 3 4"}),
        ('x_font "Times;New"; x_fsize 12', {"x_font": "Times;New", "x_fsize": "12"}),
        ("", {}),
    ],
)
def test_properties_of_titles(title, expected):
    assert properties_of(title) == expected


def test_tesseract_page(pages):
    (page,) = pages(
        """<div class='ocr_page' id='page_1' lang='eng'
             title='image "letter.png"; bbox 0 0 1000 1400; ppageno 4; scan_res 300 301'>
           <div class='ocr_carea' title='bbox 90 90 910 410'>
            <p class='ocr_par' lang='deu_frak' title='bbox 100 100 900 150'>
             <span class='ocr_line' title='bbox 100 100 900 150; baseline 0.01 -10; x_size 40'>
              <span class='ocrx_word' title='bbox 100 100 300 150; x_wconf 96'><strong>Guten</strong></span>
              <span class='ocrx_word' title='bbox 320 100 500 150; x_wconf 7' lang='eng'>Tag</span>
             </span></p>
            <p class='ocr_par' title='bbox 100 200 900 250'>
             <span class='ocr_caption' title='bbox 100 200 900 250'>
              <span class='ocrx_word' title='bbox 100 200 900 250; x_wconf 0'>Fig. 1</span></span></p>
           </div>
           <div class='ocr_photo' title='bbox 0 500 1000 900'></div></div>"""
    )
    assert (page.width, page.height, page.dpi, page.number) == (1000, 1400, (300, 301), 5)
    assert page.picture == "letter.png"
    assert page.problems == ()
    recognition = page.recognition
    assert (recognition.recognizer, recognition.language) == ("tesseract 5.3.0", "en")
    assert [region.kind for region in recognition.regions] == ["paragraph", "caption", "image"]
    first, second = recognition.lines
    assert (first.text, first.language, first.region) == ("Guten Tag", "de-Latf", 0)
    assert first.baseline == ((100, 140), (900, 148))
    assert [(word.text, word.confidence, word.language) for word in first.words] == [
        ("Guten", 0.96, None),
        ("Tag", 0.07, "en"),
    ]
    assert first.words[1].quad.bounds == (320, 100, 500, 150)
    assert [word.text for word in second.words] == ["Fig.", "1"]


def test_several_pages_are_numbered_as_the_file_has_them(pages):
    found = pages(
        "<div class='ocr_page' title='bbox 0 0 100 100; ppageno 0'>"
        "<span class='ocr_line' title='bbox 0 0 50 9'>one</span></div>"
        "<div class='ocr_page' title='bbox 0 0 200 100; ppageno 1'>"
        "<span class='ocr_line' title='bbox 0 0 50 9'>two</span></div>"
    )
    assert [(page.number, page.width, texts(page)) for page in found] == [
        (1, 100, ["one"]),
        (2, 200, ["two"]),
    ]


def test_lines_without_words_get_words(page):
    found = page("<span class='ocr_line' title='bbox 100 100 900 150'>Alice was beginning</span>")
    assert [word.text for word in found.recognition.lines[0].words] == ["Alice", "was", "beginning"]
    assert [round(word.quad.bounds[0]) for word in found.recognition.lines[0].words] == [100, 321, 507]


def test_words_without_lines_make_lines(page):
    found = page(
        "<p class='ocr_par'><span class='ocrx_word' title='bbox 100 100 200 150'>one</span>"
        "<span class='ocrx_word' title='bbox 220 105 300 150'>two</span>"
        "<span class='ocrx_word' title='bbox 100 200 200 250'>three</span></p>"
    )
    assert texts(found) == ["one two", "three"]


def test_text_written_twice_is_read_once(page):
    """Google's Document AI writes each line's text beside its words and in them."""
    found = page(
        "<span class='ocr_line' title='bbox 100 100 900 150'>DATE: 01/01/1970\n"
        "<span class='ocrx_word' title='bbox 100 100 300 150'>DATE</span>"
        "<span class='ocrx_word' title='bbox 310 100 320 150'>: </span>"
        "<span class='ocrx_word' title='bbox 330 100 900 150'>01/01/1970\n</span></span>"
    )
    assert texts(found) == ["DATE: 01/01/1970"]
    assert [text for text, _ in words(found)] == ["DATE", ":", "01/01/1970"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<span class='ocrx_word'>one</span><span class='ocrx_word'>two</span>", "one two"),
        ("<span class='ocrx_word'>你好</span> <span class='ocrx_word'>世界</span>", "你好世界"),
        ("<span class='ocrx_word'>one</span>, <span class='ocrx_word'>two</span>", "one, two"),
        ("<span class='ocrx_word'>one</span><br/><span class='ocrx_word'> </span>two", "one two"),
        ("<span class='ocrx_word'>ver\u00adbun\u00ad</span>", "ver\u00adbun\u00ad"),
        ("<em>one <span class='ocrx_word'>t<b>w</b>o</span></em>", "one two"),
    ],
)
def test_text_of_lines(page, content, expected):
    found = page(f"<span class='ocr_line' title='bbox 100 100 900 150'>{content}</span>")
    assert texts(found) == [expected]
    assert "".join(text for text, _ in words(found)) == expected.replace(" ", "")


def test_confidences_of_letters_are_averaged(page):
    """kraken gives one confidence from 0 to 1 for each letter."""
    found = page(
        "<span class='ocr_line' title='bbox 100 100 900 150; cuts 0,0,9'>"
        "<span class='ocrx_word' title='bbox 100 100 300 150; x_confs 0.5 1.0 0.9'>one</span></span>"
    )
    assert words(found) == [("one", pytest.approx(0.8))]


def test_readings_of_single_letters_are_no_text(page):
    """Tesseract lists them inside the word if it is asked for choices."""
    found = page(
        "<span class='ocr_line' title='bbox 100 100 900 150'>"
        "<span class='ocrx_word' title='bbox 100 100 300 150; x_wconf 90'>"
        "<span class='ocrx_cinfo' title='x_bboxes 1 2 3 4; x_conf 98'>a</span>\n"
        "<span class='ocrx_cinfo' title='x_bboxes 4 2 6 4; x_conf 98'>b</span>"
        "<span class='ocrx_cinfo' id='lstm_choices_1_1_1'>"
        "<span class='ocrx_cinfo' id='choice_1_1_1' title='x_confs 3'>o</span></span>"
        "</span></span>"
    )
    assert words(found) == [("ab", 0.9)]


def test_words_of_tesseract_3_00(page):
    found = page(
        "<span class='ocr_line' title='bbox 100 100 900 150'>"
        "<span class='ocr_word' title='bbox 100 100 300 150'><span class='xocr_word' title='x_wconf 74'>quick"
        "</span></span></span>"
    )
    assert words(found) == [("quick", 0.74)]


def test_words_without_a_box_are_around_their_letters(page):
    found = page(
        "<span class='ocr_line'><span class='ocrx_word' title='x_wconf 95'>"
        "<span class='ocrx_cinfo' title='x_bboxes 10 20 18 35'>a</span>"
        "<span class='ocrx_cinfo' title='x_bboxes 19 22 27 37'>b</span></span></span>"
    )
    (line,) = found.recognition.lines
    assert line.quad.bounds == line.words[0].quad.bounds == (10, 20, 27, 37)


def test_alternatives(page):
    found = page(
        "<span class='ocr_line' title='bbox 100 100 900 150'>"
        "<span class='ocrx_word' title='bbox 100 100 300 150'>"
        "<span class='alternatives'><ins class='alt' title='nlp 0.3'>hello</ins>"
        "<del class='alt' title='nlp 1.1'>hallo</del></span></span></span>"
    )
    (word,) = found.recognition.lines[0].words
    assert word.text == "hello"
    assert word.alternatives == (Alternative("hallo", math.exp(-1.1)),)


@pytest.mark.parametrize(
    ("angle", "first_corner"), [(0, (100, 100)), (90, (100, 900)), (180, (150, 900)), (270, (150, 100))]
)
def test_turned_lines_start_at_their_first_letter(page, angle, first_corner):
    found = page(
        f"<span class='ocr_line' title='bbox 100 100 150 900; textangle {angle}'>"
        "<span class='ocrx_word' title='bbox 100 100 150 900'>margin</span></span>"
    )
    (line,) = found.recognition.lines
    assert line.quad.corners[0] == line.words[0].quad.corners[0] == first_corner


def test_right_to_left(page):
    found = page(
        "<p class='ocr_par' dir='rtl' lang='ara' title='bbox 0 100 1000 150'>"
        "<span class='ocr_line' title='bbox 100 100 900 150'>مرحبا بالعالم</span></p>"
    )
    (line,) = found.recognition.lines
    assert (line.direction, line.language) == ("rtl", "ar")
    assert line.words[0].quad.bounds[0] > line.words[1].quad.bounds[2]


def test_curved_baselines_are_sampled():
    points = baseline_in("0.001 -0.1 -5", (100.0, 50.0, 200.0, 100.0))
    assert points[0] == (100, 95)
    assert points[4] == (150, pytest.approx(100 + 2.5 - 5 - 5))
    assert points[-1] == (200, pytest.approx(100 + 10 - 10 - 5))


@pytest.mark.parametrize("baseline", ["nan -5", "0.1 -500", "", "a b"])
def test_impossible_baselines_are_left_out(page, baseline):
    found = page(f"<span class='ocr_line' title='bbox 100 100 900 150; baseline {baseline}'>one</span>")
    assert found.recognition.lines[0].baseline == ()


def test_parts_with_bad_boxes_keep_their_text(page):
    found = page(
        "<span class='ocr_line' title='bbox 100 100 900 150'>"
        "<span class='ocrx_word' title='bbox 300 150 100 100; x_wconf 900'>swapped</span> "
        "<span class='ocrx_word' title='bbox 1 2 3; x_wconf -3'>short</span> "
        "<span class='ocrx_word' title='bbox 5000 100 5100 150'>far</span> "
        "<span class='ocrx_word' title='bbox nan 1 2 inf'>nan</span> "
        "<span class='ocrx_word' title='bbox 5 5 5 9'>narrow</span> "
        "<span class='ocrx_word'>bare</span></span>"
    )
    assert texts(found) == ["swapped short far nan narrow bare"]
    assert [text for text, _ in words(found)] == ["swapped", "short", "far", "nan", "narrow", "bare"]
    assert found.recognition.lines[0].quad.bounds == (100, 100, 900, 150)
    assert found.problems == (
        "a bbox is not four numbers (1 2 3 and 1 more)",
        "a bbox has no area (5 5 5 9)",
        "a confidence is not from 0 to 100 (900 and 1 more)",
        "a place is outside the page ('far')",
    )


def test_lines_without_boxes_share_their_region(page):
    found = page(
        "<div class='ocr_carea' title='bbox 100 200 500 300'>"
        "<span class='ocr_line'>first</span><span class='ocr_line'>second</span></div>loose text"
    )
    assert texts(found) == ["first", "second", "loose text"]
    first, second, loose = (line.quad.bounds for line in found.recognition.lines)
    assert (first[1], first[3], second[1], second[3]) == (200, 250, 250, 300)
    assert loose[3] == 1400


def test_a_page_size_that_cannot_be_right_is_left_out(pages):
    lines = "".join(
        f"<span class='ocr_line' title='bbox 10 {top} 90 {top + 9}'>line</span>" for top in range(0, 300, 10)
    )
    (page,) = pages(f"<div class='ocr_page' title='bbox 0 0 100 100'>{lines}</div>")
    assert (page.width, page.height) == (None, None)
    assert page.recognition.lines[-1].quad.bounds == (10, 290, 90, 299)
    assert "the page is said to be 100 x 100 large, but 20 lines and words are outside" in page.problems


@pytest.mark.parametrize("box", ["bbox 0 0 0 0", "bbox a b c d", ""])
def test_pages_without_a_size(pages, box):
    (page,) = pages(
        f"<div class='ocr_page' title='{box}'><span class='ocr_line' title='bbox 1 1 9 9'>one</span></div>"
    )
    assert (page.width, texts(page)) == (None, ["one"])


def test_lines_without_a_page_are_one_page(pages):
    (page,) = pages("<p class='ocr_par'><span class='ocr_line' title='bbox 1 1 9 9'>one</span></p>")
    assert texts(page) == ["one"]


def test_other_html_is_refused(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("<html><body><p>one</p></body></html>")
    with pytest.raises(InvalidTranscription, match="HTML without pages or lines of hOCR"):
        list(read_transcription(path))


def test_damaged_markup_is_read_as_html(pages):
    (page,) = pages(
        "<div class=ocr_page title='bbox 0 0 1000 1400'><script src='viewer.js'/><p>"
        "<span class=ocr_line title='bbox 1 1 900 9'>R&D <b>caf&eacute;</span>"
        "<span class=ocr_line title='bbox 1 20 900 29'>'!'<!--,,,></span>"
        "<span class=ocr_line title='bbox 1 30 900 39'>last &lt;&unknown;</span>"
    )
    assert texts(page) == ["R&D café", "'!'<!--,,,>", "last <&unknown;"]


def test_a_real_page_in_many_scripts():
    (page,) = read_transcription(DATA / "tesseract-many-scripts.hocr")
    recognition = page.recognition
    assert (len(recognition.lines), page.problems) == (20, ())
    assert recognition.lines[0].text == "Hello!"
    assert {line.language for line in recognition.lines} >= {"en", "es", "fr", "de", "ar", "he", "hi", "ja"}
    assert {line.direction for line in recognition.lines} == {None, "rtl"}


def test_a_real_invoice_of_document_ai():
    (page,) = read_transcription(DATA / "google-documentai-invoice.hocr")
    assert (len(page.recognition.lines), page.problems) == (37, ())
    assert sum(len(line.words) for line in page.recognition.lines) == 86
