"""The conversation of submit and poll, without sockets: what an answer means for the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from penstock.errors import InDoubt, OperationLost, PageRefused, StopRun, TryAgain
from penstock.model import Homography, Operation, Pending, Recognition
from penstock_plugins.recognizers.azure.endpoint import Endpoint, host_of
from penstock_plugins.recognizers.azure.exchange import ACCEPTED, Answer
from penstock_plugins.recognizers.azure.fit import Sent
from penstock_plugins.recognizers.azure.read_answers import PageResult, ReadResult, UnreadableResult
from penstock_plugins.recognizers.azure.refusals import fault_in, fault_of, refusal, wait_of

RUNNING = frozenset({"notstarted", "running"})
SUCCEEDED = "succeeded"
ENDED = frozenset({"failed", "canceled", "cancelled", "skipped"})

MISSING_ONCE = 2.0
"""Seconds until an operation that is not found is asked for once more: new ones may not be known yet."""
SAME_SHAPE = 0.05
"""How far the proportions of two frames of one picture may differ, by rounding."""


@dataclass(frozen=True, slots=True)
class Service:
    """Whom we talk to.

    Parameters
    ----------
    name
        What messages and recognitions call it, with its version.
    endpoint
        Where it is.
    parse
        What reads its results.
    """

    name: str
    endpoint: Endpoint
    parse: Callable[[Mapping[str, Any]], ReadResult]


def operation_of(answer: Answer, service: Service, sent: Sent, *, proven: bool) -> Operation:
    """What a submit's answer means.

    Parameters
    ----------
    proven
        Whether this endpoint has ever answered as the service does. Until then, a strange answer means
        that the endpoint is wrong; afterwards, that something on the way had a bad moment.

    Raises
    ------
    TryAgain, PageRefused, StopRun
        The service did not take the page.
    InDoubt
        It may have; but the answer does not say where the result will be.
    """
    if answer.status not in ACCEPTED:
        raise refusal(answer, service.name, service.endpoint.shown)
    location = answer.header("operation-location")
    if location:
        data = {"location": _trusted(location, service), "sent": sent.to_json()}
        return Operation(data, durable=True, poll_after=wait_of(answer))
    message = f"{service.name} took the page, and did not say where the result will be"
    if not proven and answer.status != HTTPStatus.ACCEPTED:
        said = fault_of(answer).message
        raise StopRun(f"{service.endpoint.shown} is not {service.name}: it {said}", "check the endpoint")
    raise InDoubt(message, "if this goes on, check what lies between here and the service")


def _trusted(location: str, service: Service) -> str:
    if service.endpoint.trusts(location):
        return location
    raise StopRun(
        f"{service.name} at {service.endpoint.shown} puts its results at {host_of(location)}, "
        "and the key does not go there",
        f'if that host is yours, write trusted_hosts = ["{host_of(location)}"]',
    )


def meaning_of(answer: Answer, service: Service, operation: Operation) -> Recognition | Pending | Operation:
    """What a poll's answer means.

    Raises
    ------
    TryAgain
        The answer is a throttle, a hiccup, or unreadable.
    OperationLost
        The service does not know the operation any more.
    PageRefused
        It failed, ended without a result, or has another number of pages than one.
    StopRun
        The key is refused, the quota used up, or the version retired.
    """
    if answer.status == HTTPStatus.NOT_FOUND:
        return _missing(answer, service, operation)
    if answer.status != HTTPStatus.OK:
        raise refusal(answer, service.name, service.endpoint.shown)
    body = answer.json()
    if body is None:
        raise TryAgain(f"{service.name}: {fault_of(answer).message}")
    status = str(body.get("status", "")).lower()
    if status in RUNNING:
        return Pending(wait_of(answer))
    if status == SUCCEEDED:
        recognition = _recognition(body, service, Sent.from_json(operation.data["sent"]))
        return replace(recognition, raw=answer.body)
    raise _no_result(body, status, service)


def _missing(answer: Answer, service: Service, operation: Operation) -> Operation:
    if not operation.data.get("missing"):
        return replace(operation, data={**operation.data, "missing": True}, poll_after=MISSING_ONCE)
    fault = fault_of(answer)
    raise OperationLost(f"{service.name} has forgotten the operation", code=fault.code)


def _no_result(body: Mapping[str, Any], status: str, service: Service) -> TryAgain | PageRefused:
    fault = fault_in(_error_of(body))
    said = ": ".join(part for part in (fault.code, fault.message) if part)
    if status in ENDED:
        return PageRefused(
            f"{service.name} ended without a result ({status})" + (f": {said}" if said else ""),
            "look at the page; `penstock retry` sends it once more",
            code=fault.code or status,
        )
    if status:
        return PageRefused(f"{service.name} answered with a state that nobody knows: {status[:40]!r}")
    return TryAgain(
        f"{service.name} answered without a state" + (f": {said}" if said else ""), code=fault.code
    )


def _error_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    result = body.get("analyzeResult")
    errors = result.get("errors") if isinstance(result, Mapping) else None
    if isinstance(errors, list) and errors and isinstance(errors[0], Mapping):
        return errors[0]
    error = body.get("error")
    return error if isinstance(error, Mapping) else body


def _recognition(body: Mapping[str, Any], service: Service, sent: Sent) -> Recognition:
    try:
        result = service.parse(body)
    except UnreadableResult as error:
        raise TryAgain(f"{service.name}: {error}") from error
    if len(result.pages) != 1:
        raise PageRefused(
            f"{service.name} gave back {len(result.pages)} pages for the one that was sent",
            "send the bytes (by_reference = false), so that exactly this page is read",
        )
    reader = f"{service.name} {result.model}".rstrip()
    try:
        recognition = placed(result.pages[0], sent, service.name)
    except (ValueError, OverflowError) as error:
        raise TryAgain(f"{service.name}: its places cannot be found on the page") from error
    return replace(recognition, recognizer=reader)


def placed(page: PageResult, sent: Sent, service: str = "the service") -> Recognition:
    """A page's recognition in the pixels of the page's picture.

    Inches become pixels on the way. Raises PageRefused if the service saw a picture of another shape.
    """
    if page.width is None or page.height is None:
        return page.recognition.mapped(Homography.scaling(1 / sent.across, 1 / sent.down))
    across, down = sent.width / page.width, sent.height / page.height
    if abs(math.log(across / down)) > SAME_SHAPE:
        raise PageRefused(
            f"{service} saw a picture of {page.width:g} by {page.height:g} {page.unit}s, "
            f"where {sent.width} by {sent.height} pixels were sent",
            "if it was read by its address, the picture there is another one now: run again",
        )
    return page.recognition.mapped(Homography.scaling(across / sent.across, down / sent.down))
