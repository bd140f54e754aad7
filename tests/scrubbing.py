"""What is taken out of an exchange before it is kept in a cassette: keys, tokens, host names."""

from __future__ import annotations

import copy
import os
import re
from typing import Any
from urllib.parse import urlsplit

CASSETTE_HOST = "penstock.cognitiveservices.azure.com"
KEPT_REQUEST_HEADERS = frozenset({"content-type"})
KEPT_RESPONSE_HEADERS = frozenset(
    {"operation-location", "content-type", "retry-after", "date", "csp-billing-usage"}
)
KEY = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-f]{32}|[0-9A-Za-z]{84})(?![0-9A-Za-z])")
"""A resource's key, of the old kind or the new; operations are named by UUIDs, with hyphens."""
SIGNATURE = re.compile(r"(?:\bBearer\s+\S+|[?&]sig=|\beyJ[0-9A-Za-z_-]{10,})")
"""Tokens and signed addresses."""


def own_hosts() -> set[str]:
    """The hosts of whoever records, from the environment."""
    names = ("AZURE_VISION_ENDPOINT", "AZURE_DOCUMENT_INTELLIGENCE_ENDPOINT")
    return {host for name in names if (host := urlsplit(os.environ.get(name, "")).hostname)}


def without_hosts(text: str, hosts: set[str]) -> str:
    for host in hosts:
        text = text.replace(host, CASSETTE_HOST)
    return text


def scrubbed_request(request: Any) -> Any:
    """Called by vcrpy, for what is recorded and for what is looked up."""
    scrubbed = copy.copy(request)
    scrubbed.uri = without_hosts(request.uri, own_hosts())
    scrubbed.headers = {
        name: value for name, value in request.headers.items() if name.lower() in KEPT_REQUEST_HEADERS
    }
    return scrubbed


def scrubbed_response(response: dict[str, Any]) -> dict[str, Any]:
    """Called by vcrpy; the answer itself goes on to the caller as it is."""
    scrubbed = copy.deepcopy(response)
    scrubbed["headers"] = {
        name.lower(): [without_hosts(value, own_hosts()) for value in values]
        for name, values in response["headers"].items()
        if name.lower() in KEPT_RESPONSE_HEADERS
    }
    return scrubbed
