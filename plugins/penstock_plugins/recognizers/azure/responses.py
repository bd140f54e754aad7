"""Translate responses to a submit and to a poll into operations, recognitions and errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from penstock.errors import InDoubt, OperationLost, PageRefused, RecognizerError, StopRun, TryAgain
from penstock.model import Homography, Operation, Pending, Recognition
from penstock.transcriptions.azure_read import InvalidResult, ParsedPage, ParsedResult
from penstock_plugins.recognizers.azure.endpoint import (
    Endpoint,
    host_and_port,
    host_of,
    is_loopback,
    resolved,
)
from penstock_plugins.recognizers.azure.fitting import SentPicture
from penstock_plugins.recognizers.azure.http_messages import ACCEPTED, Request, Response
from penstock_plugins.recognizers.azure.service_errors import (
    error_details,
    error_from,
    parse_error,
    requested_wait,
)

RUNNING = frozenset({"notstarted", "running"})
SUCCEEDED = "succeeded"
ENDED = frozenset({"failed", "canceled", "cancelled", "skipped"})

MISPLACED = "misplaced"
"""Member of an operation's data: its address was one that must not get the key when it was submitted."""

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
    response: Response, service: Service, request: Request, sent: SentPicture, *, verified: bool
) -> Operation:
    """Return the operation that a response to a submit started.

    An operation at an address that must not get the key is returned, too: it was paid for. Raises TryAgain,
    PageRefused or StopRun if the service did not accept the page. Raises InDoubt if it may have accepted the
    page, but the response does not say where the result will be.
    """
    if response.status not in ACCEPTED:
        raise error_from(response, service.name, service.endpoint.shown)
    header = response.header("operation-location")
    if location := resolved(header, request.url):
        data: dict[str, Any] = {"location": location, "sent": sent.to_json()}
        if not service.endpoint.trusts(location):
            data[MISPLACED] = True
        return Operation(data, durable=True, poll_after=requested_wait(response))
    # If the endpoint has never answered as the service does, it is wrong. Otherwise a gateway has failed.
    if not verified and response.status != HTTPStatus.ACCEPTED and not header:
        message = error_details(response).message
        raise StopRun(f"{service.endpoint.shown} is not {service.name}: it {message}", "check the endpoint")
    hint = "if this happens again, check proxies and gateways between this machine and the service"
    without = "with an unusable" if header else "without the"
    raise InDoubt(f"{service.name} accepted the page {without} header Operation-Location", hint)


def poll_result(
    response: Response, service: Service, operation: Operation
) -> Recognition | Pending | Operation:
    """Return the recognition in a response to a poll, Pending, or an operation that replaces the polled one.

    Raises TryAgain for a throttle, a temporary error or an unreadable response, OperationLost if the service
    does not have the operation any more, PageRefused if the operation ended without the result of one page,
    StopRun if the key is refused, the quota is used up or the version was retired, and RecognizerError if the
    operation is at an address that must not get the key.
    """
    status = response.status
    if status == HTTPStatus.NOT_FOUND or (
        # Another service may call an unknown path an invalid request.
        status == HTTPStatus.BAD_REQUEST and operation.data.get(MISPLACED)
    ):
        return _not_found(response, service, operation)
    if status != HTTPStatus.OK:
        raise error_from(response, service.name, service.endpoint.shown)
    body = response.json()
    if body is None:
        raise TryAgain(f"{service.name} {error_details(response).message}")
    state = str(body.get("status", "")).lower()
    if state in RUNNING:
        return Pending(requested_wait(response))
    if state == SUCCEEDED:
        recognition = _recognition(body, service, SentPicture.from_json(operation.data["sent"]))
        notes = filter(None, (recognition.note, str(operation.data.get("note", ""))))
        return replace(recognition, raw=response.body, note="; ".join(notes))
    raise _error_without_result(body, state, service)


def _not_found(response: Response, service: Service, operation: Operation) -> Operation:
    """Ask at each of the operation's addresses twice."""
    location, missing = str(operation.data["location"]), int(operation.data.get("missing", 0)) + 1
    if missing < 2 * len(service.endpoint.operation_addresses(location)):
        return replace(operation, data={**operation.data, "missing": missing}, poll_after=NOT_FOUND_DELAY)
    code = error_details(response).code
    if service.endpoint.trusts(location):
        raise OperationLost(f"{service.name} does not have the operation any more", code=code)
    if operation.data.get(MISPLACED):
        raise misplaced(location, service)
    raise OperationLost(
        f"the operation is at {host_of(location)}, which is not the host of the endpoint",
        "to get its result, restore the old endpoint or list its host in trusted_hosts",
        code=code,
    )


def misplaced(location: str, service: Service) -> RecognizerError:
    """Return the error of an operation that the endpoint does not have, at an address without the key.

    The operation is kept, and the next run asks for it again.
    """
    host, place = host_of(location), host_and_port(location)
    safe = location.lower().startswith("https:") or is_loopback(host)
    hint = (
        f'if that host is yours, write trusted_hosts = ["{place}"]: the next run asks there'
        if safe
        else f"if that host is yours, have it return https addresses, or write https://{host} as endpoint"
    )
    return RecognizerError(
        f"{service.name} at {service.endpoint.shown} puts its results at {place}, which must not get the key",
        hint,
    )


def _error_without_result(body: Mapping[str, Any], status: str, service: Service) -> TryAgain | PageRefused:
    details = parse_error(_error_object(body))
    reason = ": ".join(part for part in (details.code, details.message) if part)
    reason = f": {reason}" if reason else ""
    if status in ENDED:
        return PageRefused(
            f"{service.name} ended without a result ({status}){reason}",
            "look at the page",
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
    if not result.pages:  # a page without text
        return Recognition(recognizer=f"{service.name} {result.model}".rstrip())
    if len(result.pages) > 1:
        raise PageRefused(
            f"{service.name} returned {len(result.pages)} pages for the one that was sent",
            "send the bytes (by_url = false), so that exactly this page is recognized",
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
    if page.width is None and page.height is None:
        return page.recognition.mapped(Homography.scaling(1 / sent.across, 1 / sent.down))
    # If one side is missing, both have the same scale.
    width = page.width or sent.width * (page.height or 1.0) / sent.height
    height = page.height or sent.height * width / sent.width
    across, down = sent.width / width, sent.height / height
    if abs(math.log(across / down)) > SHAPE_TOLERANCE:
        raise PageRefused(
            f"{service} recognized a picture of {width:g} by {height:g} {page.unit}s, "
            f"but {sent.width} by {sent.height} pixels were sent",
            "if it was sent by its address, the picture there has changed: run again",
        )
    return page.recognition.mapped(Homography.scaling(across / sent.across, down / sent.down))
