"""ALTO of all versions, as programs write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.errors import InvalidTranscription
from penstock.model import Alternative
from penstock.transcriptions.reading import read_transcription
from penstock.transcriptions.values import TranscribedPage

V4 = "http://www.loc.gov/standards/alto/ns-v4#"
DATA = Path(__file__).parents[1] / "data" / "transcriptions"
PLACE = 'HPOS="100" VPOS="100" WIDTH="800" HEIGHT="50"'
ARABIC = "مرحبا بالعالم"


@pytest.fixture
def pages(tmp_path):
    """Return a function that reads the pages of an ALTO file."""

    def read(layout: str, head: str = "", namespace: str = V4) -> list[TranscribedPage]:
        path = tmp_path / "page.xml"
        path.write_text(f'<alto xmlns="{namespace}">{head}<Layout>{layout}</Layout></alto>', "utf-8")
        return list(read_transcription(path))

    return read


@pytest.fixture
def page(pages):
    """Return a function that reads the content of the print space of one page of 1000 x 1400."""

    def read(content: str, head: str = "") -> TranscribedPage:
        (found,) = pages(
            f'<Page ID="p" WIDTH="1000" HEIGHT="1400" PHYSICAL_IMG_NR="3"><PrintSpace>{content}'
            "</PrintSpace></Page>",
            head,
        )
        return found

    return read


@pytest.fixture
def line(page):
    """Return a function that reads one line with the given content."""

    def read(content: str, attributes: str = PLACE):
        found = page(f'<TextBlock ID="b"><TextLine ID="l" {attributes}>{content}</TextLine></TextBlock>')
        assert found.problems == ()
        (only,) = found.recognition.lines
        return only

    return read


def string(text: str, left: float, right: float, more: str = "") -> str:
    return f'<String CONTENT="{text}" HPOS="{left}" VPOS="100" WIDTH="{right - left}" HEIGHT="50" {more}/>'


def text_line(content: str) -> str:
    return f"<TextLine {PLACE}>{content}</TextLine>"


def place(left: object, top: object, width: object, height: object) -> str:
    return f'HPOS="{left}" VPOS="{top}" WIDTH="{width}" HEIGHT="{height}"'


def texts(page: TranscribedPage) -> list[str]:
    return [line.text for line in page.recognition.lines]


HEAD = """
<Description><MeasurementUnit>{unit}</MeasurementUnit>
<sourceImageInformation><fileName>scans/0003.tif</fileName></sourceImageInformation>
<OCRProcessing ID="o"><ocrProcessingStep><processingSoftware><softwareName>FineReader</softwareName>
<softwareVersion>11.0</softwareVersion></processingSoftware></ocrProcessingStep></OCRProcessing>
</Description>"""


@pytest.mark.parametrize(
    ("unit", "dpi"), [("pixel", None), ("mm10", (254.0, 254.0)), ("inch1200", (1200.0, 1200.0))]
)
def test_units_are_pixels_at_a_resolution(page, unit, dpi):
    found = page(
        f"<TextBlock><TextLine {PLACE}>{string('one', 100, 300)}</TextLine></TextBlock>",
        HEAD.format(unit=unit),
    )
    assert (found.width, found.height, found.dpi, found.number) == (1000, 1400, dpi, 3)
    assert (found.picture, found.recognition.recognizer) == ("scans/0003.tif", "FineReader 11.0")
    assert found.recognition.lines[0].words[0].quad.bounds == (100, 100, 300, 150)
    assert found.problems == ()


def test_unknown_units_are_taken_for_pixels(page):
    found = page("", HEAD.format(unit="mm"))
    assert found.problems == ('the unit "mm" is not one of pixel, mm10, inch1200, so pixels are assumed',)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (string("two", 100, 300) + "<SP/>" + string("words", 320, 500), "two words"),
        (string("two", 100, 300) + string("words", 320, 500), "two words"),
        (string("one", 100, 300) + "<SP/>" + string("two", 320, 500) + string(",", 502, 510), "one two,"),
        (
            string("one", 100, 300) + "<SP/>" + string("two", 320, 500) + string("far", 800, 900),
            "one two far",
        ),
        (string("你", 100, 300) + string("好", 320, 500), "你好"),
        (string("whole line", 100, 900), "whole line"),
    ],
)
def test_spaces(line, content, expected):
    found = line(content)
    assert found.text == expected
    assert "".join(word.text for word in found.words) == expected.replace(" ", "")


def test_hyphen_belongs_to_the_line(line):
    found = line(
        string("ein", 100, 200) + "<SP/>"
        + string("Bei", 300, 500, 'WC="0.5" SUBS_TYPE="HypPart1" SUBS_CONTENT="Beispiel"')
        + '<HYP CONTENT="⸗" HPOS="505" WIDTH="20" VPOS="120"/>'
    )  # fmt: skip
    assert found.text == "ein Bei⸗"
    word = found.words[1]
    assert (word.text, word.confidence, word.alternatives) == ("Bei⸗", 0.5, (Alternative("Beispiel"),))
    assert word.quad.bounds == (300, 100, 525, 150)


@pytest.mark.parametrize(
    ("content", "text"), [("", "Bei-"), ('CONTENT="\u00ad"', "Bei\u00ad"), ('CONTENT="i"', "Bei")]
)
def test_hyphens_without_a_place(line, content, text):
    assert line(string("Bei", 100, 500) + f"<HYP {content}/>").text == text


def test_alternatives_and_variants_of_glyphs(line):
    found = line(
        '<String CONTENT="on" HPOS="100" VPOS="100" WIDTH="90" HEIGHT="50"><ALTERNATIVE>an</ALTERNATIVE>'
        '<Glyph CONTENT="o"><Variant CONTENT="c" VC="0.25"/><Variant CONTENT="o"/></Glyph>'
        '<Glyph CONTENT="n"><Variant CONTENT="m" VC="7"/></Glyph></String>'
    )
    assert found.words[0].alternatives == (Alternative("an"), Alternative("cn", 0.25), Alternative("om"))


def test_one_string_for_a_line_follows_the_baseline(line):
    """eScriptorium writes a line's whole text as one string with the place of the line."""
    found = line(
        '<Shape><Polygon POINTS="100 100 500 100 900 60 900 110 500 150 100 150"/></Shape>'
        '<String CONTENT="uphill at the end" HPOS="100" VPOS="60" WIDTH="800" HEIGHT="90" WC="0.8"/>',
        'HPOS="100" VPOS="60" WIDTH="800" HEIGHT="90" BASELINE="100 140 500 140 900 100"',
    )
    assert found.baseline == ((100, 140), (500, 140), (900, 100))
    assert [word.text for word in found.words] == ["uphill", "at", "the", "end"]
    assert {word.confidence for word in found.words} == {0.8}
    assert found.words[0].quad.angle == pytest.approx(0)
    assert found.words[3].quad.angle == pytest.approx(-5.7, abs=0.1)


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        ("130", ((100, 130), (900, 130))),
        ("130.5", ((100, 130.5), (900, 130.5))),
        ("9999", ()),
        ("100,140 900,138", ((100, 140), (900, 138))),
        ("100 140 900 138", ((100, 140), (900, 138))),
        ("900 140 100 138", ((100, 138), (900, 140))),
        ("100 140", ()),
    ],
)
def test_baselines(line, baseline, expected):
    assert line(string("one", 100, 900), f'{PLACE} BASELINE="{baseline}"').baseline == expected


