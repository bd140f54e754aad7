"""What a submit's and a poll's answers mean, without sockets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from penstock.errors import InDoubt, OperationLost, PageRefused, RecognizerError, StopRun, TryAgain
from penstock.model import Operation, Pending, Recognition
from penstock_plugins.recognizers.azure.conversation import Service, meaning_of, operation_of
from penstock_plugins.recognizers.azure.document_answers import parse_document_result
from penstock_plugins.recognizers.azure.endpoint import Endpoint
from penstock_plugins.recognizers.azure.exchange import Answer
from penstock_plugins.recognizers.azure.fit import Sent
from penstock_plugins.recognizers.azure.read_answers import parse_read_result

HOST = "https://penstock.cognitiveservices.azure.com"
READ = Service("azure-read 3.2", Endpoint.parse(HOST), parse_read_result)
DOCUMENT = Service("azure-document-intelligence 2024-11-30", Endpoint.parse(HOST), parse_document_result)
SENT = Sent(250, 258)
OPERATION = Operation(
    {"location": f"{HOST}/vision/v3.2/read/analyzeResults/1", "sent": SENT.to_json()}, durable=True
)


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def submitted(given: Answer, *, proven: bool = True) -> Operation:
    return operation_of(given, READ, SENT, proven=proven)


def polled(given: Answer, service: Service = READ) -> Recognition | Pending | Operation:
    return meaning_of(given, service, OPERATION)


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_submit_is_answered_by_where_the_result_will_be(status: int) -> None:
    operation = submitted(answer(b"", status, operation_location=f"{HOST}/vision/v3.2/read/analyzeResults/1"))
    assert operation == OPERATION
    assert json.loads(json.dumps(operation.data)) == operation.data


def test_a_submit_may_say_when_to_ask() -> None:
    given = answer(b"", 202, operation_location=f"{HOST}/x", retry_after="3")
    assert submitted(given).poll_after == 3


def test_half_a_body_does_not_spoil_a_submit() -> None:
    cut = Answer(202, {"operation-location": f"{HOST}/x"}, b"", complete=False)
    assert submitted(cut).data["location"] == f"{HOST}/x"


def test_a_submit_without_a_place_is_in_doubt() -> None:
    with pytest.raises(InDoubt, match="did not say where"):
        submitted(answer(b"", 202))
    with pytest.raises(InDoubt):
        submitted(answer(b"<html>", 200))


def test_an_endpoint_that_never_answered_right_is_the_wrong_one() -> None:
    with pytest.raises(StopRun, match=r"is not azure-read 3\.2: it answered with a web page") as raised:
        submitted(answer(b"<html>", 200), proven=False)
    assert raised.value.hint == "check the endpoint"


def test_a_foreign_place_stops_the_run_and_says_how_to_allow_it() -> None:
    with pytest.raises(StopRun, match=r"elsewhere\.example\.org") as raised:
        submitted(answer(b"", 202, operation_location="https://elsewhere.example.org/secret?sig=abc"))
    assert raised.value.hint.endswith('trusted_hosts = ["elsewhere.example.org"]')
    assert "sig" not in str(raised.value)


@pytest.mark.parametrize("status", ["NotStarted", "notStarted", "Running", "running"])
def test_a_poll_that_came_too_early(status: str) -> None:
    assert polled(answer({"status": status})) == Pending()
    assert polled(answer({"status": status}, retry_after="1")) == Pending(1.0)


def test_every_recorded_poll_of_version_3(answers: Callable[[str], list[Answer]]) -> None:
    *early, last = answers("v3.2-read-url")[1:]
    assert [polled(one) for one in early] == [Pending(), Pending()]
    recognition = polled(last)
    assert isinstance(recognition, Recognition)
    assert recognition.text == "520\nWEST\nSeattle"
    assert recognition.recognizer == "azure-read 3.2 2021-04-12"


def test_every_recorded_poll_of_document_intelligence(answers: Callable[[str], list[Answer]]) -> None:
    first, *early, last = answers("document-intelligence-blank")
    operation = operation_of(first, DOCUMENT, Sent(850, 1100), proven=False)
    assert [meaning_of(one, DOCUMENT, operation) for one in early] == [Pending(1.0)] * 4
    recognition = meaning_of(last, DOCUMENT, operation)
    assert recognition == Recognition((), 0.0, DOCUMENT.name)


@pytest.mark.parametrize("service", [READ, DOCUMENT])
@pytest.mark.parametrize("status", ["Failed", "failed", "canceled", "skipped"])
def test_an_operation_that_ended_without_a_result(status: str, service: Service) -> None:
    with pytest.raises(PageRefused, match=rf"ended without a result \({status.lower()}\)"):
        polled(answer({"status": status}), service)


@pytest.mark.parametrize(
    "body",
    [
        {"status": "failed", "error": {"code": "InvalidContent", "message": "Broken."}},
        {"status": "failed", "analyzeResult": {"errors": [{"code": "InvalidContent", "message": "Broken."}]}},
    ],
)
def test_a_failure_says_why(body: Any) -> None:
    with pytest.raises(PageRefused, match=r"InvalidContent: Broken\.") as raised:
        polled(answer(body))
    assert raised.value.code == "InvalidContent"


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (answer({"status": "meditating"}), PageRefused),
        (answer({"error": {"code": "InternalServerError", "message": "Oops."}}), TryAgain),
        (answer({"code": "InternalServerError", "message": "Oops."}), TryAgain),
        (answer({}), TryAgain),
        (answer(b"<html>"), TryAgain),
        (answer(b'{"status": "succ'), TryAgain),
        (answer(b"[" * 100_000), TryAgain),
        (Answer(200, {}, b'{"status": "running"}', complete=False), TryAgain),
        (answer({"status": "succeeded"}), TryAgain),
        (answer({"status": "succeeded", "analyzeResult": {"readResults": []}}), PageRefused),
        (answer({}, 401), StopRun),
        (answer({}, 403), StopRun),
        (answer({}, 410), StopRun),
        (answer({}, 302), StopRun),
        (answer({}, 429), TryAgain),
        (answer({}, 500), TryAgain),
        (answer({}, 400), PageRefused),
    ],
)
def test_polls_that_bring_nothing(given: Answer, kind: type[RecognizerError]) -> None:
    with pytest.raises(RecognizerError) as raised:
        polled(given)
    assert type(raised.value) is kind


def test_an_operation_is_lost_when_it_is_missing_twice() -> None:
    missing = answer({"error": {"code": "OperationNotFound", "message": "Gone."}}, 404)
    again = polled(missing)
    assert isinstance(again, Operation)
    assert again.poll_after
    assert again.durable
    with pytest.raises(OperationLost, match="forgotten") as raised:
        meaning_of(missing, READ, again)
    assert raised.value.code == "OperationNotFound"


def test_another_number_of_pages_is_an_error(result: Callable[[str], dict[str, Any]]) -> None:
    body = result("v3.2-read-url")
    body["analyzeResult"]["readResults"] *= 2
    with pytest.raises(PageRefused, match="2 pages for the one"):
        polled(answer(body))


def test_inches_become_pixels(result: Callable[[str], dict[str, Any]]) -> None:
    operation = Operation({"location": f"{HOST}/x", "sent": Sent(1700, 2200).to_json()})
    recognition = meaning_of(answer(result("v2.0-read-pdf")), READ, operation)
    assert isinstance(recognition, Recognition)
    first = recognition.lines[0]
    assert first.text == "Microsoft"
    assert first.quad.corners[0] == pytest.approx((3.3757 * 200, 1.6159 * 200))


def test_what_was_scaled_for_sending_is_scaled_back(result: Callable[[str], dict[str, Any]]) -> None:
    operation = Operation({"location": f"{HOST}/x", "sent": Sent(250, 258, 0.5, 0.5).to_json()})
    recognition = meaning_of(answer(result("v3.2-read-url")), READ, operation)
    assert isinstance(recognition, Recognition)
    assert recognition.lines[0].quad.corners[0] == (126, 82)


def test_a_result_without_a_size_is_in_what_was_sent(result: Callable[[str], dict[str, Any]]) -> None:
    operation = Operation({"location": f"{HOST}/x", "sent": Sent(250, 258, 0.5, 0.5).to_json()})
    recognition = meaning_of(answer(result("v2.0-recognize-text-url")), READ, operation)
    assert isinstance(recognition, Recognition)
    assert recognition.lines[0].quad.corners[0] == (136, 80)


def test_another_picture_than_was_sent_is_refused(result: Callable[[str], dict[str, Any]]) -> None:
    operation = Operation({"location": f"{HOST}/x", "sent": Sent(258, 500).to_json()})
    with pytest.raises(PageRefused, match="250 by 258 pixels, where 258 by 500"):
        meaning_of(answer(result("v3.2-read-url")), READ, operation)
