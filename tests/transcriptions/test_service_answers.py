"""Answers of OCR services that a user saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from penstock.errors import InvalidTranscription
from penstock.json_form import recognition_to_json
from penstock.model import Alternative, Line, Quad, Recognition, Region, Word
from penstock.transcriptions.json_reader import read_json
from penstock.transcriptions.values import TranscribedPage

Json = dict[str, Any]
AZURE = Path(__file__).parents[1] / "data" / "azure"


def read(folder: Path, answer: object) -> list[TranscribedPage]:
    path = folder / "answer.json"
    path.write_text(json.dumps(answer), "utf-8")
    return list(read_json(path))


def texts(page: TranscribedPage) -> list[str]:
    return [line.text for line in page.recognition.lines]


class TestVision:
    @staticmethod
    def word(content: str, left: int, end: object = None, **more: object) -> Json:
        symbols: list[Json] = [{"text": each} for each in content]
        if end:
            symbols[-1]["property"] = {"detectedBreak": {"type": end}}
        corners = ((left, 0), (left + 40, 0), (left + 40, 20), (left, 20))
        # Vision leaves out what is 0.
        points = [dict(zip("xy", corner, strict=True)) for corner in corners]
        vertices = [{name: value for name, value in point.items() if value} for point in points]
        return {"symbols": symbols, "boundingBox": {"vertices": vertices}, "confidence": 0.5, **more}

    @staticmethod
    def answer(words: list[Json], **page: object) -> Json:
        box = {"vertices": [{}, {"x": 400}, {"x": 400, "y": 20}, {"y": 20}]}
        block = {"blockType": "TEXT", "boundingBox": box, "paragraphs": [{"words": words}]}
        size = {"width": 400, "height": 300}
        languages = {"detectedLanguages": [{"languageCode": "und"}, {"languageCode": "de"}]}
        pages = [{**size, "property": languages, "blocks": [block], **page}]
        return {"responses": [{"fullTextAnnotation": {"pages": pages}, "context": {"pageNumber": 3}}]}

    def test_breaks_make_spaces_and_lines(self, tmp_path: Path) -> None:
        ends = ["SPACE", None, "EOL_SURE_SPACE", "HYPHEN", "LINE_BREAK"]
        contents = ["Rech", "nung", ":", "Muster", "stadt"]
        words = [
            self.word(each, 50 * index, end)
            for index, (each, end) in enumerate(zip(contents, ends, strict=True))
        ]
        (page,) = read(tmp_path, self.answer(words))
        assert texts(page) == ["Rech nung:", "Muster-", "stadt"]
        assert (page.width, page.height, page.number) == (400, 300, 3)
        assert page.recognition.language == "de"
        (line, *_) = page.recognition.lines
        assert [word.text for word in line.words] == ["Rech", "nung", ":"]
        assert line.words[0].quad.bounds == (0, 0, 40, 20)
        assert line.words[0].confidence == 0.5
        assert page.recognition.regions == (Region("text", ((0, 0), (400, 0), (400, 20), (0, 20))),)

    def test_numbers_and_snake_case_of_the_client_libraries(self, tmp_path: Path) -> None:
        answer = self.answer([self.word("one", 0, 1), self.word("two", 50, 5)])
        content = json.dumps(answer)
        for camel, snake in (
            ("fullTextAnnotation", "full_text_annotation"),
            ("boundingBox", "bounding_box"),
            ("detectedBreak", "detected_break"),
            ("blockType", "block_type"),
        ):
            content = content.replace(camel, snake)
        (page,) = read(tmp_path, json.loads(content))
        assert texts(page) == ["one two"]

    def test_answers_for_files_are_nested(self, tmp_path: Path) -> None:
        answer = self.answer([self.word("one", 0, "LINE_BREAK")])
        pages = read(tmp_path, {"responses": [{"totalPages": 2, "responses": answer["responses"] * 2}]})
        assert [texts(page) for page in pages] == [["one"], ["one"]]

    @pytest.mark.parametrize("has_size", [True, False])
    def test_shares_of_the_page(self, tmp_path: Path, has_size: bool) -> None:
        corners = [{"x": 0.1, "y": 0.2}, {"x": 0.3, "y": 0.2}, {"x": 0.3, "y": 0.4}, {"x": 0.1, "y": 0.4}]
        word = self.word("x", 0, boundingBox={"normalizedVertices": corners})
        (page,) = read(tmp_path, self.answer([word], **({} if has_size else {"width": 0, "height": 0})))
        quad = page.recognition.lines[0].quad
        assert quad.bounds == pytest.approx((40, 60, 120, 120) if has_size else (0.1, 0.2, 0.3, 0.4))
        assert page.is_relative is not has_size

    def test_annotations_alone(self, tmp_path: Path) -> None:
        places = [{"boundingPoly": self.word("x", left)["boundingBox"]} for left in (0, 0, 50, 100)]
        descriptions = ["DATE: x\nend", "DATE", ":", "x"]
        annotations = [
            {"description": each, **place} for each, place in zip(descriptions, places, strict=True)
        ]
        (page,) = read(tmp_path, {"responses": [{"textAnnotations": annotations}]})
        assert texts(page) == ["DATE: x"]
        assert [word.text for word in page.recognition.lines[0].words] == ["DATE", ":", "x"]

    def test_an_error_is_a_problem(self, tmp_path: Path) -> None:
        (page,) = read(tmp_path, {"responses": [{"error": {"code": 3, "message": "Bad image data."}}]})
        assert page.recognition.lines == ()
        assert page.problems == ("Google Vision answered: Bad image data.",)


class TestTextract:
    @staticmethod
    def block(kind: str, identity: str, place: tuple[float, float, float, float], **more: object) -> Json:
        left, top, right, bottom = place
        corners = [{"X": x, "Y": y} for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))]
        return {"BlockType": kind, "Id": identity, "Geometry": {"Polygon": corners}, "Page": 1, **more}

    @staticmethod
    def of(*identities: str) -> Json:
        return {"Relationships": [{"Type": "CHILD", "Ids": list(identities)}]}

    def blocks(self) -> list[Json]:
        words = [
            self.block("WORD", "w1", (0.1, 0.1, 0.2, 0.12), Text="Dear", Confidence=99.5, TextType="PRINTED"),
            self.block(
                "WORD", "w2", (0.25, 0.1, 0.4, 0.12), Text="Sir", Confidence=50.0, TextType="HANDWRITING"
            ),
        ]
        line = self.block(
            "LINE", "l1", (0.1, 0.1, 0.4, 0.12), Text="Dear Sir", Confidence=75, **self.of("w1", "w2")
        )
        return [self.block("PAGE", "p", (0, 0, 1, 1), **self.of("l1")), line, *words]

    def test_lines_and_words(self, tmp_path: Path) -> None:
        (page,) = read(tmp_path, {"Blocks": self.blocks(), "DetectDocumentTextModelVersion": "1.0"})
        (line,) = page.recognition.lines
        assert (line.text, line.confidence, line.handwritten_probability) == ("Dear Sir", 0.75, 0.5)
        assert [(word.text, word.confidence) for word in line.words] == [("Dear", 0.995), ("Sir", 0.5)]
        assert line.quad.bounds == (0.1, 0.1, 0.4, 0.12)
        assert page.is_relative
        assert page.recognition.recognizer == "Amazon Textract 1.0"

    def test_pages_in_several_answers(self, tmp_path: Path) -> None:
        second = [{**each, "Page": 2, "Id": f"2{each['Id']}"} for each in self.blocks()]
        for each in second:
            each["Relationships"] = [{"Type": "CHILD", "Ids": [f"2{one}" for one in ("l1", "w1", "w2")]}]
        pages = read(tmp_path, [{"Blocks": self.blocks()}, {"Blocks": second}])
        assert [(page.number, texts(page)) for page in pages] == [(1, ["Dear Sir"]), (2, ["Dear Sir"])]

    def test_the_layout_gives_regions_and_their_order(self, tmp_path: Path) -> None:
        lines = [
            self.block("LINE", name, (0.1, top, 0.4, top + 0.02), Text=name)
            for name, top in (("left", 0.1), ("right", 0.1), ("loose", 0.9))
        ]
        layout = [
            self.block("LAYOUT_TITLE", "t", (0, 0, 1, 0.2), **self.of("right")),
            self.block("LAYOUT_TEXT", "x", (0, 0, 1, 0.2), **self.of("left", "gone")),
        ]
        (page,) = read(tmp_path, {"Blocks": [*lines, *layout]})
        assert texts(page) == ["right", "left", "loose"]
        assert [line.region for line in page.recognition.lines] == [0, 1, None]
        assert [region.kind for region in page.recognition.regions] == ["heading", "paragraph"]

    def test_turned_text_starts_with_its_own_first_corner(self, tmp_path: Path) -> None:
        corners = [{"X": x, "Y": y} for x, y in ((0.9, 0.2), (0.9, 0.3), (0.88, 0.3), (0.88, 0.2))]
        line = {**self.block("LINE", "l", (0, 0, 1, 1), Text="down"), "Geometry": {"Polygon": corners}}
        (page,) = read(tmp_path, {"Blocks": [line]})
        assert page.recognition.lines[0].quad.angle == pytest.approx(90)
        assert [word.text for word in page.recognition.lines[0].words] == ["down"]


class TestAzure:
    @pytest.mark.parametrize("name", ["v3.0-eng", "v3.0-eng-90deg", "v3.0-black"])
    def test_read(self, name: str) -> None:
        (page,) = read_json(AZURE / f"{name}.json")
        assert page.width
        assert page.recognition.recognizer.startswith("Azure Read 3")
        assert ("black" in name) == (page.recognition.lines == ())

    def test_document_intelligence(self) -> None:
        (page,) = read_json(AZURE / "document-2022-08-31.json")
        assert page.recognition.recognizer == "Azure Document Intelligence 2022-08-31"
        assert page.recognition.lines[0].words

    def test_the_result_alone_and_snake_case_of_the_sdk(self, tmp_path: Path) -> None:
        corners = [{"x": 0, "y": 0}, {"x": 50, "y": 0}, {"x": 50, "y": 20}, {"x": 0, "y": 20}]
        word = {"content": "Dear", "polygon": corners, "span": {"offset": 0, "length": 4}, "confidence": 0.9}
        line = {"content": "Dear", "polygon": corners, "spans": [{"offset": 0, "length": 4}]}
        style = {"is_handwritten": True, "confidence": 0.8, "spans": [{"offset": 0, "length": 4}]}
        page = {
            "page_number": 4,
            "width": 100,
            "height": 50,
            "unit": "pixel",
            "words": [word],
            "lines": [line],
        }
        (found,) = read(tmp_path, {"api_version": "2023-07-31", "pages": [page], "styles": [style]})
        assert texts(found) == ["Dear"]
        assert found.number == 4
        assert found.recognition.lines[0].handwritten_probability == 0.8

    def test_image_analysis(self, tmp_path: Path) -> None:
        corners = [{"x": 1, "y": 2}, {"x": 50, "y": 2}, {"x": 50, "y": 20}, {"x": 1, "y": 20}]
        line = {
            "text": "Hi",
            "boundingPolygon": corners,
            "words": [{"text": "Hi", "boundingPolygon": corners, "confidence": 0.5}],
        }
        answer = {
            "modelVersion": "2023-10-01",
            "metadata": {"width": 100, "height": 60},
            "readResult": {"blocks": [{"lines": [line]}]},
        }
        (page,) = read(tmp_path, answer)
        assert (page.width, page.height, texts(page)) == (100, 60, ["Hi"])
        assert page.recognition.lines[0].words[0].quad.bounds == (1, 2, 50, 20)
        assert page.recognition.recognizer == "Azure Image Analysis 2023-10-01"

    def test_inches_of_a_pdf_become_pixels(self, tmp_path: Path) -> None:
        line = {"text": "x", "boundingBox": [1, 1, 2, 1, 2, 1.5, 1, 1.5], "words": []}
        pages = [
            {"page": number, "width": 8.5, "height": 11, "unit": "inch", "lines": [line]} for number in (2, 5)
        ]
        found = read(
            tmp_path, {"status": "succeeded", "analyzeResult": {"version": "3.2.0", "readResults": pages}}
        )
        assert [(page.number, page.width, page.dpi) for page in found] == [
            (number, 2550, (300, 300)) for number in (2, 5)
        ]
        assert found[0].recognition.lines[0].quad.bounds == (300, 300, 600, 450)
        assert [word.text for word in found[0].recognition.lines[0].words] == ["x"]

    def test_an_operation_without_result(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidTranscription, match="its status is 'failed'"):
            read(tmp_path, {"status": "failed", "analyzeResult": None})


class TestPenstock:
    def test_all_values_come_back(self, tmp_path: Path) -> None:
        quad = Quad.from_box(0, 0, 10, 10)
        word = Word("x", quad, 0.5, alternatives=(Alternative("y", 0.25),))
        line = Line("x", quad, (word,), baseline=((0, 8), (10, 8)), region=0)
        recognition = Recognition((line,), 1.5, "r 1", "de", regions=(Region("heading", quad.corners),))
        page = {"number": 2, "origin": "a.tif", "width": 20, "height": 30, "dpi": [300, 300]}
        document = {"penstock": 2, "pages": [{**page, **recognition_to_json(recognition)}]}
        (found,) = read(tmp_path, document)
        assert found == TranscribedPage(recognition, 20, 30, "a.tif", (300, 300), 2, is_position=True)

    @pytest.mark.parametrize(
        ("document", "reason"),
        [
            ({"penstock": 99, "pages": []}, "must be 1 or 2, got 99.*update penstock"),
            (
                {"penstock": 1, "pages": [{"lines": [{}]}]},
                "page 1 is not as penstock writes it: 'text' is missing",
            ),
        ],
    )
    def test_other_shapes(self, tmp_path: Path, document: Json, reason: str) -> None:
        with pytest.raises(InvalidTranscription, match=reason):
            read(tmp_path, document)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"Blocks": [', "is no JSON"),
        (b"[" * 100_000, "too many nested"),
        (b'{"responses": "\xff"}', "is no JSON"),
        (b'{"unrelated": 1}', "without any key"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(InvalidTranscription, match=reason):
        list(read_json(path))


@pytest.mark.parametrize("key", ["Blocks", "responses", "analyzeResult", "readResult", "textAnnotations"])
@pytest.mark.parametrize(
    "value", [None, 1, "x", [], {}, [None], [[]], [{}], {"pages": [None]}, {"readResults": [{}]}]
)
def test_odd_members_cost_no_exception(tmp_path: Path, key: str, value: object) -> None:
    try:
        pages = read(tmp_path, {key: value})
    except InvalidTranscription:
        return
    assert all(page.recognition.lines == () for page in pages)
