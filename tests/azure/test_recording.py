"""New recordings contain no key, token or host name, and can be replayed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import vcr
from vcr.request import Request as RecordedRequest

from penstock.model import Recognition
from penstock.secret import Secret
from penstock.testing import AzureReadServer
from penstock_plugins.recognizers.azure.credentials import key_headers
from penstock_plugins.recognizers.azure.endpoint import Endpoint
from penstock_plugins.recognizers.azure.http_messages import Request, Response, bytes_request
from penstock_plugins.recognizers.azure.transport import Transport
from scrubbing import CASSETTE_HOST, KEY, scrubbed_request, scrubbed_response

SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105


def test_secrets_of_requests_are_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_VISION_ENDPOINT", "https://mine.cognitiveservices.azure.com/")
    assert KEY.search(f"key={SECRET}")
    headers = {"Ocp-Apim-Subscription-Key": SECRET, "Authorization": "Bearer x", "Content-Type": "text/plain"}
    request = RecordedRequest("POST", "https://mine.cognitiveservices.azure.com/vision", b"", headers)
    scrubbed = scrubbed_request(request)
    assert scrubbed.uri == f"https://{CASSETTE_HOST}/vision"
    assert dict(scrubbed.headers) == {"Content-Type": "text/plain"}
    assert request.headers["Ocp-Apim-Subscription-Key"] == SECRET


def test_response_is_scrubbed_in_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_VISION_ENDPOINT", "https://mine.cognitiveservices.azure.com/")
    location = "https://mine.cognitiveservices.azure.com/1"
    response = {"headers": {"Operation-Location": [location], "x-ms-region": ["West US"]}, "body": {}}
    assert scrubbed_response(response)["headers"] == {"operation-location": [f"https://{CASSETTE_HOST}/1"]}
    assert response["headers"]["Operation-Location"] == [location]


def submit_and_poll(endpoint: str, key: str, picture: bytes) -> tuple[Response, Response]:
    """Return the responses to a submit and to its poll."""
    transport = Transport(Endpoint.parse(endpoint), key_headers(Secret(key)), 10.0)
    accepted = transport.submit(bytes_request(f"{endpoint}/vision/v3.2/read/analyze", picture))
    location = accepted.header("operation-location").replace(CASSETTE_HOST, "127.0.0.1")
    result = transport.query(Request("GET", location))
    transport.close()
    return accepted, result


def test_recording_is_scrubbed_and_replays(
    tmp_path: Path,
    data: Path,
    recognition: Recognition,
    vcr_config: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorder = vcr.VCR(**vcr_config, cassette_library_dir=str(tmp_path))
    picture = (data / "signage.jpg").read_bytes()
    with AzureReadServer(recognition, key=SECRET) as service:
        endpoint = service.endpoint
        monkeypatch.setenv("AZURE_VISION_ENDPOINT", endpoint)
        with recorder.use_cassette("fresh.yaml", record_mode="all"):
            _, recorded = submit_and_poll(endpoint, SECRET, picture)
    text = (tmp_path / "fresh.yaml").read_text("utf-8")
    assert CASSETTE_HOST in text
    assert SECRET not in text
    assert "127.0.0.1" not in text
    with recorder.use_cassette("fresh.yaml", record_mode="none"):
        accepted, replayed = submit_and_poll(endpoint, "another", picture)
    assert CASSETTE_HOST in accepted.header("operation-location")
    assert replayed.json() == recorded.json() is not None
