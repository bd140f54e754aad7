"""What goes over the wire, as values: a request to send, and the answer that came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ACCEPTED = frozenset({200, 201, 202})
"""A submit's good ends; the services say 202, some gateways in front of containers 200."""


@dataclass(frozen=True, slots=True)
class Request:
    """A call to make. The key is no part of it: the driver adds it when it sends."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Parameters
    ----------
    headers
        Names in lower case.
    complete
        Whether the whole body arrived.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    complete: bool = True

    def header(self, name: str) -> str:
        """A header's value, or the empty string."""
        return self.headers.get(name.lower(), "")

    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object; None if it is anything else, or cut off."""
        if not self.complete:
            return None
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


def url_request(url: str, member: str, picture_url: str) -> Request:
    """A submit that names a picture; ``member`` is what the service calls it."""
    body = json.dumps({member: picture_url}).encode()
    return Request("POST", url, {"Content-Type": "application/json"}, body)


def bytes_request(url: str, picture: bytes) -> Request:
    """A submit that carries a picture."""
    return Request("POST", url, {"Content-Type": "application/octet-stream"}, picture)
