"""The server's responses, with the wording of the real services."""

from __future__ import annotations

import io
import json
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from penstock.testing.azure.apis import api_of
from penstock.testing.azure.jobs import Job, JobQueue
from penstock.testing.azure.misbehaviour import Misbehaviour

SMALLEST, LARGEST = 50, 10_000  # limits of a picture's sides, in pixels
DOWNLOAD_SECONDS = 10.0
LOCATION = "Operation-Location"
BAD_KEY = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key "
    "for an active subscription and use a correct regional API endpoint for your resource."
)


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def _json(status: int, body: Mapping[str, Any], **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content_type = "application/json; charset=utf-8"
    return Response(status, {"Content-Type": content_type, **named}, json.dumps(body).encode())


def _error(status: int, code: str, message: str, **headers: str) -> Response:
    return _json(status, {"error": {"code": code, "message": message}}, **headers)


def bad_key() -> Response:
    """401, with the gateway's message."""
    return _error(HTTPStatus.UNAUTHORIZED, "401", BAD_KEY)


def throttled(retry_after: str | None) -> Response:
    """429. Without the header, only the message has the wait, as in the paid tier's responses."""
    message = "Requests to the Read Operation have exceeded rate limit of your current pricing tier."
    if retry_after is None:
        return _error(HTTPStatus.TOO_MANY_REQUESTS, "429", f"{message} Please retry after 1 second.")
    return _error(HTTPStatus.TOO_MANY_REQUESTS, "429", message, Retry_After=retry_after)


def faulty(fault: Misbehaviour) -> Response:
    """Return the response of a misbehaviour that replaces the usual response."""
    match fault.how:
        case "throttle":
            return throttled(fault.retry_after)
        case "html":
            return Response(
                HTTPStatus.OK, {"Content-Type": "text/html"}, b"<html><body>Sign in</body></html>"
            )
        case "redirect":
            return Response(HTTPStatus.TEMPORARY_REDIRECT, {"Location": "http://127.0.0.1:9/elsewhere"})
        case _:
            headers = {} if fault.retry_after is None else {"Retry_After": fault.retry_after}
            return _error(fault.status, "InternalServerError", "Something went wrong.", **headers)


def with_odd_location(response: Response, how: str) -> Response:
    """Remove the operation's location from a submit's response, or replace it by an odd one."""
    headers = dict(response.headers)
    location = urlsplit(headers.pop(LOCATION, ""))
    match how:
        case "foreign-location":
            headers[LOCATION] = "https://elsewhere.example.org/vision/v3.2/read/analyzeResults/1"
        case "other-port":
            headers[LOCATION] = location._replace(netloc=f"{location.hostname}:9").geturl()
        case "relative-location":
            headers[LOCATION] = location._replace(scheme="", netloc="").geturl()
        case "garbled-location":
            headers[LOCATION] = "null"
    return replace(response, headers=headers)


def submitted(
    jobs: JobQueue, endpoint: str, path: str, body: bytes, fault: str, *, is_json: bool
) -> Response:
    """Accept or refuse a page. A JSON body has the picture's URL; any other body is the picture."""
    found = api_of(path)
    if found is None:
        return _error(HTTPStatus.NOT_FOUND, "404", "Resource not found")
    picture = _download(body) if is_json else body
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
    api, result_path = found
    job_id = jobs.add(api, picture, size, fault)
    return Response(HTTPStatus.ACCEPTED, {LOCATION: endpoint + result_path.replace("{id}", job_id)})


def polled(jobs: JobQueue, path: str) -> Response:
    """Return the state of an operation, and its result if it is ready."""
    job = jobs.find(path.rsplit("/", 1)[-1])
    if job is None:
        return _error(HTTPStatus.NOT_FOUND, "OperationNotFound", "The requested operation was not found.")
    running, succeeded, failed = job.api.states
    if job.fault == "fail":
        return _json(HTTPStatus.OK, {"status": failed})
    if job.fault == "never-end" or time.monotonic() < job.ready_at or not job.result.done():
        return _json(HTTPStatus.OK, {"status": running})
    if job.result.exception() is not None:
        return _json(HTTPStatus.OK, {"status": failed})
    return _json(HTTPStatus.OK, {"status": succeeded, **_result_body(job)})


def _result_body(job: Job) -> dict[str, Any]:
    pages = 2 if job.fault == "two-pages" else 1
    return job.api.body(job.result.result(), job.width, job.height, pages)


def _size_of(picture: bytes) -> tuple[int, int] | None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(picture)) as image:
            return image.size
    except (OSError, ValueError, SyntaxError):
        return None


def _download(body: bytes) -> bytes | None:
    """Download a picture from this machine; None for other hosts and if the download fails."""
    try:
        form = json.loads(body)
        url = form.get("url") or form.get("urlSource") or ""
        if urlsplit(url).scheme != "http" or urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
            return None
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=DOWNLOAD_SECONDS) as response:
            return bytes(response.read())
    except (OSError, ValueError, AttributeError):
        return None
