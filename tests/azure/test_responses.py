"""Responses to submits and polls, without sockets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from penstock.errors import InDoubt, OperationLost, PageRefused, RecognizerError, StopRun, TryAgain
from penstock.model import Operation, Pending, Recognition
from penstock.transcriptions.azure_documents import parse_document_result
from penstock.transcriptions.azure_read import parse_read_result
from penstock_plugins.recognizers.azure.endpoint import Endpoint
from penstock_plugins.recognizers.azure.fitting import SentPicture
from penstock_plugins.recognizers.azure.http_messages import Request, Response
from penstock_plugins.recognizers.azure.responses import Service, poll_result, submitted_operation

HOST = "https://penstock.cognitiveservices.azure.com"
READ = Service("azure-read 3.2", Endpoint.parse(HOST), parse_read_result)
DOCUMENT = Service("azure-document-intelligence 2024-11-30", Endpoint.parse(HOST), parse_document_result)
SUBMIT = Request("POST", f"{HOST}/vision/v3.2/read/analyze")
SENT = SentPicture(250, 258)
OPERATION = Operation(
    {"location": f"{HOST}/vision/v3.2/read/analyzeResults/1", "sent": SENT.to_json()}, durable=True
)


def response(body: Any, status: int = 200, **headers: str) -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def submitted(given: Response, *, verified: bool = True) -> Operation:
    return submitted_operation(given, READ, SUBMIT, SENT, verified=verified)


def polled(given: Response, service: Service = READ) -> Recognition | Pending | Operation:
    return poll_result(given, service, OPERATION)


@pytest.mark.parametrize("status", [200, 201, 202])
def test_submit_returns_the_location_of_the_result(status: int) -> None:
    operation = submitted(
        response(b"", status, operation_location=f"{HOST}/vision/v3.2/read/analyzeResults/1")
    )
    assert operation == OPERATION
    assert json.loads(json.dumps(operation.data)) == operation.data


def test_submit_returns_the_requested_wait() -> None:
    given = response(b"", 202, operation_location=f"{HOST}/x", retry_after="3")
    assert submitted(given).poll_after == 3


def test_incomplete_body_of_a_submit_is_ignored() -> None:
    cut = Response(202, {"operation-location": f"{HOST}/x"}, b"", complete=False)
    assert submitted(cut).data["location"] == f"{HOST}/x"


def test_submit_without_location_is_in_doubt() -> None:
    with pytest.raises(InDoubt, match="without the header Operation-Location"):
        submitted(response(b"", 202))
    with pytest.raises(InDoubt):
        submitted(response(b"<html>", 200))


def test_strange_first_response_means_a_wrong_endpoint() -> None:
    with pytest.raises(StopRun, match=r"is not azure-read 3\.2: it answered with a web page") as raised:
        submitted(response(b"<html>", 200), verified=False)
    assert raised.value.hint == "check the endpoint"


@pytest.mark.parametrize("header", ["null", "op 1", "https://", "/", "https://[::1/x", "ftp://example.org/x"])
def test_submit_with_a_garbled_location_is_in_doubt(header: str) -> None:
    with pytest.raises(InDoubt, match="unusable header Operation-Location"):
        submitted(response(b"", 202, operation_location=header))


def test_relative_location_is_resolved() -> None:
    header = "/vision/v3.2/read/analyzeResults/1?a=b"
    operation = submitted(response(b"", 202, operation_location=header))
    assert operation.data == {"location": HOST + header, "sent": SENT.to_json()}


ODD_LOCATIONS = [
    "https://elsewhere.example.org/vision/v3.2/read/analyzeResults/1",
    f"{HOST}:8443/vision/v3.2/read/analyzeResults/1",
    f"{HOST.replace('https:', 'http:')}/vision/v3.2/read/analyzeResults/1",
    f"{HOST.replace('://', '://user:password@')}/vision/v3.2/read/analyzeResults/1",
]


@pytest.mark.parametrize("location", ODD_LOCATIONS)
def test_operation_elsewhere_is_kept_and_asked_for_at_the_endpoint(location: str) -> None:
    operation = submitted(response(b"", 202, operation_location=location))
    assert operation.durable
    assert operation.data["location"] == location
    addresses = READ.endpoint.operation_addresses(location)
    assert addresses == (f"{HOST}/vision/v3.2/read/analyzeResults/1",)


@pytest.mark.parametrize(
    ("location", "hint"),
    [
        (f"{ODD_LOCATIONS[0]}?sig=abc", 'write trusted_hosts = ["elsewhere.example.org"]'),
        (ODD_LOCATIONS[1], 'write trusted_hosts = ["penstock.cognitiveservices.azure.com:8443"]'),
        (ODD_LOCATIONS[2], "https://penstock.cognitiveservices.azure.com as endpoint"),
    ],
)
def test_operation_elsewhere_that_the_endpoint_does_not_have_is_not_lost(location: str, hint: str) -> None:
    operation = submitted(response(b"", 202, operation_location=location))
    again = poll_result(response({}, 404), READ, operation)
    assert isinstance(again, Operation)
    with pytest.raises(RecognizerError, match="must not get the key") as raised:
        poll_result(response({}, 404), READ, again)
    assert type(raised.value) is RecognizerError  # the page fails, and its operation is kept
    assert hint in raised.value.hint
    assert "sig" not in str(raised.value)


def test_operation_behind_a_gateway_is_asked_for_with_and_without_its_path() -> None:
    service = Service("azure-read 3.2", Endpoint.parse("https://gateway.example.org/ocr"), parse_read_result)
    location = "https://gateway.example.org/vision/v3.2/read/analyzeResults/1"
    addresses = service.endpoint.operation_addresses(location)
    assert addresses == (location, "https://gateway.example.org/ocr/vision/v3.2/read/analyzeResults/1")
    operation = Operation({"location": location, "sent": SENT.to_json()})
    for _ in range(3):
        answer = poll_result(response({}, 404), service, operation)
        assert isinstance(answer, Operation)
        operation = answer
    with pytest.raises(OperationLost):
        poll_result(response({}, 404), service, operation)


@pytest.mark.parametrize("status", ["NotStarted", "notStarted", "Running", "running"])
def test_unfinished_operation_is_pending(status: str) -> None:
    assert polled(response({"status": status})) == Pending()
    assert polled(response({"status": status}, retry_after="1")) == Pending(1.0)


def test_every_recorded_poll_of_version_3(responses: Callable[[str], list[Response]]) -> None:
    *early, last = responses("v3.2-read-url")[1:]
    assert [polled(one) for one in early] == [Pending(), Pending()]
    recognition = polled(last)
    assert isinstance(recognition, Recognition)
    assert recognition.text == "520\nWEST\nSeattle"
    assert recognition.recognizer == "azure-read 3.2 2021-04-12"


def test_every_recorded_poll_of_document_intelligence(responses: Callable[[str], list[Response]]) -> None:
    first, *early, last = responses("document-intelligence-blank")
    operation = submitted_operation(first, DOCUMENT, SUBMIT, SentPicture(850, 1100), verified=False)
    assert [poll_result(one, DOCUMENT, operation) for one in early] == [Pending(1.0)] * 4
    recognition = poll_result(last, DOCUMENT, operation)
    assert recognition == Recognition((), 0.0, DOCUMENT.name)


@pytest.mark.parametrize("service", [READ, DOCUMENT])
@pytest.mark.parametrize("status", ["Failed", "failed", "canceled", "skipped"])
def test_operation_without_a_result_is_refused(status: str, service: Service) -> None:
    with pytest.raises(PageRefused, match=rf"ended without a result \({status.lower()}\)"):
        polled(response({"status": status}), service)


@pytest.mark.parametrize(
    "body",
    [
        {"status": "failed", "error": {"code": "InvalidContent", "message": "Broken."}},
        {"status": "failed", "analyzeResult": {"errors": [{"code": "InvalidContent", "message": "Broken."}]}},
    ],
)
def test_failure_has_the_code_and_message(body: Any) -> None:
    with pytest.raises(PageRefused, match=r"InvalidContent: Broken\.") as raised:
        polled(response(body))
    assert raised.value.code == "InvalidContent"


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (response({"status": "meditating"}), PageRefused),
        (response({"error": {"code": "InternalServerError", "message": "Oops."}}), TryAgain),
        (response({"code": "InternalServerError", "message": "Oops."}), TryAgain),
        (response({}), TryAgain),
        (response(b"<html>"), TryAgain),
        (response(b'{"status": "succ'), TryAgain),
        (response(b"[" * 100_000), TryAgain),
        (Response(200, {}, b'{"status": "running"}', complete=False), TryAgain),
        (response({"status": "succeeded"}), TryAgain),
        (response({"status": "succeeded", "analyzeResult": {}}), TryAgain),
        (response({}, 401), StopRun),
        (response({}, 403), StopRun),
        (response({}, 410), StopRun),
        (response({}, 302), StopRun),
        (response({}, 429), TryAgain),
        (response({}, 500), TryAgain),
        (response({}, 400), PageRefused),
    ],
)
def test_errors_of_polls(given: Response, kind: type[RecognizerError]) -> None:
    with pytest.raises(RecognizerError) as raised:
        polled(given)
    assert type(raised.value) is kind


def test_operation_is_lost_when_not_found_twice() -> None:
    missing = response({"error": {"code": "OperationNotFound", "message": "Gone."}}, 404)
    again = polled(missing)
    assert isinstance(again, Operation)
    assert again.poll_after
    assert again.durable
    with pytest.raises(OperationLost, match="does not have the operation any more") as raised:
        poll_result(missing, READ, again)
    assert raised.value.code == "OperationNotFound"


def test_other_number_of_pages_is_refused(result: Callable[[str], dict[str, Any]]) -> None:
    body = result("v3.2-read-url")
    body["analyzeResult"]["readResults"] *= 2
    with pytest.raises(PageRefused, match="returned 2 pages for the one that was sent"):
        polled(response(body))


@pytest.mark.parametrize("pages", [[], None])
def test_result_without_pages_is_a_page_without_text(pages: Any) -> None:
    assert polled(response({"status": "succeeded", "analyzeResult": {"readResults": pages}})) == Recognition(
        recognizer=READ.name
    )
    document = {"status": "succeeded", "analyzeResult": {"content": "", "pages": pages}}
    assert polled(response(document), DOCUMENT) == Recognition(recognizer=DOCUMENT.name)


def test_result_with_a_text_and_no_pages_has_a_note() -> None:
    body = {"status": "succeeded", "analyzeResult": {"content": "Dear Anna", "pages": []}}
    recognition = polled(response(body), DOCUMENT)
    assert isinstance(recognition, Recognition)
    assert (recognition.lines, recognition.note[:21]) == ((), "the text was left out")


@pytest.mark.parametrize("missing", [("width",), ("height",), ("width", "height"), ("unit",), ("angle",)])
def test_page_with_a_missing_size_unit_or_angle(
    missing: tuple[str, ...], result: Callable[[str], dict[str, Any]]
) -> None:
    body = result("v3.2-read-url")
    for name in missing:
        body["analyzeResult"]["readResults"][0][name] = None
    recognition = polled(response(body))
    assert isinstance(recognition, Recognition)
    assert recognition.lines[0].quad.corners[0] == pytest.approx((63, 41), abs=0.5)


def test_inches_are_mapped_to_pixels(result: Callable[[str], dict[str, Any]]) -> None:
    operation = Operation({"location": f"{HOST}/x", "sent": SentPicture(1700, 2200).to_json()})
    recognition = poll_result(response(result("v2.0-read-pdf")), READ, operation)
    assert isinstance(recognition, Recognition)
    first = recognition.lines[0]
    assert first.text == "Microsoft"
    assert first.quad.corners[0] == pytest.approx((3.3757 * 200, 1.6159 * 200))


def test_scaled_picture_is_mapped_back(result: Callable[[str], dict[str, Any]]) -> None:
    operation = Operation({"location": f"{HOST}/x", "sent": SentPicture(250, 258, 0.5, 0.5).to_json()})
    recognition = poll_result(response(result("v3.2-read-url")), READ, operation)
    assert isinstance(recognition, Recognition)
    assert recognition.lines[0].quad.corners[0] == (126, 82)


def test_result_without_size_is_in_pixels_of_the_sent_picture(
    result: Callable[[str], dict[str, Any]],
) -> None:
    operation = Operation({"location": f"{HOST}/x", "sent": SentPicture(250, 258, 0.5, 0.5).to_json()})
    recognition = poll_result(response(result("v2.0-recognize-text-url")), READ, operation)
    assert isinstance(recognition, Recognition)
    assert recognition.lines[0].quad.corners[0] == (136, 80)


def test_result_of_another_picture_is_refused(result: Callable[[str], dict[str, Any]]) -> None:
    operation = Operation({"location": f"{HOST}/x", "sent": SentPicture(258, 500).to_json()})
    with pytest.raises(PageRefused, match="250 by 258 pixels, but 258 by 500"):
        poll_result(response(result("v3.2-read-url")), READ, operation)
