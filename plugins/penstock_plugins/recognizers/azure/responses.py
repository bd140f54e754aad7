"""Translate responses to a submit and to a poll into operations, recognitions and errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from penstock.errors import InDoubt, OperationLost, PageRefused, StopRun, TryAgain
from penstock.model import Homography, Operation, Pending, Recognition
from penstock_plugins.recognizers.azure.endpoint import Endpoint, host_of
from penstock_plugins.recognizers.azure.fitting import SentPicture
from penstock_plugins.recognizers.azure.http_messages import ACCEPTED, Response
from penstock_plugins.recognizers.azure.read_results import InvalidResult, ParsedPage, ParsedResult
from penstock_plugins.recognizers.azure.service_errors import (
    error_details,
    error_from,
    parse_error,
    requested_wait,
)

RUNNING = frozenset({"notstarted", "running"})
SUCCEEDED = "succeeded"
ENDED = frozenset({"failed", "canceled", "cancelled", "skipped"})

# Seconds until an operation that was not found is polled once more: the service may not list it yet.
NOT_FOUND_DELAY = 2.0
# Largest difference between the logarithms of two aspect ratios of one picture, which is due to rounding.
SHAPE_TOLERANCE = 0.05


@dataclass(frozen=True, slots=True)
class Service:
    """A service, with its name and version for messages and recognitions."""

    name: str
    endpoint: Endpoint
    parse: Callable[[Mapping[str, Any]], ParsedResult]  # raises InvalidResult


def submitted_operation(
    response: Response, service: Service, sent: SentPicture, *, verified: bool
) -> Operation:
    """Return the operation that a response to a submit started.

    Raises TryAgain, PageRefused or StopRun if the service did not accept the page. Raises InDoubt if it may
    have accepted the page, but the response does not say where the result will be.
    """
    if response.status not in ACCEPTED:
        raise error_from(response, service.name, service.endpoint.shown)
    location = response.header("operation-location")
    if location:
        data = {"location": _trusted(location, service), "sent": sent.to_json()}
        return Operation(data, durable=True, poll_after=requested_wait(response))
    # If the endpoint has never answered as the service does, it is wrong. Otherwise a gateway has failed.
    if not verified and response.status != HTTPStatus.ACCEPTED:
        message = error_details(response).message
        raise StopRun(f"{service.endpoint.shown} is not {service.name}: it {message}", "check the endpoint")
    hint = "if this happens again, check proxies and gateways between this machine and the service"
    raise InDoubt(f"{service.name} accepted the page without the header Operation-Location", hint)


def _trusted(location: str, service: Service) -> str:
    if service.endpoint.trusts(location):
        return location
    host = host_of(location)
    raise StopRun(
        f"{service.name} at {service.endpoint.shown} puts its results at {host}, which must not get the key",
        f'if that host is yours, write trusted_hosts = ["{host}"]',
    )


def poll_result(
    response: Response, service: Service, operation: Operation
) -> Recognition | Pending | Operation:
    """Return the recognition in a response to a poll, Pending, or an operation that replaces the polled one.

    Raises TryAgain for a throttle, a temporary error or an unreadable response, OperationLost if the service
    does not have the operation any more, PageRefused if the operation ended without the result of one page,
    and StopRun if the key is refused, the quota is used up or the version was retired.
    """
    if response.status == HTTPStatus.NOT_FOUND:
        return _not_found(response, service, operation)
    if response.status != HTTPStatus.OK:
        raise error_from(response, service.name, service.endpoint.shown)
    body = response.json()
    if body is None:
        raise TryAgain(f"{service.name} {error_details(response).message}")
    status = str(body.get("status", "")).lower()
    if status in RUNNING:
        return Pending(requested_wait(response))
    if status == SUCCEEDED:
        recognition = _recognition(body, service, SentPicture.from_json(operation.data["sent"]))
        return replace(recognition, raw=response.body)
    raise _error_without_result(body, status, service)


def _not_found(response: Response, service: Service, operation: Operation) -> Operation:
    if not operation.data.get("missing"):
        return replace(operation, data={**operation.data, "missing": True}, poll_after=NOT_FOUND_DELAY)
    code = error_details(response).code
    raise OperationLost(f"{service.name} does not have the operation any more", code=code)


def _error_without_result(body: Mapping[str, Any], status: str, service: Service) -> TryAgain | PageRefused:
    details = parse_error(_error_object(body))
    reason = ": ".join(part for part in (details.code, details.message) if part)
    reason = f": {reason}" if reason else ""
    if status in ENDED:
        return PageRefused(
            f"{service.name} ended without a result ({status}){reason}",
            "look at the page; `penstock retry` sends it once more",
            code=details.code or status,
        )
    if status:
        return PageRefused(f"{service.name} answered with the unknown status {status[:40]!r}")
    return TryAgain(f"{service.name} answered without a status{reason}", code=details.code)


def _error_object(body: Mapping[str, Any]) -> Mapping[str, Any]:
    result = body.get("analyzeResult")
    errors = result.get("errors") if isinstance(result, Mapping) else None
    if isinstance(errors, list) and errors and isinstance(errors[0], Mapping):
        return errors[0]
    error = body.get("error")
    return error if isinstance(error, Mapping) else body


def _recognition(body: Mapping[str, Any], service: Service, sent: SentPicture) -> Recognition:
    try:
        result = service.parse(body)
    except InvalidResult as error:
        raise TryAgain(f"{service.name}: {error}") from error
    if len(result.pages) != 1:
        raise PageRefused(
            f"{service.name} returned {len(result.pages)} pages for the one that was sent",
            "send the bytes (by_reference = false), so that exactly this page is recognized",
        )
    try:
        recognition = _on_page(result.pages[0], sent, service.name)
    except (ValueError, OverflowError) as error:
        raise TryAgain(f"{service.name}: its coordinates cannot be mapped to the page") from error
    return replace(recognition, recognizer=f"{service.name} {result.model}".rstrip())


def _on_page(page: ParsedPage, sent: SentPicture, service: str) -> Recognition:
    """Return a parsed page's recognition, mapped from pixels or inches to pixels of the page's picture.

    Raises PageRefused if the service recognized a picture with another shape than the one sent.
    """
    if page.width is None or page.height is None:
        return page.recognition.mapped(Homography.scaling(1 / sent.across, 1 / sent.down))
    across, down = sent.width / page.width, sent.height / page.height
    if abs(math.log(across / down)) > SHAPE_TOLERANCE:
        raise PageRefused(
            f"{service} recognized a picture of {page.width:g} by {page.height:g} {page.unit}s, "
            f"but {sent.width} by {sent.height} pixels were sent",
            "if it was sent by its address, the picture there has changed: run again",
        )
    return page.recognition.mapped(Homography.scaling(across / sent.across, down / sent.down))
