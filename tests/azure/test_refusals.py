"""What errors mean, by their status, code and words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from penstock.errors import PageRefused, RecognizerError, StopRun, TryAgain
from penstock_plugins.recognizers.azure.exchange import Answer
from penstock_plugins.recognizers.azure.refusals import Fault, fault_of, refusal, wait_of

ENDPOINT = "https://name.example.org"
THROTTLED = (
    "Requests to the Get Read Result Operation under Computer Vision API (v3.2) have exceeded rate limit of "
    "your current ComputerVision F0 pricing tier. Please retry after 55 seconds."
)


def refused(status: int, body: Any = None, **headers: str) -> RecognizerError:
    content = json.dumps(body).encode() if body is not None else b""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return refusal(Answer(status, named, content), "azure-read 3.2", ENDPOINT)


def nested(code: str, message: str = "", inner: str = "") -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if inner:
        error["innererror"] = {"code": inner, "message": f"{inner} it is."}
    return {"error": error}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (
            {"code": "InvalidImageSize", "message": "Too big.", "requestId": "1"},
            ("InvalidImageSize", "Too big."),
        ),
        (nested("InvalidRequest", "Bad.", "InvalidImageUrl"), ("InvalidImageUrl", "InvalidImageUrl it is.")),
        ({"error": {"code": "A", "message": "m", "innerError": {"code": "B"}}}, ("B", "m")),
        ({"error": {"code": "401", "message": "Access denied."}}, ("401", "Access denied.")),
        ({"error": "plain words"}, ("400", "plain words")),
        ({}, ("400", "")),
    ],
)
def test_every_shape_of_an_error_is_understood(body: Any, fault: tuple[str, str]) -> None:
    assert fault_of(Answer(400, {}, json.dumps(body).encode())) == Fault(*fault)


@pytest.mark.parametrize(
    ("headers", "body", "told"),
    [
        ({"content-type": "text/html; charset=utf-8"}, b"<html>Bad gateway</html>", "a web page"),
        ({}, b"  <!doctype html>", "a web page"),
        ({}, b"", "without an explanation"),
        ({}, b"\xff\xfe{", "something unreadable"),
        ({}, b"[1, 2]", "something unreadable"),
    ],
)
def test_what_is_no_error_body_is_said_so(headers: dict[str, str], body: bytes, told: str) -> None:
    assert told in fault_of(Answer(502, headers, body)).message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, StopRun),
        (307, StopRun),
        (400, PageRefused),
        (401, StopRun),
        (403, StopRun),
        (404, StopRun),
        (405, StopRun),
        (408, TryAgain),
        (409, PageRefused),
        (410, StopRun),
        (413, PageRefused),
        (415, PageRefused),
        (429, TryAgain),
        (500, TryAgain),
        (502, TryAgain),
        (503, TryAgain),
        (504, TryAgain),
    ],
)
def test_errors_by_class(status: int, kind: type[RecognizerError]) -> None:
    error = refused(status, nested(str(status), "Something."))
    assert type(error) is kind
    assert error.message.startswith(("azure-read 3.2 said", ENDPOINT))


@pytest.mark.parametrize(
    ("name", "kind", "code", "hint"),
    [
        ("v3.2-invalid-url", PageRefused, "InvalidImageUrl", "by_reference = false"),
        ("image-analysis-bad-key", StopRun, "401", "key and endpoint belong to the same resource"),
        ("image-analysis-unreachable-url", PageRefused, "InvalidRequest", ""),
        ("form-recognizer-bad-key", StopRun, "401", "key and endpoint belong to the same resource"),
        ("form-recognizer-damaged", PageRefused, "InvalidImage", "damaged"),
        ("form-recognizer-bad-url", PageRefused, "FailedToDownloadImage", "by_reference = false"),
    ],
)
def test_recorded_errors(
    name: str, kind: type[RecognizerError], code: str, hint: str, answers: Callable[[str], list[Answer]]
) -> None:
    error = refusal(answers(name)[-1], "azure-read 3.2", ENDPOINT)
    assert type(error) is kind
    assert error.code == code
    assert hint in error.hint


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({"retry-after": "7"}, THROTTLED, 7),
        ({}, THROTTLED, 55),
        ({}, "Please retry after 1 second.", 1),
        ({}, "Rate limit is exceeded. Try again in 2 minutes.", 120),
        ({"retry-after": "soon"}, "", None),
        ({}, "Rate limit is exceeded. Try again later.", None),
    ],
)
def test_the_wait_stands_in_the_header_or_in_the_words(
    headers: dict[str, str], message: str, seconds: float | None
) -> None:
    assert wait_of(Answer(429, headers), message) == seconds


def test_the_wait_may_be_a_moment() -> None:
    moment = datetime.now(UTC) + timedelta(seconds=90)
    assert wait_of(Answer(429, {"retry-after": format_datetime(moment, usegmt=True)})) == pytest.approx(
        90, abs=5
    )
    assert wait_of(Answer(429, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"})) == 0


def test_a_throttle_carries_its_wait() -> None:
    assert refused(429, nested("429", THROTTLED)).retry_after == 55
    assert refused(503, None, retry_after="3").retry_after == 3
    assert refused(503).retry_after is None


def test_a_wait_of_days_is_a_used_up_quota() -> None:
    error = refused(429, nested("429", "Out of call volume quota. Please retry after 20 days."))
    assert isinstance(error, StopRun)
    assert "quota" in error.hint


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("Out of call volume quota for ComputerVision F0 pricing tier.", "quota is used up"),
        ("Access denied due to Virtual Network/Firewall rules.", "network rules"),
        ("Public access is disabled. Please configure private endpoint.", "private endpoint"),
        ("The principal lacks the required data action.", "Cognitive Services User"),
    ],
)
def test_403_has_many_reasons(message: str, hint: str) -> None:
    error = refused(403, nested("403", message))
    assert isinstance(error, StopRun)
    assert hint in error.hint


def test_a_retired_version_names_its_successor() -> None:
    error = refused(410, nested("410", "Gone: The requested API version has been retired."))
    assert isinstance(error, StopRun)
    assert 'api_version = "3.2"' in error.hint


def test_long_messages_are_cut_to_a_line() -> None:
    error = refused(400, nested("BadArgument", "word \n" * 500))
    assert "\n" not in error.message
    assert len(error.message) < 400
