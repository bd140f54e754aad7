"""PAGE XML as programs write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.model import Alternative, Recognition
from penstock.transcriptions.page_reader import read_page_xml
from transcriptions.page_files import NAMESPACE, box, read, read_line, region, text, word, written

LINE = box(100, 100, 500, 140)


def texts(recognition: Recognition) -> list[str]:
    return [line.text for line in recognition.lines]


def test_a_page_has_its_size_picture_and_number(tmp_path: Path) -> None:
    creator = "prov=READ-COOP:name=PyLaia@TranskribusPlatform:version=2.20.0:model_id=39995:lm=none"
    metadata = f'<Creator>{creator}</Creator><TranskribusMetadata pageNr="12" docId="1"/>'
    dpi = 'imageXResolution="118.11" imageYResolution="118.11" imageResolutionUnit="PPCM"'
    page = read(tmp_path, region("r1", "Text"), dpi, metadata)
    assert (page.width, page.height, page.picture, page.number) == (1000, 1400, "scan.jpg", 12)
    assert page.dpi == pytest.approx((300, 300), abs=0.1)
    assert page.recognition.recognizer == "PyLaia@TranskribusPlatform 2.20.0"
    assert page.problems == ()


def test_the_recognizer_is_the_step_that_read_the_text(tmp_path: Path) -> None:
    step = '<MetadataItem type="processingStep" name="{}" value="{}"/>'
    steps = step.format("preprocessing/optimization/binarization", "ocrd-olena-binarize")
    steps += step.format("recognition/text-recognition", "ocrd-tesserocr-recognize")
    page = read(tmp_path, "", metadata=f"<Creator>OCR-D/core 2.13.0</Creator>{steps}")
    assert page.recognition.recognizer == "ocrd-tesserocr-recognize"


@pytest.mark.parametrize("year", ["2010-01-12", "2010-03-19", "2016-07-15", "2019-07-15"])
def test_every_version_is_read(tmp_path: Path, year: str) -> None:
    path = written(tmp_path, region("r1", "Text"), namespace=NAMESPACE.replace("2013-07-15", year))
    (page,) = read_page_xml(path)
    assert texts(page.recognition) == ["Text"]


def test_prefixed_names_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, region("r1", "Text"))
    content = path.read_text("utf-8").replace("<", "<pc:").replace("<pc:/", "</pc:").replace("<pc:?", "<?")
    path.write_text(content.replace("xmlns=", "xmlns:pc="), "utf-8")
    (page,) = read_page_xml(path)
    assert texts(page.recognition) == ["Text"]


class TestReadingOrder:
    def test_groups_are_nested_and_indexes_are_sorted(self, tmp_path: Path) -> None:
        order = """<ReadingOrder><OrderedGroup id="g">
            <RegionRefIndexed index="10" regionRef="d"/><RegionRefIndexed index="2" regionRef="a"/>
            <UnorderedGroupIndexed index="3" id="u"><RegionRef regionRef="c"/><RegionRef regionRef="b"/>
            </UnorderedGroupIndexed></OrderedGroup></ReadingOrder>"""
        page = read(tmp_path, order + "".join(region(each, each) for each in "abcd"))
        assert texts(page.recognition) == ["a", "c", "b", "d"]
        assert [line.region for line in page.recognition.lines] == [0, 1, 2, 3]

    def test_regions_outside_follow_and_unknown_ids_are_reported(self, tmp_path: Path) -> None:
        order = """<ReadingOrder><OrderedGroup id="g"><RegionRefIndexed index="0" regionRef="gone"/>
            <RegionRefIndexed index="1" regionRef="b"/></OrderedGroup></ReadingOrder>"""
        page = read(tmp_path, order + region("a", "a") + region("b", "b"))
        assert texts(page.recognition) == ["b", "a"]
        assert page.problems == ('the reading order names the region "gone", which does not exist',)

    def test_nested_regions_follow_their_parent(self, tmp_path: Path) -> None:
        nested = region("a", "outer").replace("</TextRegion>", region("b", "inner") + "</TextRegion>")
        page = read(tmp_path, nested + region("c", "after"))
        assert texts(page.recognition) == ["outer", "inner", "after"]

    def test_without_it_positions_of_transkribus_count(self, tmp_path: Path) -> None:
        regions = [
            region(each, each, f'custom="readingOrder {{index:{index};}}"')
            for each, index in zip("abc", (2, 0, 1), strict=True)
        ]
        assert texts(read(tmp_path, "".join(regions)).recognition) == ["b", "c", "a"]

    def test_cells_are_read_row_by_row(self, tmp_path: Path) -> None:
        cells = [
            f'<TableCell row="{row}" col="{column}" id="{row}{column}">{box(0, 0, 9, 9)}'
            f"<TextLine>{LINE}{text(f'{row}/{column}')}</TextLine></TableCell>"
            for column in (0, 1)
            for row in (0, 1)
        ]
        page = read(tmp_path, f'<TableRegion id="t">{LINE}{"".join(cells)}</TableRegion>')
        assert texts(page.recognition) == ["0/0", "0/1", "1/0", "1/1"]
        assert [region.kind for region in page.recognition.regions] == ["table", *["text"] * 4]

    def test_lines_that_run_against_the_stated_order_are_turned_round(self, tmp_path: Path) -> None:
        lines = "".join(
            f"<TextLine>{box(left, 0, left + 40, 300)}{text(content)}</TextLine>"
            for left, content in ((100, "左"), (200, "右"))
        )
        attributes = 'textLineOrder="right-to-left"'
        page = read(tmp_path, f'<TextRegion id="r" {attributes}>{lines}</TextRegion>')
        assert texts(page.recognition) == ["右", "左"]


def test_regions_have_kinds_languages_and_directions(tmp_path: Path) -> None:
    mark = (
        'custom="structure {type:Machine\\u0020text;} language {type: heb;}" readingDirection="right-to-left"'
    )
    regions = [
        region("a", "x", 'type="marginalia" primaryLanguage="German"'),
        region("b", "x", mark),
        f'<SeparatorRegion id="s" orientation="-90">{LINE}</SeparatorRegion>',
        f'<LineDrawingRegion id="d">{LINE}</LineDrawingRegion>',
        '<TextRegion id="eSc_dummyblock_"><TextLine>' + LINE + text("x") + "</TextLine></TextRegion>",
    ]
    found = read(tmp_path, "".join(regions), 'primaryLanguage="Latin"').recognition
    assert found.language == "la"
    kinds = [(each.kind, each.language, each.direction) for each in found.regions]
    assert kinds[:2] == [("marginalia", "de", None), ("Machine text", "he", "rtl")]
    assert [kind for kind, _, _ in kinds[2:]] == ["separator", "line-drawing"]
    assert [line.region for line in found.lines] == [0, 1, None]


class TestTexts:
    def test_the_least_index_is_the_text_and_others_are_alternatives(self, tmp_path: Path) -> None:
        equivalents = text("LIBERPRIM", 'index="1" conf="0.5"') + text("LIBER PRIMVS.", 'index="0"')
        line = read_line(tmp_path, LINE + equivalents + text("LIBER PRIMVS.", 'index="40"'))
        assert line.text == "LIBER PRIMVS."
        assert line.alternatives == (Alternative("LIBERPRIM", 0.5),)

    def test_an_empty_text_gives_way_to_a_reading(self, tmp_path: Path) -> None:
        assert read_line(tmp_path, LINE + text("", 'index="0"') + text("read", 'index="1"')).text == "read"

    @pytest.mark.parametrize(
        ("given", "confidence"), [("0.25", 0.25), ("87.5", 0.875), ("1.", 1.0), ("", None)]
    )
    def test_confidences(self, tmp_path: Path, given: str, confidence: float | None) -> None:
        assert read_line(tmp_path, LINE + text("x", f'conf="{given}"')).confidence == confidence

    @pytest.mark.parametrize("given", ["NaN", "-1", "high", "1e9"])
    def test_unusable_confidences_are_reported(self, tmp_path: Path, given: str) -> None:
        line = f'<TextLine id="l7">{LINE}{text("x", f"conf={given!r}")}</TextLine>'
        page = read(tmp_path, f"<TextRegion>{line}</TextRegion>")
        assert page.recognition.lines[0].confidence is None
        assert page.problems == (f'the confidence of TextLine "l7" is "{given}", not a number from 0 to 1',)

    def test_glyphs_make_a_word_and_words_make_a_line(self, tmp_path: Path) -> None:
        glyphs = f"<Word>{LINE}<Glyph>{text('a')}</Glyph><Glyph>{text('b')}</Glyph></Word>"
        line = read_line(tmp_path, LINE + glyphs + word("c", 300))
        assert line.text == "ab c"
        assert [each.text for each in line.words] == ["ab", "c"]

    def test_unclear_words_are_uncertain_and_deleted_ones_stay(self, tmp_path: Path) -> None:
        marks = "unclear {offset:4; length:5;} textStyle {offset:10; length:3;strikethrough:true;}"
        line = read_line(tmp_path, LINE + text("the\u00a0quick fox¬ "), f'custom="{marks}"')
        assert line.text == "the quick fox¬"
        assert [each.low_confidence for each in line.words] == [False, True, False]

    def test_a_word_corrected_by_hand_has_no_confidence(self, tmp_path: Path) -> None:
        corrected = "<Word>" + LINE + text("x", 'conf="1" comments="corrected by hand"') + "</Word>"
        (found,) = read_line(tmp_path, LINE + corrected).words
        assert found.corrected
        assert found.confidence is None


class TestWords:
    def test_the_text_of_a_line_wins_over_its_words(self, tmp_path: Path) -> None:
        words = word("Antidoraria", 100) + word("(vulgo", 250)
        content = f"<TextLine>{LINE}{words}{text('Antidotaria (vulgo')}</TextLine>"
        page = read(tmp_path, f"<TextRegion>{content}</TextRegion>")
        (line,) = page.recognition.lines
        assert [each.text for each in line.words] == ["Antidotaria", "(vulgo"]
        assert line.words[0].quad.bounds == (100, 100, 180, 140)
        assert not any(each.corrected for each in line.words)
        assert page.problems == ("1 line has words that differ from its text, which was kept",)

    def test_a_word_with_a_space_becomes_two(self, tmp_path: Path) -> None:
        line = read_line(tmp_path, LINE + word("New York", 100) + word("City", 250) + text("New York City"))
        assert [each.text for each in line.words] == ["New", "York", "City"]
        assert line.words[0].quad.bounds[2] < line.words[1].quad.bounds[0]

    def test_words_in_another_order_are_sorted(self, tmp_path: Path) -> None:
        line = read_line(tmp_path, LINE + word("two", 250) + word("one", 100) + text("one two"))
        assert [each.text for each in line.words] == ["one", "two"]
        assert line.words[0].quad.bounds[0] == 100

    def test_words_without_a_place_get_their_part_of_the_line(self, tmp_path: Path) -> None:
        one, two = text("one", 'conf="0.5"'), text("two")
        words = f"<Word>{one}</Word><Word><Coords points=''/>{two}</Word>"
        line = read_line(tmp_path, LINE + words + text("one two"))
        assert [each.confidence for each in line.words] == [0.5, None]
        assert line.words[0].quad.bounds[2] < line.words[1].quad.bounds[0]

    def test_words_without_text_leave_the_text_of_the_line(self, tmp_path: Path) -> None:
        line = read_line(tmp_path, LINE + f"<Word>{LINE}</Word>" + text("one two"))
        assert [each.text for each in line.words] == ["one", "two"]


class TestPlaces:
    def test_points_of_2010(self, tmp_path: Path) -> None:
        corners = "".join(f'<Point x="{x}" y="{y}"/>' for x, y in ((10, 20), (90, 20), (90, 40), (10, 40)))
        line = read_line(tmp_path, f"<Coords>{corners}</Coords>{text('old')}")
        assert line.quad.bounds == (10, 20, 90, 40)

    @pytest.mark.parametrize(
        "points",
        [
            "10,20 90,40",
            "10.0,20.0 90.0,20.0 90,40 10,40 10,20",
            "10 20 90 20 90 40",
            "10, 20; 90, 40",
        ],
    )
    def test_odd_points(self, tmp_path: Path, points: str) -> None:
        line = read_line(tmp_path, f'<Coords points="{points}"/>{text("x")}')
        assert line.quad.bounds == (10, 20, 90, 40)

    def test_unusable_points_are_reported_and_others_kept(self, tmp_path: Path) -> None:
        points = "NaN,5 10,20 1e300,7 90,20 90,40 x,1 10,40"
        line = f'<TextLine id="l1"><Coords points="{points}"/>{text("kept")}</TextLine>'
        page = read(tmp_path, f"<TextRegion>{line}</TextRegion>")
        assert page.recognition.lines[0].quad.bounds == (10, 20, 90, 40)
        assert page.problems[0] == 'the Coords of TextLine "l1" have the unusable point "NaN,5"'
        assert len(page.problems) == 3

    def test_a_line_follows_its_baseline(self, tmp_path: Path) -> None:
        places = box(100, 100, 140, 500) + '<Baseline points="135,500 130,100"/>'
        line = read_line(tmp_path, places + text("up the margin"))
        assert line.quad.angle == pytest.approx(-90.7, abs=0.1)
        assert line.baseline == ((135, 500), (130, 100))

    def test_a_baseline_alone_gives_a_place(self, tmp_path: Path) -> None:
        line = read_line(tmp_path, '<Baseline points="100,200 400,200"/>' + text("Some words stand here"))
        left, top, right, bottom = line.quad.bounds
        assert (left, right) == pytest.approx((100, 400))
        assert 150 < top < 200 < bottom < 220

    def test_arabic_baselines_run_either_way(self, tmp_path: Path) -> None:
        for points in ("100,135 500,135", "500,135 100,135"):
            line = read_line(tmp_path, LINE + f'<Baseline points="{points}"/>' + text("عبد الله"))
            assert line.quad.angle == 0
            assert line.baseline[0] == (100, 135)
            assert line.words[0].quad.bounds[2] == pytest.approx(500)

    def test_text_that_is_upside_down_stays_so(self, tmp_path: Path) -> None:
        line = read_line(tmp_path, LINE + '<Baseline points="500,105 100,105"/>' + text("turned"))
        assert abs(line.quad.angle) == 180

    @pytest.mark.parametrize("points", ["120,100 121,500", "121,500 120,100"])
    def test_chinese_in_columns_runs_down(self, tmp_path: Path, points: str) -> None:
        line = read_line(
            tmp_path, box(100, 100, 140, 500) + f'<Baseline points="{points}"/>' + text("北堂書鈔")
        )
        assert line.direction == "ttb"
        assert line.quad.bounds == (100, 100, 140, 500)
        assert line.quad.angle == 0
        assert line.baseline[0] == (120, 100)
        assert [each.text for each in line.words] == list("北堂書鈔")

    def test_orientation_turns_lines_without_a_baseline(self, tmp_path: Path) -> None:
        words = "".join(
            f"<Word>{box(100, top, 140, top + 150)}{text(content)}</Word>"
            for content, top in (("first", 350), ("second", 150))
        )
        line = read_line(tmp_path, box(100, 100, 140, 500) + words, region='orientation="90.02"')
        assert line.quad.angle == -90
        assert [each.quad.angle for each in line.words] == [-90, -90]
        assert [each.text for each in line.words] == ["first", "second"]

    def test_tall_lines_without_orientation_are_turned(self, tmp_path: Path) -> None:
        assert read_line(tmp_path, box(100, 100, 140, 500) + text("along the margin")).quad.angle == -90
        assert read_line(tmp_path, box(100, 100, 110, 140) + text("I")).quad.angle == 0

    def test_the_orientation_of_the_page_is_its_angle(self, tmp_path: Path) -> None:
        assert read(tmp_path, region("r", "x"), 'orientation="2.5"').recognition.angle == -2.5

    def test_lines_off_the_page_are_reported(self, tmp_path: Path) -> None:
        page = read(tmp_path, region("r", "below", top=1500))
        assert texts(page.recognition) == ["below"]
        assert page.problems == ("1 line has a place outside the page: 'below'",)


class TestTextOfRegions:
    def test_its_lines_are_spread_over_the_region(self, tmp_path: Path) -> None:
        content = box(100, 100, 500, 300) + text("first line\n\nsecond")
        first, second = read(tmp_path, f'<TextRegion id="r">{content}</TextRegion>').recognition.lines
        assert first.quad.bounds == (100, 100, 500, 200)
        assert second.quad.bounds[:2] == (100, 200)
        assert second.quad.bounds[2] < 500
        assert [word.text for word in first.words] == ["first", "line"]

    def test_it_is_shared_by_as_many_lines_without_text(self, tmp_path: Path) -> None:
        lines = "".join(f"<TextLine>{box(100, top, 500, top + 40)}</TextLine>" for top in (100, 250))
        content = box(90, 90, 600, 300) + lines + text("one\ntwo")
        page = read(tmp_path, f"<TextRegion>{content}</TextRegion>")
        assert [line.quad.bounds[1] for line in page.recognition.lines] == [100, 250]
        assert texts(page.recognition) == ["one", "two"]

    def test_it_is_left_out_if_lines_have_it(self, tmp_path: Path) -> None:
        nested = f'<TextRegion id="a">{LINE}{region("b", "inner")}{text("inner")}</TextRegion>'
        assert texts(read(tmp_path, nested).recognition) == ["inner"]

    def test_without_a_place_it_is_spread_over_the_page(self, tmp_path: Path) -> None:
        page = read(tmp_path, '<TextRegion id="r">' + text("one\ntwo") + "</TextRegion>")
        assert page.recognition.lines[0].quad.bounds == (0, 0, 1000, 700)
        assert page.problems == ('the text of TextRegion "r" has no place, so it is spread over the page',)

    def test_a_line_without_a_place_is_spread_over_its_region(self, tmp_path: Path) -> None:
        lines = f"<TextLine>{LINE}{text('placed')}</TextLine><TextLine>{text('lost')}</TextLine>"
        page = read(tmp_path, f"<TextRegion>{box(90, 90, 600, 300)}{lines}</TextRegion>")
        assert texts(page.recognition) == ["placed", "lost"]
        assert page.recognition.lines[1].quad.bounds[:2] == (90, 90)


def test_lines_without_text_are_counted(tmp_path: Path) -> None:
    page = read(tmp_path, f"<TextRegion><TextLine>{LINE}</TextLine><TextLine>{LINE}</TextLine></TextRegion>")
    assert page.recognition.lines == ()
    assert page.problems == ("2 lines have no text",)


def test_a_page_without_a_size_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, region("r", "x"))
    path.write_text(path.read_text("utf-8").replace('imageWidth="1000"', 'imageWidth="NaN"'), "utf-8")
    (page,) = read_page_xml(path)
    assert (page.width, page.height) == (None, 1400)
    assert page.problems == ('imageWidth must be a number of pixels above 0, got "NaN"',)
    assert texts(page.recognition) == ["x"]


def test_a_turned_word_keeps_its_corners(tmp_path: Path) -> None:
    corners = ((103, 100), (183, 110), (180, 140), (100, 130))
    # From another corner and the other way round.
    points = " ".join(f"{x},{y}" for x, y in (corners[2], corners[1], corners[0], corners[3]))
    content = f'<Word><Coords points="{points}"/>{text("word")}</Word>'
    (word,) = read_line(tmp_path, LINE + content).words
    assert word.quad.corners == corners
    assert word.polygon == ()


def test_many_problems_are_counted(tmp_path: Path) -> None:
    points = " ".join(["x,y"] * 50)
    page = read(tmp_path, f'<TextRegion id="r"><Coords points="{points}"/></TextRegion>')
    assert len(page.problems) == 21
    assert page.problems[-1] == "30 more problems of this kind"
