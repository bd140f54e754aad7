"""What the writers of hOCR, ALTO and PAGE XML write."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from lxml import etree, html

from penstock.model import Line, Recognition, Word
from penstock.transcriptions.alto_writer import alto_page
from penstock.transcriptions.hocr_writer import hocr_document
from penstock.transcriptions.losses import LOST_BY, Losses
from penstock.transcriptions.page_terms import LANGUAGES, TEXT_TYPES, language_name
from penstock.transcriptions.page_writer import page_xml
from penstock.transcriptions.xml_text import xml_file
from transcriptions.written_pages import DATA, PAGES, box, page


class Xlink(etree.Resolver):
    """Answers the reference to XLink from a file, so that nothing is fetched."""

    def resolve(self, url, public_id, context):
        return self.resolve_filename(str(DATA / "schemas/xlink.xsd"), context) if "xlink" in url else None


@pytest.fixture(scope="module")
def schemas():
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Xlink())
    files = {"alto": "alto-4-4.xsd", "page": "page-2019-07-15.xsd"}
    return {
        name: etree.XMLSchema(etree.parse(DATA / "schemas" / file, parser)) for name, file in files.items()
    }


def tree(content: bytes):
    """Parse a file, and remove the namespace from the names of its elements."""
    root = etree.fromstring(content)
    for element in root.iter():
        element.tag = etree.QName(element).localname
    return root


def hocr(*pages):
    return "".join(hocr_document(pages, title="a & <b>", page_count=len(pages))).encode()


def properties(element) -> dict[str, str]:
    parts = (part.strip().split(" ", 1) for part in element.get("title").split(";"))
    return dict(parts)


def test_markup_and_line_breaks_in_texts_and_names_are_kept():
    root = ET.Element("root", {"xmlns": "urn:a", "name": '"a" & <b>\tc\nd\re'})
    ET.SubElement(root, "text").text = '"a" & <b>\tc\nd é 🎉'
    ET.SubElement(root, "empty", {"xsi:nil": "true"})
    written = xml_file(root)

    ET.indent(root)
    assert written.decode() == (f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, "unicode")}\n')


@pytest.mark.parametrize("name", PAGES)
def test_alto_and_page_are_valid(schemas, name):
    for kind, content in (("alto", alto_page(PAGES[name])), ("page", page_xml(PAGES[name]))):
        schema = schemas[kind]
        assert schema.validate(etree.fromstring(content)), schema.error_log


def test_page_terms_are_those_of_the_schema():
    schema = etree.parse(DATA / "schemas/page-2019-07-15.xsd")
    values = {}
    for name in ("LanguageSimpleType", "TextTypeSimpleType"):
        values[name] = set(schema.xpath("//*[@name=$name]//@value", name=name))
    # Second names of Khmer and Panjabi.
    assert set(LANGUAGES.values()) == values["LanguageSimpleType"] - {"other", "Cambodian", "Punjabi"}
    assert values["TextTypeSimpleType"] == TEXT_TYPES
    assert [language_name(tag) for tag in ("de", "de-AT", "ZH_Hant", "und", "", None)] == [
        "German", "German", "Chinese", None, None, None
    ]  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_hocr_is_the_same_for_parsers_of_xml_and_html(name):
    content = hocr(PAGES[name], page(Recognition(), 13))
    xml = etree.fromstring(content)
    lines = ["".join(each.itertext()) for each in xml.iterfind(".//{*}span[@class='ocr_line']")]
    # The declaration of the encoding is for XML, as in the files of Tesseract.
    parsed = html.fromstring(content.partition(b"?>")[2].decode())
    assert ["".join(each.itertext()) for each in parsed.findall(".//span[@class='ocr_line']")] == lines
    assert len(lines) == len(PAGES[name].recognition.lines)
    assert [each.get("id") for each in parsed.findall(".//body/div")] == [
        f"page_{PAGES[name].page.number}", "page_13"
    ]  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_hocr_keeps_to_its_grammar(name):
    root = tree(hocr(PAGES[name]))
    capabilities = root.find(".//meta[@name='ocr-capabilities']").get("content").split()
    elements = root.findall(".//*[@class]")
    assert {each.get("class") for each in elements} <= set(capabilities)
    names = [each.get("id") for each in elements]
    assert len(set(names)) == len(names)
    number = r"-?[0-9]+(\.[0-9]+)?"
    grammar = {
        "image": '"[^"]+"',
        "bbox": "[0-9]+( [0-9]+){3}",
        "poly": "[0-9]+ [0-9]+( [0-9]+ [0-9]+){2,}",
        "baseline": f"{number} {number}",
        "textangle": number,
        "ppageno": "[0-9]+",
        "scan_res": "[0-9]+ [0-9]+",
        "x_wconf": "[0-9]+",
        "x_corrected": "1",
        "x_type": "[^ ;\"']+",
    }
    for element in elements:
        for key, value in properties(element).items():
            assert re.fullmatch(grammar[key], value), (key, value)


def test_hocr_has_everything():
    root = tree(hocr(PAGES["everything"]))
    assert root.find(".//title").text == "a & <b>"
    metas = {each.get("name"): each.get("content") for each in root.iter("meta")}
    assert (metas["ocr-system"], metas["ocr-number-of-pages"]) == ("rapidocr 3.10.0", "1")
    whole = root.find(".//div[@class='ocr_page']")
    assert properties(whole) == {
        "image": '"scan %221%22 & ü.jpg"',
        "bbox": "0 0 1000 1400",
        "ppageno": "0",
        "scan_res": "300 300",
        "textangle": "-1.5",
    }
    assert whole.get("lang") == "de"
    blocks = [(each.get("class"), properties(each).get("x_type")) for each in whole]
    assert blocks == [
        ("ocr_image", "image"),
        ("ocr_carea", "marginalia"),
        ("ocr_par", None),
        ("ocr_separator", "separator"),
        ("ocr_carea", "stamp_{old}__"),
    ]
    lines = root.findall(".//span[@class='ocr_line']")
    assert "".join(lines[0].itertext()) == "Liebe Änna, &<amor>\"'", "with the comma between words"
    assert properties(lines[0])["x_wconf"] == "80"
    slope, offset = map(float, properties(lines[0])["baseline"].split())
    assert slope == pytest.approx(-2 / 300, abs=1e-5)
    assert 143 + offset + slope * 150 == pytest.approx(136, abs=0.1), "the mean of the baseline's heights"
    words = list(lines[0])
    assert [properties(word).get("x_wconf") for word in words] == ["93", "100", None]
    assert properties(words[1])["x_corrected"] == "1"
    assert properties(words[1])["poly"] == "210 101 300 104 299 143 209 139"
    assert words[2].get("lang") == "la"


def test_alto_has_everything():
    root = tree(alto_page(PAGES["everything"]))
    assert root.findtext(".//fileName") == 'scan "1" & ü.jpg'
    software = [(each[0].text, each[1].text) for each in root.iter("processingSoftware")]
    assert software[0] == ("rapidocr", "3.10.0")
    assert software[1][0] == "penstock"
    tags = {each.get("ID"): each.get("LABEL") for each in root.iter("OtherTag")}
    assert [(each.tag, tags.get(each.get("TAGREFS"))) for each in root.find(".//PrintSpace")] == [
        ("Illustration", "image"),
        ("TextBlock", "marginalia"),
        ("TextBlock", None),
        ("GraphicalElement", "separator"),
        ("TextBlock", "stamp {old}; "),
    ]
    first, second, _ = root.iter("TextLine")
    assert (first.get("BASELINE"), first.get("LANG")) == ("100,135 250,140 400,133", "de-AT")
    assert [each.tag for each in first] == ["String", "SP", "String", "SP", "String"]
    one, two, three = first.iter("String")
    assert [one.get(key) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT", "WC")] == [
        "100", "100", "100", "40", "0.934"
    ]  # fmt: skip
    assert (two.get("CS"), two.get("WC")) == ("true", "1")
    assert [each.text for each in two.iter("ALTERNATIVE")] == ["Anna", "Arma"]
    assert three.find(".//Polygon").get("POINTS") == "320,100 400,100 390,140"
    assert [(each.get("CONTENT"), each.get("WC")) for each in second.iter("String")] == [
        ("no words here", "0.71")
    ]


def test_page_has_everything():
    created = datetime(2026, 1, 31, 12, tzinfo=UTC)
    root = tree(page_xml(PAGES["everything"], created=created))
    assert root.findtext(".//Created") == "2026-01-31T12:00:00Z"
    assert root.find(".//MetadataItem").get("value") == "rapidocr 3.10.0"
    whole = root.find("Page")
    shown = ("imageWidth", "imageXResolution", "orientation", "primaryLanguage")
    assert [whole.get(key) for key in shown] == [
        "1000", "300", "-1.5", "German"
    ]  # fmt: skip
    regions = [each for each in whole if each.tag.endswith("Region")]
    order = [each.get("regionRef") for each in root.iter("RegionRefIndexed")]
    assert order == [each.get("id") for each in regions]
    assert [(each.tag, each.get("type"), each.get("custom")) for each in regions] == [
        ("ImageRegion", None, None),
        ("TextRegion", "marginalia", None),
        ("TextRegion", None, None),
        ("SeparatorRegion", None, None),
        ("TextRegion", None, "structure {type:stamp _old__ ;}"),
    ]
    assert regions[1].get("primaryLanguage") == "Latin"
    line = regions[1].find("TextLine")
    assert [(each.get("index"), each.get("conf"), each[0].text) for each in line.findall("TextEquiv")] == [
        ("0", "0.8", "Liebe Änna, &<amor>\"'"), ("1", "0.1", "Liebe Anna")
    ]  # fmt: skip
    corrected = line.findall("Word/TextEquiv")[1]
    assert (corrected.get("conf"), corrected.get("comments")) == ("1", "corrected by hand")
    assert root.find(".//TextRegion/TextEquiv/Unicode").text == "Liebe Änna, &<amor>\"'"


def test_page_has_the_time_of_the_picture():
    assert tree(page_xml(PAGES["everything"])).findtext(".//LastChange") == "2023-11-14T22:13:20Z"


def test_directions_are_written():
    shown = PAGES["other directions"]
    assert [each.get("readingDirection") for each in tree(page_xml(shown)).iter("TextLine")] == [
        "right-to-left", "top-to-bottom"
    ]  # fmt: skip
    assert [each.get("BASEDIRECTION") for each in tree(alto_page(shown)).iter("TextLine")] == ["rtl", "ttb"]
    assert [each.get("dir") for each in tree(hocr(shown)).iterfind(".//span[@class='ocr_line']")] == [
        "rtl", None
    ]  # fmt: skip
    assert [each.get("BASELINE") for each in tree(alto_page(shown)).iter("TextLine")][1] == "920,100 920,300"
    assert len(list(tree(alto_page(shown)).iter("SP"))) == 1, "no space between Chinese words"


def test_turned_lines_say_in_which_direction_they_run():
    lines = tree(hocr(PAGES["turned"])).findall(".//span[@class='ocr_line']")
    assert [properties(line)["textangle"] for line in lines] == ["-90", "90", "-180"]
    baselines = [each.get("BASELINE") for each in tree(alto_page(PAGES["turned"])).iter("TextLine")]
    assert baselines == ["868,100 868,300", "132,600 132,300", "600,1308 400,1308"]


def test_what_xml_forbids_is_left_out():
    root = tree(alto_page(PAGES["unusual"]))
    assert [each.get("CONTENT") for each in root.iter("String")] == ["abc", "tab\tand\nbreak", ""]
    words = tree(hocr(PAGES["unusual"])).findall(".//span[@class='ocrx_word']")
    assert [word.text for word in words] == ["abc", "tab\tand\nbreak"]
    assert {properties(word)["bbox"] for word in words} == {"0 0 1000 1400"}, "inside the page"


def test_a_region_in_two_parts_keeps_the_order_of_lines():
    lines = tuple(
        Line(text, box(100, 100, 200, 140), (Word(text, box(100, 100, 200, 140)),), region=region)
        for text, region in (("one", 0), ("two", None), ("three", 0))
    )
    shown = page(Recognition(lines, regions=PAGES["everything"].recognition.regions[1:2]))
    assert [each.get("CONTENT") for each in tree(alto_page(shown)).iter("String")] == ["one", "two", "three"]
    assert len(list(tree(alto_page(shown)).iter("TextBlock"))) == 3


def test_pages_are_written_one_after_the_other():
    reached = []

    def pages():
        for number in range(1, 4):
            reached.append(number)
            yield page(PAGES["letter"].recognition, number)

    parts = hocr_document(pages())
    assert "ocr-number-of-pages" not in next(parts)
    for number in range(1, 4):
        assert f'id="page_{number}"' in next(parts)
        assert reached == list(range(1, number + 1))
    assert next(parts) == "</body>\n</html>\n"


@pytest.mark.parametrize("format_name", LOST_BY)
def test_losses_are_told_once(format_name):
    lost = Losses(format_name)
    shown = [PAGES[name] for name in ("everything", "unusual", "letter", "everything")]
    assert list(lost.noted(shown)) == shown
    told = [reason.partition(" cannot hold ")[2].partition(";")[0] for reason in lost.reasons]
    assert told[:2] == ["control characters", "marks of low confidence"]
    assert (
        told[2:]
        == {
            "hOCR": ["alternatives", "curved baselines"],
            "ALTO": [
                "alternatives of lines",
                "confidences of alternatives",
                "confidences of lines",
                "text between words",
            ],
            "PAGE XML": [],
        }[format_name]
    )


def test_a_plain_result_loses_nothing():
    for format_name in LOST_BY:
        lost = Losses(format_name)
        assert list(lost.noted([PAGES["letter"]]))
        assert lost.reasons == []


def test_vertical_text_is_told():
    lost = Losses("hOCR")
    assert list(lost.noted([PAGES["other directions"]]))
    assert lost.reasons == ["hOCR cannot hold vertical directions of text; the file leaves them out"]


@pytest.mark.parametrize(
    ("baseline", "is_written", "reasons"),
    [
        (((10, 48), (50, 49), (90, 48)), True, []),
        (((10, 48), (50, 40), (90, 48)), True, ["curved baselines; the file has straight ones instead"]),
        (((50, 10), (51, 50)), False, ["baselines steeper than 45 degrees; the file leaves them out"]),
    ],
)
def test_hocr_tells_what_it_does_with_a_baseline(baseline, is_written, reasons):
    shown = page(Recognition((Line("text", box(10, 10, 90, 50), baseline=baseline),)))
    lost = Losses("hOCR")
    assert ("; baseline " in "".join(hocr_document(lost.noted([shown])))) is is_written
    assert lost.reasons == [f"hOCR cannot hold {reason}" for reason in reasons]
