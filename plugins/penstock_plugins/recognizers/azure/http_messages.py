"""HTTP requests and responses as values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Statuses of an accepted submit: 202 from the services, 200 from some gateways in front of containers.
ACCEPTED = frozenset({200, 201, 202})


@dataclass(frozen=True, slots=True)
class Request:
    """A request without credentials; the transport adds them when it sends the request."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """A response as far as it arrived."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)  # with names in lower case
    body: bytes = field(default=b"", repr=False)
    complete: bool = True  # whether the whole body arrived

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def json(self) -> dict[str, Any] | None:
        """Return the body as a JSON object; None if it is incomplete or anything else."""
        if not self.complete:
            return None
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


def url_request(url: str, member: str, picture_url: str) -> Request:
    """Return a submit with the picture's address in the JSON member of this name."""
    body = json.dumps({member: picture_url}).encode()
    return Request("POST", url, {"Content-Type": "application/json"}, body)


def bytes_request(url: str, picture: bytes) -> Request:
    return Request("POST", url, {"Content-Type": "application/octet-stream"}, picture)
