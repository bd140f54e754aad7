"""Errors of the services, by their status, code and message."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from penstock.errors import PageRefused, RecognizerError, StopRun, TryAgain
from penstock_plugins.recognizers.azure.http_messages import Response
from penstock_plugins.recognizers.azure.service_errors import (
    ErrorDetails,
    error_details,
    error_from,
    requested_wait,
)

ENDPOINT = "https://name.example.org"
THROTTLED = (
    "Requests to the Get Read Result Operation under Computer Vision API (v3.2) have exceeded rate limit of "
    "your current ComputerVision F0 pricing tier. Please retry after 55 seconds."
)


def error_for(status: int, body: Any = None, **headers: str) -> RecognizerError:
    content = json.dumps(body).encode() if body is not None else b""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return error_from(Response(status, named, content), "azure-read 3.2", ENDPOINT)


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
def test_every_shape_of_an_error_is_parsed(body: Any, fault: tuple[str, str]) -> None:
    assert error_details(Response(400, {}, json.dumps(body).encode())) == ErrorDetails(*fault)


@pytest.mark.parametrize(
    ("headers", "body", "message"),
    [
        ({"content-type": "text/html; charset=utf-8"}, b"<html>Bad gateway</html>", "a web page"),
        ({}, b"  <!doctype html>", "a web page"),
        ({}, b"", "an empty body"),
        ({}, b"\xff\xfe{", "an unreadable body"),
        ({}, b"[1, 2]", "an unreadable body"),
    ],
)
def test_other_bodies_are_described(headers: dict[str, str], body: bytes, message: str) -> None:
    assert message in error_details(Response(502, headers, body)).message


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
        (413, RecognizerError),
        (415, PageRefused),
        (429, TryAgain),
        (500, TryAgain),
        (502, TryAgain),
        (503, TryAgain),
        (504, TryAgain),
    ],
)
def test_errors_by_status(status: int, kind: type[RecognizerError]) -> None:
    error = error_for(status, nested(str(status), "Something."))
    assert type(error) is kind
    assert error.message.startswith(("azure-read 3.2 answered", ENDPOINT))


@pytest.mark.parametrize(
    ("name", "kind", "code", "hint"),
    [
        ("v3.2-invalid-url", RecognizerError, "InvalidImageUrl", "by_url = false"),
        ("image-analysis-bad-key", StopRun, "401", "key and endpoint belong to the same resource"),
        ("image-analysis-unreachable-url", PageRefused, "InvalidRequest", ""),
        ("form-recognizer-bad-key", StopRun, "401", "key and endpoint belong to the same resource"),
        ("form-recognizer-damaged", PageRefused, "InvalidImage", "damaged"),
        ("form-recognizer-bad-url", RecognizerError, "FailedToDownloadImage", "by_url = false"),
    ],
)
def test_recorded_errors(
    name: str, kind: type[RecognizerError], code: str, hint: str, responses: Callable[[str], list[Response]]
) -> None:
    error = error_from(responses(name)[-1], "azure-read 3.2", ENDPOINT)
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
        ({"retry-after": "soon"}, THROTTLED, 55),
        ({"retry-after": "9" * 5000}, "", None),
        ({}, "Rate limit is exceeded. Try again later.", None),
    ],
)
def test_wait_is_in_the_header_or_in_the_message(
    headers: dict[str, str], message: str, seconds: float | None
) -> None:
    assert requested_wait(Response(429, headers), message) == seconds


def test_wait_can_be_a_date() -> None:
    moment = datetime.now(UTC) + timedelta(seconds=90)
    assert requested_wait(
        Response(429, {"retry-after": format_datetime(moment, usegmt=True)})
    ) == pytest.approx(90, abs=5)
    assert requested_wait(Response(429, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"})) == 0


def test_requested_wait_ends_at_a_date_on_the_clock_of_the_service() -> None:
    headers = {"retry-after": "Wed, 21 Oct 2099 07:28:00 GMT", "date": "Wed, 21 Oct 2099 07:27:30 GMT"}
    assert requested_wait(Response(429, headers)) == 30
    assert requested_wait(Response(429, {"retry-after": "30", "date": headers["date"]})) == 30


def test_throttle_has_the_requested_wait() -> None:
    assert error_for(429, nested("429", THROTTLED)).retry_after == 55
    assert error_for(503, None, retry_after="3").retry_after == 3
    assert error_for(503).retry_after is None


def test_wait_of_days_means_a_used_up_quota() -> None:
    error = error_for(429, nested("429", "Out of call volume quota. Please retry after 20 days."))
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
def test_hint_for_status_403_depends_on_the_message(message: str, hint: str) -> None:
    error = error_for(403, nested("403", message))
    assert isinstance(error, StopRun)
    assert hint in error.hint


def test_retired_version_has_a_hint() -> None:
    error = error_for(410, nested("410", "Gone: The requested API version has been retired."))
    assert isinstance(error, StopRun)
    assert 'api_version = "3.2"' in error.hint


def test_long_messages_are_shortened_to_one_line() -> None:
    error = error_for(400, nested("BadArgument", "word \n" * 500))
    assert "\n" not in error.message
    assert len(error.message) < 400
