"""Any response is parsed or raises an error of the contract, and no other exception."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from penstock.errors import RecognizerError
from penstock.model import Line, Operation, Quad, Recognition, Word
from penstock.testing.azure.apis import document_body, read_2_body, read_3_body
from penstock.transcriptions.azure_documents import parse_document_result
from penstock.transcriptions.azure_read import InvalidResult, parse_read_result
from penstock_plugins.recognizers.azure.endpoint import Endpoint
from penstock_plugins.recognizers.azure.fitting import SentPicture
from penstock_plugins.recognizers.azure.http_messages import Request, Response
from penstock_plugins.recognizers.azure.responses import Service, poll_result, submitted_operation

HOST = "https://name.example.org"
SERVICES = [
    Service("azure-read 3.2", Endpoint.parse(HOST), parse_read_result),
    Service("azure-document-intelligence", Endpoint.parse(HOST), parse_document_result),
]
NAMES = """
status succeeded Running failed analyzeResult readResults recognitionResults recognitionResult lines words
text boundingBox confidence pages content polygon spans span offset length styles error code message
innererror errors angle width height
"""
MEMBERS = st.sampled_from(NAMES.split())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=5) | MEMBERS,
    lambda inner: (
        st.lists(inner, max_size=8)
        | st.lists(st.integers(0, 99) | st.just(10**400), min_size=8, max_size=8)
        | st.dictionaries(MEMBERS, inner, max_size=6)
    ),
    max_leaves=40,
)
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Zs", "Zl", "Zp", "Cc"]), min_size=1, max_size=8
)
QUADS = st.lists(st.integers(0, 2000), min_size=8, max_size=8).map(Quad.from_numbers)
WORDS = st.builds(Word, TEXT, QUADS, st.none() | st.floats(0, 1))
HANDWRITTEN = st.none() | st.integers(0, 1000).map(lambda value: value / 1000)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    words = tuple(draw(st.lists(WORDS, min_size=1, max_size=5)))
    text = " ".join(word.text for word in words)
    return Line(text, draw(QUADS), words, draw(HANDWRITTEN), draw(st.none() | st.just("de")))


RECOGNITIONS = st.builds(
    Recognition,
    st.lists(lines(), max_size=5).map(tuple),
    st.integers(-1799, 1800).map(lambda value: value / 10),
)


@given(RECOGNITIONS)
def test_recognition_survives_the_wire_format(recognition: Recognition) -> None:
    read = parse_read_result(json.loads(json.dumps(read_3_body(recognition, 2000, 2000, 1))))
    assert read.pages[0].recognition == recognition
    document = parse_document_result(json.loads(json.dumps(document_body(recognition, 2000, 2000, 1))))
    assert document.pages[0].recognition == recognition


@given(RECOGNITIONS)
def test_version_2_keeps_texts_and_quads(recognition: Recognition) -> None:
    (page,) = parse_read_result(read_2_body(recognition, 2000, 2000, 1)).pages
    assert [(line.text, line.quad) for line in page.recognition.lines] == [
        (line.text, line.quad) for line in recognition.lines
    ]


@given(st.dictionaries(MEMBERS, JSON, max_size=6))
def test_parsers_raise_invalid_result_only(body: dict[str, Any]) -> None:
    for parse in (parse_read_result, parse_document_result):
        with contextlib.suppress(InvalidResult):
            parse(body)


SIZES = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3) | st.just(10**400)


@given(SIZES, SIZES, SIZES, st.sampled_from(["clockwiseOrientation", "angle"]))
def test_any_size_or_angle_is_parsed_or_refused(width: Any, height: Any, angle: Any, name: str) -> None:
    line = {"text": "x", "boundingBox": [1, 1, 2, 1, 2, 2, 1, 2]}
    page = {"width": width, "height": height, name: angle, "lines": [line]}
    body = {"status": "succeeded", "analyzeResult": {"readResults": [page]}}
    response = Response(200, {}, json.dumps(body).encode())
    operation = Operation({"location": f"{HOST}/1", "sent": SentPicture(100, 100).to_json()})
    with contextlib.suppress(RecognizerError):
        poll_result(response, SERVICES[0], operation)


@given(
    st.sampled_from([200, 202, 204, 302, 400, 401, 403, 404, 408, 410, 429, 500, 503, 599]),
    st.dictionaries(
        st.sampled_from(["retry-after", "content-type", "operation-location"]), st.text(max_size=9)
    ),
    JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=50),
    st.booleans(),
)
def test_any_response_raises_recognizer_errors_only(
    status: int, headers: dict[str, str], body: bytes, verified: bool
) -> None:
    response, request = Response(status, headers, body), Request("POST", f"{HOST}/submit")
    operation = Operation({"location": f"{HOST}/1", "sent": SentPicture(100, 100).to_json()})
    for service in SERVICES:
        with contextlib.suppress(RecognizerError):
            poll_result(response, service, operation)
        with contextlib.suppress(RecognizerError):
            submitted_operation(response, service, request, SentPicture(100, 100), verified=verified)
