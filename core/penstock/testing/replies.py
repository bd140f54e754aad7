"""What the service on loopback answers, in the words of the real ones."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from penstock.testing.apis import api_of
from penstock.testing.desk import Desk, Work
from penstock.testing.misbehaviour import Misbehaviour

SMALLEST, LARGEST = 50, 10_000
"""Pixels along a side."""
DOWNLOAD_SECONDS = 10.0
LOCATION = "Operation-Location"
BAD_KEY = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key "
    "for an active subscription and use a correct regional API endpoint for your resource."
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to send."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def _json(status: int, body: Mapping[str, Any], **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(
        status, {"Content-Type": "application/json; charset=utf-8", **named}, json.dumps(body).encode()
    )


def _error(status: int, code: str, message: str, **headers: str) -> Reply:
    return _json(status, {"error": {"code": code, "message": message}}, **headers)


def bad_key() -> Reply:
    """401, as the gateway words it."""
    return _error(HTTPStatus.UNAUTHORIZED, "401", BAD_KEY)


def throttled(retry_after: str | None) -> Reply:
    """429; without the header, the wait stands in the message alone, as the paid tier's did."""
    message = "Requests to the Read Operation have exceeded rate limit of your current pricing tier."
    if retry_after is None:
        return _error(HTTPStatus.TOO_MANY_REQUESTS, "429", f"{message} Please retry after 1 second.")
    return _error(HTTPStatus.TOO_MANY_REQUESTS, "429", message, Retry_After=retry_after)


def faulty(fault: Misbehaviour) -> Reply:
    """An answer that is none."""
    match fault.how:
        case "throttle":
            return throttled(fault.retry_after)
        case "html":
            return Reply(HTTPStatus.OK, {"Content-Type": "text/html"}, b"<html><body>Sign in</body></html>")
        case "redirect":
            return Reply(HTTPStatus.TEMPORARY_REDIRECT, {"Location": "http://127.0.0.1:9/elsewhere"})
        case _:
            headers = {} if fault.retry_after is None else {"Retry_After": fault.retry_after}
            return _error(fault.status, "InternalServerError", "Something went wrong.", **headers)


def without_location(reply: Reply, *, foreign: bool) -> Reply:
    """A submit's answer that leads nowhere, or elsewhere."""
    headers = {name: value for name, value in reply.headers.items() if name != LOCATION}
    if foreign:
        headers[LOCATION] = "https://elsewhere.example.org/vision/v3.2/read/analyzeResults/1"
    return replace(reply, headers=headers)


def submitted(desk: Desk, endpoint: str, path: str, body: bytes, fate: str, *, by_address: bool) -> Reply:
    """What a submit comes to; its result will be found below the endpoint."""
    found = api_of(path)
    if found is None:
        return _error(HTTPStatus.NOT_FOUND, "404", "Resource not found")
    picture = _downloaded(body) if by_address else body
    if picture is None:
        return _error(
            HTTPStatus.BAD_REQUEST, "FailedToDownloadImage", "Failed to download image from input URL."
        )
    size = _size_of(picture)
    if size is None:
        return _error(HTTPStatus.BAD_REQUEST, "InvalidImage", "The file submitted couldn't be parsed.")
    if not (min(size) >= SMALLEST and max(size) <= LARGEST):
        return _error(
            HTTPStatus.BAD_REQUEST, "InvalidImageDimension", "The input image dimension is out of range."
        )
    api, result = found
    name = desk.take(api, picture, size, fate)
    return Reply(HTTPStatus.ACCEPTED, {LOCATION: endpoint + result.replace("{id}", name)})


def polled(desk: Desk, path: str) -> Reply:
    """What a poll comes to."""
    import time

    work = desk.work(path.rsplit("/", 1)[-1])
    if work is None:
        return _error(HTTPStatus.NOT_FOUND, "OperationNotFound", "The requested operation was not found.")
    running, succeeded, failed = work.api.states
    if work.fate == "fail":
        return _json(HTTPStatus.OK, {"status": failed})
    if work.fate == "never-end" or time.monotonic() < work.ready_at or not work.reading.done():
        return _json(HTTPStatus.OK, {"status": running})
    if work.reading.exception() is not None:
        return _json(HTTPStatus.OK, {"status": failed})
    return _json(HTTPStatus.OK, {"status": succeeded, **_body(work)})


def _body(work: Work) -> dict[str, Any]:
    pages = 2 if work.fate == "two-pages" else 1
    return work.api.body(work.reading.result(), work.width, work.height, pages)


def _size_of(picture: bytes) -> tuple[int, int] | None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(picture)) as image:
            return image.size
    except (OSError, ValueError, SyntaxError):
        return None


def _downloaded(body: bytes) -> bytes | None:
    """The picture at an address, from this machine alone: this service goes nowhere else."""
    import urllib.request

    try:
        form = json.loads(body)
        address = form.get("url") or form.get("urlSource") or ""
        if urlsplit(address).scheme != "http" or urlsplit(address).hostname not in ("127.0.0.1", "localhost"):
            return None
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(address, timeout=DOWNLOAD_SECONDS) as answer:
            return bytes(answer.read())
    except (OSError, ValueError, AttributeError):
        return None
