"""The recognizers' options: which are refused, which are never shown, and how they change requests."""

from __future__ import annotations

import copy
import json
import pickle
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from penstock.config import check
from penstock.errors import ConfigurationError, StopRun
from penstock.images import find_pages
from penstock.images.metadata import without_metadata
from penstock.model import Operation, Page
from penstock.secret import Secret
from penstock_plugins.recognizers.azure.credentials import TokenHeaders
from penstock_plugins.recognizers.azure.document_intelligence import AzureDocumentIntelligence
from penstock_plugins.recognizers.azure.http_messages import Request, Response
from penstock_plugins.recognizers.azure.read import AzureRead

ENDPOINT = "https://name.cognitiveservices.azure.com"
KEY = "0123456789abcdef0123456789abcdef"
READ = "penstock_plugins/recognizers/azure/read.py:AzureRead"
Make = Callable[..., Any]


def azure_read(**options: Any) -> AzureRead:
    return AzureRead(**{"endpoint": ENDPOINT, "key": Secret(KEY), **options})


def document_intelligence(**options: Any) -> AzureDocumentIntelligence:
    return AzureDocumentIntelligence(**{"endpoint": ENDPOINT, "key": Secret(KEY), **options})


@pytest.fixture
def page(data: Path, page_of: Callable[[Path], Page]) -> Page:
    return page_of(data / "signage.jpg")


def sent_by(recognizer: Any, page: Page, monkeypatch: pytest.MonkeyPatch) -> Request:
    """Return the request of a submit."""
    made: list[Request] = []

    def submit(request: Request) -> Response:
        made.append(request)
        return Response(202, {"operation-location": f"{ENDPOINT}/1"})

    monkeypatch.setattr(recognizer._client.transport, "submit", submit)
    assert isinstance(recognizer.submit(page), Operation)
    return made[0]


@pytest.mark.parametrize("make", [azure_read, document_intelligence])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"endpoint": ""}, "endpoint must not be empty: set AZURE_"),
        ({"endpoint": "http://name.example.org"}, "endpoint must use https"),
        ({"key": None}, "key must not be empty: set AZURE_"),
        ({"key": None, "endpoint": ""}, "set AZURE_.*_ENDPOINT.* key is missing, too: set AZURE_.*_KEY"),
        ({"key": Secret("abc def")}, "key must be printable ASCII"),
        ({"key": Secret("abc\ndef")}, "key must be printable ASCII"),
        ({"key": Secret("schlüssel")}, "key must be printable ASCII"),
        ({"timeout": 0}, "timeout must be above 0 seconds, got 0"),
        ({"credential": "entra", "endpoint": "https://westus.api.cognitive.microsoft.com"}, "own domain"),
    ],
)
def test_invalid_options_are_refused(make: Make, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        make(**options)
    assert "abc" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"api_version": "2.0", "language": "de"},
            r"language requires api_version 3\.0 or 3\.1 or 3\.2, got 2\.0",
        ),
        ({"api_version": "3.1", "model_version": "latest"}, r"requires api_version 3\.2, got 3\.1$"),
        ({"api_version": "3.0", "reading_order": "natural"}, r"requires api_version 3\.2, got 3\.0$"),
        ({"recognize_text": "Printed"}, r"requires api_version 2\.0 or 2\.1, got 3\.2$"),
        ({"calls_per_second": 0}, "calls_per_second must be above 0, got 0"),
    ],
)
def test_options_of_other_api_versions_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        azure_read(**options)


def test_options_of_document_intelligence() -> None:
    with pytest.raises(ValueError, match="delete_results requires api_version 2024-11-30, got 2023-07-31"):
        document_intelligence(api_version="2023-07-31", delete_results=True)
    for name in ("submits_per_second", "polls_per_second"):
        with pytest.raises(ValueError, match=name):
            document_intelligence(**{name: -1.0})


@pytest.mark.parametrize("make", [azure_read, document_intelligence])
def test_key_is_never_shown(make: Make) -> None:
    recognizer = make()
    assert KEY not in repr(recognizer)
    assert KEY not in str(vars(recognizer))
    assert KEY not in repr(recognizer.key) + str(recognizer.key) + f"{recognizer.key}"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(recognizer.key)


def test_each_service_has_its_own_environment_variables() -> None:
    with pytest.raises(
        ValueError, match=r"AZURE_DOCUMENT_INTELLIGENCE_ENDPOINT.*AZURE_DOCUMENT_INTELLIGENCE_KEY"
    ):
        AzureDocumentIntelligence()
    with pytest.raises(ValueError, match="set AZURE_DOCUMENT_INTELLIGENCE_KEY"):
        AzureDocumentIntelligence(endpoint=ENDPOINT)


