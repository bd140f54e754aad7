"""Removes keys, tokens and host names from exchanges before they are stored in a cassette."""

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
"""A key in its old or new form. Operations have UUIDs, whose hyphens tell them apart."""
SIGNATURE = re.compile(r"(?:\bBearer\s+\S+|[?&]sig=|\beyJ[0-9A-Za-z_-]{10,})")
"""Tokens and signed URLs."""


def own_hosts() -> set[str]:
    """Return the hosts of the person who records, from the environment."""
    names = ("AZURE_VISION_ENDPOINT", "AZURE_DOCUMENT_INTELLIGENCE_ENDPOINT")
    return {host for name in names if (host := urlsplit(os.environ.get(name, "")).hostname)}


def without_hosts(text: str, hosts: set[str]) -> str:
    for host in hosts:
        text = text.replace(host, CASSETTE_HOST)
    return text


def scrubbed_request(request: Any) -> Any:
    """Return a scrubbed copy; vcrpy calls this when it records and when it looks up a request."""
    scrubbed = copy.copy(request)
    scrubbed.uri = without_hosts(request.uri, own_hosts())
    scrubbed.headers = {
        name: value for name, value in request.headers.items() if name.lower() in KEPT_REQUEST_HEADERS
    }
    return scrubbed


def scrubbed_response(response: dict[str, Any]) -> dict[str, Any]:
    """Return a scrubbed copy for the cassette; the client gets the original response."""
    scrubbed = copy.deepcopy(response)
    scrubbed["headers"] = {
        name.lower(): [without_hosts(value, own_hosts()) for value in values]
        for name, values in response["headers"].items()
        if name.lower() in KEPT_RESPONSE_HEADERS
    }
    return scrubbed
