"""Read the bodies of requests, within limits."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from penstock.review.refusals import BadRequest, NotJson, TooLarge

MAX_JSON = 16 * 2**20
"""Bytes of a JSON body. A newspaper's page with ten thousand words has half of them."""


async def read_body(request: Request, limit: int) -> bytes:
    """Return a request's body. Raises TooLarge for more than `limit` bytes."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise TooLarge(f"the request is larger than {limit:,} bytes", "change less at once")
    return bytes(body)


async def read_json(request: Request) -> dict[str, Any]:
    """Return a request's JSON object. Raises NotJson, TooLarge or BadRequest."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise NotJson(f"the request must be application/json, got {kind or 'no type'}")
    body = await read_body(request, MAX_JSON)
    try:
        form = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the request must be valid JSON: {error}") from error
    if not isinstance(form, dict):
        raise BadRequest("the request must be a JSON object")
    return form


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
