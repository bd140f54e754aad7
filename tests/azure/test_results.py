"""Parse results of every shape, from recordings."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from penstock.model import Quad
from penstock.transcriptions.azure_documents import parse_document_result
from penstock.transcriptions.azure_read import (
    InvalidResult,
    ParsedPage,
    parse_read_result,
    upright_angle,
)

Result = Callable[[str], dict[str, Any]]
SHARED = Path(__file__).parents[3] / "shared" / "azure" / "recordings"

READ_LINES = {
    "v2.0-read-url": ["520", "WEST", "Seattle"],
    "v2.0-read-stream": ["you must be the change", "you want to see in the world!"],
    "v2.0-recognize-text-url": ["520", "WEST", "Seattle"],
    "v2.0-recognize-text-stream": ["You must be the change", "you want to see in the world!!"],
    "v3.2-read-url": ["520", "WEST", "Seattle"],
    "v3.2-read-stream": ["you must be the change", "you want to see in the world!"],
    "v3.2-read-natural": ["520", "WEST", "Seattle"],
    "v3.0-tiny-image": [
        "It was the best of times, it was the worst of times",
    ],
}


def only_page(body: dict[str, Any]) -> ParsedPage:
    (page,) = parse_read_result(body).pages
    return page


@pytest.mark.parametrize("name", READ_LINES)
def test_lines_of_every_recording(name: str, result: Result) -> None:
    lines = [line.text for line in only_page(result(name)).recognition.lines]
    assert lines[: len(READ_LINES[name])] == READ_LINES[name]


@pytest.mark.parametrize("name", READ_LINES)
def test_every_word_has_a_quad(name: str, result: Result) -> None:
    for line in only_page(result(name)).recognition.lines:
        assert [word.text for word in line.words] == line.text.split()
        assert all(abs(word.quad.angle - line.quad.angle) < 15 for word in line.words)


def test_version_2_has_low_confidence_without_numbers(result: Result) -> None:
    page = only_page(result("v2.0-read-pdf"))
    words = [word for line in page.recognition.lines for word in line.words]
    assert (page.width, page.height, page.unit) == (8.5, 11.0, "inch")
    assert sum(word.low_confidence for word in words) == 37
    assert {word.confidence for word in words} == {None}


def test_single_recognition_result_has_no_size_or_angle(result: Result) -> None:
    page = only_page(result("v2.0-recognize-text-url"))
    assert (page.width, page.height, page.recognition.angle) == (None, None, None)


def test_version_2_angles_are_converted(result: Result) -> None:
    assert only_page(result("v2.0-read-stream")).recognition.angle == pytest.approx(-1.57)
    assert only_page(result("v2.0-read-url")).recognition.angle == pytest.approx(2.47)


@pytest.mark.parametrize(
    ("given", "angle"),
    [(0, 0), (180, 180), (-180, 180), (181, -179), (359.5, -0.5), (-90, -90), (None, None)],
)
def test_angles_are_between_minus_180_and_180(given: float | None, angle: float | None) -> None:
    assert upright_angle(given) == angle


@pytest.mark.parametrize(
    ("name", "model"),
    [("v3.2-read-url", "2021-04-12"), ("v3.2-read-stream", "2021-04-12"), ("v3.0-eng", "")],
)
def test_both_names_of_the_model_version_are_parsed(name: str, model: str, result: Result) -> None:
    assert parse_read_result(result(name)).model == model


def test_handwriting_is_a_probability(result: Result) -> None:
    lines = only_page(result("v3.2-read-url")).recognition.lines
    assert lines[0].handwritten_probability == pytest.approx(1 - 0.878)
    assert only_page(result("v3.0-eng")).recognition.lines[0].handwritten_probability is None


@pytest.mark.parametrize(
    ("appearance", "handwritten"),
    [
        ({"style": {"name": "handwriting", "confidence": 0.9}}, 0.9),
        ({"style": "handwriting", "styleConfidence": 0.7}, 0.7),
        ({"style": "print", "styleConfidence": 0.75}, 0.25),
        ({"style": {"name": "handwriting"}}, None),
        ({}, None),
        (None, None),
    ],
)
def test_every_form_of_handwriting_style(appearance: Any, handwritten: float | None, result: Result) -> None:
    body = result("v3.2-read-url")
    body["analyzeResult"]["readResults"][0]["lines"][0]["appearance"] = appearance
    assert only_page(body).recognition.lines[0].handwritten_probability == handwritten


def test_empty_page_has_no_lines(result: Result) -> None:
    page = only_page(result("v3.0-black"))
    assert page.recognition.lines == ()
    assert (page.width, page.height) == (60, 60)


@pytest.mark.parametrize(
    ("name", "angle"),
    [("v3.0-eng", 0), ("v3.0-eng-90deg", -90), ("v3.0-eng-180deg", 180), ("v3.0-eng-270deg", 90)],
)
def test_rotated_pages_have_an_angle(name: str, angle: float, result: Result) -> None:
    recognition = only_page(result(name)).recognition
    assert recognition.angle is not None
    assert abs((recognition.angle - angle + 180) % 360 - 180) < 0.5
    longest = max(recognition.lines, key=lambda line: line.quad.width)
    assert abs((longest.quad.angle - angle + 180) % 360 - 180) < 1.5


def test_languages_and_single_characters_are_kept(result: Result) -> None:
    body = result("v3.0-black")
    box = [0, 0, 20, 0, 20, 10, 0, 10]
    words = [{"boundingBox": box, "text": text, "confidence": 0.5} for text in "最好的"]
    line = {"boundingBox": box, "text": "最好的", "language": "zh-Hans", "words": words}
    body["analyzeResult"]["readResults"][0] |= {"lines": [line], "language": "zh"}
    recognition = only_page(body).recognition
    assert recognition.language == "zh"
    assert recognition.lines[0].text == "最好的"
    assert recognition.lines[0].language == "zh-Hans"
    assert [word.text for word in recognition.lines[0].words] == ["最", "好", "的"]


def test_words_without_text_are_dropped(result: Result) -> None:
    body = result("v3.2-read-url")
    line = body["analyzeResult"]["readResults"][0]["lines"][0]
    line["words"].append({**line["words"][0], "text": " "})
    assert [word.text for word in only_page(body).recognition.lines[0].words] == ["520"]


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "succeeded"},
        {"analyzeResult": None},
        {"analyzeResult": {"readResults": ["x"]}},
        {"analyzeResult": {"readResults": 3}},
        {"recognitionResult": None},
    ],
)
def test_unexpected_shapes_are_invalid(broken: dict[str, Any]) -> None:
    with pytest.raises(InvalidResult, match="documented shape"):
        parse_read_result(broken)


def test_document_intelligence_lines_have_their_words(result: Result) -> None:
    (page,) = parse_document_result(result("document-2022-08-31")).pages
    lines = page.recognition.lines
    assert (page.width, page.height, page.unit, page.recognition.angle) == (915, 1190, "pixel", 0)
    assert len(lines) == 86
    assert sum(len(line.words) for line in lines) == 696
    assert lines[0].text == " ".join(word.text for word in lines[0].words)
    assert lines[0].words[0].confidence == 0.997
    assert lines[0].language == "en"
    assert {line.handwritten_probability for line in lines} == {None}


def test_document_intelligence_handwriting_is_given_by_spans(result: Result) -> None:
    body = result("document-2022-08-31")
    first, second, third = body["analyzeResult"]["pages"][0]["lines"][:3]
    half = {"offset": third["spans"][0]["offset"], "length": third["spans"][0]["length"] // 3}
    body["analyzeResult"]["styles"] = [
        {"isHandwritten": True, "confidence": 0.8, "spans": [*first["spans"], half]},
        {"isHandwritten": False, "confidence": 0.9, "spans": second["spans"]},
    ]
    (page,) = parse_document_result(body).pages
    assert [line.handwritten_probability for line in page.recognition.lines[:3]] == [
        0.8,
        pytest.approx(0.1),
        None,
    ]


def test_document_intelligence_blank_page(result: Result) -> None:
    (page,) = parse_document_result(result("document-intelligence-blank")).pages
    assert page.recognition.lines == ()
    assert (page.width, page.height, page.unit) == (8.5, 11.0, "inch")


def test_words_outside_of_lines_are_kept(result: Result) -> None:
    body = result("document-intelligence-pdf-partial")
    words = [word["content"] for word in body["analyzeResult"]["pages"][0]["words"]]
    (page,) = parse_document_result(body).pages
    assert sorted(word.text for line in page.recognition.lines for word in line.words) == sorted(words)


@pytest.mark.parametrize("result", [None, {}, {"pages": ["x"]}, {"pages": 3}])
def test_document_result_of_unexpected_shape_is_invalid(result: Any) -> None:
    with pytest.raises(InvalidResult):
        parse_document_result({"analyzeResult": result})


NAN = float("nan")
ODD_PLACES = [
    None,
    [],
    [1, 2, 3],
    [NAN] * 8,
    [1e300] * 8,
    ["a"] * 8,
    list(range(9)),
    "x",
    {},
    7,
    [1, 2, 3, 4],
]


@pytest.mark.parametrize("place", ODD_PLACES, ids=repr)
def test_word_with_an_odd_place_gets_its_part_of_the_line(place: Any, result: Result) -> None:
    body = result("v3.2-read-stream")
    line = body["analyzeResult"]["readResults"][0]["lines"][0]
    line["boundingBox"] = [0, 0, 220, 0, 220, 10, 0, 10]
    whole = only_page(body).recognition
    line["words"][1]["boundingBox"] = place
    odd = only_page(body).recognition
    assert odd.note == ""
    assert odd.lines[0].text == "you must be the change"
    assert odd.lines[0].words[1] == dataclasses.replace(
        whole.lines[0].words[1], quad=Quad.from_box(40, 0, 80, 10)
    )
    assert odd.lines[0].words[::2] == whole.lines[0].words[::2]
    assert odd.lines[1:] == whole.lines[1:]


@pytest.mark.parametrize("place", ODD_PLACES, ids=repr)
def test_document_word_or_line_with_an_odd_place(place: Any, result: Result) -> None:
    body = result("document-2022-08-31")
    page = body["analyzeResult"]["pages"][0]
    whole = parse_document_result(body).pages[0].recognition
    page["words"][0]["polygon"] = page["lines"][1]["polygon"] = place
    odd = parse_document_result(body).pages[0].recognition
    assert [line.text for line in odd.lines] == [line.text for line in whole.lines]
    assert [len(line.words) for line in odd.lines] == [len(line.words) for line in whole.lines]
    assert odd.lines[2:] == whole.lines[2:]
    assert odd.note == ""


def test_polygon_with_six_numbers_is_replaced_by_the_rectangle_around_it(result: Result) -> None:
    body = result("v3.2-read-stream")
    body["analyzeResult"]["readResults"][0]["lines"][0]["words"][0]["boundingBox"] = [5, 5, 9, 4, 9, 8]
    assert only_page(body).recognition.lines[0].words[0].quad == Quad.from_box(5, 4, 9, 8)


@pytest.mark.parametrize("text", [None, " ", {}, []])
def test_word_without_a_text_is_left_out(text: Any, result: Result) -> None:
    body = result("v3.2-read-stream")
    body["analyzeResult"]["readResults"][0]["lines"][0]["words"][0]["text"] = text
    line = only_page(body).recognition.lines[0]
    assert [word.text for word in line.words] == ["must", "be", "the", "change"]
    assert line.text == "you must be the change"


@pytest.mark.parametrize("confidence", [None, NAN, "high", -1, 7, {}])
def test_odd_confidence_is_no_confidence(confidence: Any, result: Result) -> None:
    body = result("v3.2-read-stream")
    body["analyzeResult"]["readResults"][0]["lines"][0]["words"][0]["confidence"] = confidence
    assert only_page(body).recognition.lines[0].words[0].confidence is None


def test_confidence_above_1_by_rounding_is_1(result: Result) -> None:
    body = result("v3.2-read-stream")
    body["analyzeResult"]["readResults"][0]["lines"][0]["words"][0]["confidence"] = 1.0000001
    assert only_page(body).recognition.lines[0].words[0].confidence == 1


def test_what_has_no_place_at_all_is_left_out_and_counted(result: Result) -> None:
    body = result("v3.2-read-stream")
    lines = body["analyzeResult"]["readResults"][0]["lines"]
    lines[0] |= {"boundingBox": None, "words": None}
    lines[1]["words"].append(None)
    recognition = only_page(body).recognition
    assert [line.text for line in recognition.lines] == ["you want to see in the world!"]
    assert recognition.note.startswith("2 words or lines were left out")


def test_line_without_a_place_is_where_its_words_are(result: Result) -> None:
    body = result("v3.2-read-stream")
    line = body["analyzeResult"]["readResults"][0]["lines"][0]
    del line["boundingBox"]
    recognition = only_page(body).recognition
    assert recognition.lines[0].quad == Quad.around(word.quad for word in recognition.lines[0].words)


@pytest.mark.parametrize("odd", [None, {}, {"offset": "x", "length": 1}, 3])
def test_document_spans_may_be_missing(odd: Any, result: Result) -> None:
    body = result("document-2022-08-31")
    page = body["analyzeResult"]["pages"][0]
    whole = parse_document_result(body).pages[0].recognition
    page["words"][1]["span"] = odd
    page["lines"][3]["spans"] = odd
    body["analyzeResult"] |= {"styles": [odd], "languages": odd}
    found = parse_document_result(body).pages[0].recognition
    assert [line.text for line in found.lines] == [line.text for line in whole.lines]
    assert [line.words for line in found.lines] == [line.words for line in whole.lines]


@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared recordings")
def test_cassettes_match_the_recordings(tmp_path: Path, cassettes: Path) -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location("carry_over", cassettes / "carry_over.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["carry_over"] = script
    spec.loader.exec_module(script)
    script.main(SHARED, tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.glob("*.yaml")}
    assert made
    assert {name: (cassettes / name).read_bytes() for name in made} == made


@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared recordings")
def test_form_recognizer_pages_are_parsed() -> None:
    import yaml

    text = (SHARED / "form-recognizer-2.1" / "test_content.test_content_multipage.yaml").read_text("utf-8")
    tail = yaml.safe_load("interactions:\n" + text[text.rindex("- request:") :])
    body = json.loads(tail["interactions"][0]["response"]["body"]["string"])
    assert len(parse_read_result(copy.deepcopy(body)).pages) == len(body["analyzeResult"]["readResults"]) > 1
