"""What is written as hOCR, ALTO or PAGE XML is read again: words, order, places and confidences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.geometry import Homography, Quad, unit
from penstock.model import Line, Page, Picture, Recognition, RecognizedPage, Word
from penstock.transcriptions.alto_writer import alto_page
from penstock.transcriptions.hocr_writer import hocr_document
from penstock.transcriptions.page_writer import page_xml
from penstock.transcriptions.reading import read_transcription
from transcriptions.written_pages import PAGES

SIZE = 2000
WRITERS = {
    "hocr": lambda page: "".join(hocr_document([page])).encode(),
    "alto.xml": alto_page,
    "page.xml": page_xml,
}
LETTERS = st.characters(max_codepoint=0x52F, categories=["Lu", "Ll", "Nd"])  # Latin, Greek, Cyrillic
TEXTS = st.text(LETTERS | st.sampled_from(".,;!?&<>\"'-()…ßſ"), min_size=1, max_size=8)


@st.composite
def lines(draw) -> Line:
    """A line of words on a rectangle of any angle, inside the page."""
    texts = draw(st.lists(TEXTS, min_size=1, max_size=5))
    length, height = draw(st.integers(120, 700)), draw(st.integers(24, 80))
    angle = draw(st.sampled_from([0, 90, 180, -90])) + draw(st.just(0) | st.floats(-20, 20))
    x, y = draw(st.integers(500, 1500)), draw(st.integers(500, 1500))
    along, down = unit(angle), unit(angle + 90)
    turn = Homography(((along[0], down[0], x), (along[1], down[1], y), (0.0, 0.0, 1.0)))
    quad = Quad.from_box(-length / 2, -height / 2, length / 2, height / 2).mapped(turn)
    ends = [(index + 0.9) / len(texts) for index in range(len(texts))]
    words = tuple(
        draw_word(draw, text, quad.part(end - 0.9 / len(texts), end))
        for text, end in zip(texts, ends, strict=True)
    )
    return Line(" ".join(texts), quad, words, language=draw(st.sampled_from([None, "de", "la"])))


def draw_word(draw, text: str, quad: Quad) -> Word:
    if draw(st.integers(0, 5)) == 0:
        return Word(text, quad, corrected=True)
    return Word(text, quad, draw(st.none() | st.floats(0, 1)))


@pytest.fixture(scope="module")
def read_again(tmp_path_factory):
    """Return a function that writes a page in a format, and returns the page that is read from it."""
    folder = tmp_path_factory.mktemp("round trip")

    def again(page: RecognizedPage, ending: str):
        path = Path(folder / f"page.{ending}")
        path.write_bytes(WRITERS[ending](page))
        (found,) = read_transcription(path)
        return found

    return again


def page_of(recognition: Recognition) -> RecognizedPage:
    return RecognizedPage(
        Page(3, "a.jpg", Picture(Path("/scans/a.jpg")), SIZE, SIZE, (200.0, 200.0)), recognition
    )


def assert_same_places(found: Quad, expected: Quad) -> None:
    """Boxes are rounded to whole pixels. A rectangle around the rounded corners of a turned one is larger."""
    assert abs((found.angle - expected.angle + 180) % 360 - 180) < 3, (found, expected)
    tolerance = 0.51 if expected.angle % 90 == 0 else 1.6
    for one, two in zip(found.bounds, expected.bounds, strict=True):
        assert abs(one - two) <= tolerance, (found, expected)


@pytest.mark.parametrize("ending", WRITERS)
@given(members=st.lists(lines(), max_size=3))
@settings(max_examples=20)
def test_words_order_places_and_confidences_are_kept(read_again, ending, members):
    expected = Recognition(tuple(members), recognizer="rapidocr 3.10.0", language="fr")
    found = read_again(page_of(expected), ending)
    assert (found.width, found.height, found.picture, found.problems) == (SIZE, SIZE, "a.jpg", ())
    assert found.recognition.recognizer == expected.recognizer
    assert [line.text for line in found.recognition.lines] == [line.text for line in members]
    for line, other in zip(found.recognition.lines, members, strict=True):
        assert_same_places(line.quad, other.quad)
        assert (line.language or found.recognition.language) == (other.language or "fr")
        assert [word.text for word in line.words] == [word.text for word in other.words]
        for word, original in zip(line.words, other.words, strict=True):
            assert_same_places(word.quad, original.quad)
            assert word.corrected == original.corrected
            assert word.confidence == pytest.approx(original.confidence, abs=0.0051)


@pytest.mark.parametrize("ending", WRITERS)
def test_regions_baselines_and_alternatives_are_kept(read_again, ending):
    page = PAGES["everything"]
    first, *others = page.recognition.lines
    # Without the comma, which is in no word.
    first = replace(first, text=" ".join(word.text for word in first.words))
    page = replace(page, recognition=replace(page.recognition, lines=(first, *others)))
    found = read_again(page, ending).recognition
    kinds = [region.kind for region in page.recognition.regions[:3]]
    assert [region.kind for region in found.regions if region.kind != "paragraph"][:3] == kinds
    assert found.regions[found.lines[0].region].kind == "marginalia"
    assert found.regions[found.lines[0].region].polygon == page.recognition.regions[1].polygon
    line = found.lines[0]
    if ending == "hocr":
        assert [y for _, y in line.baseline] == pytest.approx([137, 135], abs=0.5), "straight"
    else:
        assert line.baseline == page.recognition.lines[0].baseline
        assert [each.text for each in line.words[1].alternatives] == ["Anna", "Arma"]
        assert found.lines[1].region is None
    assert line.words[2].polygon == page.recognition.lines[0].words[2].polygon
    assert line.words[1].corrected
    assert found.lines[1].polygon == page.recognition.lines[1].polygon
    if ending == "page.xml":
        assert line.alternatives == page.recognition.lines[0].alternatives
        assert line.words[1].alternatives == page.recognition.lines[0].words[1].alternatives


@pytest.mark.parametrize("ending", WRITERS)
def test_directions_are_kept(read_again, ending):
    page = PAGES["other directions"]
    right, down = read_again(page, ending).recognition.lines
    assert (right.text, right.direction) == ("سلام عليكم", "rtl")
    assert [word.quad.bounds for word in right.words] == [
        word.quad.bounds for word in page.recognition.lines[0].words
    ]
    assert down.text == "認識"
    assert_same_places(down.quad, page.recognition.lines[1].quad)
    if ending != "hocr":
        assert down.direction == "ttb"
