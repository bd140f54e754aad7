"""The APIs that the server speaks: their paths, states, and results in their JSON forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from penstock.model import Line, Quad, Recognition, Word

HALF = 0.5


def read_2_body(recognition: Recognition, width: int, height: int, pages: int) -> dict[str, Any]:
    """Return ``recognitionResults`` of 2.0 and 2.1: low confidence is a flag, there are no numbers."""
    page = {
        "clockwiseOrientation": (recognition.angle or 0.0) % 360,
        "width": width,
        "height": height,
        "unit": "pixel",
        "lines": [_line_2(line) for line in recognition.lines],
    }
    return {"recognitionResults": [{"page": number + 1, **page} for number in range(pages)]}


def recognize_text_body(recognition: Recognition, width: int, height: int, pages: int) -> dict[str, Any]:
    """Return ``recognitionResult`` of ``recognizeText``: one page, without size and angle."""
    del width, height, pages
    return {"recognitionResult": {"lines": [_line_2(line) for line in recognition.lines]}}


def _line_2(line: Line) -> dict[str, Any]:
    words = [
        {"boundingBox": _numbers(word.quad), "text": word.text}
        | ({"confidence": "Low"} if word.low_confidence else {})
        for word in line.words
    ]
    return {"boundingBox": _numbers(line.quad), "text": line.text, "words": words}


def read_3_body(recognition: Recognition, width: int, height: int, pages: int) -> dict[str, Any]:
    """Return ``analyzeResult.readResults`` of 3.0 to 3.2."""
    page = {
        "angle": recognition.angle or 0.0,
        "width": width,
        "height": height,
        "unit": "pixel",
        "lines": [_line_3(line) for line in recognition.lines],
    }
    if recognition.language:
        page["language"] = recognition.language
    results = [{"page": number + 1, **page} for number in range(pages)]
    return {"analyzeResult": {"version": "3.2.0", "modelVersion": "2022-04-30", "readResults": results}}


def _line_3(line: Line) -> dict[str, Any]:
    form: dict[str, Any] = {
        "boundingBox": _numbers(line.quad),
        "text": line.text,
        "words": [_word(word, "text", "boundingBox") for word in line.words],
    }
    if line.handwritten_probability is not None:
        name, confidence = _style(line.handwritten_probability)
        form["appearance"] = {"style": {"name": name, "confidence": confidence}}
    if line.language:
        form["language"] = line.language
    return form


def document_body(recognition: Recognition, width: int, height: int, pages: int) -> dict[str, Any]:
    """Return ``analyzeResult.pages`` of Document Intelligence: spans refer to one text."""
    content, words, lines, styles, languages = "", [], [], [], []
    for line in recognition.lines:
        start = len(content)
        for word in line.words:
            span = {"offset": len(content), "length": len(word.text)}
            words.append({**_word(word, "content", "polygon"), "span": span})
            content += word.text + " "
        content = (content[:-1] if line.words else content + line.text) + "\n"
        spans = [{"offset": start, "length": len(content) - 1 - start}]
        lines.append({"content": line.text, "polygon": _numbers(line.quad), "spans": spans})
        if line.handwritten_probability is not None:
            name, confidence = _style(line.handwritten_probability)
            styles.append({"isHandwritten": name == "handwriting", "confidence": confidence, "spans": spans})
        if line.language:
            languages.append({"locale": line.language, "confidence": 1, "spans": spans})
    page = {
        "angle": recognition.angle or 0.0,
        "width": width,
        "height": height,
        "unit": "pixel",
        "spans": [{"offset": 0, "length": len(content)}],
        "words": words,
        "lines": lines,
    }
    return {
        "analyzeResult": {
            "apiVersion": "2024-11-30",
            "modelId": "prebuilt-read",
            "stringIndexType": "unicodeCodePoint",
            "content": content,
            "pages": [{"pageNumber": number + 1, **page} for number in range(pages)],
            "styles": styles,
            "languages": languages,
            "contentFormat": "text",
        }
    }


def _word(word: Word, text: str, box: str) -> dict[str, Any]:
    confidence = {} if word.confidence is None else {"confidence": word.confidence}
    return {box: _numbers(word.quad), text: word.text, **confidence}


def _style(probability: float) -> tuple[str, float]:
    if probability >= HALF:
        return "handwriting", probability
    return "other", round(1 - probability, 6)


def _numbers(quad: Quad) -> list[float]:
    return [value for corner in quad.corners for value in corner]


Body = Callable[[Recognition, int, int, int], dict[str, Any]]
"""Makes a result's body from a recognition, the picture's width and height, and the number of pages."""


@dataclass(frozen=True, slots=True)
class Api:
    """One API."""

    submit_path: re.Pattern[str]
    result_path: str  # with ``{version}`` and ``{id}``
    states: tuple[str, str, str]  # its words for running, succeeded and failed
    body: Body


_CAPITALIZED = ("Running", "Succeeded", "Failed")
_LOWER = ("running", "succeeded", "failed")

APIS = (
    Api(
        re.compile(r"/vision/v(2\.[01])/read/core/asyncBatchAnalyze"),
        "/vision/v{version}/read/operations/{id}",
        _CAPITALIZED,
        read_2_body,
    ),
    Api(
        re.compile(r"/vision/v(2\.[01])/recognizeText"),
        "/vision/v{version}/textOperations/{id}",
        _CAPITALIZED,
        recognize_text_body,
    ),
    Api(
        re.compile(r"/vision/v(3\.[012])/read/analyze"),
        "/vision/v{version}/read/analyzeResults/{id}",
        _LOWER,
        read_3_body,
    ),
    Api(
        re.compile(r"/(documentintelligence|formrecognizer)/documentModels/prebuilt-read:analyze"),
        "/{version}/documentModels/prebuilt-read/analyzeResults/{id}?api-version=2024-11-30",
        _LOWER,
        document_body,
    ),
)


def api_of(path: str) -> tuple[Api, str] | None:
    """Return the API of a submit's path, and the template of its result's path with ``{id}``."""
    for api in APIS:
        found = api.submit_path.fullmatch(path)
        if found:
            return api, api.result_path.replace("{version}", found[1])
    return None
