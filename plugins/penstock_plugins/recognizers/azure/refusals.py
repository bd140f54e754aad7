"""What the services' errors mean: try again, this page fails, or the run stops.

Bodies come flat (``{"code", "message"}``, Computer Vision 2), nested (``{"error": {…}}``, everything
later and every gateway), with ``innererror`` or ``innerError``, with codes that are numbers in quotes,
with status 200, or as a gateway's HTML: all are understood, none is needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from penstock.errors import PageRefused, RecognizerError, StopRun, TryAgain
from penstock_plugins.recognizers.azure.exchange import Answer

LONGEST_MESSAGE = 300
LONGEST_WAIT = 3600.0
"""Seconds; a service that asks for more than an hour means that a quota is used up."""

TRY_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})

_WAIT = re.compile(r"(?:retry|try again) (?:after|in) (\d+) (second|minute|hour|day)", re.IGNORECASE)
_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}

_NO_DOWNLOAD = "the service cannot reach the address: send the bytes (by_reference = false)"
_TOO_LARGE = 'say the resource\'s tier (tier = "free" sends no more than 4 MB)'
_WRONG_SIZE = "cut the page into smaller ones"
_WRONG_KIND = "convert the picture to JPEG or PNG"
_DAMAGED = "open the picture to see whether it is damaged, and save it anew"

PAGE_HINTS = {
    "InvalidImageUrl": _NO_DOWNLOAD,
    "InvalidImageURL": _NO_DOWNLOAD,
    "FailedToDownloadImage": _NO_DOWNLOAD,
    "ContentSourceNotAccessible": _NO_DOWNLOAD,
    "ContentSourceTimeout": _NO_DOWNLOAD,
    "InvalidImageSize": _TOO_LARGE,
    "InvalidContentLength": _TOO_LARGE,
    "InvalidImageDimension": _WRONG_SIZE,
    "InvalidContentDimensions": _WRONG_SIZE,
    "InvalidImageFormat": _WRONG_KIND,
    "UnsupportedImageFormat": _WRONG_KIND,
    "UnsupportedMediaType": _WRONG_KIND,
    "InvalidImage": _DAMAGED,
    "InvalidContent": _DAMAGED,
    "NotSupportedLanguage": "leave language out: the service finds it by itself",
    "InvalidReadingOrder": 'write reading_order = "basic" or "natural"',
    "InvalidModelVersion": "leave model_version out, or write one that the service knows",
}
"""What to do about a refused page, by the service's own code."""

STOP_HINTS = {
    HTTPStatus.UNAUTHORIZED: "check that key and endpoint belong to the same resource, region included",
    HTTPStatus.NOT_FOUND: "check the endpoint, and that api_version exists in its region",
    HTTPStatus.METHOD_NOT_ALLOWED: "check the endpoint",
    HTTPStatus.GONE: 'this version was retired: write api_version = "3.2" or use azure-document-intelligence',
}


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as the service told it: its most telling code, and its own words, cut to a line."""

    code: str
    message: str


def fault_of(answer: Answer) -> Fault:
    """Read an error's body, whatever its shape."""
    body = answer.json()
    if body is None:
        return Fault(str(answer.status), _foreign_body(answer))
    error = body.get("error")
    if isinstance(error, str):
        return Fault(str(answer.status), _one_line(error))
    return fault_in(error if isinstance(error, dict) else body, str(answer.status))


def fault_in(error: Mapping[str, Any], otherwise: str = "") -> Fault:
    """The fault that an ``error`` object describes; the innermost code says most."""
    code, message = error.get("code"), error.get("message")
    inner = error.get("innererror") or error.get("innerError")
    while isinstance(inner, dict):
        code, message = inner.get("code") or code, inner.get("message") or message
        inner = inner.get("innererror") or inner.get("innerError")
    return Fault(str(code or otherwise), _one_line(str(message or "")))


def _foreign_body(answer: Answer) -> str:
    kind = answer.header("content-type").split(";")[0].strip()
    if "html" in kind or answer.body.lstrip()[:1] == b"<":
        return "answered with a web page, as proxies and wrong addresses do"
    return "answered without an explanation" if not answer.body else "answered with something unreadable"


def _one_line(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"


def wait_of(answer: Answer, message: str = "") -> float | None:
    """Seconds that the service asks to wait: from its header, else from its words."""
    header = answer.header("retry-after").strip()
    if header:
        seconds = _header_seconds(header)
        if seconds is not None:
            return seconds
    found = _WAIT.search(message)
    return float(found[1]) * _SECONDS[found[2].lower()] if found else None


def _header_seconds(header: str) -> float | None:
    if header.isascii() and header.isdigit():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def refusal(answer: Answer, service: str, endpoint: str) -> RecognizerError:
    """The error that an answer of status 300 and more stands for.

    Parameters
    ----------
    service, endpoint
        What messages call them.
    """
    status, fault = answer.status, fault_of(answer)
    said = f"{service} said {_shown(status, fault)}"
    if status in TRY_AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _again(answer, fault, said)
    if status < HTTPStatus.BAD_REQUEST:
        return StopRun(
            f"{endpoint} sends us elsewhere, and the key does not follow",
            "write the resource's own address as endpoint",
            code=str(status),
        )
    if status == HTTPStatus.FORBIDDEN:
        return StopRun(said, _forbidden(fault.message), code=fault.code)
    if status in STOP_HINTS:
        return StopRun(said, f"{STOP_HINTS[HTTPStatus(status)]}; asked was {endpoint}", code=fault.code)
    return PageRefused(said, PAGE_HINTS.get(fault.code, ""), code=fault.code)


def _shown(status: int, fault: Fault) -> str:
    code = str(status) if fault.code in ("", str(status)) else f"{status} {fault.code}"
    return f"{code}: {fault.message}" if fault.message else code


def _again(answer: Answer, fault: Fault, said: str) -> RecognizerError:
    wait = wait_of(answer, fault.message)
    if wait is not None and wait > LONGEST_WAIT:
        return StopRun(said, "a quota is used up: run again when it is renewed", code=fault.code)
    return TryAgain(said, code=fault.code, retry_after=wait)


def _forbidden(message: str) -> str:
    words = message.lower()
    if "quota" in words:
        return "the quota is used up: run again when it is renewed, or change the tier"
    if "virtual network" in words or "firewall" in words:
        return "allow this machine's address in the resource's network rules"
    if "private endpoint" in words or "public access" in words:
        return "use the resource's private endpoint"
    return "give the key's or token's owner the role Cognitive Services User on this resource"