@pytest.mark.parametrize(
    ("baseline", "first_corner"),
    [("140 900 140 100", (100, 900)), ("110 100 110 900", (150, 100)), ("", (100, 100))],
)
def test_lines_along_the_margin_start_at_their_first_letter(line, baseline, first_corner):
    place = 'HPOS="100" VPOS="100" WIDTH="50" HEIGHT="800"'
    found = line(f'<String CONTENT="one" {place}/>', f'{place} BASELINE="{baseline}"')
    assert found.quad.corners[0] == found.words[0].quad.corners[0] == first_corner


def test_rotated_blocks(page):
    found = page(f'<TextBlock ROTATION="90">{text_line(string("up", 100, 900))}</TextBlock>')
    assert found.recognition.lines[0].quad.corners[0] == (100, 150)


@pytest.mark.parametrize("baseline", ["100 140 900 140", "900 140 100 140"])
def test_right_to_left(line, baseline):
    found = line(string(ARABIC, 100, 900), f'{PLACE} BASELINE="{baseline}" BASEDIRECTION="rtl" LANG="ara"')
    assert (found.direction, found.language, found.quad.angle) == ("rtl", "ar", 0)
    assert found.baseline == ((100, 140), (900, 140))
    assert found.words[0].quad.bounds[0] > found.words[1].quad.bounds[2]


