"""Translate the services' error responses: try again, refuse the page, or stop the run.

Error bodies are flat (``{"code", "message"}``, Computer Vision 2) or nested (``{"error": {...}}``, later
versions and gateways), with ``innererror`` or ``innerError``, with codes that are numbers in quotes, with
status 200, or they are a gateway's HTML. See "Error codes" in the documentation of Read 3.2, and
"Document Intelligence error guide".
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from penstock.errors import THROTTLED, UNAUTHORIZED, PageRefused, RecognizerError, StopRun, TryAgain
from penstock_plugins.recognizers.azure.http_messages import Response

MAX_MESSAGE = 300  # characters of a service's message that are repeated
MAX_WAIT = 3600.0  # seconds; a service that requests a longer wait has no quota left
TRY_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})

_WAIT = re.compile(r"(?:retry|try again) (?:after|in) (\d+) (second|minute|hour|day)", re.IGNORECASE)
# A service may quote the address that it could not download. Its query can be a signature.
_QUERY = re.compile(r"""(?<=\w)\?[^\s"'<>)]*=[^\s"'<>)]*""")
_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}

_NO_DOWNLOAD = "the service cannot reach the address: send the bytes (by_url = false)"
_TOO_LARGE = 'set the resource\'s tier (tier = "free" sends at most 4 MB)'
_TOO_LARGE_ON_THE_WAY = (
    "the picture is too large for what lies between you and the service, such as a proxy or gateway: "
    'raise the limit there, or write tier = "free", which sends at most 4 MB'
)
_WRONG_SIZE = "cut the page into smaller ones"
_WRONG_KIND = "convert the picture to JPEG or PNG"
_DAMAGED = "open the picture to see whether it is damaged, and save it again"

# What to do about a refused page, by the service's error code.
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
    "NotSupportedLanguage": "leave language out: the service detects it",
    "InvalidReadingOrder": 'write reading_order = "basic" or "natural"',
    "InvalidModelVersion": "leave model_version out, or write one that the service has",
}
SETTLED_BY_OPTIONS = frozenset({_NO_DOWNLOAD, _TOO_LARGE, _TOO_LARGE_ON_THE_WAY})
"""Hints that name options of which results do not depend. Such a refusal is not stored: it would be
repeated after the hint is followed."""
STOP_HINTS = {
    HTTPStatus.UNAUTHORIZED: "check that key and endpoint belong to the same resource, region included",
    HTTPStatus.NOT_FOUND: "check the endpoint, and that api_version exists in its region",
    HTTPStatus.METHOD_NOT_ALLOWED: "check the endpoint",
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: "check the user and password in HTTPS_PROXY",
    HTTPStatus.GONE: 'this version was retired: write api_version = "3.2" or use azure-document-intelligence',
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ErrorDetails:
    """The innermost code of an error, and the service's message shortened to one line."""

    code: str
    message: str


def error_details(response: Response) -> ErrorDetails:
    """Parse the body of an error response, in any shape."""
    body = response.json()
    if body is None:
        return ErrorDetails(str(response.status), _description_of_body(response))
    error = body.get("error")
    if isinstance(error, str):
        return ErrorDetails(str(response.status), _one_line(error))
    return parse_error(error if isinstance(error, dict) else body, str(response.status))


def parse_error(error: Mapping[str, Any], default_code: str = "") -> ErrorDetails:
    """Parse an ``error`` object; the innermost code is the most specific one."""
    code, message = error.get("code"), error.get("message")
    inner = error.get("innererror") or error.get("innerError")
    while isinstance(inner, dict):
        code, message = inner.get("code") or code, inner.get("message") or message
        inner = inner.get("innererror") or inner.get("innerError")
    return ErrorDetails(str(code or default_code), _one_line(str(message or "")))


def _description_of_body(response: Response) -> str:
    content_type = response.header("content-type").split(";")[0].strip()
    if "html" in content_type or response.body.lstrip()[:1] == b"<":
        return "answered with a web page, as proxies and wrong addresses do"
    return "answered with an unreadable body" if response.body else "answered with an empty body"


def _one_line(message: str) -> str:
    line = _QUERY.sub("?…", " ".join(message.split()))
    return line if len(line) <= MAX_MESSAGE else line[: MAX_MESSAGE - 1] + "…"


def requested_wait(response: Response, message: str = "") -> float | None:
    """Return the seconds that the service asks to wait: from Retry-After, else from the error message."""
    header = response.header("retry-after").strip()
    if header:
        from urllib3.exceptions import InvalidHeader
        from urllib3.util import Retry

        try:
            wait = _until(header, response.header("date"))
            return float(Retry().parse_retry_after(header)) if wait is None else wait
        except (InvalidHeader, ValueError, OverflowError):
            log.debug("ignored an invalid Retry-After header")
    found = _WAIT.search(message)
    return float(found[1]) * _SECONDS[found[2].lower()] if found else None


def _until(date: str, now: str) -> float | None:
    """Return the seconds until a date on the service's own clock; None if one of the two is no date.

    The clock of this machine may be wrong by an hour.
    """
    try:
        return max(0.0, (parsedate_to_datetime(date) - parsedate_to_datetime(now)).total_seconds())
    except (TypeError, ValueError):
        return None


def error_from(response: Response, service: str, endpoint: str) -> RecognizerError:
    """Return the error that a response with a status of 300 or above stands for."""
    status, details = response.status, error_details(response)
    message = f"{service} answered {_shown(status, details)}"
    if status in TRY_AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _try_again(response, details, message)
    if status < HTTPStatus.BAD_REQUEST:
        return StopRun(
            f"{endpoint} redirects to another address, which must not get the key",
            "write the resource's own address as endpoint",
            code=str(status),
        )
    if status == HTTPStatus.FORBIDDEN:
        return StopRun(message, _forbidden_hint(details.message), code=details.code)
    if status in STOP_HINTS:
        hint = f"{STOP_HINTS[HTTPStatus(status)]}; the endpoint is {endpoint}"
        code = UNAUTHORIZED if status == HTTPStatus.UNAUTHORIZED else details.code
        return StopRun(message, hint, code=code)
    default = _TOO_LARGE_ON_THE_WAY if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else ""
    hint = PAGE_HINTS.get(details.code, default)
    kind = RecognizerError if hint in SETTLED_BY_OPTIONS else PageRefused
    return kind(message, hint, code=details.code)


def _shown(status: int, details: ErrorDetails) -> str:
    code = str(status) if details.code in ("", str(status)) else f"{status} {details.code}"
    return f"{code}: {details.message}" if details.message else code


def _try_again(response: Response, details: ErrorDetails, message: str) -> RecognizerError:
    wait = requested_wait(response, details.message)
    if wait is not None and wait > MAX_WAIT:
        return StopRun(message, "the quota is used up: run again when it is renewed", code=details.code)
    log.debug("status %d: try again %s", response.status, "later" if wait is None else f"after {wait:g} s")
    code = THROTTLED if response.status == HTTPStatus.TOO_MANY_REQUESTS else details.code
    return TryAgain(message, code=code, retry_after=wait)


def _forbidden_hint(message: str) -> str:
    words = message.lower()
    if "quota" in words:
        return "the quota is used up: run again when it is renewed, or change the tier"
    if "virtual network" in words or "firewall" in words:
        return "allow this machine's address in the resource's network rules"
    if "private endpoint" in words or "public access" in words:
        return "use the resource's private endpoint"
    return "give the key's or token's owner the role Cognitive Services User on this resource"
