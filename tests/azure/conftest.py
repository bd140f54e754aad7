"""Fixtures of the Azure recognizers' tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from penstock.images import find_pages
from penstock.model import Line, Page, Pending, Quad, Recognition, Word
from penstock_plugins.recognizers.azure.http_messages import Response
from scrubbing import CASSETTE_HOST, scrubbed_request, scrubbed_response

ROOT = Path(__file__).parents[2]


@pytest.fixture
def data() -> Path:
    return ROOT / "tests" / "data" / "azure"


@pytest.fixture
def cassettes() -> Path:
    return ROOT / "cassettes"


@pytest.fixture
def responses(cassettes: Path) -> Callable[[str], list[Response]]:
    """Return a function that reads the responses of a cassette in order, without downloads of pictures."""

    def read(name: str) -> list[Response]:
        recorded = yaml.safe_load((cassettes / f"{name}.yaml").read_text("utf-8"))["interactions"]
        return [_response(one["response"]) for one in recorded if "penstock." in one["request"]["uri"]]

    return read


def _response(response: dict[str, Any]) -> Response:
    body = response["body"]["string"]
    headers = {name: values[0] for name, values in response["headers"].items()}
    return Response(response["status"]["code"], headers, body.encode() if isinstance(body, str) else body)


@pytest.fixture
def result(responses: Callable[[str], list[Response]], data: Path) -> Callable[[str], dict[str, Any]]:
    """Return a function that reads the body of a finished poll from a cassette or a data file."""

    def read(name: str) -> dict[str, Any]:
        file = data / f"{name}.json"
        body = json.loads(file.read_text("utf-8")) if file.exists() else None
        if body is None:
            bodies = [response.json() for response in responses(name)]
            body = next(one for one in bodies if one and one.get("status", "").lower() == "succeeded")
        return dict(body)

    return read


@pytest.fixture
def page_of() -> Callable[[Path], Page]:
    """Return a function that returns the first page of a file."""
    return lambda path: next(find_pages(path, path.name))


@pytest.fixture
def recognition() -> Recognition:
    """Two lines, one handwritten."""
    first = Word("Dear", Quad.from_box(60, 40, 104, 60), 0.98)
    second = Word("Anna", Quad.from_box(110, 40, 160, 61), 0.5)
    line = Line("Dear Anna", Quad.from_box(60, 40, 160, 61), (first, second), 0.9)
    printed = Line(
        "520", Quad.from_box(66, 80, 100, 100), (Word("520", Quad.from_box(66, 80, 100, 100), 0.75),), 0.25
    )
    return Recognition((line, printed), 2.5)


@pytest.fixture
def read_through() -> Callable[[Any, Page], Recognition]:
    """Return a function that submits a page and polls until it is recognized, without the engine."""

    def read(recognizer: Any, page: Page) -> Recognition:
        state = recognizer.submit(page)
        for _ in range(1000):
            if isinstance(state, Recognition):
                return state
            answer = recognizer.poll(state)
            state = state if isinstance(answer, Pending) else answer
        raise AssertionError("was not recognized")

    return read


@pytest.fixture(scope="module")
def vcr_cassette_dir() -> str:
    return str(ROOT / "cassettes")


@pytest.fixture(scope="module")
def vcr_config() -> dict[str, Any]:
    return {
        "match_on": ["method", "scheme", "host", "port", "path", "query", "body"],
        "before_record_request": scrubbed_request,
        "before_record_response": scrubbed_response,
        "decode_compressed_response": True,
    }


@pytest.fixture
def azure(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set endpoint and key to those of the cassettes, unless a recording uses real ones."""
    if request.config.getoption("--record-mode") in (None, "none"):
        for service in ("VISION", "DOCUMENT_INTELLIGENCE"):
            monkeypatch.setenv(f"AZURE_{service}_ENDPOINT", f"https://{CASSETTE_HOST}")
            monkeypatch.setenv(f"AZURE_{service}_KEY", "recorded")