def test_regions_have_kinds(page):
    one, two, three = (text_line(string(text, 100, 200)) for text in "abc")
    found = page(
        f"""<TextBlock {PLACE} TAGREFS="T1 T9 nowhere">{one}</TextBlock>
        <ComposedBlock ID="c" TYPE="advertisement" {PLACE}><TextBlock {PLACE} language="fre">
        <Shape><Polygon POINTS="1,2 3,4 5,9"/></Shape>{two}</TextBlock>
        <Illustration {PLACE}/></ComposedBlock><GraphicalElement {PLACE}/>
        <TextBlock ID="eSc_dummyblock_">{three}</TextBlock>""",
        '<Tags><OtherTag ID="T1" LABEL="MarginTextZone:note"/><LayoutTag ID="T9" LABEL="foo"/></Tags>',
    )
    kinds = [region.kind for region in found.recognition.regions]
    assert kinds == ["marginalia", "text", "image", "separator"]
    assert [line.region for line in found.recognition.lines] == [0, 1, None]
    assert found.recognition.regions[1].polygon == ((1, 2), (3, 4), (5, 9))
    assert found.recognition.lines[1].language == "fr"


def test_reading_order(page):
    blocks = "".join(
        f'<TextBlock ID="b{n}" {PLACE}>{text_line(string(str(n), 100, 200))}</TextBlock>' for n in (1, 2, 3)
    )
    order = "".join(f'<ElementRef REF="{block}"/>' for block in ("b3", "gone", "b1"))
    found = page(blocks, f"<ReadingOrder><OrderedGroup>{order}</OrderedGroup></ReadingOrder>")
    assert texts(found) == ["3", "1", "2"]


def test_percentages(page):
    strings = [string(text, 100, 200, f'WC="{text}"') for text in ("87", "1", "-1")]
    found = page(text_line("".join(strings)))
    assert [word.confidence for word in found.recognition.lines[0].words] == [0.87, 0.01, None]
    assert found.problems == ("a confidence (WC) is not from 0 to 1 (-1)",)


def test_corrected_words(line):
    (word,) = line(string("one", 100, 200, 'CS="true" WC="1"')).words
    assert (word.corrected, word.confidence) == (True, None)


def test_four_corners_are_kept_as_they_are(line):
    """The sides of a quad that is slightly distorted must not become longer with each export."""
    found = line(
        '<Shape><Polygon POINTS="100,110 900,100 902,150 101,162"/></Shape>'
        '<String CONTENT="one" HPOS="100" VPOS="100" WIDTH="802" HEIGHT="62">'
        '<Shape><Polygon POINTS="101,162 902,150 900,100 100,110"/></Shape></String>',
        f'{PLACE} BASELINE="100,150 900,140"',
    )
    assert (
        found.quad.corners == found.words[0].quad.corners == ((100, 110), (900, 100), (902, 150), (101, 162))
    )
    assert found.polygon == found.words[0].polygon == ()


def test_lines_that_do_not_cover_their_words(page):
    found = page(
        f'<TextLine HPOS="100" VPOS="100" WIDTH="50" HEIGHT="20">{string("one", 100, 300)}</TextLine>'
    )
    assert found.recognition.lines[0].quad.bounds == (100, 100, 300, 150)


def test_lines_without_a_width_are_as_wide_as_their_text(line):
    place = 'HPOS="160" VPOS="771" WIDTH="0" HEIGHT="28"'
    found = line(f'<String CONTENT="Test page" {place}/>', place)
    assert found.quad.bounds == (160, 771, pytest.approx(284.516), 799)