def test_limits_depend_on_the_tier() -> None:
    paid, free = azure_read().limits(), azure_read(tier="free").limits()
    assert (paid.calls_per_second, paid.submits_per_second, paid.polls_per_second) == (10.0, None, None)
    assert free.calls_per_second == pytest.approx(20 / 60)
    assert azure_read(calls_per_second=30.0).limits().calls_per_second == 30.0
    paid, free = document_intelligence().limits(), document_intelligence(tier="free").limits()
    assert (paid.calls_per_second, paid.submits_per_second, paid.polls_per_second) == (None, 15.0, 50.0)
    assert (free.submits_per_second, free.polls_per_second) == (1.0, 1.0)
    chosen = document_intelligence(submits_per_second=2.0, polls_per_second=3.0).limits()
    assert (chosen.submits_per_second, chosen.polls_per_second) == (2.0, 3.0)


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "/vision/v3.2/read/analyze"),
        ({"api_version": "2.0"}, "/vision/v2.0/read/core/asyncBatchAnalyze"),
        ({"api_version": "2.1", "recognize_text": "Printed"}, "/vision/v2.1/recognizeText?mode=Printed"),
        ({"api_version": "3.0", "language": "fr"}, "/vision/v3.0/read/analyze?language=fr"),
        (
            {"language": "de", "model_version": "2022-04-30", "reading_order": "natural"},
            "/vision/v3.2/read/analyze?language=de&model-version=2022-04-30&readingOrder=natural",
        ),
        ({"endpoint": f"{ENDPOINT}/vision/v2.0/x"}, "/vision/v3.2/read/analyze"),
    ],
)
def test_url_of_a_submit(
    options: dict[str, Any], url: str, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = sent_by(azure_read(**options), page, monkeypatch)
    assert (request.method, request.url) == ("POST", ENDPOINT + url)
    assert request.headers == {"Content-Type": "application/octet-stream"}
    assert request.body == without_metadata(page.picture.path.read_bytes())


def test_url_of_a_document_intelligence_submit(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    recognizer = document_intelligence(language="de", features=("ocrHighResolution", "languages"))
    request = sent_by(recognizer, page, monkeypatch)
    assert request.url == (
        f"{ENDPOINT}/documentintelligence/documentModels/prebuilt-read:analyze?api-version=2024-11-30"
        "&stringIndexType=unicodeCodePoint&locale=de&features=ocrHighResolution%2Clanguages"
    )


def with_metadata(page: Page, folder: Path) -> Page:
    """Return the page with 5 MB of metadata in its file, which is more than the free tier accepts."""
    content, comment = page.picture.path.read_bytes(), b"\xff\xfe\xff\xff" + bytes(0xFFFD)
    large = folder / "large.jpg"
    large.write_bytes(content[:2] + comment * 80 + content[2:])
    (found,) = find_pages(large, "large.jpg")
    assert isinstance(found, Page)
    return replace(found, picture=replace(found.picture, url=page.picture.url))


@pytest.mark.parametrize(("make", "member"), [(azure_read, "url"), (document_intelligence, "urlSource")])
def test_picture_is_sent_by_its_address_if_possible(
    make: Make, member: str, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "https://example.org/signage.jpg?sig=abc"
    downloaded = replace(page, picture=replace(page.picture, url=address))
    assert "sig=" not in repr(downloaded)
    request = sent_by(make(by_url=True), downloaded, monkeypatch)
    assert json.loads(request.body or b"") == {member: address}
    assert request.headers["Content-Type"] == "application/json"
    for recognizer, other in [
        (make(by_url=False), downloaded),
        (make(by_url=True), page),
        (make(by_url=True), replace(downloaded, orientation=3)),
        (make(by_url=True, tier="free"), with_metadata(downloaded, tmp_path)),
    ]:
        assert sent_by(recognizer, other, monkeypatch).headers["Content-Type"] == "application/octet-stream"


def fake_identity(monkeypatch: pytest.MonkeyPatch, get_token: Callable[[str], Any]) -> None:
    module = ModuleType("azure.identity")
    module.DefaultAzureCredential = lambda: SimpleNamespace(get_token=get_token)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "azure", ModuleType("azure"))
    monkeypatch.setitem(sys.modules, "azure.identity", module)


def test_token_scope_depends_on_the_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    scopes: list[str] = []

    def get_token(scope: str) -> Any:
        scopes.append(scope)
        return SimpleNamespace(token="t0ken", expires_on=4e9)  # noqa: S106

    fake_identity(monkeypatch, get_token)
    recognizer = azure_read(credential="entra", key=None, endpoint="https://name.cognitiveservices.azure.us")
    headers = recognizer._client.transport._auth_headers
    assert headers() == {"Authorization": "Bearer t0ken"}
    assert scopes == ["https://cognitiveservices.azure.us/.default"]


def test_token_is_renewed_shortly_before_it_expires() -> None:
    times = iter([0.0, 10.0, 3299.0, 3301.0])
    expires = time.time() + 3600.0
    tokens = (SimpleNamespace(token=name, expires_on=expires) for name in ("first", "second"))
    headers = TokenHeaders(lambda scope: next(tokens), "scope", lambda: next(times))
    sent = [headers()["Authorization"] for _ in range(4)]
    assert sent == ["Bearer first"] * 3 + ["Bearer second"]
    assert "second" not in repr(vars(headers))


def test_missing_token_stops_the_run(monkeypatch: pytest.MonkeyPatch, page: Page) -> None:
    def get_token(scope: str) -> Any:
        raise RuntimeError("secret details")

    fake_identity(monkeypatch, get_token)
    with pytest.raises(StopRun, match="cannot get a token from Entra ID") as raised:
        azure_read(credential="entra", key=None).submit(page)
    assert "az login" in raised.value.hint
    assert "secret details" not in str(raised.value)


def test_entra_requires_azure_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(ValueError, match=r"penstock\[entra\]"):
        azure_read(credential="entra", key=None)


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], Any]:
    """Return a function that makes the recognizer of a pipeline with these options."""
    for name in ("AZURE_VISION_KEY", "AZURE_VISION_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "mine.py").write_text("from penstock_plugins.recognizers.azure.read import AzureRead\n")
    (tmp_path / "page.png").write_bytes(b"")

    def make(options: dict[str, Any]) -> Any:
        tables = {
            "sources": [{"plugin": "files", "paths": ["page.png"]}],
            "recognizers": [{"plugin": "./mine.py:AzureRead", **options}],
            "sinks": [{"plugin": "text", "path": "out.txt"}],
        }
        (recognizer,) = check(tables, tmp_path, where="test.toml", name="test").of_kind("recognizer")
        return recognizer.component

    return make


def test_the_environment_fills_in_what_is_left_out(
    checked: Callable[[dict[str, Any]], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_VISION_KEY", f"{KEY}\n")
    monkeypatch.setenv("AZURE_VISION_ENDPOINT", ENDPOINT)
    recognizer = checked({})
    assert recognizer.endpoint == ENDPOINT
    assert recognizer._client.transport._auth_headers() == {"Ocp-Apim-Subscription-Key": KEY}


def test_key_comes_from_a_variable_and_never_from_the_file(
    checked: Callable[[dict[str, Any]], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE", KEY)
    assert checked({"endpoint": ENDPOINT, "key": "${MINE}"}).key.reveal() == KEY
    with pytest.raises(ConfigurationError, match="must not be written in the file") as raised:
        checked({"endpoint": ENDPOINT, "key": KEY})
    assert KEY not in str(raised.value)
    assert "AZURE_VISION_KEY" in str(raised.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"endpoint": ENDPOINT, "api_version": "4.0"}, "api_version"),
        ({"endpoint": ENDPOINT, "tier": "gold"}, "tier"),
        ({"endpoint": ENDPOINT, "readingorder": "natural"}, "reading_order"),
        ({"endpoint": "http://name.example.org"}, "must use https"),
        ({}, "endpoint must not be empty: set AZURE_VISION_ENDPOINT"),
        ({"endpoint": ENDPOINT, "trusted_hosts": "one"}, "trusted_hosts"),
    ],
)
def test_messages_name_the_option_and_never_the_key(
    options: dict[str, Any],
    message: str,
    checked: Callable[[dict[str, Any]], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AZURE_VISION_KEY", KEY)
    with pytest.raises(ConfigurationError) as raised:
        checked(options)
    assert message in str(raised.value)
    assert KEY not in str(raised.value)


def test_message_for_a_missing_key_names_its_variable(checked: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(ConfigurationError, match="set AZURE_VISION_KEY"):
        checked({"endpoint": ENDPOINT})


def test_import_loads_no_heavy_library() -> None:
    import subprocess

    code = (
        "import sys, penstock_plugins.recognizers.azure.read as _;"
        "import penstock_plugins.recognizers.azure.document_intelligence as _;"
        "print([name for name in ('requests', 'PIL', 'numpy', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_copy_of_a_recognizer_has_its_key() -> None:
    assert copy.copy(azure_read()).key is not None


@pytest.mark.parametrize(
    ("recognizer", "key"),
    [
        (
            azure_read(tier="free", calls_per_second=3.0, trusted_hosts=("a.example.org",), timeout=5.0),
            (
                '{"api_version": "3.2", "language": null, "model_version": null, "reading_order": null, '
                '"recognize_text": null}'
            ),
        ),
        (
            azure_read(language="de", model_version="2022-04-30", reading_order="natural"),
            (
                '{"api_version": "3.2", "language": "de", "model_version": "2022-04-30", '
                '"reading_order": "natural", "recognize_text": null}'
            ),
        ),
        (
            azure_read(api_version="2.0", recognize_text="Printed"),
            (
                '{"api_version": "2.0", "language": null, "model_version": null, "reading_order": null, '
                '"recognize_text": "Printed"}'
            ),
        ),
        (
            document_intelligence(delete_results=True, by_url=True),
            '{"api_version": "2024-11-30", "language": null, "features": []}',
        ),
        (
            document_intelligence(api_version="2023-07-31", features=("ocrHighResolution", "languages")),
            '{"api_version": "2023-07-31", "language": null, "features": ["languages", "ocrHighResolution"]}',
        ),
    ],
)
def test_cache_key_is_stable(recognizer: Any, key: str) -> None:
    """A changed key makes every page be billed again."""
    assert json.dumps(recognizer.cache_key()) == key