def test_bad_places_keep_their_text(page):
    places = {
        "nan": place("NaN", 100, 200, 40),
        "inf": place("INF", 100, 200, 40),
        "huge": place("1e300", 100, 200, 40),
        "unit": place("100px", 100, 200, 40),
        "negative": place(100, 100, -200, 40),
        "off": place(100, 9999, 200, 40),
        "zero": place(100, 100, 0, 0),
        "good": PLACE,
    }
    lines = (
        f'<TextLine ID="{name}" {each}><String ID="{name}" CONTENT="{name}" {each}/></TextLine>'
        for name, each in places.items()
    )
    found = page(f"<TextBlock {place(0, 0, 1000, 1400)}>{''.join(lines)}</TextBlock>")
    assert texts(found) == list(places)
    assert all(0 <= value <= 1400 for line in found.recognition.lines for value in line.quad.bounds)
    assert found.problems == (
        "a box is not four plausible numbers (String nan and 7 more)",
        "a box has a negative size (String negative and 1 more)",
        "a place is outside the page ('off' and 1 more)",
    )


def test_bad_points_are_left_out(page):
    found = page(
        f"<TextBlock {PLACE}><Shape><Polygon POINTS='1,2 3'/></Shape>"
        f"<TextLine ID='l' {PLACE} BASELINE='1 2 x 4'>{string('one', 100, 200)}</TextLine></TextBlock>"
    )
    assert found.recognition.lines[0].baseline == ()
    assert found.problems == (
        "the points of a polygon are not pairs of numbers (TextBlock)",
        "a baseline is not pairs of numbers (TextLine l)",
    )


@pytest.mark.parametrize("namespace", ["", "http://schema.ccs-gmbh.com/ALTO", V4, "urn:own"])
def test_any_namespace(pages, namespace):
    (found,) = pages(f"<Page><TextLine {PLACE}>{string('one', 100, 200)}</TextLine></Page>", "", namespace)
    assert (texts(found), found.width) == (["one"], None)


def test_several_pages(pages):
    content = text_line(string("x", 100, 200))
    found = pages(
        f'<Page WIDTH="1000" HEIGHT="1400" PHYSICAL_IMG_NR="1">{content}</Page>'
        f'<Page WIDTH="2000" HEIGHT="1400" PHYSICAL_IMG_NR="2">{content}</Page>'
    )
    assert [(page.number, page.width, texts(page)) for page in found] == [(1, 1000, ["x"]), (2, 2000, ["x"])]


def test_impossible_page_sizes(pages):
    (found,) = pages('<Page WIDTH="bar" HEIGHT="-1"/>')
    assert (found.width, found.height) == (None, None)
    assert found.problems == ("the size of the page, bar x -1, is not two positive numbers",)


def test_two_xml_declarations(tmp_path):
    path = tmp_path / "page.xml"
    declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
    path.write_text(
        f"{declaration}{declaration}<alto><Layout><Page>{text_line(string('é', 1, 2))}</Page></Layout></alto>"
    )
    (page,) = read_transcription(path)
    assert (texts(page), page.problems) == (["é"], ())


def test_without_pages(pages):
    with pytest.raises(InvalidTranscription, match=r"page\.xml: has no pages \(export the file again"):
        pages("")


def test_a_real_letter_of_escriptorium():
    (page,) = read_transcription(DATA / "escriptorium-letter.alto.xml")
    assert (len(page.recognition.lines), page.problems) == (18, ())
    line = page.recognition.lines[0]
    assert [word.text for word in line.words] == ["Paris", "4", "Juillet"]
    assert [region.kind for region in page.recognition.regions] == ["text", "text", "graphic"]


def test_a_real_page_in_tenths_of_a_millimetre():
    (page,) = read_transcription(DATA / "docworks-mm10.alto.xml")
    assert (page.width, page.height, page.dpi) == (1003, 1469, (254, 254))
    assert (len(page.recognition.lines), page.problems) == (27, ())
    assert sum(len(line.words) for line in page.recognition.lines) == 209
    assert page.recognition.recognizer == "FineReader 11.0"
    assert page.recognition.lines[1].language == "de"
